package markerscan

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"

	"garant.example/internal/assurance"
	"garant.example/internal/assurance/rawscan"
)

func every() []string { return []string{plain, utf16, hexadecim, base64s, compressed} }

func scannerOf(t testing.TB, marks ...mark) *scanner {
	t.Helper()
	s, err := newScanner(marks, every())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A token is met in every encoding, wherever it stands and at every border of a
// chunk.
func TestEncodings(t *testing.T) {
	token := newToken()
	packed := func(b []byte) []byte {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		if _, err := z.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Repeat([]byte("words "), 40000)
	cases := map[string][]byte{
		"plain":    []byte(token),
		"utf-16le": wide(token, 0),
		"utf-16be": wide(token, 1),
		"hex":      []byte("0" + hexOf(token)),
		"gzip":     packed(append(text, token...)),
		"zstd":     encoder.EncodeAll(append(bytes.Clone(text), token...), nil),
	}
	for before := range 7 {
		cases["base64 after "+string(rune('0'+before))] = []byte(base64.StdEncoding.EncodeToString([]byte("abcdefg"[:before] + token + "tail")))
	}
	for name, body := range cases {
		for _, at := range []int{0, 3, rawscan.Chunk - 1, rawscan.Chunk - 20, rawscan.Chunk, 2*rawscan.Chunk - 33} {
			path := filepath.Join(t.TempDir(), "file")
			content := append(bytes.Repeat([]byte{'.'}, at), body...)
			if err := os.WriteFile(path, append(content, '.', '.'), 0o600); err != nil {
				t.Fatal(err)
			}
			s := scannerOf(t, mark{token: newToken()}, mark{token: token})
			s.file(path)
			if len(s.hits) != 1 || s.hits[0].mark != 1 || s.missed != nil {
				t.Errorf("%s at %d: %v %v", name, at, s.hits, s.missed)
			}
			if want := int64(len(content) + 2); s.bytes != want {
				t.Errorf("%s at %d: read %d of %d bytes", name, at, s.bytes, want)
			}
		}
	}
}

func hexOf(s string) string {
	const digits = "0123456789abcdef"
	var out []byte
	for i := range len(s) {
		out = append(out, digits[s[i]>>4], digits[s[i]&15])
	}
	return string(out)
}

func TestUnknownEncoding(t *testing.T) {
	if _, err := newScanner([]mark{{token: newToken()}}, []string{"morse"}); err == nil {
		t.Error("an unknown encoding was taken")
	}
}

func TestLies(t *testing.T) {
	for _, c := range []struct {
		met, database string
		want          bool
	}{{"/d/a.db", "/d/a.db", true}, {"/d/a.db-wal", "/d/a.db", true}, {"/d/a.db#vault_record", "/d/a.db", true},
		{"/d/a.db2", "/d/a.db", false}, {"/d/b.db", "/d/a.db", false}} {
		if got := lies(c.met, c.database); got != c.want {
			t.Errorf("%s in %s: %v", c.met, c.database, got)
		}
	}
}

// What cannot be read to its end leaves nobody knowing, and so does a search that
// does not meet what certainly lies in a place.
func TestUnread(t *testing.T) {
	s := scannerOf(t, mark{token: newToken()})
	s.file(t.TempDir()) // a folder opens, and cannot be read
	if s.missed == nil {
		t.Error("nothing was missed")
	}
	s = scannerOf(t, mark{token: newToken()})
	s.file(filepath.Join(t.TempDir(), "gone"))
	if s.missed != nil {
		t.Errorf("a file that vanished holds nothing: %v", s.missed)
	}
	marks := []mark{{windows: [][]byte{bytes.Repeat([]byte{7}, windowSize)}, own: "/d/a.db", culprit: "r_1"}}
	r := &run{finding: assurance.Keep()}
	r.judge(scannerOf(t, marks...), marks)
	if r.finding.Outcome != assurance.OutcomeUnknown || r.finding.Reason != "marker_scan.reason.unseen" {
		t.Errorf("got %v", r.finding)
	}
	met := scannerOf(t, marks...)
	met.text("/d/a.db#vault_record", marks[0].windows[0])
	met.text("/d/b.db#vault_record", marks[0].windows[0])
	for onlyIn, want := range map[bool]assurance.Outcome{false: assurance.OutcomeKept, true: assurance.OutcomeFailing} {
		r = &run{finding: assurance.Keep(), plan: plan{onlyIn: onlyIn}}
		r.judge(met, marks)
		if r.finding.Outcome != want {
			t.Errorf("only-in %v: got %v", onlyIn, r.finding)
		}
	}
}
