package markerscan

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	"garant.example/internal/assurance/rawscan"
)

// streamPiece is how much of a compressed stream is searched at once, in bytes.
const streamPiece = 64 << 10

// hit is a mark met in a place.
type hit struct {
	mark  int
	place string // the file, or the database and table
}

// scanner searches sources for marks and counts what it read.
type scanner struct {
	search *rawscan.Set
	marks  []int // by pattern
	packed bool  // open compressed streams
	files  int64
	rows   int64
	bytes  int64
	missed error // the first source that could not be read to its end
	hits   []hit
	known  map[hit]bool
	buffer []byte
}

// newScanner compiles the patterns of marks.
func newScanner(marks []mark, encodings []string) (*scanner, error) {
	s := &scanner{known: map[hit]bool{}, buffer: make([]byte, rawscan.Chunk)}
	var patterns [][]byte
	for i, m := range marks {
		list := m.windows
		if m.token != "" {
			var err error
			if list, err = encode(m.token, encodings); err != nil {
				return nil, err
			}
		}
		for _, p := range list {
			patterns, s.marks = append(patterns, p), append(s.marks, i)
		}
	}
	for _, e := range encodings {
		s.packed = s.packed || e == compressed
	}
	s.search = rawscan.New(patterns)
	return s, nil
}

// note keeps a hit, once for each mark and place.
func (s *scanner) note(pattern int, place string) {
	h := hit{s.marks[pattern], place}
	if !s.known[h] {
		s.known[h] = true
		s.hits = append(s.hits, h)
	}
}

// text searches a text that is in memory: the value of a column, for example.
func (s *scanner) text(place string, b []byte) {
	s.bytes += int64(len(b))
	s.search.Find(b, func(pattern, _ int) { s.note(pattern, place) })
	if s.packed {
		streams(b, func(at int) { s.stream(place, b[at:min(at+4, len(b))], bytes.NewReader(b[at:])) })
	}
}

// stream searches what a compressed stream unpacks to. Bytes that only look like a
// stream end in an error, which says nothing.
func (s *scanner) stream(place string, head []byte, r io.Reader) {
	unpacked, end := unpack(head, r)
	if unpacked == nil {
		return
	}
	defer end()
	// An error ends the stream; what came before it was searched.
	_, _ = s.search.Read(unpacked, make([]byte, streamPiece), func(pattern int) { s.note(pattern, place) }, nil)
}

// file searches the raw bytes of a file. A file that vanished meanwhile holds
// nothing any more.
func (s *scanner) file(path string) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		s.miss(err)
		return
	}
	defer f.Close()
	s.files++
	n, err := s.search.Read(f, s.buffer, func(pattern int) { s.note(pattern, path) }, func(text []byte, at int64) {
		if s.packed {
			s.packedIn(f, path, text, at)
		}
	})
	s.bytes += n
	if err != nil {
		s.miss(err)
	}
}

// packedIn opens the streams that begin in a chunk of a file.
func (s *scanner) packedIn(f *os.File, path string, text []byte, at int64) {
	streams(text, func(offset int) {
		begin := at + int64(offset)
		s.stream(path, text[offset:min(offset+4, len(text))], io.NewSectionReader(f, begin, maxUnpacked))
	})
}

func (s *scanner) miss(err error) {
	if s.missed == nil {
		s.missed = err
	}
}
