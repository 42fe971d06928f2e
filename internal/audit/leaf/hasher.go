package leaf

import (
	"crypto/sha256"
	"hash"
)

// Hasher computes the three digests of an entry without allocating: the log's hot
// path uses one per group commit. It is not safe for concurrent use.
type Hasher struct {
	h      hash.Hash
	prefix [1]byte // here, because a slice given to an interface is allocated
	out    [sha256.Size]byte
}

// NewHasher returns a Hasher.
func NewHasher() *Hasher { return &Hasher{h: sha256.New()} }

func (x *Hasher) sum(dst []byte, prefix byte, parts ...[]byte) []byte {
	x.h.Reset()
	x.prefix[0] = prefix
	x.h.Write(x.prefix[:])
	for _, p := range parts {
		x.h.Write(p)
	}
	return x.h.Sum(dst)
}

// AppendCommitment appends the commitment to details.
func (x *Hasher) AppendCommitment(dst, details []byte) []byte {
	return x.sum(dst, prefixCommitment, details)
}

// AppendContent appends the content hash of a commitment and the sealed details
// that follow it.
func (x *Hasher) AppendContent(dst, commitmentAndSealed []byte) []byte {
	return x.sum(dst, prefixContent, commitmentAndSealed)
}

// Leaf returns the leaf hash of leaf data given in its two parts.
func (x *Hasher) Leaf(header, content []byte) [32]byte {
	x.sum(x.out[:0], prefixLeaf, header, content)
	return x.out
}
