package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	lib "modernc.org/sqlite/lib"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/db/commit"
	"garant.example/internal/db/migrations"
)

const (
	pageSize      = 4096
	writerCacheKB = 1024
	readerCacheKB = 512

	// DefaultWAL is how many bytes of WAL a database gathers before they are
	// brought into the file; measured in docs/decisions/0002-sqlite-driver.md.
	DefaultWAL = 32 << 20
	keyringWAL = 1 << 20 // a keyring is small, and its former content should not linger

	oldestSound = 3051003 // before 3.51.3 a checkpoint beside a write could corrupt the WAL

	walSuffix  = "-wal"
	newSuffix  = "-new"
	lockSuffix = "-lock"
)

// suffixes are the files that one database may consist of.
var suffixes = [...]string{"", walSuffix, "-shm", "-journal", lockSuffix,
	newSuffix, newSuffix + walSuffix, newSuffix + "-shm", newSuffix + "-journal"}

// Options are the settings of a Driver; the zero value is good.
type Options struct {
	Clock   clock.Clock // the machine's when nil
	Readers int         // reads of one database at the same time; db.Readers when 0
	WAL     int64       // bytes; DefaultWAL when 0
}

// Driver opens SQLite files. It implements db.Driver.
type Driver struct {
	o   Options
	new templates
}

var _ db.Driver = (*Driver)(nil)

// New returns a driver.
func New(o Options) *Driver {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Readers == 0 {
		o.Readers = db.Readers
	}
	if o.WAL == 0 {
		o.WAL = DefaultWAL
	}
	return &Driver{o: o}
}

// Open opens the file and runs the migrations it lacks. Besides what db.Driver
// says it returns db.ErrInUse when another process holds the file.
func (v *Driver) Open(_ context.Context, place db.Place) (_ db.DB, err error) {
	info, err := os.Lstat(place.Path)
	if err != nil {
		return nil, systemError(err)
	}
	if info.Mode().Perm()&0o077 != 0 { // nobody else's business
		if err := os.Chmod(place.Path, 0o600); err != nil {
			return nil, systemError(err)
		}
	}
	lock, err := takeLock(place.Path + lockSuffix)
	if err != nil {
		return nil, err
	}
	d := &Database{
		place: place, clock: v.o.Clock, lock: lock, file: info,
		localsOf: map[any]any{},
	}
	var c *conn
	defer func() {
		if err != nil {
			if c != nil {
				c.close()
			}
			lock.release()
		}
	}()
	if c, err = v.openWriter(place, false); err != nil {
		return nil, err
	}
	if err = v.migrate(c, place.Family); err != nil {
		return nil, err
	}
	if d.wal, err = os.Lstat(place.Path + walSuffix); err != nil {
		return nil, systemError(err)
	}
	d.readers = newReaders(v.o.Readers, func() (*conn, error) { return openReader(place.Path) })
	pages := v.walPages(place.Family)
	d.writer = &writer{conn: c, d: d, walMax: pages, walNext: pages}
	d.loop = commit.Start(d.writer)
	return d, nil
}

// Create makes the file with all its tables, or does nothing when it is there.
// The file appears under its name only when it is complete and on the disk.
func (v *Driver) Create(_ context.Context, place db.Place) (err error) {
	dir := filepath.Dir(place.Path)
	if err := makeDir(dir); err != nil {
		return err
	}
	if _, err := os.Lstat(place.Path); err == nil {
		return nil
	}
	lock, err := takeLock(place.Path + lockSuffix)
	if err != nil {
		return err
	}
	defer lock.release()
	if _, err := os.Lstat(place.Path); err == nil {
		return nil // another was faster
	}
	if err := v.build(place); err != nil {
		return err
	}
	if err := os.Rename(place.Path+newSuffix, place.Path); err != nil {
		return systemError(err)
	}
	return syncDir(dir)
}

// build makes a complete database under its provisional name.
func (v *Driver) build(place db.Place) error {
	for _, s := range suffixes {
		if !strings.HasPrefix(s, newSuffix) {
			continue
		}
		if err := os.Remove(place.Path + s); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return systemError(err)
		}
	}
	place.Path += newSuffix
	if raw := v.new.of(place.Family); raw != nil {
		return copyNew(place.Path, raw)
	}
	if err := v.buildFirst(place); err != nil {
		return err
	}
	return v.new.keep(place.Family, place.Path)
}

// buildFirst makes a database from its migrations.
func (v *Driver) buildFirst(place db.Place) error {
	f, err := os.OpenFile(place.Path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return systemError(err)
	}
	if err := f.Close(); err != nil {
		return systemError(err)
	}
	c, err := v.openWriter(place, true)
	if err != nil {
		return err
	}
	defer c.close()
	if err := v.migrate(c, place.Family); err != nil {
		return err
	}
	// Closing the last connection would do it too, and keep silent when it fails.
	// With the WAL empty, the file alone is the whole database.
	_, _, err = c.checkpoint(lib.SQLITE_CHECKPOINT_TRUNCATE)
	return err
}

// Drop removes the file and all that lies beside it.
func (v *Driver) Drop(_ context.Context, place db.Place) error {
	if _, err := os.Lstat(filepath.Dir(place.Path)); err != nil {
		return nil
	}
	lock, err := takeLock(place.Path + lockSuffix)
	if err != nil {
		return err
	}
	defer lock.release()
	for _, s := range suffixes { // the file itself first: what is left of it is then never opened
		if err := os.Remove(place.Path + s); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return systemError(err)
		}
	}
	return syncDir(filepath.Dir(place.Path))
}

func (v *Driver) walPages(f db.Family) int {
	bytes := v.o.WAL
	if f == db.Keyring {
		bytes = min(bytes, keyringWAL)
	}
	return int(max(1, bytes/pageSize))
}

// openWriter opens the one connection that writes. fresh says that the file is
// empty and becomes a database of this family.
func (v *Driver) openWriter(place db.Place, fresh bool) (*conn, error) {
	vfs, err := registerVFS()
	if err != nil {
		return nil, err
	}
	c, err := openConn(place.Path, vfs, lib.SQLITE_OPEN_READWRITE)
	if err != nil {
		return nil, err
	}
	if err := c.prepareWriter(place.Family, fresh); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// prepareWriter makes the settings and looks whether the file is what it should be.
func (c *conn) prepareWriter(family db.Family, fresh bool) error {
	if v := lib.Xsqlite3_libversion_number(c.tls); v < oldestSound {
		return fmt.Errorf("%w: SQLite %d is older than %d", errUsage, v, oldestSound)
	}
	if fresh {
		if err := c.pragma("page_size", pageSize); err != nil {
			return err
		}
		if err := c.pragma("application_id", applicationID(family)); err != nil {
			return err
		}
	}
	if err := c.common(writerCacheKB); err != nil {
		return err
	}
	if lib.Xsqlite3_db_readonly(c.tls, c.db, 0) == 1 {
		return fmt.Errorf("%w: the file may not be written", db.ErrReadOnly)
	}
	id, err := c.number("PRAGMA application_id")
	if err != nil {
		return err
	}
	if id != applicationID(family) {
		return fmt.Errorf("%w: not a %s database of Garant (application id %#x)", db.ErrCorrupt, family, id)
	}
	mode, err := c.text("PRAGMA journal_mode=WAL")
	if err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("%w: journal mode is %s", db.ErrReadOnly, mode)
	}
	secure := "FAST" // overwrite what costs no further page; records are sealed
	if family == db.Keyring {
		secure = "ON"
	}
	return c.script(`PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=ON;
		PRAGMA secure_delete=` + secure)
}

// common makes the settings of every connection.
func (c *conn) common(cacheKB int) error {
	if err := c.config(lib.SQLITE_DBCONFIG_DEFENSIVE); err != nil {
		return err
	}
	// One plan for a statement, whatever its values: otherwise SQLite prepares a
	// statement with LIMIT ? anew whenever the limit is bound.
	if err := c.config(lib.SQLITE_DBCONFIG_ENABLE_QPSG); err != nil {
		return err
	}
	return c.script(`PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;
		PRAGMA mmap_size=0; PRAGMA cache_size=-` + strconv.Itoa(cacheKB))
}

// openReader opens a connection that cannot write.
func openReader(path string) (*conn, error) {
	c, err := openConn(path, "", lib.SQLITE_OPEN_READONLY)
	if err != nil {
		return nil, err
	}
	if err := c.common(readerCacheKB); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// migrate runs the migrations that the file lacks, in one transaction.
// user_version counts those it has seen, so that the usual case reads one number.
func (v *Driver) migrate(c *conn, family db.Family) error {
	list, err := v.new.list(family)
	if err != nil {
		return err
	}
	seen, err := c.number("PRAGMA user_version")
	if err != nil {
		return err
	}
	if seen == int64(len(list)) {
		return nil
	}
	if err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer c.rollback()
	t := &tx{c: c, ctx: context.Background(), now: v.o.Clock.Now()}
	err = t.call(func(db.Tx) error { return migrations.Apply(t, list, seen == 0) })
	if err != nil {
		return err
	}
	if seen > int64(len(list)) {
		return fmt.Errorf("%w: it has seen %d migrations", db.ErrNewer, seen)
	}
	if err := c.pragma("user_version", int64(len(list))); err != nil {
		return err
	}
	return c.exec("COMMIT")
}

// applicationID marks a file as one of ours and of which family.
func applicationID(f db.Family) int64 {
	const garant = 0x47525400 // "GRT" and one letter
	switch f {
	case db.Control:
		return garant | 'C'
	case db.Keyring:
		return garant | 'K'
	default:
		return garant | 'P'
	}
}

// systemError turns an error of the file system into one of package db.
func systemError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", db.ErrMissing, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%w: %w", db.ErrFull, err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", db.ErrReadOnly, err)
	default:
		return fmt.Errorf("%w: %w", db.ErrUnavailable, err)
	}
}

// syncDir makes names that were just made or removed durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return systemError(err)
	}
	defer f.Close()
	return systemError(f.Sync())
}

// wipe overwrites a file with zeroes in place and flushes it.
func wipe(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return systemError(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return systemError(err)
	}
	zeroes := make([]byte, 64<<10)
	for at := int64(0); at < info.Size(); at += int64(len(zeroes)) {
		n := min(int64(len(zeroes)), info.Size()-at)
		if _, err := f.WriteAt(zeroes[:n], at); err != nil {
			return systemError(err)
		}
	}
	return systemError(f.Sync())
}
