package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"garant.example/internal/db"
	"garant.example/internal/db/commit"
)

// writer runs the groups of one database. It implements commit.Store.
type writer struct {
	d *Database
	w *work // nil between two groups
}

// Begin borrows a connection; BEGIN goes with the first statement.
func (v *writer) Begin() error {
	s, err := v.d.conns.get(context.Background(), v.d.key, v.d.config)
	if err != nil {
		return err
	}
	if v.w, err = newWork(context.Background(), s, "BEGIN"); err != nil {
		v.d.conns.discard(s)
		v.w = nil
	}
	return err
}

// Change runs one change. What it only queued can be taken back without a trace.
func (v *writer) Change(i int, ctx context.Context, change func(db.Tx) error, g *commit.Group) commit.Outcome {
	before, sends := v.w.mark(), v.w.sends
	t := v.tx(ctx, g, i)
	err := t.call(change)
	if err == nil {
		return commit.Outcome{Dirty: t.dirty || t.queued}
	}
	if t.failed != nil {
		judged := v.judge(t.failed)
		if judged != t.failed {
			return commit.Outcome{Err: judged, Dirty: true}
		}
		if grave(judged) {
			return commit.Outcome{Err: judged, Grave: true}
		}
		var blame *commit.Blame
		if errors.As(judged, &blame) && blame.Index != i {
			return commit.Outcome{Err: blame, Dirty: true}
		}
		err = plain(err)
	}
	if t.dirty || v.w.over {
		return commit.Outcome{Err: err, Dirty: true}
	}
	if v.w.sends != sends { // what others queued was sent with this change's queries
		before = mark{}
	}
	v.w.cut(before)
	return commit.Outcome{Err: err}
}

func (v *writer) tx(ctx context.Context, g *commit.Group, owner int) *tx {
	return &tx{w: v.w, bind: v.d.bind, ctx: ctx, now: v.d.clock.Now(), group: g, owner: owner}
}

// judge marks an error after which the same group should run again: before
// COMMIT was sent, nothing of it can have remained.
func (v *writer) judge(err error) error {
	if passing(err) || v.w.s.conn.IsClosed() {
		return &commit.Retry{Err: err}
	}
	return err
}

// Finish runs a finisher.
func (v *writer) Finish(finish func(db.Tx) error, g *commit.Group) error {
	t := v.tx(context.Background(), g, nobody)
	err := t.call(finish)
	if t.failed != nil {
		return v.judge(t.failed)
	}
	return err
}

// Commit sends what waits, and COMMIT with it.
func (v *writer) Commit() error {
	if err := v.w.add(nobody, "COMMIT", nil); err != nil {
		return v.judge(err)
	}
	tag, err := v.w.send(false)
	switch {
	case err == nil && tag.String() == "COMMIT":
		v.release()
		return nil
	case err == nil: // the server undid it and says so
		return fmt.Errorf("%w: postgres: %s instead of COMMIT", db.ErrUnavailable, tag.String())
	case passing(err) || pgconn.SafeToRetry(err):
		return &commit.Retry{Err: err}
	case v.w.s.conn.IsClosed():
		return fmt.Errorf("%w: %w", db.ErrUnknownOutcome, err)
	}
	return err
}

// Rollback ends the transaction, if it is still open.
func (v *writer) Rollback() {
	if v.w == nil {
		return
	}
	v.w.rollback()
	v.release()
}

// release gives the connection back. A standby answers every write with
// "read-only": the next group looks for the primary again.
func (v *writer) release() {
	if v.w.misled {
		v.d.conns.discard(v.w.s)
	} else {
		v.d.conns.put(v.w.s)
	}
	v.w = nil
}

// After has nothing to look after.
func (v *writer) After() {}
