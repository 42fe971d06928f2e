package sqlite

import (
	"encoding/binary"
	"path/filepath"
	"testing"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"garant.example/internal/db"
)

// TestFlushDoor: the files of the writer flush through our function, which
// calls fdatasync, and every commit asks for it.
func TestFlushDoor(t *testing.T) {
	place := db.Place{Family: db.Placement, Path: filepath.Join(t.TempDir(), "a.db")}
	v := New(Options{})
	if err := v.Create(t.Context(), place); err != nil {
		t.Fatal(err)
	}
	open, err := v.Open(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	d := open.(*Database)
	err = d.loop.Alone(func() error {
		for _, op := range []int32{lib.SQLITE_FCNTL_FILE_POINTER, lib.SQLITE_FCNTL_JOURNAL_POINTER} {
			if rc := lib.Xsqlite3_file_control(d.writer.tls, d.writer.db, 0, op, d.writer.out); rc != lib.SQLITE_OK {
				return d.writer.failure(rc)
			}
			methods := word(word(d.writer.out))
			if word(methods+unsafe.Offsetof(lib.Tsqlite3_io_methods{}.FxSync)) != syncPointer(fileSync) {
				t.Errorf("file %d flushes through the library's function", op)
			}
		}
		for pragma, want := range map[string]int64{
			"synchronous": 2, "foreign_keys": 1, "wal_autocheckpoint": 0, "temp_store": 2, "trusted_schema": 0, "mmap_size": 0,
		} {
			if got, err := d.writer.number("PRAGMA " + pragma); err != nil || got != want {
				t.Errorf("%s is %d, %v", pragma, got, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFlushFails: a descriptor that cannot be flushed is an error of the commit.
func TestFlushFails(t *testing.T) {
	tls := libc.NewTLS()
	defer tls.Close()
	file := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(lib.TunixFile{})))
	defer libc.Xfree(tls, file)
	head := libc.GoBytes(file, int(unsafe.Sizeof(lib.TunixFile{})))
	bad := int32(-1)
	binary.NativeEndian.PutUint32(head[unsafe.Offsetof(lib.TunixFile{}.Fh):], uint32(bad))
	if rc := fileSync(tls, file, 0); rc != lib.SQLITE_IOERR_FSYNC {
		t.Errorf("got %d", rc)
	}
}

// TestWALIsBounded: the WAL is brought into the file when it passes its bound, and
// starts anew.
func TestWALIsBounded(t *testing.T) {
	place := db.Place{Family: db.Placement, Path: filepath.Join(t.TempDir(), "a.db")}
	v := New(Options{WAL: 256 << 10})
	if err := v.Create(t.Context(), place); err != nil {
		t.Fatal(err)
	}
	open, err := v.Open(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	d, most := open.(*Database), 0
	write := func(query string, args ...any) {
		if err := d.Write(t.Context(), func(tx db.Tx) error { return tx.Queue(query, args...) }); err != nil {
			t.Fatal(err)
		}
	}
	write("CREATE TABLE line (body BLOB) STRICT")
	for range 300 {
		write("INSERT INTO line VALUES (?1)", make([]byte, 10_000))
		err := d.loop.Alone(func() error {
			pages, _, err := d.writer.checkpoint(lib.SQLITE_CHECKPOINT_NOOP)
			most = max(most, pages)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if bound := d.writer.walMax; most < bound || most > bound*3/2 {
		t.Errorf("the WAL held up to %d pages, its bound is %d", most, bound)
	}
}
