package audit

import (
	"fmt"
	"sync"

	"garant.example/internal/db"
	"garant.example/internal/spec/tlog"
)

// edge remembers, beside an open database, the tiles of the tree's right edge that
// are not full yet: every proof under one head asks for them again, and they have to
// be computed from entries. They are kept only after they gave the root of that
// head, and serve only under the same size and root.
type edge struct {
	mu    sync.Mutex
	at    head
	tiles map[tileKey][]Hash // never changed once it is here
}

type edgeKey struct{}

func edgeOf(database db.DB) *edge {
	return database.Local(edgeKey{}, func() any { return &edge{} }).(*edge)
}

// known returns the edge of a tree; nil when another or none is remembered.
func (e *edge) known(h head) map[tileKey][]Hash {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.tiles == nil || e.at.size != h.size || e.at.root != h.root {
		return nil
	}
	return e.tiles
}

// keep remembers the edge among the tiles that a reader has seen, if all of it is
// there and gives the root.
func (e *edge) keep(h head, r *subtrees) {
	tiles := map[tileKey][]Hash{}
	var tree tlog.Range
	for level := topLevel(h.size); level >= 0; level-- {
		count := h.size >> (level * tlog.TileHeight)
		partial := count % tlog.TileWidth
		if partial == 0 {
			continue // nothing of this level is outside full tiles
		}
		k := tileKey{level, count / tlog.TileWidth}
		hashes, ok := r.tiles[k]
		if !ok || uint64(len(hashes)) != partial {
			return
		}
		for _, root := range hashes {
			if tree.AppendSubtree(uint(level*tlog.TileHeight), root) != nil {
				return
			}
		}
		tiles[k] = hashes
	}
	if tree.Size() != h.size || tree.Root() != h.root {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.at, e.tiles = h, tiles
}

// topLevel is the highest level of tiles that a tree has hashes of.
func topLevel(size uint64) int {
	level := 0
	for size>>((level+1)*tlog.TileHeight) > 0 {
		level++
	}
	return level
}

// pathLevels is how many levels path reads: a tree of 2^32 entries has no more.
const pathLevels = 4

// path reads, in one query, the full tiles above one entry. One that is missing is
// found missing when the proof asks for it.
func (s *subtrees) path(seq uint64) error {
	var n [pathLevels]int64
	wanted := false
	for level := range n {
		k := tileKey{level, seq >> ((level + 1) * tlog.TileHeight)}
		n[level] = -1
		if _, ok := s.tiles[k]; !ok && (k.n+1)*tlog.TileWidth <= s.size>>(level*tlog.TileHeight) {
			n[level], wanted = int64(k.n), true
		}
	}
	if !wanted {
		return nil
	}
	rows := s.tx.Rows(`SELECT level, n, hashes FROM audit_tile WHERE level = 0 AND n = ?1 OR level = 1 AND n = ?2
		OR level = 2 AND n = ?3 OR level = 3 AND n = ?4`, n[0], n[1], n[2], n[3])
	for row, err := range rows {
		if err != nil {
			return err
		}
		var level, number int64
		var b []byte
		if err := row.Scan(&level, &number, &b); err != nil {
			return err
		}
		hashes, err := split(b)
		if err != nil {
			return fmt.Errorf("%w: tile %d of level %d", err, number, level)
		}
		s.tiles[tileKey{int(level), uint64(number)}] = hashes
	}
	return nil
}

// split cuts the bytes of a full tile into its hashes.
func split(b []byte) ([]Hash, error) {
	if len(b) != tlog.TileWidth*tlog.HashSize {
		return nil, ErrBack
	}
	hashes := make([]Hash, tlog.TileWidth)
	for i := range hashes {
		hashes[i] = Hash(b[i*tlog.HashSize:])
	}
	return hashes, nil
}
