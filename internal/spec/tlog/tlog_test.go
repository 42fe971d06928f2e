package tlog_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"pgregory.net/rapid"

	"garant.example/internal/spec/tlog"
)

// tree is every leaf hash in memory; it reads subtrees by computing them.
type tree []tlog.Hash

func newTree(n int) tree {
	t := make(tree, n)
	for i := range t {
		t[i] = tlog.LeafHash([]byte{byte(i), byte(i >> 8)})
	}
	return t
}

func (t tree) Subtrees(levels []uint, ns []uint64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(levels))
	for i := range levels {
		var r tlog.Range
		for _, h := range t[ns[i]<<levels[i] : (ns[i]+1)<<levels[i]] {
			r.Append(h)
		}
		out[i] = r.Root()
	}
	return out, nil
}

func (t tree) root() tlog.Hash {
	var r tlog.Range
	for _, h := range t {
		r.Append(h)
	}
	return r.Root()
}

// The eight leaves and roots of the Certificate Transparency test vectors
// (RFC 6962 reference implementation, merkle_tree_test).
func TestVectors(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	if got := tlog.EmptyRoot(); hex.EncodeToString(got[:]) != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("empty tree: %x", got)
	}
	var r tlog.Range
	for i := range leaves {
		data, err := hex.DecodeString(leaves[i])
		if err != nil {
			t.Fatal(err)
		}
		r.Append(tlog.LeafHash(data))
		if got := r.Root(); hex.EncodeToString(got[:]) != roots[i] {
			t.Errorf("%d leaves: %x", i+1, got)
		}
	}
}

func raw(hashes []tlog.Hash) [][]byte {
	out := make([][]byte, len(hashes))
	for i := range hashes {
		out[i] = hashes[i][:]
	}
	return out
}

// Every proof of every small tree satisfies an independent implementation, and a
// proof with anything changed satisfies neither.
func TestProofsAgainstIndependent(t *testing.T) {
	const n = 70
	for size := uint64(1); size <= n; size++ {
		tr := newTree(int(size))
		root := tr.root()
		for i := range size {
			p, err := tlog.ProveInclusion(i, size, tr)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckInclusion(p, i, size, root, tr[i]); err != nil {
				t.Fatalf("inclusion %d of %d: %v", i, size, err)
			}
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, i, size, tr[i][:], raw(p), root[:]); err != nil {
				t.Fatalf("inclusion %d of %d: %v", i, size, err)
			}
			if tlog.CheckInclusion(p, i, size, root, tlog.LeafHash([]byte("other"))) == nil {
				t.Fatalf("another leaf passes as %d of %d", i, size)
			}
			if i+1 < size && tlog.CheckInclusion(p, i+1, size, root, tr[i]) == nil && tr[i] != tr[i+1] {
				t.Fatalf("leaf %d passes as %d of %d", i, i+1, size)
			}
		}
		for from := range size + 1 {
			p, err := tlog.ProveConsistency(from, size, tr)
			if err != nil {
				t.Fatal(err)
			}
			before := tr[:from].root()
			if err := tlog.CheckConsistency(p, from, size, before, root); err != nil {
				t.Fatalf("consistency %d to %d: %v", from, size, err)
			}
			if from == 0 {
				continue // the other implementation knows no empty tree
			}
			if err := proof.VerifyConsistency(rfc6962.DefaultHasher, from, size, raw(p), before[:], root[:]); err != nil {
				t.Fatalf("consistency %d to %d: %v", from, size, err)
			}
			if from < size && tlog.CheckConsistency(p, from, size, root, root) == nil {
				t.Fatalf("another root passes as %d", from)
			}
		}
	}
}

func TestRangeIsTheCompactRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 600).Draw(t, "size")
		tr := newTree(n)
		var ours tlog.Range
		f := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
		theirs := f.NewEmptyRange(0)
		for _, h := range tr {
			ours.Append(h)
			if err := theirs.Append(h[:], nil); err != nil {
				t.Fatal(err)
			}
		}
		root, err := theirs.GetRootHash(nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ours.Root()
		if !bytes.Equal(got[:], root) || !slices.EqualFunc(ours.Subtrees(), theirs.Hashes(), func(a tlog.Hash, b []byte) bool { return bytes.Equal(a[:], b) }) {
			t.Fatalf("size %d: %s", n, got)
		}
		half := n &^ 255
		var left, right tlog.Range
		for _, h := range tr[:half] {
			left.Append(h)
		}
		for _, h := range tr[half:] {
			right.Append(h)
		}
		if joined, err := left.Join(&right); err != nil || joined != got {
			t.Fatalf("joined at %d: %v", half, err)
		}
	})
}

func TestRangeProof(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 300).Draw(t, "size")
		from := rapid.IntRange(0, size).Draw(t, "from")
		to := rapid.IntRange(from, size).Draw(t, "to")
		tr := newTree(size)
		p, err := tlog.ProveRange(uint64(from), uint64(to), uint64(size), tr)
		if err != nil {
			t.Fatal(err)
		}
		run := func(leaves []tlog.Hash) error {
			c, err := tlog.CheckRange(p, uint64(from), uint64(to), uint64(size))
			if err != nil {
				return err
			}
			for _, h := range leaves {
				c.Leaf(h)
			}
			return c.Finish(tr.root())
		}
		if err := run(tr[from:to]); err != nil {
			t.Fatalf("[%d, %d) of %d: %v", from, to, size, err)
		}
		if from == to {
			return
		}
		drop := rapid.IntRange(from, to-1).Draw(t, "drop")
		if run(slices.Delete(slices.Clone(tr[from:to]), drop-from, drop-from+1)) == nil {
			t.Fatal("a leaf can be left out")
		}
		changed := slices.Clone(tr[from:to])
		changed[drop-from][0] ^= 1
		if run(changed) == nil {
			t.Fatal("a leaf can be changed")
		}
	})
}

func TestTilePaths(t *testing.T) {
	for path, want := range map[string]tlog.Tile{
		"tile/0/x001/x234/067":  {N: 1234067, Width: 256},
		"tile/1/000.p/17":       {Level: 1, Width: 17},
		"tile/entries/x001/001": {Entries: true, N: 1001, Width: 256},
		"tile/63/999.p/255":     {Level: 63, N: 999, Width: 255},
		"tile/entries/000.p/1":  {Entries: true, Width: 1},
	} {
		got, err := tlog.ParseTile(path)
		if err != nil || got != want || got.Path() != path {
			t.Errorf("%s: %+v %v", path, got, err)
		}
	}
	for _, bad := range []string{"", "tile", "tile/0", "tile/64/000", "tile/00/000", "tile/0/1", "tile/0/x000/001", "tile/0/001/002",
		"tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/x001", "tile/-1/000", "tile/0/000/", "/tile/0/000", "tile/0/000.p/", "tile/data/000"} {
		if got, err := tlog.ParseTile(bad); err == nil {
			t.Errorf("%s is read as %+v", bad, got)
		}
	}
}

func FuzzParseTile(f *testing.F) {
	for _, s := range []string{"tile/0/x001/x234/067", "tile/entries/000.p/3", "tile/1/x001/000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if tile, err := tlog.ParseTile(s); err == nil && tile.Path() != s {
			t.Fatalf("%q is written %q", s, tile.Path())
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add("example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
	f.Add("a\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nextension\n")
	f.Add("a\n020852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n")
	f.Add("a\n7\nCsUYapGGPo4dkMgIAUqom\r/Xajj7h2fB2MPA3j2jxq2I=\n") // which base64 decoders pass over
	f.Add("a\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n")   // bits beyond the last byte
	f.Fuzz(func(t *testing.T, s string) {
		c, err := tlog.ParseCheckpoint(s)
		if err == nil && !strings.HasPrefix(s, c.Text()) { // one checkpoint has one text
			t.Fatalf("%q is written %q", s, c.Text())
		}
	})
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— example.com/log AAAAAAAA\n"))
	key := make([]byte, 32)
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := tlog.OpenCheckpoint(b, "example.com/log", key); err == nil {
			t.Fatalf("signed by nobody: %+v", c)
		}
	})
}

func FuzzCheckProofs(f *testing.F) {
	f.Add(uint64(3), uint64(7), []byte(fmt.Sprintf("%096d", 0)))
	f.Fuzz(func(t *testing.T, a, b uint64, body []byte) {
		var p []tlog.Hash
		for ; len(body) >= 32; body = body[32:] {
			p = append(p, tlog.Hash(body))
		}
		root := tlog.LeafHash([]byte("root"))
		if b != 1 && tlog.CheckInclusion(p, a, b, root, tlog.EmptyRoot()) == nil {
			t.Fatal("inclusion proved by nothing")
		}
		if a != 0 && a != b && tlog.CheckConsistency(p, a, b, root, tlog.EmptyRoot()) == nil {
			t.Fatal("consistency proved by nothing")
		}
		if c, err := tlog.CheckRange(tlog.RangeProof{Left: p, Right: p}, a, a, b); err == nil {
			c.Leaf(root)
			if c.Finish(root) == nil {
				t.Fatal("range proved by nothing")
			}
		}
	})
}
