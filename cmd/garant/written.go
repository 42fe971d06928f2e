package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"

	"garant.example/client"
	"garant.example/internal/audit/casefile"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
)

// written is a file of -o that is hashed and counted while it is written.
type written struct {
	io.WriteCloser
	name   string // empty for the output, of which nothing is said
	sum    hash.Hash
	bytes  int64
	lines  int64 // that ended outside quotes
	quoted bool  // within a quoted cell of CSV, where a line may end
	csv    bool
}

// file opens the file of -o. format says how its records are counted.
func (c *call) file(name, format string) (*written, error) {
	dst, err := c.destination(name)
	if err != nil {
		return nil, err
	}
	if name == "-" {
		name = ""
	}
	return &written{WriteCloser: dst, name: name, sum: sha256.New(), csv: format == client.CSV}, nil
}

// Write passes bytes on and counts them.
func (w *written) Write(p []byte) (int, error) {
	n, err := w.WriteCloser.Write(p)
	w.bytes += int64(n)
	w.sum.Write(p[:n])
	for _, b := range p[:n] {
		switch {
		case b == '"' && w.csv:
			w.quoted = !w.quoted
		case b == '\n' && !w.quoted:
			w.lines++
		}
	}
	return n, err
}

// records is how many records were written: a CSV begins with a line of headings.
func (w *written) records() int64 {
	if w.csv && w.lines > 0 {
		return w.lines - 1
	}
	return w.lines
}

// told says in one line what was written, how much, where, and its hash. A program
// that asked for JSON is told nothing: it has the file.
func (c *call) told(w *written, key string, count int64) {
	if w.name == "" || c.flags.json {
		return
	}
	c.say(key, errs.Params{"count": count, "size": i18n.Size(w.bytes), "file": w.name, "sha256": hex.EncodeToString(w.sum.Sum(nil))})
}

// entriesIn is how many entries a case bundle on disk says it holds.
func entriesIn(name string) (int64, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return 0, err
	}
	defer z.Close()
	f, err := z.Open(casefile.ManifestName)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var m casefile.Manifest
	if err := json.NewDecoder(f).Decode(&m); err != nil {
		return 0, err
	}
	return int64(m.Count), nil
}
