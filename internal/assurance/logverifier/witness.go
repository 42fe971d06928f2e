package logverifier

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"

	"garant.example/internal/audit"
)

// Bounds of what a run compares with: the oldest heads anchor the log, the newest
// cover its end.
const (
	oldestHeads = 20
	newestHeads = 100
)

// witness keeps heads of logs outside their databases: one file per log, one line
// per head, only ever added to.
type witness struct {
	dir   string
	apart bool // the operator named the folder: it must be there
}

func newWitness(data, named string) *witness {
	if named != "" {
		return &witness{dir: named, apart: true}
	}
	return &witness{dir: filepath.Join(data, "witness")}
}

// head is one line.
type head struct {
	Origin string    `json:"origin"`
	Size   uint64    `json:"size"`
	At     time.Time `json:"at"` // when it was kept
	Note   []byte    `json:"note"`
}

func (w *witness) path(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return filepath.Join(w.dir, hex.EncodeToString(sum[:16])+".heads")
}

// heads reads what is kept of a log, oldest first. A line that cannot be read is an
// error: the witness was tampered with.
func (w *witness) heads(origin string) ([]head, error) {
	data, err := os.ReadFile(w.path(origin))
	if errors.Is(err, fs.ErrNotExist) {
		if w.apart { // a disk that is not there is no empty witness
			_, err := os.Stat(w.dir)
			return nil, err
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []head
	for line := range bytes.Lines(data) {
		if !bytes.HasSuffix(line, []byte{'\n'}) {
			break // the end of a line that a crash cut off
		}
		var h head
		if err := json.Unmarshal(line, &h); err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, nil
}

// keep adds a head, flushed, unless the last one is of the same size.
func (w *witness) keep(origin string, known []head, c audit.Checkpoint, now time.Time) error {
	if len(known) > 0 && known[len(known)-1].Size == c.Size {
		return nil
	}
	line, err := json.Marshal(head{Origin: origin, Size: c.Size, At: now.UTC(), Note: c.Note}, json.Deterministic(true))
	if err != nil {
		return err
	}
	if !w.apart {
		if err := os.MkdirAll(w.dir, 0o700); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(w.path(origin), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	err = add(f, append(line, '\n'))
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// add writes a line behind the last whole one.
func add(f *os.File, line []byte) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	end := info.Size()
	for one := make([]byte, 1); end > 0; end-- {
		if _, err := f.ReadAt(one, end-1); err != nil {
			return err
		}
		if one[0] == '\n' {
			break
		}
	}
	if _, err := f.WriteAt(line, end); err != nil {
		return err
	}
	return f.Sync()
}

// notes picks the heads that a run compares with.
func notes(list []head) [][]byte {
	if len(list) > oldestHeads+newestHeads {
		list = append(list[:oldestHeads:oldestHeads], list[len(list)-newestHeads:]...)
	}
	out := make([][]byte, len(list))
	for i, h := range list {
		out[i] = h.Note
	}
	return out
}
