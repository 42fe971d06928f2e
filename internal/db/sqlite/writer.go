package sqlite

import (
	"context"
	"fmt"
	"sync"

	lib "modernc.org/sqlite/lib"

	"garant.example/internal/db"
)

// queue holds the changes that wait. Each caller of Write waits for its own
// change, so the number of callers bounds it.
type queue struct {
	mu     sync.Mutex
	list   []*request
	closed bool
	wake   chan struct{} // one token: the list is not empty, or closed
}

// put adds a change; false when the database is closed.
func (q *queue) put(r *request) bool {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return false
	}
	q.list = append(q.list, r)
	q.mu.Unlock()
	q.signal()
	return true
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take fills group with what waits, at most db.MaxGroup; ok is false when the
// database is closed and nothing waits any more.
func (q *queue) take(group []*request) (_ []*request, ok bool) {
	for {
		q.mu.Lock()
		n := min(len(q.list), db.MaxGroup)
		for _, r := range q.list[:n] {
			if r.state.CompareAndSwap(waiting, running) {
				group = append(group, r)
			}
		}
		rest := copy(q.list, q.list[n:])
		clear(q.list[rest:])
		q.list = q.list[:rest]
		closed := q.closed
		q.mu.Unlock()
		if len(group) > 0 {
			return group, true
		}
		if rest > 0 {
			continue // all of them were withdrawn
		}
		if closed {
			return nil, false
		}
		<-q.wake
	}
}

// close refuses further changes; false when it was closed before.
func (q *queue) close() bool {
	q.mu.Lock()
	first := !q.closed
	q.closed = true
	q.mu.Unlock()
	q.signal()
	return first
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.list)
}

// write is the writing goroutine: it takes what waits, commits it, answers, and
// looks after the WAL.
func (d *Database) write() {
	group := make([]*request, 0, 64)
	ended := false
	defer func() {
		if !ended { // a change ended this goroutine (runtime.Goexit): answer, and go on in another
			d.writer.rollback()
			answer(group, fmt.Errorf("%w: it ended its goroutine", db.ErrPanic))
			go d.write()
			return
		}
		close(d.finished)
	}()
	for {
		var ok bool
		if group, ok = d.queue.take(group[:0]); !ok {
			ended = true
			return
		}
		d.commitGroup(group)
		runAlone(group)
		answer(group, nil)
		clear(group)
		d.bringIn()
	}
}

// runAlone runs what wants no transaction, once the group is committed.
func runAlone(group []*request) {
	for _, r := range group {
		if r.alone != nil {
			r.err = r.alone()
		}
	}
}

// answer wakes those who wait. A non-nil err replaces what each would be told.
func answer(group []*request, err error) {
	for _, r := range group {
		if r == nil {
			continue
		}
		if err != nil {
			r.err = err
		}
		r.done <- struct{}{}
	}
}

// bringIn copies the WAL into the file when it has passed its bound. A reader
// on an old snapshot may hold it up: then it tries again a quarter later. Until
// the copy is complete the WAL grows; from then on it is written from its start.
func (d *Database) bringIn() {
	if d.whole() != nil {
		return
	}
	pages, _, err := d.writer.checkpoint(lib.SQLITE_CHECKPOINT_NOOP)
	if err != nil || pages < d.walNext {
		if pages < d.walMax {
			d.walNext = d.walMax
		}
		return
	}
	pages, copied, err := d.writer.checkpoint(lib.SQLITE_CHECKPOINT_PASSIVE)
	if err == nil && copied == pages {
		d.walNext = d.walMax
		return
	}
	d.walNext = pages + max(1, d.walMax/4)
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
	r := &request{ctx: ctx, alone: fn, done: make(chan struct{}, 1)}
	if !d.queue.put(r) {
		return db.ErrClosed
	}
	<-r.done
	return r.err
}
