package tlog

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 digest of the tree. It prints as base64.
type Hash = tlog.Hash

// HashSize is the length of a Hash, in bytes.
const HashSize = tlog.HashSize

// ErrProof is returned when a proof does not prove what it claims.
var ErrProof = errors.New("tlog: proof does not hold")

// ErrMalformed is returned when bytes are not of the form asked for.
var ErrMalformed = errors.New("tlog: malformed")

// ParseHash reads the base64 form of a hash, or returns ErrMalformed.
func ParseHash(s string) (Hash, error) {
	var h Hash
	// Strict refuses the other encodings of the same bytes.
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != HashSize || base64.StdEncoding.EncodeToString(b) != s {
		return h, ErrMalformed
	}
	copy(h[:], b)
	return h, nil
}

// LeafHash returns the hash of a leaf's data.
func LeafHash(data []byte) Hash { return tlog.RecordHash(data) }

// NodeHash returns the hash of an inner node.
func NodeHash(left, right Hash) Hash {
	var buf [1 + 2*HashSize]byte
	buf[0] = 1
	copy(buf[1:], left[:])
	copy(buf[1+HashSize:], right[:])
	return sha256.Sum256(buf[:])
}

// EmptyRoot is the root of the tree of size 0: the digest of nothing.
func EmptyRoot() Hash { return sha256.Sum256(nil) }

// Range is the compact form of a tree that grows at its right end. The zero value
// is the empty tree. A copy made with Clone grows independently.
type Range struct {
	size  uint64
	roots []Hash // of the complete subtrees, largest first: one per bit of size
}

// Size is the number of leaves.
func (r *Range) Size() uint64 { return r.size }

// Clone returns an independent copy.
func (r *Range) Clone() Range { return Range{r.size, append([]Hash(nil), r.roots...)} }

// CopyFrom makes r a copy of other and keeps r's memory.
func (r *Range) CopyFrom(other *Range) {
	r.size, r.roots = other.size, append(r.roots[:0], other.roots...)
}

// Append adds the hash of one leaf.
func (r *Range) Append(leaf Hash) { r.push(0, leaf) }

// AppendSubtree adds a complete subtree of 2^level leaves by its root. It returns
// ErrMalformed when the tree's size is no multiple of that.
func (r *Range) AppendSubtree(level uint, root Hash) error {
	if level > 62 || r.size&(1<<level-1) != 0 || r.size+1<<level < r.size {
		return ErrMalformed
	}
	r.push(level, root)
	return nil
}

// push merges the new root with every complete subtree of the same size, as a
// binary counter carries.
func (r *Range) push(level uint, root Hash) {
	for carry := r.size >> level; carry&1 == 1; carry >>= 1 {
		last := len(r.roots) - 1
		root = NodeHash(r.roots[last], root)
		r.roots = r.roots[:last]
	}
	r.roots = append(r.roots, root)
	r.size += 1 << level
}

// Root returns the root of the tree.
func (r *Range) Root() Hash {
	if len(r.roots) == 0 {
		return EmptyRoot()
	}
	root := r.roots[len(r.roots)-1]
	for i := len(r.roots) - 2; i >= 0; i-- {
		root = NodeHash(r.roots[i], root)
	}
	return root
}

// Subtrees returns the roots of the complete subtrees, largest first.
func (r *Range) Subtrees() []Hash { return append([]Hash(nil), r.roots...) }

// RangeOf returns the Range of a tree from its size and the roots of its complete
// subtrees. It returns ErrMalformed when their number is not that of the size.
func RangeOf(size uint64, roots []Hash) (Range, error) {
	if bits.OnesCount64(size) != len(roots) || size > maxTree {
		return Range{}, ErrMalformed
	}
	return Range{size, append([]Hash(nil), roots...)}, nil
}

// maxTree is the largest size of which every index fits the int64 of the library
// below with room for its own arithmetic.
const maxTree = 1 << 60

// subtree is a complete subtree: 2^level leaves beginning at n·2^level.
type subtree struct {
	level uint
	n     uint64
}

// cover returns the complete subtrees that fill [from, to) from left to right.
func cover(from, to uint64) []subtree {
	var parts []subtree
	for from < to {
		level := uint(bits.Len64(to-from) - 1)
		if aligned := uint(bits.TrailingZeros64(from)); from != 0 && aligned < level {
			level = aligned
		}
		parts = append(parts, subtree{level, from >> level})
		from += 1 << level
	}
	return parts
}

// Join adds another tree's leaves on the right, of which it knows the subtrees,
// and returns the root. The size of r must be a multiple of 2^k with 2^k larger
// than right; else ErrMalformed.
func (r *Range) Join(right *Range) (Hash, error) {
	roots := right.roots
	for level := bits.Len64(right.size) - 1; level >= 0; level-- {
		if right.size>>level&1 == 0 {
			continue
		}
		if err := r.AppendSubtree(uint(level), roots[0]); err != nil {
			return Hash{}, err
		}
		roots = roots[1:]
	}
	return r.Root(), nil
}
