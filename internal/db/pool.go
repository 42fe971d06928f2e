package db

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"garant.example/internal/clock"
)

// Defaults of a Pool.
const (
	DefaultOpen = 256             // open databases; about 2 MB and 12 descriptors each when busy (SQLite)
	DefaultIdle = 5 * time.Minute // how long a database that nobody uses stays open
)

// PoolOptions are the settings of a Pool; only Drivers has no default.
type PoolOptions struct {
	Drivers map[Engine]Driver
	Open    int           // databases that may be open at the same time; DefaultOpen when 0
	Idle    time.Duration // after which a database that nobody uses is closed; DefaultIdle when 0
	Clock   clock.Clock   // the machine's when nil
}

// Pool keeps a bounded set of databases open, so that thousands of places cost
// nothing while they are quiet. A place is opened when it is first asked for,
// once however many ask; the one unused for longest is closed to make room.
//
// It never holds more than its bound open, those being opened and closed
// included, and never the same place twice. It is safe for concurrent use.
type Pool struct {
	o    PoolOptions
	stop chan struct{}
	gone sync.WaitGroup

	mu     sync.Mutex
	places map[Place]*pooled
	idle   *list.List    // of *pooled that are open and that nobody uses; the one unused for longest first
	moved  chan struct{} // closed, and made anew, whenever something another may wait for has happened
	closed bool
}

// pooled is a place that takes one of the pool's slots.
type pooled struct {
	place Place
	db    DB   // nil while it is opened, closed or kept to oneself
	busy  bool // somebody opens it, closes it or keeps it to himself
	users int
	since time.Time     // when the last user left
	at    *list.Element // in idle
}

// Broken is implemented by an open database that may find itself of no more
// use, because its file was replaced for instance: the pool opens it anew.
type Broken interface {
	// Broken says why nothing works any more, nil when all is well.
	Broken() error
}

// NewPool returns a pool. Close ends it.
func NewPool(o PoolOptions) *Pool {
	if o.Open <= 0 {
		o.Open = DefaultOpen
	}
	if o.Idle <= 0 {
		o.Idle = DefaultIdle
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	p := &Pool{
		o: o, stop: make(chan struct{}), places: map[Place]*pooled{},
		idle: list.New(), moved: make(chan struct{}),
	}
	p.gone.Go(p.sweep)
	return p
}

// Acquire returns the open database at a place; release gives it back, and may
// be called more than once. It waits for room no longer than ctx. It returns
// the errors of Driver.Open, and ErrClosed.
func (p *Pool) Acquire(ctx context.Context, place Place) (_ DB, release func(), err error) {
	for {
		e, wait, err := p.enter(place)
		if err != nil {
			return nil, nil, err
		}
		if e != nil && !e.busy {
			return e.db, p.leave(e), nil
		}
		if e != nil { // ours to open
			return p.open(ctx, e)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("waiting for a database: %w", ctx.Err())
		}
	}
}

// enter takes a place: e that is not busy is open and one's own use is counted;
// e that is busy is for the caller to open; otherwise there is something to wait for.
func (p *Pool) enter(place Place) (e *pooled, wait <-chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, ErrClosed
	}
	e, known := p.places[place]
	switch {
	case known && e.busy:
		return nil, p.moved, nil
	case known && e.users == 0 && broken(e.db):
		p.shut(e)
		return nil, p.moved, nil
	case known:
		if e.at != nil {
			p.idle.Remove(e.at)
			e.at = nil
		}
		e.users++
		return e, nil, nil
	case len(p.places) >= p.o.Open:
		if first := p.idle.Front(); first != nil {
			p.shut(first.Value.(*pooled))
		}
		return nil, p.moved, nil
	}
	e = &pooled{place: place, busy: true}
	p.places[place] = e
	return e, nil, nil
}

func broken(d DB) bool {
	b, ok := d.(Broken)
	return ok && b.Broken() != nil
}

// open opens a place that enter left to the caller. The end of the caller's
// context must not spoil it for others who wait for the same place.
func (p *Pool) open(ctx context.Context, e *pooled) (DB, func(), error) {
	driver, err := p.driver(e.place.Engine)
	var d DB
	if err == nil {
		d, err = driver.Open(context.WithoutCancel(ctx), e.place)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.signal()
	e.busy = false
	if err != nil {
		delete(p.places, e.place)
		return nil, nil, err
	}
	e.db, e.users = d, 1
	return d, p.leave(e), nil
}

func (p *Pool) driver(engine Engine) (Driver, error) {
	if d := p.o.Drivers[engine]; d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("%w: no driver for %q", ErrUnavailable, engine)
}

// leave returns the function that ends one use.
func (p *Pool) leave(e *pooled) func() {
	var once sync.Once
	return func() {
		once.Do(func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if e.users--; e.users == 0 {
				e.since = p.o.Clock.Now()
				e.at = p.idle.PushBack(e)
				p.signal()
			}
		})
	}
}

// signal wakes all who wait. The lock is held.
func (p *Pool) signal() {
	close(p.moved)
	p.moved = make(chan struct{})
}

// shut begins to close a database that nobody uses. The lock is held; the slot
// is free once the database is closed.
func (p *Pool) shut(e *pooled) {
	d := p.seize(e)
	p.gone.Go(func() {
		// What could not be brought into the file lies in the WAL, and the next
		// opening finds it there.
		_ = d.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.places, e.place)
		p.signal()
	})
}

// seize makes a database that nobody uses busy and returns it. The lock is held.
func (p *Pool) seize(e *pooled) DB {
	d := e.db
	e.busy, e.db = true, nil
	if e.at != nil {
		p.idle.Remove(e.at)
		e.at = nil
	}
	return d
}

// Exclusive waits until nobody uses a place, closes it, and runs fn while
// everybody else has to wait: to drop a database, or to put another in its place.
func (p *Pool) Exclusive(ctx context.Context, place Place, fn func(Driver) error) error {
	driver, err := p.driver(place.Engine)
	if err != nil {
		return err
	}
	for {
		e, d, wait, err := p.enterAlone(place)
		if err != nil {
			return err
		}
		if e != nil {
			return p.alone(e, d, driver, fn)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return fmt.Errorf("waiting for a database: %w", ctx.Err())
		}
	}
}

// enterAlone takes a place for oneself, with the database to close if it is open.
func (p *Pool) enterAlone(place Place) (e *pooled, d DB, wait <-chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, nil, ErrClosed
	}
	e, known := p.places[place]
	switch {
	case known && (e.busy || e.users > 0):
		return nil, nil, p.moved, nil
	case known:
		return e, p.seize(e), nil, nil
	}
	e = &pooled{place: place, busy: true} // beyond the bound, if need be: nothing is open
	p.places[place] = e
	return e, nil, nil, nil
}

func (p *Pool) alone(e *pooled, d DB, driver Driver, fn func(Driver) error) error {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.places, e.place)
		p.signal()
	}()
	if d != nil {
		if err := d.Close(); err != nil {
			return err
		}
	}
	return fn(driver)
}

// CloseIdle closes what nobody has used for longer than the pool's bound. The
// pool does it by itself from time to time.
func (p *Pool) CloseIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := p.o.Clock.Now().Add(-p.o.Idle)
	for first := p.idle.Front(); first != nil; first = p.idle.Front() {
		e := first.Value.(*pooled)
		if e.since.After(limit) {
			return
		}
		p.shut(e)
	}
}

// sweep calls CloseIdle from time to time.
func (p *Pool) sweep() {
	tick := time.NewTicker(p.o.Idle / 4)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.CloseIdle()
		case <-p.stop:
			return
		}
	}
}

// Len is how many places are open, being opened or being closed.
func (p *Pool) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.places)
}

// Close refuses further use, waits until every database was given back, and
// closes them all.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	close(p.stop)
	p.signal()
	var errs []error
	for len(p.places) > 0 {
		if first := p.idle.Front(); first != nil {
			e := first.Value.(*pooled)
			d := p.seize(e)
			p.mu.Unlock()
			errs = append(errs, d.Close())
			p.mu.Lock()
			delete(p.places, e.place)
			continue
		}
		wait := p.moved
		p.mu.Unlock()
		<-wait
		p.mu.Lock()
	}
	p.mu.Unlock()
	p.gone.Wait()
	return errors.Join(errs...)
}
