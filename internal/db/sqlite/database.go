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
)

// Database is one open file. It implements db.DB, db.Counter and db.Scrubber.
type Database struct {
	place db.Place
	clock clock.Clock
	lock  *lockFile
	file  os.FileInfo // the file that was opened, to notice when it is replaced
	wal   os.FileInfo

	writer  *conn // used by the writing goroutine only
	readers *readers
	walMax  int // pages the WAL may hold before the writer brings it in
	walNext int // pages at which it tries next

	queue    queue
	finished chan struct{} // closed when the writing goroutine has ended
	requests sync.Pool     // of *request

	locals   sync.Mutex
	localsOf map[any]any

	broken  atomic.Pointer[error] // why nothing may be written any more
	groups  atomic.Uint64
	changes atomic.Uint64
	reruns  atomic.Uint64
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
	if err := ctx.Err(); err != nil {
		return err
	}
	r, _ := d.requests.Get().(*request)
	if r == nil {
		r = &request{done: make(chan struct{}, 1)}
	}
	r.ctx, r.change = ctx, change
	if !d.queue.put(r) {
		return db.ErrClosed
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, withdrawn) {
			return ctx.Err() // r stays with the writer, who forgets it
		}
		<-r.done
	}
	err := r.err
	r.ctx, r.change, r.err, r.over, r.saw = nil, nil, nil, false, false
	r.state.Store(waiting)
	d.requests.Put(r)
	return err
}

// Read runs fn on one snapshot; see db.DB. At most db.Readers reads run at the
// same time, so fn must not call Read of the same database.
func (d *Database) Read(ctx context.Context, fn func(db.Tx) error) (err error) {
	if err := d.whole(); err != nil {
		return err
	}
	c, err := d.readers.get(ctx)
	if err != nil {
		return err
	}
	defer d.readers.put(c)
	if ctx.Done() != nil {
		stopped := make(chan struct{})
		stop := context.AfterFunc(ctx, func() { c.interrupt(); close(stopped) })
		defer func() {
			if !stop() {
				<-stopped // or it would interrupt the next read on this connection
			}
		}()
	}
	if err := c.exec("BEGIN"); err != nil {
		return err
	}
	defer c.rollback()
	t := &tx{c: c, ctx: ctx, now: d.clock.Now()}
	return t.call(fn)
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
func (d *Database) Stats() db.Stats {
	return db.Stats{
		Queued:  d.queue.len(),
		Groups:  d.groups.Load(),
		Changes: d.changes.Load(),
		Reruns:  d.reruns.Load(),
	}
}

// Close ends the writer after the changes already accepted, waits for the
// reads, brings the WAL into the file and closes it. A second Close does nothing.
func (d *Database) Close() error {
	first := d.queue.close()
	<-d.finished
	if !first {
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

// commitFailed judges a commit that failed. When the flush itself failed, what
// was written may still reach the disk, and nothing after it can be trusted.
func (d *Database) commitFailed(err error) error {
	if e, ok := asError(err); ok && (e.Code == lib.SQLITE_IOERR_FSYNC || e.Code == lib.SQLITE_IOERR_DIR_FSYNC) {
		return d.breakOff(fmt.Errorf("%w: %w", db.ErrUnknownOutcome, err))
	}
	return err
}
