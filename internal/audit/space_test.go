package audit_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

const reserve = 1 << 20

// disk is one whose free room a test sets.
type disk struct {
	free  atomic.Uint64
	stuck chan struct{} // when not nil, questions wait for it
}

func (d *disk) ask() (uint64, error) {
	if d.stuck != nil {
		<-d.stuck
	}
	return d.free.Load(), nil
}

func newGuard(tb testing.TB, d *disk, dir string, c clock.Clock, notify func(audit.SpaceState)) *audit.Guard {
	tb.Helper()
	g, err := audit.NewGuard(audit.GuardOptions{Dir: dir, Free: d.ask, Warn: 200 << 20, Refuse: 100 << 20, Reserve: reserve, Clock: c, Notify: notify})
	check(tb, err)
	return g
}

func TestGuardLevels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, c := &disk{}, clock.NewFake(time.Unix(1e9, 0))
		d.free.Store(1 << 30)
		var heard []audit.SpaceLevel
		g := newGuard(t, d, t.TempDir(), c, func(s audit.SpaceState) { heard = append(heard, s.Level) })
		next := func(free uint64) audit.SpaceState {
			d.free.Store(free)
			c.Advance(2 * time.Second)
			g.State() // puts the question
			synctest.Wait()
			return g.State()
		}
		if s := g.State(); s.Level != audit.RoomEnough || s.Reserve != reserve {
			t.Errorf("%+v", s)
		}
		if s := next(150 << 20); s.Level != audit.RoomLow || g.Allow(false) != nil {
			t.Errorf("%+v", s)
		}
		if s := next(50 << 20); s.Level != audit.RoomRefused || !errors.Is(g.Allow(false), audit.ErrSpace) || g.Allow(true) != nil {
			t.Errorf("%+v", s)
		}
		if s := next(1 << 30); s.Level != audit.RoomEnough || g.Allow(false) != nil {
			t.Errorf("%+v", s)
		}
		// A disk that does not answer counts as full, and nobody waits for it.
		d.stuck = make(chan struct{})
		c.Advance(2 * time.Second)
		g.State()
		c.Advance(11 * time.Second)
		if s := g.State(); s.Level != audit.RoomUnknown || !errors.Is(g.Allow(false), audit.ErrSpace) {
			t.Errorf("%+v", s)
		}
		synctest.Wait() // Notify is heard
		close(d.stuck)
		synctest.Wait()
		if s := g.State(); s.Level != audit.RoomEnough {
			t.Errorf("%+v", s)
		}
		if len(heard) != 5 {
			t.Errorf("heard %v", heard)
		}
	})
}

// full is a database whose disk is full until room is released.
type full struct {
	db.DB
	room *atomic.Bool
}

func (f full) Write(ctx context.Context, change func(db.Tx) error) error {
	if !f.room.Load() {
		return db.ErrFull
	}
	return f.DB.Write(ctx, change)
}

// released tells the database that the reserve was given back.
type released struct {
	*audit.Guard
	room *atomic.Bool
}

func (r released) Release() bool {
	ok := r.Guard.Release()
	r.room.Store(ok)
	return ok
}

func TestReserveLetsEssentialEntriesThrough(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		ctx, dir := context.Background(), t.TempDir()
		d := &disk{}
		d.free.Store(1 << 30)
		room := &atomic.Bool{}
		f.opt.Space = released{newGuard(t, d, dir, f.clock, nil), room}
		log := audit.Open(full{f.db, room}, f.opt)
		info, err := os.Stat(filepath.Join(dir, "audit.reserve"))
		check(t, err)
		if info.Size() != reserve || info.Mode().Perm() != 0o600 {
			t.Fatalf("%d bytes, %s", info.Size(), info.Mode())
		}
		if _, err := log.Append(ctx, entry(audit.RecordRead, id.Raw{1})); !errs.Is(err, errs.LogUnavailable) || !errors.Is(err, db.ErrFull) {
			t.Fatalf("%v", err)
		}
		_, err = log.Append(ctx, entry(audit.Stop, id.Raw{}))
		check(t, err)
		if _, err := os.Stat(filepath.Join(dir, "audit.reserve")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the reserve is still there: %v", err)
		}
		room.Store(false)
		if _, err := log.Append(ctx, entry(audit.Stop, id.Raw{})); !errs.Is(err, errs.LogUnavailable) {
			t.Errorf("without a reserve: %v", err)
		}
	})
}

// Fail closed, engine error by engine error, and open again by itself.
func TestFailClosed(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		for _, cause := range []error{db.ErrFull, db.ErrReadOnly, db.ErrUnavailable, db.ErrClosed, db.ErrCorrupt, db.ErrUnknownOutcome} {
			log := audit.Open(broken{f.db, cause}, f.opt)
			_, err := log.Append(ctx, entry(audit.RecordRead, id.Raw{1}))
			if !errs.Is(err, errs.LogUnavailable) || !errors.Is(err, cause) {
				t.Errorf("Append, %v: %v", cause, err)
			}
			if err := log.Write(ctx, func(*audit.Tx) error { return nil }); !errs.Is(err, errs.LogUnavailable) {
				t.Errorf("Write, %v: %v", cause, err)
			}
		}
		unkeyed := f.opt
		unkeyed.Sealer = nil
		if _, err := audit.Open(f.db, unkeyed).Append(ctx, entry(audit.RecordRead, id.Raw{1})); !errs.Is(err, errs.LogUnavailable) {
			t.Errorf("without a key: %v", err)
		}
		f.fill(t, 1, 1)
	})
}

type broken struct {
	db.DB
	err error
}

func (b broken) Write(context.Context, func(db.Tx) error) error { return b.err }
