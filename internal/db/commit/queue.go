package commit

import (
	"context"
	"sync"
	"sync/atomic"

	"garant.example/internal/db"
)

// request is one change that waits for its group.
type request struct {
	ctx    context.Context
	change func(db.Tx) error
	alone  func() error // instead of change: work of the engine outside any transaction
	state  atomic.Int32
	done   chan struct{} // one token once err is set
	err    error
	over   bool // failed in this group; it runs again only if a change before it fails too
	saw    bool // something of the group was written before it failed
}

// The states of a request.
const (
	waiting int32 = iota
	running
	withdrawn
)

// queue holds the changes that wait. Each caller of Write waits for its own
// change, so the number of callers bounds it.
type queue struct {
	mu     sync.Mutex
	list   []*request
	closed bool
	held   error         // why nothing is taken in for now; nil when it is
	wake   chan struct{} // one token: the list is not empty, or closed
}

// put adds a change; db.ErrClosed when the database is closed, and an error when the
// group that runs has stalled.
func (q *queue) put(r *request) error {
	q.mu.Lock()
	switch {
	case q.closed:
		q.mu.Unlock()
		return db.ErrClosed
	case q.held != nil:
		defer q.mu.Unlock()
		return q.held
	}
	q.list = append(q.list, r)
	q.mu.Unlock()
	q.signal()
	return nil
}

// stall refuses what waits, and what comes until stall is called with nil.
func (q *queue) stall(why error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held = why; why == nil {
		return
	}
	for _, r := range q.list {
		if r.state.CompareAndSwap(waiting, running) { // else it was withdrawn
			r.err = why
			r.done <- struct{}{}
		}
	}
	clear(q.list)
	q.list = q.list[:0]
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
			continue // all of those were withdrawn
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

// len counts what waits and was not withdrawn.
func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for _, r := range q.list {
		if r.state.Load() == waiting {
			n++
		}
	}
	return n
}
