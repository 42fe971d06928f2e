package db_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
)

// fakeDriver opens databases that are nothing but open.
type fakeDriver struct {
	mu      sync.Mutex
	now     map[db.Place]bool
	most    int
	opened  int
	closed  int
	refuse  error
	waiting chan struct{} // Open waits for it when not nil
}

type fakeDB struct {
	db.DB
	v      *fakeDriver
	place  db.Place
	broken atomic.Bool
}

func (v *fakeDriver) Create(context.Context, db.Place) error { return nil }
func (v *fakeDriver) Drop(context.Context, db.Place) error   { return nil }

func (v *fakeDriver) Open(ctx context.Context, place db.Place) (db.DB, error) {
	if v.waiting != nil {
		<-v.waiting
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if v.refuse != nil {
		return nil, v.refuse
	}
	if v.now[place] {
		return nil, errors.New("opened twice")
	}
	if v.now == nil {
		v.now = map[db.Place]bool{}
	}
	v.now[place] = true
	v.opened++
	v.most = max(v.most, len(v.now))
	return &fakeDB{v: v, place: place}, nil
}

func (d *fakeDB) Broken() error {
	if d.broken.Load() {
		return db.ErrMoved
	}
	return nil
}

func (d *fakeDB) Close() error {
	d.v.mu.Lock()
	defer d.v.mu.Unlock()
	if !d.v.now[d.place] {
		return errors.New("closed twice")
	}
	delete(d.v.now, d.place)
	d.v.closed++
	return nil
}

func at(n int) db.Place { return db.Place{Engine: db.SQLite, Path: fmt.Sprint(n)} }

func newPool(t *testing.T, v db.Driver, open int, c clock.Clock) *db.Pool {
	p := db.NewPool(db.PoolOptions{Drivers: map[db.Engine]db.Driver{db.SQLite: v}, Open: open, Clock: c})
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func acquire(t *testing.T, p *db.Pool, place db.Place) (db.DB, func()) {
	t.Helper()
	d, release, err := p.Acquire(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	return d, release
}

func TestPoolOpensOnceAndKeepsOpen(t *testing.T) {
	v := &fakeDriver{waiting: make(chan struct{})}
	p := newPool(t, v, 2, nil)
	var wg sync.WaitGroup
	var first atomic.Pointer[db.DB]
	for range 20 {
		wg.Go(func() {
			d, release := acquire(t, p, at(1))
			defer release()
			if was := first.Swap(&d); was != nil && *was != d {
				t.Error("two handles of one place")
			}
		})
	}
	close(v.waiting)
	wg.Wait()
	if v.opened != 1 {
		t.Errorf("opened %d times", v.opened)
	}
}

func TestPoolEvictsTheOneUnusedForLongest(t *testing.T) {
	v := &fakeDriver{}
	p := newPool(t, v, 3, nil)
	for _, n := range []int{1, 2, 3, 1, 4} { // 2 is the oldest when 4 comes
		_, release := acquire(t, p, at(n))
		release()
		release() // twice is once
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.now[at(2)] || !v.now[at(1)] || !v.now[at(3)] || !v.now[at(4)] {
		t.Errorf("open are %v", v.now)
	}
}

func TestPoolWaitsForRoom(t *testing.T) {
	v := &fakeDriver{}
	p := newPool(t, v, 1, nil)
	_, release := acquire(t, p, at(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := p.Acquire(ctx, at(2)); !errors.Is(err, context.Canceled) {
		t.Errorf("no room: %v", err)
	}
	got := make(chan db.DB)
	go func() {
		d, release := acquire(t, p, at(2))
		release()
		got <- d
	}()
	release()
	<-got
	if v.most != 1 {
		t.Errorf("%d open at once", v.most)
	}
}

func TestPoolForgetsWhatDidNotOpen(t *testing.T) {
	v := &fakeDriver{refuse: db.ErrMissing}
	p := newPool(t, v, 1, nil)
	if _, _, err := p.Acquire(t.Context(), at(1)); !errors.Is(err, db.ErrMissing) {
		t.Errorf("got %v", err)
	}
	if _, _, err := p.Acquire(t.Context(), db.Place{Engine: db.Postgres}); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("an engine without a driver: %v", err)
	}
	v.refuse = nil
	_, release := acquire(t, p, at(1))
	release()
	gone, cancel := context.WithCancel(t.Context())
	cancel() // opening goes on for the others who may wait
	if _, release, err := p.Acquire(gone, at(2)); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	} else if err == nil {
		release()
	}
}

func TestPoolReplacesTheBroken(t *testing.T) {
	v := &fakeDriver{}
	p := newPool(t, v, 2, nil)
	d, release := acquire(t, p, at(1))
	d.(*fakeDB).broken.Store(true)
	release()
	again, release := acquire(t, p, at(1))
	defer release()
	if again == d {
		t.Error("a broken handle came back")
	}
}

func TestPoolClosesTheIdle(t *testing.T) {
	v, c := &fakeDriver{}, clock.NewFake(time.Unix(1e9, 0))
	p := newPool(t, v, 4, c)
	_, release := acquire(t, p, at(1))
	_, keep := acquire(t, p, at(2))
	release()
	c.Advance(db.DefaultIdle - time.Second)
	_, release = acquire(t, p, at(3))
	release()
	c.Advance(time.Second)
	p.CloseIdle()
	for p.Len() != 2 {
		runtime.Gosched()
	}
	v.mu.Lock()
	if v.now[at(1)] || !v.now[at(2)] || !v.now[at(3)] {
		t.Errorf("open are %v", v.now)
	}
	v.mu.Unlock()
	keep()
}

func TestPoolExclusive(t *testing.T) {
	v := &fakeDriver{}
	p := newPool(t, v, 1, nil)
	_, release := acquire(t, p, at(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Exclusive(ctx, at(1), func(db.Driver) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("while it was used: %v", err)
	}
	release()
	mine := errors.New("mine")
	err := p.Exclusive(t.Context(), at(1), func(driver db.Driver) error {
		if driver != db.Driver(v) || v.now[at(1)] {
			t.Error("not closed, or another driver")
		}
		if _, _, err := p.Acquire(ctx, at(1)); !errors.Is(err, context.Canceled) {
			t.Errorf("somebody came in: %v", err)
		}
		return mine
	})
	if !errors.Is(err, mine) {
		t.Errorf("got %v", err)
	}
	_, release = acquire(t, p, at(1))
	release()
}

func TestPoolCloseWaits(t *testing.T) {
	v := &fakeDriver{}
	p := newPool(t, v, 4, nil)
	_, one := acquire(t, p, at(1))
	_, two := acquire(t, p, at(2))
	two()
	done := make(chan error)
	go func() { done <- p.Close() }()
	for {
		_, release, err := p.Acquire(t.Context(), at(3))
		if errors.Is(err, db.ErrClosed) {
			break
		}
		release()
	}
	one()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(v.now) != 0 || v.opened != v.closed {
		t.Errorf("open are %v", v.now)
	}
}

func TestPoolUnderLoad(t *testing.T) {
	v := &fakeDriver{}
	p := newPool(t, v, 5, nil)
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for range 300 {
				place := at(r.IntN(12))
				if r.IntN(20) == 0 {
					if err := p.Exclusive(t.Context(), place, func(db.Driver) error { return nil }); err != nil {
						t.Error(err)
					}
					continue
				}
				d, release := acquire(t, p, place)
				if d.(*fakeDB).place != place {
					t.Error("another place")
				}
				release()
			}
		})
	}
	wg.Wait()
	if v.most > 5 {
		t.Errorf("%d open at once", v.most)
	}
}
