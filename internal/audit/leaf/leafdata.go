package leaf

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/id"
)

// Sizes in bytes.
const (
	HeaderSize = 1 + 1 + 8 + 16 + 32 // version, class, time, object, row
	Size       = HeaderSize + 32     // and the content hash
	SaltSize   = 16
)

const version = 1

// Prefixes of digests; 0x00 and 0x01 are RFC 6962's.
const (
	prefixLeaf       = 0x00
	prefixCommitment = 0x02
	prefixContent    = 0x03
)

// ErrMalformed is returned when bytes are not what this package writes.
var ErrMalformed = errors.New("leaf: malformed")

// Header is the part of a leaf that is in clear.
type Header struct {
	Class  Class
	At     time.Time // to the microsecond, UTC
	Object id.Raw
	Row    [32]byte
}

// AppendHeader appends the HeaderSize bytes of the header.
func AppendHeader(dst []byte, h Header) []byte {
	at := int64(0)
	if !h.At.IsZero() {
		at = clock.Micros(h.At)
	}
	dst = append(dst, version, byte(h.Class))
	dst = binary.BigEndian.AppendUint64(dst, uint64(at))
	dst = append(dst, h.Object[:]...)
	return append(dst, h.Row[:]...)
}

// ParseHeader reads the header at the beginning of leaf data.
// It returns ErrMalformed.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderSize || b[0] != version || b[2] > 127 { // no time before 1970
		return Header{}, ErrMalformed
	}
	h := Header{Class: Class(b[1]), At: clock.FromMicros(int64(binary.BigEndian.Uint64(b[2:]))), Object: id.Raw(b[10:26]), Row: [32]byte(b[26:58])}
	if h.Class < Read || h.Class > Other {
		return Header{}, ErrMalformed
	}
	if h.Row != [32]byte{} && (h.Class != Write || h.Object.IsZero()) {
		return Header{}, ErrMalformed
	}
	return h, nil
}

// Content returns the content hash that stands at the end of leaf data.
func Content(commitment [32]byte, sealed []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte{prefixContent})
	h.Write(commitment[:])
	h.Write(sealed)
	return [32]byte(h.Sum(nil))
}

// Hash returns the RFC 6962 leaf hash of leaf data.
func Hash(data []byte) [32]byte {
	buf := make([]byte, 1, 1+Size)
	buf[0] = prefixLeaf
	return sha256.Sum256(append(buf, data...))
}

// Commitment returns the hash that binds details to their leaf.
func Commitment(details []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte{prefixCommitment})
	h.Write(details)
	return [32]byte(h.Sum(nil))
}

// AppendAD appends the associated data under which details are sealed: the log
// they belong to, their place in it and their header, so that a sealed entry
// moved elsewhere or put behind another header does not open.
func AppendAD(dst []byte, origin string, seq uint64, header []byte) []byte {
	dst = append(dst, "garant.audit.entry\x00"...)
	dst = binary.AppendUvarint(dst, uint64(len(origin)))
	dst = append(dst, origin...)
	dst = binary.BigEndian.AppendUint64(dst, seq)
	return append(dst, header[:HeaderSize]...)
}

// Document is the Row of an entry that vouches for a document: its SHA-256.
func Document(b []byte) [32]byte { return sha256.Sum256(b) }
