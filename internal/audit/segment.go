package audit

import (
	"encoding/binary"
	"fmt"

	"garant.example/internal/audit/leaf"
)

// A segment's body holds its entries one after another:
//
//	offset  bytes
//	0       58   header in clear (package leaf)
//	58      2    length of the sealed details
//	60      32   commitment to the details
//	92      n    sealed details
const (
	lengthAt     = leaf.HeaderSize
	commitmentAt = lengthAt + 2
	sealedAt     = commitmentAt + 32
	maxSealed    = 1<<16 - 1
)

// stored is one entry as a segment keeps it; its slices point into the segment.
type stored struct {
	header []byte // leaf.HeaderSize
	bound  []byte // commitment and sealed details, which the content hash covers
}

func (s stored) commitment() [32]byte { return [32]byte(s.bound) }
func (s stored) sealed() []byte       { return s.bound[32:] }

// data is the leaf data.
func (s stored) data(x *leaf.Hasher) []byte {
	return x.AppendContent(append(make([]byte, 0, leaf.Size), s.header...), s.bound)
}

// cutEntry takes the first entry off a segment's body.
func cutEntry(body []byte) (stored, []byte, error) {
	if len(body) < sealedAt {
		return stored{}, nil, leaf.ErrMalformed
	}
	end := sealedAt + int(binary.BigEndian.Uint16(body[lengthAt:]))
	if len(body) < end {
		return stored{}, nil, leaf.ErrMalformed
	}
	return stored{body[:leaf.HeaderSize], body[commitmentAt:end]}, body[end:], nil
}

// each calls fn for every entry of the segment. It returns leaf.ErrMalformed when
// the body is not count entries long.
func (s segmentRow) each(fn func(seq uint64, e stored) error) error {
	body := s.body
	for i := range s.count {
		e, rest, err := cutEntry(body)
		if err != nil {
			return fmt.Errorf("segment %d, entry %d: %w", s.first, i, err)
		}
		if err := fn(s.first+uint64(i), e); err != nil {
			return err
		}
		body = rest
	}
	if len(body) != 0 {
		return fmt.Errorf("segment %d: %d bytes too many: %w", s.first, len(body), leaf.ErrMalformed)
	}
	return nil
}
