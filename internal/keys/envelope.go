package keys

import (
	"encoding/binary"
	"errors"
)

// The envelope of every ciphertext, big-endian:
//
//	offset  bytes
//	0       1      format, 1
//	1       1      algorithm, 1 = AES-256-GCM
//	2       8      reference of the data key
//	10      2      version of the data key
//	12      12     nonce, random
//	24      n      ciphertext
//	24+n    16     tag
//
// The first twelve bytes are part of the associated data.
const (
	formatOne     = 1
	headerSize    = 12
	nonceSize     = 12
	tagSize       = 16
	Overhead      = headerSize + nonceSize + tagSize // bytes that Seal adds
	firstVersion  = 1
	subjectMaxVer = 1
)

// Algorithm is the closed list of algorithms an envelope may name.
type Algorithm uint8

// AES256GCM is the only algorithm of this version.
const AES256GCM Algorithm = 1

// String is the name as the trust page and the seal-inspector show it.
func (a Algorithm) String() string {
	if a == AES256GCM {
		return "AES-256-GCM"
	}
	return "unknown"
}

// KeyBits is the length of the key, in bits; zero for an unknown algorithm.
func (a Algorithm) KeyBits() int {
	if a == AES256GCM {
		return 256
	}
	return 0
}

// Header is what a ciphertext says of itself. Until the text is opened it is a
// claim: Open authenticates it.
type Header struct {
	Format    uint8
	Algorithm Algorithm
	Ref       Ref
	Version   uint16
}

// ErrEnvelope is returned when bytes are no envelope of this package.
var ErrEnvelope = errors.New("keys: not an envelope")

// ParseHeader reads the header of a sealed text without any key. It returns
// ErrEnvelope when the bytes are too short, name an unknown format or algorithm,
// or a key that cannot exist.
func ParseHeader(sealed []byte) (Header, error) {
	if len(sealed) < Overhead {
		return Header{}, ErrEnvelope
	}
	h := Header{
		Format:    sealed[0],
		Algorithm: Algorithm(sealed[1]),
		Ref:       Ref(binary.BigEndian.Uint64(sealed[2:])),
		Version:   binary.BigEndian.Uint16(sealed[10:]),
	}
	switch {
	case h.Format != formatOne, h.Algorithm != AES256GCM, !h.Ref.valid(), h.Version < firstVersion:
		return Header{}, ErrEnvelope
	case !h.Ref.Named() && h.Version > subjectMaxVer:
		return Header{}, ErrEnvelope
	}
	return h, nil
}

func appendHeader(dst []byte, ref Ref, version uint16) []byte {
	dst = append(dst, formatOne, byte(AES256GCM))
	dst = binary.BigEndian.AppendUint64(dst, uint64(ref))
	return binary.BigEndian.AppendUint16(dst, version)
}
