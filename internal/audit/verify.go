package audit

import (
	"context"
	"crypto/ed25519"
	"slices"
	"sync"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/spec/tlog"
)

// VerifyOptions say how far Verify goes beyond what the database itself holds.
type VerifyOptions struct {
	// Outside are checkpoints of this log that were kept elsewhere (by a witness,
	// by the tenant). Only they can tell that the whole log was written anew.
	Outside [][]byte
	// Keys are further public keys whose checkpoints are accepted.
	Keys []ed25519.PublicKey
	// SealedOnly leaves the details closed: for who has no key. Leaves, tiles,
	// head and checkpoints are verified all the same.
	SealedOnly bool
	// Progress hears how many leaves are done; may be nil.
	Progress func(done, total uint64)
}

// quietKey keeps pruning and verifying apart within one process.
type quietKey struct{}

func quiet(database db.DB) *sync.RWMutex {
	return database.Local(quietKey{}, func() any { return &sync.RWMutex{} }).(*sync.RWMutex)
}

// Verify reads the whole log: it hashes every entry again, opens the details and
// compares them with their commitment, and compares the stored tiles, the head,
// the signatures and roots of all checkpoints, and those kept elsewhere. The
// report names what is wrong; err says only that the log could not be read. Writes
// go on meanwhile: what is newer than the head at the beginning is left out.
func (l *Log) Verify(ctx context.Context, o VerifyOptions) (Report, error) {
	mu := quiet(l.db)
	mu.RLock()
	defer mu.RUnlock()
	for {
		report, below, err := l.verify(ctx, o)
		if err != nil || report.OK() {
			return report, err
		}
		// Another node may have pruned meanwhile; then look again.
		var now uint64
		err = l.db.Read(ctx, func(tx db.Tx) error { now, err = readPruned(tx); return err })
		if err != nil || now == below {
			return report, missing(err)
		}
	}
}

func (l *Log) verify(ctx context.Context, o VerifyOptions) (Report, uint64, error) {
	s := &scan{log: l, details: l.opt.Sealer != nil && !o.SealedOnly, progress: o.Progress}
	c := checkpoints{log: l, keys: append(l.keys(), o.Keys...)}
	report := Report{Origin: l.origin}
	err := l.snapshot(ctx, func(tx db.Tx, h head, _ *subtrees) (err error) {
		s.head = h
		if s.below, err = readPruned(tx); err != nil {
			return err
		}
		c.own, err = readCheckpoints(tx, 1<<63-1, 1<<31)
		if err != nil {
			return err
		}
		extra, err := extras(tx, h.size)
		report.add(extra...)
		return err
	})
	if err != nil {
		return report, 0, err
	}
	c.read(o.Outside, s.head.size, &report)
	s.sizes = c.sizes()
	if err := s.run(ctx); err != nil {
		return report, s.below, err
	}
	root, at, tileRoots, err := s.trees()
	if err != nil {
		return report, s.below, err
	}
	s.report(&report, root)
	c.compare(at, &report)
	if err := l.upperTiles(ctx, s.head.size, tileRoots, &report); err != nil {
		return report, s.below, err
	}
	return report, s.below, nil
}

// report gathers what the pieces found.
func (s *scan) report(r *Report, root Hash) {
	r.Size, r.Root, r.PrunedBelow = s.head.size, root, s.below
	last := int64(0)
	for i := range s.pieces {
		p := &s.pieces[i]
		r.Hashed, r.Opened, r.Tiles, r.Kept = r.Hashed+p.hashed, r.Opened+p.opened, r.Tiles+p.tiles, r.Kept+p.kept
		r.add(p.culprits...)
		for _, c := range p.unlike {
			// Entries that still give the head are as they were logged: then it is
			// the tile that was changed.
			if root == s.head.root {
				c.Fault = FaultTile
			}
			r.add(c)
		}
		if p.first == 0 {
			continue
		}
		if p.first < last {
			r.add(Culprit{Fault: FaultTime, Seq: p.from, Count: 1})
		}
		if r.First.IsZero() {
			r.First = clock.FromMicros(p.first)
		}
		last = p.last
	}
	r.Last = clock.FromMicros(last)
	if root != s.head.root {
		r.add(Culprit{Fault: FaultHead, Seq: s.head.size, Count: 1})
	}
	if last != 0 && last != s.head.last && s.below < s.head.size {
		r.add(Culprit{Fault: FaultHead, Seq: s.head.size, Count: 1})
	}
}

// extras finds rows that stand where none may: beyond the head, or below what was
// pruned.
func extras(tx db.Tx, size uint64) ([]Culprit, error) {
	var list []Culprit
	for row, err := range tx.Rows(`SELECT first_seq, count FROM audit_segment WHERE first_seq > ?2 AND first_seq + count > ?1
		UNION ALL SELECT first_seq, count FROM audit_segment WHERE first_seq < 0
		UNION ALL SELECT n * 256, 256 FROM audit_tile WHERE level = 0 AND (n + 1) * 256 > ?1
		UNION ALL SELECT n * 65536, 1 FROM audit_tile WHERE level = 1 AND (n + 1) * 65536 > ?1
		UNION ALL SELECT n, 1 FROM audit_tile WHERE level > 1 AND n >= ?1 / 16777216
		UNION ALL SELECT seq, 1 FROM audit_kept WHERE seq >= ?1`, int64(size), int64(size)-maxSegmentEntries) {
		if err != nil {
			return nil, err
		}
		var first, count int64
		if err := row.Scan(&first, &count); err != nil {
			return nil, err
		}
		list = append(list, Culprit{Fault: FaultExtra, Seq: uint64(max(first, 0)), Count: uint64(max(count, 1))})
	}
	return list, nil
}

// upperTiles compares the tiles above level 0 with the roots of those below.
func (l *Log) upperTiles(ctx context.Context, size uint64, below []Hash, r *Report) error {
	for level := 1; len(below) >= tlog.TileWidth; level++ {
		var roots []Hash
		span := uint64(1) << ((level + 1) * tlog.TileHeight)
		err := l.db.Read(ctx, func(tx db.Tx) error {
			for n := range uint64(len(below) / tlog.TileWidth) {
				want := below[n*tlog.TileWidth : (n+1)*tlog.TileWidth]
				root := subtreeRoot(want)
				roots = append(roots, root)
				var hashes, stored []byte
				err := tx.Row(`SELECT root, hashes FROM audit_tile WHERE level = ?1 AND n = ?2`, int64(level), int64(n)).Scan(&stored, &hashes)
				if err != nil && missing(err) == err {
					return err
				}
				r.Tiles++
				if !slices.Equal(hashes, concat(want)) || !slices.Equal(stored, root[:]) {
					r.add(Culprit{Fault: FaultTile, Seq: n * span, Count: 1})
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		below = roots
	}
	return nil
}

// checkpoints compares signed heads, own ones and those kept elsewhere.
type checkpoints struct {
	log     *Log
	keys    []ed25519.PublicKey
	own     []Checkpoint
	parsed  []signedHead
	outside int
}

type signedHead struct {
	tlog.Checkpoint
	fault Fault
}

// read opens every note; what is not a checkpoint of this log is a fault.
func (c *checkpoints) read(outside [][]byte, size uint64, r *Report) {
	take := func(note []byte, at uint64, f Fault) {
		cp, err := tlog.OpenCheckpoint(note, c.log.origin, c.keys...)
		switch {
		case err != nil, f == FaultCheckpoint && cp.Size != at, cp.Size > size:
			r.add(Culprit{Fault: f, Seq: max(at, cp.Size), Count: 1})
		default:
			c.parsed = append(c.parsed, signedHead{cp, f})
		}
	}
	if len(c.keys) > 0 { // without any key nothing of this can be looked at
		for _, own := range c.own {
			take(own.Note, own.Size, FaultCheckpoint)
		}
		r.Checkpoints = len(c.own)
	}
	for _, note := range outside {
		take(note, 0, FaultOutside)
	}
	r.Outside = len(outside)
}

func (c *checkpoints) sizes() []uint64 {
	var sizes []uint64
	for _, p := range c.parsed {
		sizes = append(sizes, p.Size)
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

func (c *checkpoints) compare(at map[uint64]Hash, r *Report) {
	for _, p := range c.parsed {
		if at[p.Size] != p.Root {
			r.add(Culprit{Fault: p.fault, Seq: p.Size, Count: 1})
		}
	}
}
