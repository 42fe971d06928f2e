package rawscan_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"garant.example/internal/assurance/rawscan"
)

// A pattern is met at every border of what is read.
func TestBorders(t *testing.T) {
	pattern := []byte("0123456789abcdef")
	set := rawscan.New([][]byte{[]byte("something longer than the other one"), pattern})
	for at := range 200 {
		text := append(bytes.Repeat([]byte{'.'}, at), pattern...)
		var met []int
		n, err := set.Read(iotest.HalfReader(bytes.NewReader(text)), make([]byte, 64), func(p int) { met = append(met, p) }, nil)
		if err != nil || n != int64(len(text)) || len(met) == 0 || met[0] != 1 {
			t.Fatalf("at %d: %v, read %d of %d: %v", at, met, n, len(text), err)
		}
	}
}

// What breaks off is an error: nobody has seen the rest.
func TestBrokenOff(t *testing.T) {
	set := rawscan.New([][]byte{[]byte("0123456789abcdef")})
	broken := errors.New("broken")
	r := io.MultiReader(bytes.NewReader(make([]byte, 100)), iotest.ErrReader(broken))
	if n, err := set.Read(r, make([]byte, 64), func(int) {}, nil); !errors.Is(err, broken) || n != 100 {
		t.Errorf("read %d: %v", n, err)
	}
}

// The search finds exactly what looking for each pattern by itself finds.
func FuzzSearch(f *testing.F) {
	f.Add([]byte("xxabcdefghijklxx"), []byte("abcdefgh"), []byte("efghijkl"))
	f.Add(bytes.Repeat([]byte{'a'}, 40), bytes.Repeat([]byte{'a'}, 8), bytes.Repeat([]byte{'a'}, 11))
	f.Fuzz(func(t *testing.T, text, one, two []byte) {
		if len(one) < 8 || len(two) < 8 {
			return // patterns are never so short
		}
		patterns := [][]byte{one, two}
		got := map[[2]int]bool{}
		rawscan.New(patterns).Find(text, func(p, at int) { got[[2]int{p, at}] = true })
		for i, p := range patterns {
			for at := range text {
				if want := bytes.HasPrefix(text[at:], p); want != got[[2]int{i, at}] {
					t.Fatalf("pattern %d at %d: %v", i, at, !want)
				}
			}
		}
	})
}
