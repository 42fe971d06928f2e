package rawscan

import "bytes"

// Set finds many patterns in one pass: the window slides by as much as the four
// bytes at its end allow.
type Set struct {
	patterns [][]byte
	width    int // of the shortest pattern: only so many bytes of each slide
	longest  int
	shift    []uint16
	ending   map[uint32][]int // patterns by the last four bytes of their window
}

const (
	block    = 4 // bytes that decide how far the window slides
	hashBits = 16
)

// New compiles patterns, each of at least eight bytes. A Set may be shared.
func New(patterns [][]byte) *Set {
	s := &Set{patterns: patterns, ending: map[uint32][]int{}, shift: make([]uint16, 1<<hashBits)}
	for i, p := range patterns {
		if i == 0 || len(p) < s.width {
			s.width = len(p)
		}
		s.longest = max(s.longest, len(p))
	}
	for i := range s.shift {
		s.shift[i] = uint16(max(1, s.width-block+1))
	}
	for i, p := range patterns {
		for end := block; end <= s.width; end++ {
			h := hash(p[end-block:])
			s.shift[h] = min(s.shift[h], uint16(s.width-end))
		}
		h := key(p[s.width-block:])
		s.ending[h] = append(s.ending[h], i)
	}
	return s
}

func key(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func hash(b []byte) uint32 { return key(b) * 2654435761 >> (32 - hashBits) }

// Find calls met for every pattern in text, with the offset at which it begins.
func (s *Set) Find(text []byte, met func(pattern, offset int)) {
	if len(s.patterns) == 0 {
		return
	}
	for end := s.width; end <= len(text); {
		last := text[end-block : end]
		if skip := s.shift[hash(last)]; skip > 0 {
			end += int(skip)
			continue
		}
		for _, i := range s.ending[key(last)] {
			if bytes.HasPrefix(text[end-s.width:], s.patterns[i]) {
				met(i, end-s.width)
			}
		}
		end++
	}
}
