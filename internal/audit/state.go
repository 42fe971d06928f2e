package audit

import (
	"errors"
	"fmt"

	"garant.example/internal/audit/leaf"
	"garant.example/internal/db"
	"garant.example/internal/spec/tlog"
)

// state is what an open database remembers of its log, so that an entry costs no
// read. Only the writer of the database touches it.
type state struct {
	known bool
	tree  tlog.Range
	root  Hash
	last  int64    // time of the last entry, µs
	tails [][]Hash // per level, the hashes of the tile that is not full yet
	floor head     // the longest log that this process saw durable
	spare *group   // buffers of the group before
}

type stateKey struct{}

func stateOf(database db.DB) *state {
	return database.Local(stateKey{}, func() any { return &state{} }).(*state)
}

// spareBytes bounds the buffer kept from one group to the next: a hundred busy
// databases must not each keep their largest import.
const spareBytes = 256 << 10

func (s *state) newGroup() *group {
	g := s.spare
	if s.spare = nil; g == nil {
		g = &group{state: s, hasher: leaf.NewHasher()}
	}
	return g
}

// keep takes the buffers of a group that has ended.
func (s *state) keep(g *group) {
	if cap(g.body) > spareBytes {
		g.body = nil
	}
	g.begun, g.ended = false, false
	g.body, g.ends, g.leaves = g.body[:0], g.ends[:0], g.leaves[:0]
	s.spare = g
}

func (s *state) forget() { s.known = false }

// follow makes sure that the state is the one in the database. It returns ErrBack
// when the log there is shorter than, or not, the one this process knows to be
// durable: nothing is appended to a log that lost its end.
func (s *state) follow(tx db.Tx) error {
	h, err := readHead(tx, true)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return fmt.Errorf("%w: no head", ErrBack)
	case err != nil:
		return err
	case h.size < s.floor.size, h.size == s.floor.size && s.floor.size > 0 && h.root != s.floor.root:
		return fmt.Errorf("%w: size %d, was %d", ErrBack, h.size, s.floor.size)
	case s.known && h.size == s.tree.Size() && h.root == s.root:
		return nil
	}
	return s.load(tx, h)
}

// load computes the right edge from what the database holds, and so checks it
// against the head.
func (s *state) load(tx db.Tx, h head) error {
	s.known = false
	tails, err := readTails(tx, h.size)
	if err != nil {
		return err
	}
	var tree tlog.Range
	for level := len(tails) - 1; level >= 0; level-- {
		for _, root := range tails[level] {
			if err := tree.AppendSubtree(uint(level*tlog.TileHeight), root); err != nil {
				return fmt.Errorf("%w: tiles", ErrBack)
			}
		}
	}
	if tree.Size() != h.size || tree.Root() != h.root {
		return fmt.Errorf("%w: the last entries do not give the head", ErrBack)
	}
	s.known, s.tree, s.root, s.last, s.tails = true, tree, h.root, h.last, tails
	return nil
}

// grow adds leaves and returns the tiles that they filled.
func (s *state) grow(leaves []Hash, last int64) (full []tile) {
	for _, h := range leaves {
		s.tree.Append(h)
		for level := 0; ; level++ {
			if level == len(s.tails) {
				s.tails = append(s.tails, make([]Hash, 0, tlog.TileWidth))
			}
			s.tails[level] = append(s.tails[level], h)
			if len(s.tails[level]) < tlog.TileWidth {
				break
			}
			t := tile{level: level, n: s.tree.Size()>>((level+1)*tlog.TileHeight) - 1, hashes: concat(s.tails[level])}
			t.root = subtreeRoot(s.tails[level])
			s.tails[level] = s.tails[level][:0]
			full, h = append(full, t), t.root
		}
	}
	s.root, s.last = s.tree.Root(), last
	return full
}

func (s *state) durable() { s.floor = head{s.tree.Size(), s.root, s.last} }

func concat(hashes []Hash) []byte {
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for i := range hashes {
		b = append(b, hashes[i][:]...)
	}
	return b
}

// subtreeRoot is the root over a power of two of hashes.
func subtreeRoot(hashes []Hash) Hash {
	var r tlog.Range
	for _, h := range hashes {
		r.Append(h)
	}
	return r.Root()
}

// readTails reads, per level, the hashes of the tile that is not full at a size.
func readTails(tx db.Tx, size uint64) ([][]Hash, error) {
	leaves, err := leafHashes(tx, size&^(tlog.TileWidth-1), size)
	if err != nil {
		return nil, err
	}
	tails := [][]Hash{leaves}
	for level := 1; ; level++ {
		full := size >> (level * tlog.TileHeight) // full tiles of the level below
		if full == 0 {
			return tails, nil
		}
		roots, err := tileRoots(tx, level-1, full&^(tlog.TileWidth-1), full)
		if err != nil {
			return nil, err
		}
		tails = append(tails, roots)
	}
}
