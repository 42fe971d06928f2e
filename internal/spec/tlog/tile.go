package tlog

import (
	"fmt"
	"strconv"
	"strings"
)

// Tiles of C2SP tlog-tiles have height 8.
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight // hashes in a full tile
)

// Tile names a tile: its level, its number within the level, and how many hashes
// it holds (1 to TileWidth). Entries is true for a bundle of leaf data instead.
type Tile struct {
	Entries bool
	Level   uint
	N       uint64
	Width   int
}

// Path is where the tile is served, below the log's prefix:
// "tile/0/x001/x234/067", "tile/1/000.p/17", "tile/entries/000".
func (t Tile) Path() string {
	n := fmt.Sprintf("%03d", t.N%1000)
	for rest := t.N / 1000; rest > 0; rest /= 1000 {
		n = fmt.Sprintf("x%03d/%s", rest%1000, n)
	}
	level := "entries"
	if !t.Entries {
		level = strconv.FormatUint(uint64(t.Level), 10)
	}
	path := "tile/" + level + "/" + n
	if t.Width < TileWidth {
		path += ".p/" + strconv.Itoa(t.Width)
	}
	return path
}

// ParseTile reads what Path writes, or returns ErrMalformed.
func ParseTile(path string) (Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	level, rest, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 || len(path) > 100 {
		return Tile{}, ErrMalformed
	}
	t := Tile{Width: TileWidth}
	if level == "entries" {
		t.Entries = true
	} else {
		l, err := strconv.ParseUint(level, 10, 6)
		if err != nil {
			return Tile{}, ErrMalformed
		}
		t.Level = uint(l)
	}
	if number, width, partial := strings.Cut(rest, ".p/"); partial {
		w, err := strconv.ParseUint(width, 10, 8)
		if err != nil || w == 0 {
			return Tile{}, ErrMalformed
		}
		rest, t.Width = number, int(w)
	}
	n, err := strconv.ParseUint(strings.ReplaceAll(strings.ReplaceAll(rest, "/", ""), "x", ""), 10, 60)
	if err != nil {
		return Tile{}, ErrMalformed
	}
	// Everything that was read loosely is caught here: only one text is right.
	if t.N = n; t.Path() != path {
		return Tile{}, ErrMalformed
	}
	return t, nil
}

// Complete returns the root of 2^k hashes laid one after another in b, as a tile
// keeps them. It returns ErrMalformed when their number is no power of two.
func Complete(b []byte) (Hash, error) {
	n := len(b) / HashSize
	if n == 0 || len(b)%HashSize != 0 || n&(n-1) != 0 {
		return Hash{}, ErrMalformed
	}
	var r Range
	for i := range n {
		r.Append(Hash(b[i*HashSize:]))
	}
	return r.roots[0], nil
}
