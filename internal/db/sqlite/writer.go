package sqlite

import (
	"context"
	"fmt"

	lib "modernc.org/sqlite/lib"

	"garant.example/internal/db"
	"garant.example/internal/db/commit"
)

// writer is the one connection that writes. It implements commit.Store, so its
// methods run on the writing goroutine only.
type writer struct {
	*conn
	d *Database

	walMax  int // pages the WAL may hold before it is brought into the file
	walNext int // pages at which that is tried next
}

// Begin opens a transaction and takes SQLite's write lock.
func (w *writer) Begin() error {
	if err := w.d.inPlace(); err != nil {
		return err
	}
	return w.exec("BEGIN IMMEDIATE")
}

// Change runs one change.
func (w *writer) Change(_ int, ctx context.Context, change func(db.Tx) error, g *commit.Group) commit.Outcome {
	t := &tx{c: w.conn, ctx: ctx, now: w.d.clock.Now(), group: g}
	err := t.call(change)
	if grave(t.failed) {
		return commit.Outcome{Err: t.failed, Grave: true}
	}
	return commit.Outcome{Err: err, Dirty: t.dirty || !w.inTransaction()}
}

// Finish runs a finisher.
func (w *writer) Finish(finish func(db.Tx) error, g *commit.Group) error {
	t := &tx{c: w.conn, ctx: context.Background(), now: w.d.clock.Now(), group: g}
	return t.call(finish)
}

// Commit makes the group durable. When the flush itself failed, what was written
// may still reach the disk, and nothing after it can be trusted.
func (w *writer) Commit() error {
	err := w.exec("COMMIT")
	if e, ok := asError(err); ok && (e.Code == lib.SQLITE_IOERR_FSYNC || e.Code == lib.SQLITE_IOERR_DIR_FSYNC) {
		return w.d.breakOff(fmt.Errorf("%w: %w", db.ErrUnknownOutcome, err))
	}
	return err
}

// Rollback ends the transaction if one is open.
func (w *writer) Rollback() { w.rollback() }

// call runs fn and ends the transaction object. A statement that failed fails
// the change, whatever it answers.
func (t *tx) call(fn func(db.Tx) error) error {
	defer t.end()
	err := commit.Protect(func() error { return fn(t) })
	if err == nil {
		err = t.failed
	}
	return err
}

// After copies the WAL into the file when it has passed its bound. A reader
// on an old snapshot may hold it up: then it tries again a quarter later. Until
// the copy is complete the WAL grows; from then on it is written from its start.
func (w *writer) After() {
	if w.d.whole() != nil {
		return
	}
	pages, _, err := w.checkpoint(lib.SQLITE_CHECKPOINT_NOOP)
	if err != nil || pages < w.walNext {
		if pages < w.walMax {
			w.walNext = w.walMax
		}
		return
	}
	pages, copied, err := w.checkpoint(lib.SQLITE_CHECKPOINT_PASSIVE)
	if err == nil && copied == pages {
		w.walNext = w.walMax
		return
	}
	w.walNext = pages + max(1, w.walMax/4)
}

// Scrub moves everything into the file, where deleted rows are overwritten
// (secure_delete), and then empties the WAL: it overwrites its bytes first, so
// that they are not left on the disk's free blocks.
func (d *Database) Scrub(ctx context.Context) error {
	return d.exclusively(ctx, func() error {
		if err := d.inPlace(); err != nil {
			return err
		}
		_, _, err := d.writer.checkpoint(lib.SQLITE_CHECKPOINT_RESTART)
		if err != nil {
			return err
		}
		if err := wipe(d.place.Path + walSuffix); err != nil {
			return err
		}
		_, _, err = d.writer.checkpoint(lib.SQLITE_CHECKPOINT_TRUNCATE)
		return err
	})
}

// exclusively runs fn on the writing goroutine, outside any transaction, while
// no read runs. It waits for the reads that run, no longer than ctx.
func (d *Database) exclusively(ctx context.Context, fn func() error) error {
	if err := d.readers.pause(ctx); err != nil {
		return err
	}
	defer d.readers.resume()
	return d.loop.Alone(fn)
}
