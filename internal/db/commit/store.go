package commit

import (
	"context"
	"fmt"
	"runtime/debug"

	"garant.example/internal/db"
)

// Store is what an engine does for its loop. All methods are called by the one
// writing goroutine.
type Store interface {
	// Begin opens a transaction, or prepares to.
	Begin() error
	// Change runs the change number i of the group.
	Change(i int, ctx context.Context, change func(db.Tx) error, g *Group) Outcome
	// Finish runs a finisher's Finish.
	Finish(finish func(db.Tx) error, g *Group) error
	// Commit makes the group durable.
	Commit() error
	// Rollback ends the transaction, if it is still open, without a trace.
	Rollback()
	// After is called between two groups, once the first is answered.
	After()
}

// Outcome is what came of one change.
type Outcome struct {
	Err   error
	Dirty bool // it may have left something in the transaction, or in a finisher
	Grave bool // the store itself failed: the whole group fails with Err
}

// Retry is an error of Change, Finish or Commit that is nobody's fault, such as
// a deadlock with another node: the group runs again.
type Retry struct{ Err error }

// Error is the error behind it.
func (r *Retry) Error() string { return r.Err.Error() }

// Unwrap returns the error behind it.
func (r *Retry) Unwrap() error { return r.Err }

// Blame is an error of Change, Finish or Commit that the statement of another
// change caused: a statement that was queued earlier and ran only now.
type Blame struct {
	Index int // of the change at fault
	Err   error
}

// Error is the error of the statement.
func (b *Blame) Error() string { return b.Err.Error() }

// Unwrap returns the error of the statement.
func (b *Blame) Unwrap() error { return b.Err }

// Group is one run of one group commit.
type Group struct{ finishers []joined }

type joined struct {
	key      any
	finisher db.Finisher
}

// Join returns the finisher under key, made at first use.
func (g *Group) Join(key any, make func() db.Finisher) db.Finisher {
	for _, j := range g.finishers {
		if j.key == key {
			return j.finisher
		}
	}
	f := make()
	g.finishers = append(g.finishers, joined{key, f})
	return f
}

// done tells the finishers the outcome. A panic of one must not keep the others
// from hearing it, nor end the writer.
func (g *Group) done(durable bool) {
	for _, j := range g.finishers {
		func() {
			defer func() { _ = recover() }()
			j.finisher.Done(durable)
		}()
	}
}

// Protect runs fn and turns a panic into an error.
func Protect(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", db.ErrPanic, p, debug.Stack())
		}
	}()
	return fn()
}
