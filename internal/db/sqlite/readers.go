package sqlite

import (
	"context"
	"sync"

	"garant.example/internal/db"
)

// readers is a small set of read-only connections, opened when first needed.
type readers struct {
	slots chan struct{} // one token per connection that may be in use
	alone chan struct{} // one token: somebody keeps all reads out
	ended chan struct{} // closed when the database is
	open  func() (*conn, error)

	mu   sync.Mutex
	idle []*conn
}

func newReaders(n int, open func() (*conn, error)) *readers {
	return &readers{
		slots: make(chan struct{}, n), alone: make(chan struct{}, 1),
		ended: make(chan struct{}), open: open,
	}
}

// get returns a connection of one's own until put.
func (r *readers) get(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-r.ended:
		return nil, db.ErrClosed
	default:
	}
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.ended:
		return nil, db.ErrClosed
	}
	r.mu.Lock()
	var c *conn
	if n := len(r.idle); n > 0 {
		c, r.idle = r.idle[n-1], r.idle[:n-1] // the one used last has the warmest cache
	}
	r.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := r.open()
	if err != nil {
		<-r.slots
		return nil, err
	}
	return c, nil
}

// put gives a connection back.
func (r *readers) put(c *conn) {
	r.mu.Lock()
	r.idle = append(r.idle, c)
	r.mu.Unlock()
	<-r.slots
}

// pause waits until no read runs and keeps others from beginning; resume ends it.
func (r *readers) pause(ctx context.Context) error {
	select {
	case r.alone <- struct{}{}: // two at a time would each wait for the other's half
	case <-ctx.Done():
		return ctx.Err()
	}
	for i := range cap(r.slots) {
		select {
		case r.slots <- struct{}{}:
		case <-ctx.Done():
			for range i {
				<-r.slots
			}
			<-r.alone
			return ctx.Err()
		}
	}
	return nil
}

func (r *readers) resume() {
	for range cap(r.slots) {
		<-r.slots
	}
	<-r.alone
}

// close waits for the reads that run and closes the connections.
func (r *readers) close() {
	close(r.ended)
	// Background does not end, so pause cannot fail.
	_ = r.pause(context.Background())
	for _, c := range r.idle {
		c.close()
	}
	r.idle = nil
}
