package sqlite

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	lib "modernc.org/sqlite/lib"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/db/commit"
)

// Database is one open file. It implements db.DB, db.Counter and db.Scrubber.
type Database struct {
	place db.Place
	clock clock.Clock
	lock  *lockFile
	file  os.FileInfo // the file that was opened, to notice when it is replaced
	wal   os.FileInfo

	writer  *writer
	loop    *commit.Loop
	readers *readers

	locals   sync.Mutex
	localsOf map[any]any

	broken atomic.Pointer[error] // why it may not be used any more
}

// The interfaces that an open file implements.
var (
	_ db.DB       = (*Database)(nil)
	_ db.Counter  = (*Database)(nil)
	_ db.Scrubber = (*Database)(nil)
)

// Engine returns db.SQLite.
func (d *Database) Engine() db.Engine { return db.SQLite }

// Write runs change in the next group commit; see db.DB.
func (d *Database) Write(ctx context.Context, change func(db.Tx) error) error {
	return d.loop.Write(ctx, change)
}

// Read runs fn on one snapshot; see db.DB. At most db.Readers reads run at the
// same time, so fn must not call Read of the same database.
func (d *Database) Read(ctx context.Context, fn func(db.Tx) error) error {
	return d.read(ctx, fn, false)
}

// ReadOne runs fn, which runs one SELECT; see db.DB.
func (d *Database) ReadOne(ctx context.Context, fn func(db.Tx) error) error {
	return d.read(ctx, fn, true)
}

func (d *Database) read(ctx context.Context, fn func(db.Tx) error, one bool) (err error) {
	if err := d.whole(); err != nil {
		return err
	}
	c, err := d.readers.get(ctx)
	if err != nil {
		return err
	}
	defer d.readers.put(c)
	begun := false
	defer func() {
		if begun {
			c.rollback()
		}
	}()
	if ctx.Done() != nil {
		// It ends before the rollback: an interrupted one would leave the
		// transaction open to the next who reads on this connection.
		defer c.interruptAfter(ctx)()
	}
	if !one {
		err = c.exec("BEGIN")
		begun = err == nil
	}
	if err == nil {
		t := &tx{c: c, ctx: ctx, now: d.clock.Now(), one: one}
		err = t.call(fn)
	}
	if e, ok := asError(err); ok && e.Code == lib.SQLITE_INTERRUPT && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Local returns the value kept under key; see db.DB.
func (d *Database) Local(key any, make func() any) any {
	d.locals.Lock()
	defer d.locals.Unlock()
	v, ok := d.localsOf[key]
	if !ok {
		v = make()
		d.localsOf[key] = v
	}
	return v
}

// Check asks SQLite whether every page, index and constraint is sound.
func (d *Database) Check(ctx context.Context) error {
	if err := d.inPlace(); err != nil {
		return err
	}
	return d.Read(ctx, func(tx db.Tx) error {
		var found string
		if err := tx.Row("PRAGMA integrity_check(1)").Scan(&found); err != nil {
			return err
		}
		if found != "ok" {
			return fmt.Errorf("%w: %s", db.ErrCorrupt, found)
		}
		for _, err := range tx.Rows("PRAGMA foreign_key_check") {
			if err != nil {
				return err
			}
			return fmt.Errorf("%w: a foreign key points nowhere", db.ErrCorrupt)
		}
		return nil
	})
}

// Files names the files in which bytes of this database lie now.
func (d *Database) Files() []string {
	var list []string
	for _, suffix := range suffixes {
		if _, err := os.Lstat(d.place.Path + suffix); err == nil {
			list = append(list, d.place.Path+suffix)
		}
	}
	return list
}

// Stats counts what was done since Open.
func (d *Database) Stats() db.Stats { return d.loop.Stats() }

// Close ends the writer after the changes already accepted, waits for the
// reads, brings the WAL into the file and closes it. A second Close does nothing.
func (d *Database) Close() error {
	if !d.loop.Close() {
		return nil
	}
	d.readers.close()
	var err error
	if d.inPlace() != nil {
		// The names may belong to another database by now: leave them alone.
		err = d.writer.config(lib.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE)
	} else {
		_, _, err = d.writer.checkpoint(lib.SQLITE_CHECKPOINT_TRUNCATE)
	}
	d.writer.close()
	d.lock.release()
	return err
}

// breakOff makes every later use fail with err.
func (d *Database) breakOff(err error) error {
	d.broken.CompareAndSwap(nil, &err)
	return err
}

// whole says whether the database may be used.
func (d *Database) whole() error {
	if err := d.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// Broken says why nothing works any more; see db.Broken.
func (d *Database) Broken() error { return d.whole() }

// inPlace says whether the names still lead to the files that were opened:
// writing on into a file that was renamed or removed would lose every change.
func (d *Database) inPlace() error {
	if err := d.whole(); err != nil {
		return err
	}
	if now, err := os.Lstat(d.place.Path); err != nil || !os.SameFile(now, d.file) {
		return d.breakOff(fmt.Errorf("%w: %s", db.ErrMoved, d.place.Path))
	}
	if now, err := os.Lstat(d.place.Path + walSuffix); err != nil || !os.SameFile(now, d.wal) {
		return d.breakOff(fmt.Errorf("%w: %s", db.ErrMoved, d.place.Path+walSuffix))
	}
	return nil
}
