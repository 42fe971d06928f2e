package sqlite_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/db/sqlite"
)

func mustOpen(t *testing.T, dir string, family db.Family) db.DB {
	t.Helper()
	d, err := openAt(dir, "a.db", family)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := makeLines(d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for", "it")
	d := mustOpen(t, dir, db.Placement)
	if err := d.Read(t.Context(), func(tx db.Tx) error { return drainLines(tx) }); err != nil {
		t.Fatal(err)
	}
	files := d.Files()
	if len(files) < 4 {
		t.Errorf("files are %v", files)
	}
	for _, f := range append(files, dir) {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", f, info.Mode().Perm())
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if left := d.Files(); len(left) != 2 { // the file and the lock
		t.Errorf("after closing: %v", left)
	}
	if err := os.Chmod(filepath.Join(dir, "a.db"), 0o644); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, dir, db.Placement)
	if info, err := os.Stat(filepath.Join(dir, "a.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a loose mode stayed: %v %v", info.Mode(), err)
	}
}

func TestInUse(t *testing.T) {
	dir := t.TempDir()
	d := mustOpen(t, dir, db.Placement)
	if _, err := openAt(dir, "a.db", db.Placement); !errors.Is(err, db.ErrInUse) || !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("a second handle: %v", err)
	}
	place := db.Place{Family: db.Placement, Path: filepath.Join(dir, "a.db")}
	if err := sqlite.New(sqlite.Options{}).Drop(t.Context(), place); !errors.Is(err, db.ErrInUse) {
		t.Errorf("dropped while open: %v", err)
	}
	if err := addLine(d, "1", nil); !errors.Is(err, db.ErrConflict) { // NULL where none may be
		t.Errorf("got %v", err)
	}
	if err := addLine(d, "1", []byte{}); err != nil {
		t.Error(err)
	}
}

// TestMoved: nothing is written any more to a file that lost its name, and the
// file that took the name is left alone.
func TestMoved(t *testing.T) {
	for name, act := range map[string]func(path string) error{
		"removed": os.Remove,
		"renamed": func(path string) error { return os.Rename(path, path+".old") },
		"replaced": func(path string) error {
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, []byte("other"), 0o600))
		},
		"WAL gone": func(path string) error { return os.Remove(path + "-wal") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.db")
			d := mustOpen(t, dir, db.Placement)
			if err := addLine(d, "1", []byte("x")); err != nil {
				t.Fatal(err)
			}
			if err := act(path); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := addLine(d, "2", []byte("x")); !errors.Is(err, db.ErrMoved) {
					t.Errorf("write: %v", err)
				}
			}
			if err := d.Read(t.Context(), drainLines); !errors.Is(err, db.ErrMoved) {
				t.Errorf("read: %v", err)
			}
			if err := d.(db.Broken).Broken(); !errors.Is(err, db.ErrMoved) {
				t.Errorf("broken: %v", err)
			}
			if err := d.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			if b, err := os.ReadFile(path); name == "replaced" && (err != nil || string(b) != "other") {
				t.Errorf("the other file is now %q, %v", b, err)
			}
		})
	}
}

func TestForeignFiles(t *testing.T) {
	ctx, v := context.Background(), sqlite.New(sqlite.Options{})
	garbage := make([]byte, 8192)
	rand.Read(garbage)
	for name, c := range map[string]struct {
		spoil func(path string) error
		want  error
	}{
		"empty":          {func(p string) error { return os.Truncate(p, 0) }, db.ErrCorrupt},
		"garbage":        {func(p string) error { return os.WriteFile(p, garbage, 0o600) }, db.ErrCorrupt},
		"cut short":      {func(p string) error { return os.Truncate(p, 4096) }, db.ErrCorrupt},
		"another family": {func(p string) error { return poke(p, 68+3, 'K') }, db.ErrCorrupt},
		"a newer one":    {func(p string) error { return poke(p, 60+2, 9) }, db.ErrNewer},
	} {
		dir := t.TempDir()
		d := mustOpen(t, dir, db.Placement)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		place := db.Place{Family: db.Placement, Path: filepath.Join(dir, "a.db")}
		if err := c.spoil(place.Path); err != nil {
			t.Fatal(err)
		}
		d, err := v.Open(ctx, place)
		if err == nil {
			err = errors.Join(d.Check(ctx), d.Close())
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// poke changes one byte of a file: the header holds user_version at 60 and
// application_id at 68 (https://sqlite.org/fileformat2.html).
func poke(path string, at int, b byte) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	raw[at] = b
	return os.WriteFile(path, raw, 0o600)
}

func TestCheckFindsDamage(t *testing.T) {
	dir := t.TempDir()
	d := mustOpen(t, dir, db.Placement)
	for i := range 200 {
		if err := addLine(d, fmt.Sprintf("%03d", i), bytes.Repeat([]byte{'x'}, 500)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(d.Check(t.Context()), d.Close()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a.db")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(raw, []byte("100xxx"))
	clear(raw[at/4096*4096 : at/4096*4096+100]) // the head of a page with rows
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err = openAt(dir, "a.db", db.Placement)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Check(t.Context()); !errors.Is(err, db.ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}

// TestScrubLeavesNoBytes: a key that was destroyed is in no file any more.
func TestScrubLeavesNoBytes(t *testing.T) {
	for _, family := range []db.Family{db.Keyring, db.Placement} {
		d := mustOpen(t, t.TempDir(), family)
		marker := []byte("a wrapped key that must not come back")
		for i := range 100 {
			if err := addLine(d, fmt.Sprintf("%s %d", "line", i), marker); err != nil {
				t.Fatal(err)
			}
		}
		if !found(t, d, marker) {
			t.Fatal("the marker was never written: the test proves nothing")
		}
		err := d.Write(t.Context(), func(tx db.Tx) error {
			if err := tx.Queue(`UPDATE line SET body = zeroblob(3) WHERE id > 'line 5'`); err != nil {
				return err
			}
			return tx.Queue(`DELETE FROM line WHERE id <= 'line 5'`)
		})
		if err := errors.Join(err, d.(db.Scrubber).Scrub(t.Context())); err != nil {
			t.Fatal(err)
		}
		if family == db.Keyring && found(t, d, marker) {
			t.Error("the marker is still there")
		}
		if err := addLine(d, "after", []byte("x")); err != nil {
			t.Error(err)
		}
	}
}

func found(t *testing.T, d db.DB, marker []byte) bool {
	t.Helper()
	for _, f := range d.Files() {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, marker) {
			return true
		}
	}
	return false
}

// TestOnlySQLite: two implementations of SQLite in one process lose rows in
// silence, so no other one may be in the build.
func TestOnlySQLite(t *testing.T) {
	for _, name := range []string{"go.mod", "go.sum"} {
		raw, err := os.ReadFile(filepath.Join("..", "..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(raw, []byte("modernc.org/sqlite ")) {
			t.Errorf("%s does not name modernc.org/sqlite: the test looks at the wrong file", name)
		}
		for _, other := range []string{"mattn/go-sqlite3", "ncruces/go-sqlite3", "glebarez/", "zombiezen.com/go/sqlite",
			"crawshaw.io/sqlite", "tailscale/sqlite", "eatonphil/gosqlite", "bvinc/go-sqlite-lite", "mxk/go-sqlite"} {
			for line := range strings.Lines(string(raw)) {
				// go.sum also keeps the go.mod of modules that are only named by others.
				if strings.Contains(line, other) && !strings.Contains(line, "/go.mod ") {
					t.Errorf("%s: %s", name, line)
				}
			}
		}
	}
}
