package audit

import (
	"context"
	"errors"
	"maps"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/spec/tlog"
)

// Head is how long the log is now, and its root.
type Head struct {
	Size uint64
	Root Hash
	At   time.Time // of the last entry; zero for an empty log
}

// Head reads the head as the database has it.
func (l *Log) Head(ctx context.Context) (Head, error) {
	var h head
	err := l.db.Read(ctx, func(tx db.Tx) (err error) {
		h, err = readHead(tx, false)
		return err
	})
	return Head{h.size, h.root, clock.FromMicros(h.last)}, missing(err)
}

// missing says damaged where something that must be there is not.
func missing(err error) error {
	if errors.Is(err, db.ErrNoRows) || errors.Is(err, ErrBack) {
		return damaged(err)
	}
	return err
}

// subtrees reads roots of complete subtrees in one snapshot, tile by tile. It
// keeps the tiles it has seen: a proof asks for few of them many times.
type subtrees struct {
	tx    db.Tx
	size  uint64
	tiles map[tileKey][]Hash
	root  *Hash // of the whole tree, when its edge is known to give it
}

type tileKey struct {
	level int
	n     uint64
}

// newSubtrees takes what is known of the edge of the tree; nil when nothing is.
func newSubtrees(tx db.Tx, h head, known map[tileKey][]Hash) *subtrees {
	s := &subtrees{tx: tx, size: h.size, tiles: map[tileKey][]Hash{}}
	if known != nil {
		maps.Copy(s.tiles, known)
		s.root = &h.root
	}
	return s
}

// rootOf returns the root of the tree of a size.
func (s *subtrees) rootOf(size uint64) (Hash, error) {
	if s.root != nil && size == s.size {
		return *s.root, nil
	}
	return tlog.Root(size, s)
}

// Subtrees gives the roots of complete subtrees; see tlog.Reader.
func (s *subtrees) Subtrees(levels []uint, ns []uint64) ([]Hash, error) {
	roots := make([]Hash, len(levels))
	for i := range levels {
		root, err := s.one(levels[i], ns[i])
		if err != nil {
			return nil, err
		}
		roots[i] = root
	}
	return roots, nil
}

func (s *subtrees) one(level uint, n uint64) (Hash, error) {
	tileLevel, inner := int(level/tlog.TileHeight), level%tlog.TileHeight
	first := n << inner // in hashes of the tile's level
	hashes, err := s.tile(tileKey{tileLevel, first / tlog.TileWidth})
	if err != nil {
		return Hash{}, err
	}
	from, to := first%tlog.TileWidth, first%tlog.TileWidth+1<<inner
	if to > uint64(len(hashes)) {
		return Hash{}, ErrBack
	}
	return subtreeRoot(hashes[from:to]), nil
}

// tile reads a tile: stored if full, else from what lies below it.
func (s *subtrees) tile(k tileKey) ([]Hash, error) {
	if hashes, ok := s.tiles[k]; ok {
		return hashes, nil
	}
	count := s.size >> (k.level * tlog.TileHeight) // hashes of this level
	from := k.n * tlog.TileWidth
	to := min(from+tlog.TileWidth, count)
	var hashes []Hash
	var err error
	switch {
	case from >= to:
		return nil, ErrBack
	case to-from == tlog.TileWidth:
		hashes, err = tileHashes(s.tx, k.level, k.n)
	case k.level == 0:
		hashes, err = leafHashes(s.tx, from, to)
	default:
		hashes, err = tileRoots(s.tx, k.level-1, from, to)
	}
	if err != nil {
		return nil, err
	}
	s.tiles[k] = hashes
	return hashes, nil
}

// snapshot runs fn on one snapshot with its head and a reader of its tree.
func (l *Log) snapshot(ctx context.Context, fn func(tx db.Tx, h head, r *subtrees) error) error {
	return missing(l.db.Read(ctx, func(tx db.Tx) error {
		h, err := readHead(tx, false)
		if err != nil {
			return err
		}
		e := edgeOf(l.db)
		known := e.known(h)
		r := newSubtrees(tx, h, known)
		if err := fn(tx, h, r); err != nil {
			return err
		}
		if known == nil {
			e.keep(h, r)
		}
		return nil
	}))
}

func beyond(n, size uint64) error {
	return errs.New(errs.NotFound, "audit.beyond").With("number", n).With("size", size)
}

// ProveInclusion returns the proof that entry seq is in the tree of a size, and
// that tree's root; size 0 means the size now. errs.NotFound when the tree is not
// that long.
func (l *Log) ProveInclusion(ctx context.Context, seq, size uint64) (proof []Hash, at Head, err error) {
	err = l.snapshot(ctx, func(tx db.Tx, h head, r *subtrees) error {
		if size == 0 {
			size = h.size
		}
		if size > h.size || seq >= size {
			return beyond(seq, min(size, h.size))
		}
		if err := r.path(seq); err != nil {
			return err
		}
		if at.Root, err = r.rootOf(size); err != nil {
			return err
		}
		at.Size = size
		proof, err = tlog.ProveInclusion(seq, size, r)
		return err
	})
	return proof, at, err
}

// ProveConsistency returns the proof that the tree of size to begins with the tree
// of size from. errs.NotFound when the log is shorter than either.
func (l *Log) ProveConsistency(ctx context.Context, from, to uint64) (proof []Hash, err error) {
	err = l.snapshot(ctx, func(tx db.Tx, h head, r *subtrees) error {
		if from > to || to > h.size {
			return beyond(max(from, to), h.size)
		}
		proof, err = tlog.ProveConsistency(from, to, r)
		return err
	})
	return proof, err
}

// Root returns the root that the log had at a size.
func (l *Log) Root(ctx context.Context, size uint64) (root Hash, err error) {
	err = l.snapshot(ctx, func(tx db.Tx, h head, r *subtrees) error {
		if size > h.size {
			return beyond(size, h.size)
		}
		root, err = tlog.Root(size, r)
		return err
	})
	return root, err
}

// Tile returns the bytes of a tile of C2SP tlog-tiles: width hashes of 32 bytes.
// A partial tile is cut from what there is now. errs.NotFound when the log is not
// that long.
func (l *Log) Tile(ctx context.Context, level int, n uint64, width int) (b []byte, err error) {
	err = l.snapshot(ctx, func(tx db.Tx, h head, r *subtrees) error {
		tooFar := level < 0 || level > 7 || width < 1 || width > tlog.TileWidth || n > h.size
		if tooFar || n*tlog.TileWidth+uint64(width) > h.size>>(level*tlog.TileHeight) {
			return beyond(n, h.size)
		}
		hashes, err := r.tile(tileKey{level, n})
		if err != nil {
			return err
		}
		b = concat(hashes[:width])
		return nil
	})
	return b, err
}

// EntryTile returns an entry bundle of C2SP tlog-tiles: the leaf data of width
// entries from n·256 on, each behind its length of two bytes. errs.NotFound when
// the log is not that long, or with ErrPruned when some were removed.
func (l *Log) EntryTile(ctx context.Context, n uint64, width int) (b []byte, err error) {
	err = l.snapshot(ctx, func(tx db.Tx, h head, r *subtrees) error {
		if width < 1 || width > tlog.TileWidth || n > h.size || n*tlog.TileWidth+uint64(width) > h.size {
			return beyond(n, h.size)
		}
		b, err = entryTile(tx, n*tlog.TileWidth, n*tlog.TileWidth+uint64(width))
		return err
	})
	return b, err
}
