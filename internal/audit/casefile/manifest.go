package casefile

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/spec/tlog"
)

// The files of a case bundle, a zip archive that holds these and no other.
const (
	EntriesName    = "entries.jsonl" // one Line each
	CheckpointName = "checkpoint"    // the signed note that everything is proved against
	ManifestName   = "manifest.json"
	NoteName       = "manifest.note" // the manifest's hash, signed by the same key
)

// Manifest says what a bundle holds.
type Manifest struct {
	Format string `json:"format"`
	Origin string `json:"origin"`
	Key    string `json:"key"` // verifier key; compare it with the one on the trust page
	// Former are the verifier keys that signed earlier checkpoints of the same log,
	// the newest first: who trusts Key trusts them for what was signed before.
	Former  []string  `json:"former_keys,omitzero"`
	Created time.Time `json:"created"`
	// Since and Until are the period asked for; zero where it was asked by number
	// or without bound.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// First is the number of the first entry of the period, Count how many there
	// are. Before and After say that the neighbour on that side is there as a
	// boundary: its time shows that nothing of the period was left out.
	First       uint64      `json:"first"`
	Count       uint64      `json:"count"`
	Before      bool        `json:"before"`
	After       bool        `json:"after"`
	PrunedBelow uint64      `json:"pruned_below"`
	Size        uint64      `json:"size"` // of the checkpoint
	Root        tlog.Hash   `json:"root"`
	Left        []tlog.Hash `json:"left"`  // subtrees before the first leaf shown
	Right       []tlog.Hash `json:"right"` // subtrees after the last leaf shown
	Disclosed   uint64      `json:"disclosed"`
	Entries     Hex         `json:"entries_sha256"`
}

// Line is one line of the entries file.
type Line struct {
	Content
	// Boundary marks a neighbour of the period, of which only leaf data is shown.
	Boundary bool `json:"boundary,omitzero"`
}

// noteText is what is signed of a manifest.
func noteText(origin string, manifest []byte) string {
	sum := sha256.Sum256(manifest)
	return fmt.Sprintf("%s\n%s\n%s\n", FormatBundle, origin, hex.EncodeToString(sum[:]))
}

// BundleWriter writes a bundle line by line, so that a long period needs no memory.
type BundleWriter struct {
	zip  *zip.Writer
	file io.Writer
	sum  hash.Hash
	err  error
}

// NewBundle begins a bundle.
func NewBundle(w io.Writer) *BundleWriter {
	b := &BundleWriter{zip: zip.NewWriter(w), sum: sha256.New()}
	b.file, b.err = b.zip.Create(EntriesName)
	return b
}

// Add writes one line. Lines come in the order of their numbers.
func (b *BundleWriter) Add(l Line) error {
	if b.err != nil {
		return b.err
	}
	var line []byte
	if line, b.err = json.Marshal(l, json.Deterministic(true)); b.err != nil {
		return b.err
	}
	line = append(line, '\n')
	b.sum.Write(line)
	_, b.err = b.file.Write(line)
	return b.err
}

// Finish writes checkpoint, manifest and its signature, and ends the archive. It
// fills in the manifest's format and the hash of the entries.
func (b *BundleWriter) Finish(m *Manifest, checkpoint []byte, sign func(text string) ([]byte, error)) error {
	if b.err != nil {
		return b.err
	}
	m.Format, m.Entries = FormatBundle, b.sum.Sum(nil)
	manifest, err := json.Marshal(m, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	note, err := sign(noteText(m.Origin, manifest))
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		body []byte
	}{{CheckpointName, checkpoint}, {ManifestName, manifest}, {NoteName, note}} {
		w, err := b.zip.Create(f.name)
		if err == nil {
			_, err = w.Write(f.body)
		}
		if err != nil {
			return err
		}
	}
	return b.zip.Close()
}
