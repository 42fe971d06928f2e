package blindindex

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"sync"
)

// TagSize is the length of a tag in bytes.
const TagSize = 10

// Tag stands for a value in the index.
type Tag [TagSize]byte

// KeySize is the length of a key in bytes.
const KeySize = sha256.Size

// ErrKey is returned when a key has not KeySize bytes.
var ErrKey = errors.New("blindindex: a key has 32 bytes")

// Key makes the tags of one tenant. Safe for concurrent use. It prints as nothing.
type Key struct {
	secret [KeySize]byte
	hashes sync.Pool // of hash.Hash, keyed: beginning one costs two blocks of SHA-256
}

// NewKey copies secret.
func NewKey(secret []byte) (*Key, error) {
	if len(secret) != KeySize {
		return nil, ErrKey
	}
	return &Key{secret: [KeySize]byte(secret)}, nil
}

// String hides the key.
func (*Key) String() string { return "**redacted**" }

// GoString hides the key.
func (*Key) GoString() string { return "**redacted**" }

// Tag is the tag of a normalised value in a field of a collection.
func (k *Key) Tag(collection, field, normalised string) Tag {
	buf := make([]byte, 0, 128)
	buf = append(buf, "garant blindindex 1"...)
	// Lengths before the parts: ("ab","c") and ("a","bc") must differ.
	for _, part := range [...]string{collection, field, normalised} {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(part)))
		buf = append(buf, part...)
	}
	h, _ := k.hashes.Get().(hash.Hash)
	if h == nil {
		h = hmac.New(sha256.New, k.secret[:])
	}
	h.Write(buf)
	clear(buf)
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	h.Reset()
	k.hashes.Put(h)
	return Tag(sum[:TagSize])
}
