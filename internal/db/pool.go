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

// DefaultOpen is how many databases a pool keeps open when nothing else is said: a
// busy hundred tenants with a placement and a keyring each, and some air.
const DefaultOpen = 256

// DefaultIdle is how long a database nobody uses stays open.
const DefaultIdle = 5 * time.Minute

// PoolOptions are what a pool stands on. Drivers and Clock are required.
type PoolOptions struct {
	Drivers map[Engine]Driver
	Clock   clock.Clock
	Limit   int           // databases open at once; DefaultOpen when zero
	Idle    time.Duration // see Sweep; DefaultIdle when zero
}

// Pool keeps a bounded number of databases open, however many there are. It is
// safe for concurrent use.
//
// Acquire lends an open database; many may hold the same one. One that nobody
// holds stays open until its place is needed or it was idle for long. When all are
// held, Acquire waits.
type Pool struct {
	opt PoolOptions

	mu     sync.Mutex
	open   map[Place]*pooled
	idle   *list.List    // of *pooled that nobody holds, the latest used in front
	freed  chan struct{} // closed and made anew whenever room may have come
	closed bool
}

// pooled is one place of the pool. ready is closed once opening has ended.
type pooled struct {
	place   Place
	db      DB
	err     error
	ready   chan struct{}
	holders int
	since   time.Time // when the last holder left
	element *list.Element
}

// NewPool returns an empty pool.
func NewPool(o PoolOptions) *Pool {
	if o.Limit == 0 {
		o.Limit = DefaultOpen
	}
	if o.Idle == 0 {
		o.Idle = DefaultIdle
	}
	return &Pool{opt: o, open: map[Place]*pooled{}, idle: list.New(), freed: make(chan struct{})}
}

// Acquire lends the database at a place, opened if need be; several who ask at
// once open it once. release must be called exactly once. It returns what
// Driver.Open does, ErrClosed after Close, and the error of ctx.
func (p *Pool) Acquire(ctx context.Context, place Place) (DB, func(), error) {
	for {
		e, wait, err := p.take(place)
		if err != nil {
			return nil, nil, err
		}
		if e == nil {
			select {
			case <-wait:
				continue
			case <-ctx.Done():
				return nil, nil, ctx.Err()
			}
		}
		select {
		case <-e.ready:
		case <-ctx.Done():
			p.release(e)
			return nil, nil, ctx.Err()
		}
		if e.err != nil {
			p.release(e)
			return nil, nil, e.err
		}
		return e.db, sync.OnceFunc(func() { p.release(e) }), nil
	}
}

// take finds or begins the entry of a place; without room it returns what to wait
// for.
func (p *Pool) take(place Place) (*pooled, <-chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, ErrClosed
	}
	if e, ok := p.open[place]; ok {
		e.holders++
		if e.element != nil {
			p.idle.Remove(e.element)
			e.element = nil
		}
		return e, nil, nil
	}
	if len(p.open) >= p.opt.Limit && !p.evictOldest() {
		return nil, p.freed, nil
	}
	driver, ok := p.opt.Drivers[place.Engine]
	if !ok {
		return nil, nil, fmt.Errorf("db: no driver for engine %q", place.Engine)
	}
	e := &pooled{place: place, ready: make(chan struct{}), holders: 1}
	p.open[place] = e
	// Opening may take long and serves everybody who waits for it: no single
	// caller's context ends it.
	go func() {
		e.db, e.err = driver.Open(context.Background(), place)
		close(e.ready)
	}()
	return e, nil, nil
}

// evictOldest closes the database that nobody has used for longest.
func (p *Pool) evictOldest() bool {
	last := p.idle.Back()
	if last == nil {
		return false
	}
	p.drop(last.Value.(*pooled))
	return true
}

// drop forgets an idle entry and closes it. Its place stays taken until it is
// closed, because the engine refuses to open a file twice.
func (p *Pool) drop(e *pooled) {
	p.idle.Remove(e.element)
	e.element = nil
	delete(p.open, e.place)
	if e.db != nil {
		_ = e.db.Close() // every change it accepted is durable already
	}
}

func (p *Pool) release(e *pooled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.holders--
	if e.holders > 0 {
		return
	}
	select {
	case <-e.ready:
	default:
		// Everybody gave up before it was open: whoever comes next finds it.
		p.rest(e)
		return
	}
	if e.err != nil {
		delete(p.open, e.place)
		p.signal()
		return
	}
	p.rest(e)
}

// rest lays an entry that nobody holds among the idle ones.
func (p *Pool) rest(e *pooled) {
	if p.closed {
		return
	}
	e.since = p.opt.Clock.Now()
	e.element = p.idle.PushFront(e)
	p.signal()
}

func (p *Pool) signal() {
	close(p.freed)
	p.freed = make(chan struct{})
}

// Evict closes the database at a place if nobody holds it, and says whether it is
// closed now.
func (p *Pool) Evict(place Place) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.open[place]
	if !ok {
		return true
	}
	if e.holders > 0 || !e.opened() {
		return false
	}
	p.drop(e)
	p.signal()
	return true
}

func (e *pooled) opened() bool {
	select {
	case <-e.ready:
		return true
	default:
		return false
	}
}

// Sweep closes what was idle for longer than the options say. A job calls it.
func (p *Pool) Sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.opt.Clock.Now().Add(-p.opt.Idle)
	for last := p.idle.Back(); last != nil; last = p.idle.Back() {
		e := last.Value.(*pooled)
		if e.since.After(before) || !e.opened() {
			return
		}
		p.drop(e)
	}
}

// Len is how many databases are open or being opened.
func (p *Pool) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open)
}

// Create makes the database at a place; see Driver.
func (p *Pool) Create(ctx context.Context, place Place) error {
	driver, ok := p.opt.Drivers[place.Engine]
	if !ok {
		return fmt.Errorf("db: no driver for engine %q", place.Engine)
	}
	return driver.Create(ctx, place)
}

// Drop closes the database at a place and removes it. It returns ErrUnavailable
// while somebody holds it.
func (p *Pool) Drop(ctx context.Context, place Place) error {
	driver, ok := p.opt.Drivers[place.Engine]
	if !ok {
		return fmt.Errorf("db: no driver for engine %q", place.Engine)
	}
	if !p.Evict(place) {
		return ErrUnavailable
	}
	return driver.Drop(ctx, place)
}

// Close closes every database, held or not; later calls get ErrClosed.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	entries := make([]*pooled, 0, len(p.open))
	for _, e := range p.open {
		entries = append(entries, e)
	}
	p.open = map[Place]*pooled{}
	p.idle.Init()
	p.signal()
	p.mu.Unlock()
	var all error
	for _, e := range entries {
		<-e.ready
		if e.db != nil {
			all = errors.Join(all, e.db.Close())
		}
	}
	return all
}
