package sqlite_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/db/sqlite"
)

// create makes the database name of a family and returns its bytes.
func create(t *testing.T, v *sqlite.Driver, family db.Family, name string) (db.Place, []byte) {
	t.Helper()
	p := db.Place{Engine: db.SQLite, Family: family, Path: filepath.Join(t.TempDir(), "of", "one", name)}
	if err := v.Create(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(p.Path)
	if err != nil {
		t.Fatal(err)
	}
	return p, raw
}

// TestCopyIsWhatIsBuilt: a database that was copied is, byte for byte, the one that
// its migrations build, and those after it are not changed by what the first holds.
func TestCopyIsWhatIsBuilt(t *testing.T) {
	at := clock.NewFake(clock.FromMicros(1_795_000_000_000_000))
	for _, family := range []db.Family{db.Control, db.Placement, db.Keyring} {
		t.Run(string(family), func(t *testing.T) {
			v := sqlite.New(sqlite.Options{Clock: at})
			first, built := create(t, v, family, "first.db")
			d, err := v.Open(t.Context(), first)
			if err != nil {
				t.Fatal(err)
			}
			if err := makeLines(d); err != nil {
				t.Fatal(err)
			}
			if err := addLine(d, "secret of the first", []byte("MARKER")); err != nil {
				t.Fatal(err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			second, copied := create(t, v, family, "second.db")
			_, other := create(t, sqlite.New(sqlite.Options{Clock: at}), family, "other.db")
			if !bytes.Equal(copied, built) || !bytes.Equal(other, built) {
				t.Fatalf("copied %d bytes, built %d and %d; not the same", len(copied), len(built), len(other))
			}
			usable(t, v, second)
		})
	}
}

// usable writes to a database, checks it and reads it back.
func usable(t *testing.T, v *sqlite.Driver, p db.Place) {
	t.Helper()
	d, err := v.Open(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := makeLines(d); err != nil {
		t.Fatal(err)
	}
	if err := addLine(d, "a", []byte("b")); err != nil {
		t.Fatal(err)
	}
	if err := d.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	if all, err := lines(d); err != nil || len(all) != 1 || !all["a"] {
		t.Fatalf("lines %v, %v", all, err)
	}
	if info, err := os.Stat(p.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info, err)
	}
}

// TestCopyAfterCrash: what a crash left under the provisional name is no database
// and is replaced, also when the database is copied.
func TestCopyAfterCrash(t *testing.T) {
	v := sqlite.New(sqlite.Options{})
	create(t, v, db.Placement, "first.db")
	p := db.Place{Engine: db.SQLite, Family: db.Placement, Path: filepath.Join(t.TempDir(), "second.db")}
	for _, left := range []string{"-new", "-new-wal", "-new-journal"} {
		if err := os.WriteFile(p.Path+left, []byte("half a page"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Create(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"-new", "-new-wal", "-new-journal"} {
		if _, err := os.Lstat(p.Path + left); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", left, err)
		}
	}
	usable(t, v, p)
}
