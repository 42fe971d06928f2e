package tlog

import (
	"golang.org/x/mod/sumdb/tlog"
)

// Reader gives the root of a complete subtree: the one of 2^level leaves that
// begins at leaf n·2^level. Several are asked for at once, so that the reader can
// fetch each tile once.
type Reader interface {
	Subtrees(levels []uint, ns []uint64) ([]Hash, error)
}

// hashes turns a Reader into what the library reads from.
type hashes struct{ r Reader }

func (h hashes) ReadHashes(indexes []int64) ([]Hash, error) {
	levels, ns := make([]uint, len(indexes)), make([]uint64, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		levels[i], ns[i] = uint(level), uint64(n)
	}
	return h.r.Subtrees(levels, ns)
}

// Root returns the root of the tree of a size.
func Root(size uint64, r Reader) (Hash, error) {
	switch {
	case size == 0:
		return EmptyRoot(), nil
	case size > maxTree:
		return Hash{}, ErrMalformed
	}
	return tlog.TreeHash(int64(size), hashes{r})
}

// ProveInclusion returns the proof that leaf index is in the tree of a size, from
// the leaf's sibling to the root's child. ErrMalformed when index >= size.
func ProveInclusion(index, size uint64, r Reader) ([]Hash, error) {
	if index >= size || size > maxTree {
		return nil, ErrMalformed
	}
	return tlog.ProveRecord(int64(size), int64(index), hashes{r})
}

// CheckInclusion returns ErrProof unless the proof shows that the leaf hash stands
// at index in the tree of that size and root.
func CheckInclusion(proof []Hash, index, size uint64, root, leaf Hash) error {
	if index >= size || size > maxTree {
		return ErrProof
	}
	if tlog.CheckRecord(proof, int64(size), root, int64(index), leaf) != nil {
		return ErrProof
	}
	return nil
}

// ProveConsistency returns the proof that the tree of size to begins with the tree
// of size from. It is empty when from is 0 or equal to to.
func ProveConsistency(from, to uint64, r Reader) ([]Hash, error) {
	switch {
	case from > to, to > maxTree:
		return nil, ErrMalformed
	case from == 0, from == to:
		return nil, nil
	}
	return tlog.ProveTree(int64(to), int64(from), hashes{r})
}

// CheckConsistency returns ErrProof unless the proof shows that the tree (to,
// toRoot) begins with the tree (from, fromRoot).
func CheckConsistency(proof []Hash, from, to uint64, fromRoot, toRoot Hash) error {
	switch {
	case from > to, to > maxTree:
		return ErrProof
	case from == 0:
		return must(len(proof) == 0 && fromRoot == EmptyRoot() && (to != 0 || toRoot == fromRoot))
	case from == to:
		return must(len(proof) == 0 && fromRoot == toRoot)
	}
	return must(tlog.CheckTree(proof, int64(to), toRoot, int64(from), fromRoot) == nil)
}

func must(holds bool) error {
	if !holds {
		return ErrProof
	}
	return nil
}

// RangeProof proves many neighbouring leaves at once, and that none between them
// is left out: the complete subtrees before and after them.
type RangeProof struct {
	Left  []Hash // covers [0, from)
	Right []Hash // covers [to, size)
}

// ProveRange returns the proof for leaves [from, to) in the tree of a size.
func ProveRange(from, to, size uint64, r Reader) (RangeProof, error) {
	if from > to || to > size || size > maxTree {
		return RangeProof{}, ErrMalformed
	}
	left, err := read(cover(0, from), r)
	if err != nil {
		return RangeProof{}, err
	}
	right, err := read(cover(to, size), r)
	return RangeProof{left, right}, err
}

func read(parts []subtree, r Reader) ([]Hash, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	levels, ns := make([]uint, len(parts)), make([]uint64, len(parts))
	for i, p := range parts {
		levels[i], ns[i] = p.level, p.n
	}
	return r.Subtrees(levels, ns)
}

// RangeCheck recomputes a root from a RangeProof and leaves that come one by one.
type RangeCheck struct {
	tree Range
	to   uint64
	size uint64
	p    RangeProof
}

// CheckRange begins the check of leaves [from, to); ErrProof when the proof cannot
// be one for those numbers.
func CheckRange(p RangeProof, from, to, size uint64) (*RangeCheck, error) {
	if from > to || to > size || size > maxTree || len(p.Right) != len(cover(to, size)) {
		return nil, ErrProof
	}
	tree, err := RangeOf(from, p.Left)
	if err != nil {
		return nil, ErrProof
	}
	return &RangeCheck{tree, to, size, p}, nil
}

// Leaf takes the hash of the next leaf.
func (c *RangeCheck) Leaf(h Hash) { c.tree.Append(h) }

// Finish returns ErrProof unless exactly the promised leaves came and the root is
// theirs.
func (c *RangeCheck) Finish(root Hash) error {
	if c.tree.Size() != c.to {
		return ErrProof
	}
	for i, part := range cover(c.to, c.size) {
		if c.tree.AppendSubtree(part.level, c.p.Right[i]) != nil {
			return ErrProof
		}
	}
	return must(c.tree.Root() == root)
}
