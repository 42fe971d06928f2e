package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"garant.example/internal/db"
	"garant.example/internal/db/commit"
)

type writeFn = func(*libc.TLS, uintptr, uintptr, int32, int64) int32

// fault stands before the writes and flushes of one open file and lets them fail
// as a disk does: with a result of the library and a number of the system.
type fault struct {
	errno    atomic.Int32 // 0: all is well
	after    atomic.Int32 // writes that still succeed
	writes   atomic.Int32
	atWrite  writeFn
	atSync   syncFn
	write    writeFn
	sync     syncFn
	onlySync bool
	hang     atomic.Pointer[hang]
}

// hang is a flush that does not end before it is let go.
type hang struct{ entered, leave chan struct{} }

// inject puts a fault before the database file or its WAL.
func inject(t *testing.T, d *Database, op int32) *fault {
	t.Helper()
	f := &fault{}
	err := d.loop.Alone(func() error {
		if rc := lib.Xsqlite3_file_control(d.writer.tls, d.writer.db, 0, op, d.writer.out); rc != lib.SQLITE_OK {
			return d.writer.failure(rc)
		}
		file := word(d.writer.out)
		methods := word(file)
		p := libc.Xcalloc(d.writer.tls, 1, libc.Tsize_t(methodsSize+2*ptrSize)) // it lives as long as the process
		copy(libc.GoBytes(p, int(methodsSize+2*ptrSize)), libc.GoBytes(methods, int(methodsSize+2*ptrSize)))
		write, sync := p+unsafe.Offsetof(lib.Tsqlite3_io_methods{}.FxWrite), p+unsafe.Offsetof(lib.Tsqlite3_io_methods{}.FxSync)
		f.write, f.sync = *(*writeFn)(unsafe.Pointer(&struct{ p uintptr }{word(write)})), syncFunc(word(sync))
		f.atWrite, f.atSync = f.onWrite, f.onSync
		setWord(write, *(*uintptr)(unsafe.Pointer(&f.atWrite)))
		setWord(sync, *(*uintptr)(unsafe.Pointer(&f.atSync)))
		setWord(file, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { runtime.KeepAlive(f) }) // the library's memory holds its functions
	return f
}

func (f *fault) fail(errno syscall.Errno) { f.after.Store(0); f.errno.Store(int32(errno)) }
func (f *fault) heal()                    { f.errno.Store(0) }

// failing says whether this call fails, and leaves the number where C looks for it.
func (f *fault) failing(tls *libc.TLS) (full, failed bool) {
	errno := f.errno.Load()
	if errno == 0 || f.after.Add(-1) >= 0 {
		return false, false
	}
	binary.NativeEndian.PutUint32(libc.GoBytes(libc.X__errno_location(tls), 4), uint32(errno))
	return syscall.Errno(errno) == syscall.ENOSPC, true
}

func (f *fault) onWrite(tls *libc.TLS, file, buf uintptr, n int32, at int64) int32 {
	f.writes.Add(1)
	if !f.onlySync {
		if full, failed := f.failing(tls); full {
			return lib.SQLITE_FULL // as the library answers to ENOSPC
		} else if failed {
			return lib.SQLITE_IOERR_WRITE
		}
	}
	return f.write(tls, file, buf, n, at)
}

func (f *fault) onSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	if h := f.hang.Load(); h != nil {
		h.entered <- struct{}{}
		<-h.leave
	}
	if f.onlySync {
		if _, failed := f.failing(tls); failed {
			return lib.SQLITE_IOERR_FSYNC
		}
	}
	return f.sync(tls, file, flags)
}

const (
	mainFile = lib.SQLITE_FCNTL_FILE_POINTER
	walFile  = lib.SQLITE_FCNTL_JOURNAL_POINTER
)

// faulted is a database with a table, and what was acknowledged of it.
type faulted struct {
	*testing.T
	*Database
	driver *Driver
	place  db.Place
	kept   map[string]bool
}

func newFaulted(t *testing.T, o Options) *faulted {
	f := &faulted{T: t, driver: New(o), kept: map[string]bool{},
		place: db.Place{Engine: db.SQLite, Family: db.Placement, Path: filepath.Join(t.TempDir(), "a.db")}}
	if err := f.driver.Create(t.Context(), f.place); err != nil {
		t.Fatal(err)
	}
	f.open()
	if err := f.Write(t.Context(), func(tx db.Tx) error { return tx.Queue(`CREATE TABLE line (id TEXT PRIMARY KEY, body BLOB) STRICT`) }); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *faulted) open() {
	f.Helper()
	opened, err := f.driver.Open(context.Background(), f.place)
	if err != nil {
		f.Fatal(err)
	}
	f.Database = opened.(*Database)
	d := f.Database
	f.Cleanup(func() { _ = d.Close() }) // a second Close does nothing
}

// add writes a line of a few pages and remembers whether it was acknowledged.
func (f *faulted) add(id string) error {
	err := f.Write(context.Background(), func(tx db.Tx) error {
		return tx.Queue(`INSERT INTO line (id, body) VALUES (?1, ?2)`, id, make([]byte, 20_000))
	})
	if err == nil {
		f.kept[id] = true
	}
	return err
}

func (f *faulted) mustAdd(n int, prefix string) {
	f.Helper()
	for i := range n {
		if err := f.add(fmt.Sprint(prefix, i)); err != nil {
			f.Fatalf("%s%d: %v", prefix, i, err)
		}
	}
}

// sound wants exactly what was acknowledged, and every page whole.
func (f *faulted) sound(when string) {
	f.Helper()
	there := map[string]bool{}
	err := f.Read(context.Background(), func(tx db.Tx) error {
		for row, err := range tx.Rows(`SELECT id FROM line WHERE length(body) = 20000`) {
			if err != nil {
				return err
			}
			var id string
			if err := row.Scan(&id); err != nil {
				return err
			}
			there[id] = true
		}
		return nil
	})
	for id := range f.kept {
		if !there[id] {
			f.Errorf("%s: %s was acknowledged and is gone", when, id)
		}
		delete(there, id)
	}
	for id := range there {
		f.Errorf("%s: %s was refused and is there", when, id)
	}
	if err := errors.Join(err, f.Check(context.Background())); err != nil {
		f.Errorf("%s: %v", when, err)
	}
}

func (f *faulted) reopen() {
	f.Helper()
	if err := f.Close(); err != nil {
		f.Fatal(err)
	}
	f.open()
}

// The file system turns read-only under the open database, as after a failed disk:
// changes are refused as that, reads go on, and both go on when it is writable again.
func TestTurnsReadOnly(t *testing.T) {
	f := newFaulted(t, Options{})
	wal := inject(t, f.Database, walFile)
	f.mustAdd(5, "before")
	wal.fail(syscall.EROFS)
	for i := range 3 {
		if err := f.add(fmt.Sprint("refused", i)); !errors.Is(err, db.ErrReadOnly) {
			t.Errorf("got %v", err)
		}
		f.sound("while it is read-only")
	}
	wal.heal()
	f.mustAdd(5, "after")
	f.sound("when it is writable again")
	f.reopen()
	f.sound("opened again")
}

// The flush of a commit fails: nobody knows what the disk kept, so the change is
// answered as unknown and nothing more is written through this opening.
func TestFlushFailsInCommit(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EROFS, syscall.EIO, syscall.ENOSPC} {
		f := newFaulted(t, Options{})
		wal := inject(t, f.Database, walFile)
		wal.onlySync = true
		f.mustAdd(3, "before")
		wal.fail(errno)
		if err := f.add("doubt"); !errors.Is(err, db.ErrUnknownOutcome) {
			t.Errorf("%v: got %v", errno, err)
		}
		wal.heal()
		if err := f.add("later"); err == nil || f.Broken() == nil {
			t.Errorf("%v: it writes on after a flush that failed: %v", errno, err)
		}
		_ = f.Close() // it is broken, and says so
		f.open()
		f.kept["doubt"] = f.has("doubt") // both are an outcome
		if !f.kept["doubt"] {
			delete(f.kept, "doubt")
		}
		f.sound(errno.Error())
		f.mustAdd(3, "after")
	}
}

func (f *faulted) has(id string) (there bool) {
	f.Helper()
	err := f.Read(context.Background(), func(tx db.Tx) error {
		return tx.Row(`SELECT EXISTS (SELECT 1 FROM line WHERE id = ?1)`, id).Scan(&there)
	})
	if err != nil {
		f.Fatal(err)
	}
	return there
}

// The disk is full at each single write of a commit in turn: the change is refused
// whole, and the next one goes through when there is room.
func TestFullInCommit(t *testing.T) {
	f := newFaulted(t, Options{})
	wal := inject(t, f.Database, walFile)
	f.mustAdd(3, "before")
	refused := 0
	for at := range int32(100) {
		wal.fail(syscall.ENOSPC)
		wal.after.Store(at)
		err := f.add(fmt.Sprint("at", at))
		wal.heal()
		if err == nil {
			break // the commit has fewer writes than that
		}
		refused++
		if !errors.Is(err, db.ErrFull) {
			t.Errorf("write %d: %v", at, err)
		}
		f.sound(fmt.Sprintf("full at write %d", at))
		if err := f.add(fmt.Sprint("between", at)); err != nil {
			t.Errorf("after write %d: %v", at, err)
		}
	}
	if refused < 5 || refused > 90 {
		t.Errorf("%d writes of one commit were refused", refused)
	}
	f.reopen()
	f.sound("opened again")
}

// The disk is full while the WAL is brought into the file: nothing acknowledged is
// lost, changes go on into the WAL, and the file takes them when there is room.
func TestFullInCheckpoint(t *testing.T) {
	f := newFaulted(t, Options{WAL: 256 << 10})
	file := inject(t, f.Database, mainFile)
	file.fail(syscall.ENOSPC)
	f.mustAdd(60, "full") // more than a megabyte: four bounds of the WAL
	if file.writes.Load() == 0 {
		t.Fatal("the WAL was never brought into the file")
	}
	f.sound("while the file takes nothing")
	if err := f.Close(); !errors.Is(err, db.ErrFull) {
		t.Errorf("closing says nothing of it: %v", err)
	}
	f.open()
	f.sound("opened again without a checkpoint")
	file = inject(t, f.Database, mainFile)
	file.fail(syscall.ENOSPC)
	f.mustAdd(10, "again")
	file.heal()
	f.mustAdd(60, "room")
	if file.writes.Load() < 60 {
		t.Errorf("only %d pages reached the file once there was room", file.writes.Load())
	}
	f.reopen()
	f.sound("with room again")
}

// temporary counts the open files of the library's temporary folder.
func temporary(t *testing.T) (n int) {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.Contains(to, "etilqs") {
			n++
		}
	}
	return n
}

// A full temporary folder stops nothing, because nothing is ever written there: not
// what is sorted and fits no cache, nor what a large change may have to undo.
func TestNothingTemporaryOnDisk(t *testing.T) {
	f := newFaulted(t, Options{})
	f.mustAdd(200, "") // four megabytes; a reader caches half of one
	sorted := func(c *conn) (n int) {
		if err := c.exec("BEGIN"); err != nil {
			t.Fatal(err)
		}
		defer c.rollback()
		q := &tx{c: c, ctx: t.Context()}
		for _, err := range q.Rows(`SELECT body FROM line ORDER BY body, random()`) {
			if err != nil {
				t.Fatal(err)
			}
			n = max(n, temporary(t))
		}
		q.end()
		return n
	}
	c, err := f.readers.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.readers.put(c)
	if n := sorted(c); n > 0 {
		t.Errorf("a sorted read opens %d temporary files", n)
	}
	if err := f.Write(t.Context(), func(tx db.Tx) error {
		_, err := tx.Exec(`UPDATE line SET body = zeroblob(20000), id = id || '!'`) // a statement that may have to be undone alone
		if n := temporary(t); n > 0 {
			t.Errorf("a large change opens %d temporary files", n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.script("PRAGMA temp_store=FILE"); err != nil {
		t.Fatal(err)
	}
	if sorted(c) == 0 {
		t.Error("this test would not see a temporary file")
	}
}

// A disk hangs in the flush of a commit: reads go on, what waits behind the commit is
// refused after a while and what comes at once, and the commit itself is answered
// when the disk answers.
func TestDiskHangs(t *testing.T) {
	f := newFaulted(t, Options{})
	f.loop.Close()
	f.loop = commit.StartPatient(f.writer, 10*time.Millisecond)
	wal := inject(t, f.Database, walFile)
	f.mustAdd(3, "before")
	entered, leave := make(chan struct{}), make(chan struct{})
	wal.hang.Store(&hang{entered, leave})
	inside := make(chan error, 1)
	go func() { inside <- f.Write(context.Background(), addLater) }()
	<-entered
	wal.hang.Store(nil)
	for i := range 5 {
		if err := f.add(fmt.Sprint("behind", i)); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("behind the hanging flush: %v", err)
		}
	}
	f.sound("while the disk hangs")
	close(leave)
	if err := <-inside; err != nil {
		t.Errorf("the disk has answered: %v", err)
	}
	f.kept["later"] = true
	f.mustAdd(3, "after")
	f.sound("when it answers again")
	f.reopen()
	f.sound("opened again")
}

func addLater(tx db.Tx) error {
	return tx.Queue(`INSERT INTO line (id, body) VALUES ('later', zeroblob(20000))`)
}
