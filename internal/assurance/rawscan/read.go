package rawscan

import (
	"errors"
	"io"
)

// Chunk is how many bytes a buffer for Read should hold at least.
const Chunk = 1 << 20

// Overlap is how many bytes of a piece belong to the next one as well, so that no
// border hides a pattern.
func (s *Set) Overlap() int { return max(0, s.longest-1) }

// Read searches everything that r gives, with a buffer of Chunk bytes, and returns
// how many bytes that was. met is told of every pattern met. each, unless nil, sees
// every piece with the offset at which it begins; pieces overlap.
func (s *Set) Read(r io.Reader, buffer []byte, met func(pattern int), each func(text []byte, at int64)) (int64, error) {
	read, kept := int64(0), 0
	for {
		n, err := io.ReadFull(r, buffer[kept:])
		text := buffer[:kept+n]
		s.Find(text, func(pattern, _ int) { met(pattern) })
		if each != nil {
			each(text, read-int64(kept))
		}
		read += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return read, nil
		}
		if err != nil {
			return read, err
		}
		kept = copy(buffer, text[max(0, len(text)-s.Overlap()):])
	}
}
