package audit

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"garant.example/internal/audit/leaf"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/spec/tlog"
)

// scan reads the whole log once, in pieces, on every core.
type scan struct {
	log      *Log
	head     head
	below    uint64   // entries below were pruned
	details  bool     // open the sealed details
	latest   bool     // collect the latest write of each object
	sizes    []uint64 // sizes at which the root is wanted, sorted
	progress func(done, total uint64)

	pieces []piece
	done   atomic.Uint64
}

// pieceTiles is how many tiles one piece spans: large enough that the segment
// read twice at its edge does not count, small enough to share among cores.
const pieceTiles = 64

// piece is what one stretch of the log gave.
type piece struct {
	from, to    uint64
	leaves      []Hash                // empty once the roots are computed
	roots       []Hash                // of full tiles, in order
	tail        []Hash                // leaves after the last full tile; only of the last piece
	partial     map[uint64]tlog.Range // by size: the part of a tile below it
	hashed      uint64
	opened      uint64
	tiles       uint64
	kept        uint64
	first, last int64
	unlike      []Culprit // leaves that differ from their stored tile
	culprits    []Culprit
	writes      map[id.Raw]lastWrite
}

// lastWrite is the state of an object as the log knows it.
type lastWrite struct {
	seq uint64
	row [32]byte
}

func (s *scan) run(ctx context.Context) error {
	const span = pieceTiles * tlog.TileWidth
	for from := uint64(0); from < s.head.size; from += span {
		s.pieces = append(s.pieces, piece{from: from, to: min(from+span, s.head.size)})
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	var report sync.Mutex // progress is called by one at a time
	for range min(runtime.GOMAXPROCS(0), len(s.pieces)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(s.pieces)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				p := &s.pieces[i]
				if err := s.read(ctx, p); err != nil {
					stop(err)
					return
				}
				done := s.done.Add(p.to - p.from)
				if s.progress != nil {
					report.Lock()
					s.progress(done, s.head.size)
					report.Unlock()
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// read reads one piece in its own snapshot. What is below head.size does not
// change any more, except by pruning, which Log holds off.
func (s *scan) read(ctx context.Context, p *piece) error {
	return s.log.db.Read(ctx, func(tx db.Tx) error {
		w := worker{scan: s, piece: p, hasher: leaf.NewHasher(), next: max(p.from, min(s.below, p.to))}
		p.leaves = make([]Hash, p.to-p.from)
		w.have = make([]bool, p.to-p.from)
		if s.latest {
			p.writes = map[id.Raw]lastWrite{}
		}
		if err := w.segments(tx); err != nil {
			return err
		}
		if err := w.tilesOf(tx); err != nil {
			return err
		}
		if err := w.keptOf(tx); err != nil {
			return err
		}
		p.fold(s.sizes)
		return nil
	})
}

// worker is the reading of one piece.
type worker struct {
	*scan
	*piece
	hasher  *leaf.Hasher
	have    []bool // leaves that were computed
	next    uint64
	content []byte
	ad      []byte
	plain   []byte
}

func (w *worker) blame(f Fault, seq, count uint64) {
	w.culprits = append(w.culprits, Culprit{Fault: f, Seq: seq, Count: count})
}

func (w *worker) segments(tx db.Tx) error {
	if w.next < w.to {
		for seg, err := range segments(tx, w.next, w.to) {
			if err != nil {
				return err
			}
			w.segment(seg)
		}
	}
	if w.next < w.to {
		w.blame(FaultMissing, w.next, w.to-w.next)
	}
	return nil
}

// segment takes the entries of one row, as far as they belong to this piece.
func (w *worker) segment(seg segmentRow) {
	switch {
	case seg.first > w.next: // a gap; a piece's first segment may begin before it
		w.blame(FaultMissing, w.next, seg.first-w.next)
		w.next = seg.first
	case seg.first < w.next && w.next > w.from && seg.first >= w.from:
		w.blame(FaultExtra, seg.first, w.next-seg.first)
	}
	err := seg.each(func(seq uint64, e stored) error {
		if seq >= w.next && seq < w.to {
			w.entry(seq, e)
			w.next = seq + 1
		}
		return nil
	})
	owns := seg.first >= w.from // only the piece where it begins tells of its faults
	if err != nil && owns {
		w.blame(FaultSegment, seg.first, 1)
	}
}

func (w *worker) entry(seq uint64, e stored) {
	w.content = w.hasher.AppendContent(w.content[:0], e.bound)
	w.leaves[seq-w.from] = w.hasher.Leaf(e.header, w.content)
	w.have[seq-w.from] = true
	w.hashed++
	h, err := leaf.ParseHeader(e.header)
	if err != nil {
		w.blame(FaultEntry, seq, 1)
		return
	}
	at := clock.Micros(h.At)
	if at < w.last {
		w.blame(FaultTime, seq, 1)
	}
	if w.first == 0 {
		w.first = at
	}
	w.last = at
	if w.latest && h.Class == leaf.Write && !h.Object.IsZero() {
		w.writes[h.Object] = lastWrite{seq, h.Row}
	}
	if w.details {
		w.open(seq, h, e)
	}
}

func (w *worker) open(seq uint64, h leaf.Header, e stored) {
	w.ad = leaf.AppendAD(w.ad[:0], w.log.origin, seq, e.header)
	plain, err := w.log.opt.Sealer.Open(w.plain[:0], e.sealed(), w.ad)
	if err != nil {
		w.blame(FaultDetails, seq, 1)
		return
	}
	w.plain = plain
	w.content = w.hasher.AppendCommitment(w.content[:0], plain)
	switch {
	case [32]byte(w.content) != e.commitment():
		w.blame(FaultDetails, seq, 1)
	case leaf.Valid(h, plain) != nil:
		w.blame(FaultEntry, seq, 1)
	default:
		w.opened++
	}
}

// tilesOf compares the stored tiles of level 0, and takes from them the leaves
// whose entries are not there.
func (w *worker) tilesOf(tx db.Tx) error {
	first, end := w.from/tlog.TileWidth, w.to/tlog.TileWidth // full tiles only
	want := first
	query := `SELECT n, root, hashes FROM audit_tile WHERE level = 0 AND n >= ?1 AND n < ?2 ORDER BY n`
	for row, err := range tx.Rows(query, int64(first), int64(end)) {
		if err != nil {
			return err
		}
		var n int64
		var root, hashes []byte
		if err := row.Scan(&n, &root, &hashes); err != nil {
			return err
		}
		if uint64(n) != want {
			w.blame(FaultTile, want*tlog.TileWidth, (uint64(n)-want)*tlog.TileWidth)
		}
		want = uint64(n) + 1
		w.tile(uint64(n)*tlog.TileWidth, root, hashes)
	}
	if want < end {
		w.blame(FaultTile, want*tlog.TileWidth, (end-want)*tlog.TileWidth)
	}
	return nil
}

func (w *worker) tile(at uint64, root, hashes []byte) {
	w.tiles++
	if len(hashes) != tlog.TileWidth*tlog.HashSize || len(root) != tlog.HashSize {
		w.blame(FaultTile, at, tlog.TileWidth)
		return
	}
	i := at - w.from
	for k := range uint64(tlog.TileWidth) {
		stored := Hash(hashes[k*tlog.HashSize:])
		switch {
		case !w.have[i+k]:
			w.leaves[i+k] = stored
		case w.leaves[i+k] != stored:
			w.unlike = append(w.unlike, Culprit{Fault: FaultLeaf, Seq: at + k, Count: 1})
		}
	}
	if subtreeRoot(w.leaves[i:i+tlog.TileWidth]) != Hash(root) {
		w.unlike = append(w.unlike, Culprit{Fault: FaultTile, Seq: at, Count: 1})
	}
}

// keptOf compares the leaf data kept of pruned entries.
func (w *worker) keptOf(tx db.Tx) error {
	if w.below <= w.from {
		return nil
	}
	for k, err := range keptLeaves(tx, w.from, min(w.to, w.below)) {
		if err != nil {
			return err
		}
		w.kept++
		h, err := leaf.ParseHeader(k.data)
		if err != nil || len(k.data) != leaf.Size || leaf.Hash(k.data) != w.leaves[k.seq-w.from] {
			w.blame(FaultKept, k.seq, 1)
			continue
		}
		if w.latest {
			if known, ok := w.writes[h.Object]; !ok || known.seq < k.seq {
				w.writes[h.Object] = lastWrite{k.seq, h.Row}
			}
		}
	}
	return nil
}

// fold turns leaves into tile roots and what the wanted sizes need, and lets the
// leaves go.
func (p *piece) fold(sizes []uint64) {
	i, _ := slices.BinarySearch(sizes, p.from+1)
	for ; i < len(sizes) && sizes[i] <= p.to; i++ {
		start := sizes[i] &^ (tlog.TileWidth - 1)
		if start == sizes[i] {
			continue
		}
		var part tlog.Range
		for _, h := range p.leaves[start-p.from : sizes[i]-p.from] {
			part.Append(h)
		}
		if p.partial == nil {
			p.partial = map[uint64]tlog.Range{}
		}
		p.partial[sizes[i]] = part
	}
	for len(p.leaves) >= tlog.TileWidth {
		p.roots = append(p.roots, subtreeRoot(p.leaves[:tlog.TileWidth]))
		p.leaves = p.leaves[tlog.TileWidth:]
	}
	p.tail = slices.Clone(p.leaves)
	p.leaves = nil
}

// trees computes the root at the end and at each wanted size.
func (s *scan) trees() (root Hash, at map[uint64]Hash, tileRoots []Hash, err error) {
	at = map[uint64]Hash{0: tlog.EmptyRoot()}
	var tree tlog.Range
	next := 0
	wanted := func(p *piece, upTo uint64) error {
		for ; next < len(s.sizes) && s.sizes[next] <= upTo; next++ {
			part, whole := p.partial[s.sizes[next]], tree.Clone()
			if at[s.sizes[next]], err = whole.Join(&part); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range s.pieces {
		p := &s.pieces[i]
		for _, r := range p.roots {
			if err := wanted(p, tree.Size()+tlog.TileWidth-1); err != nil {
				return root, nil, nil, err
			}
			if err := tree.AppendSubtree(tlog.TileHeight, r); err != nil {
				return root, nil, nil, err
			}
		}
		tileRoots = append(tileRoots, p.roots...)
		if err := wanted(p, p.to); err != nil {
			return root, nil, nil, err
		}
		for _, h := range p.tail {
			tree.Append(h)
		}
	}
	return tree.Root(), at, tileRoots, nil
}
