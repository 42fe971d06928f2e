package sqlite

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"garant.example/internal/db"
)

// maxReruns is how often a group is run again as a whole. Past it, each of its
// changes gets a transaction of its own, so that many failing changes cost
// flushes and not the square of their number.
const maxReruns = 8

// request is one change that waits for its group.
type request struct {
	ctx    context.Context
	change func(db.Tx) error
	alone  func() error // instead of change: work of the engine itself
	state  atomic.Int32
	done   chan struct{} // one token once err is set
	err    error
	over   bool // failed in this group; it is not run again unless a change before it fails too
	saw    bool // something of the group was written before it failed
}

// The states of a request.
const (
	waiting int32 = iota
	running
	withdrawn
)

// group is one run of one group commit.
type group struct {
	finishers []joined
}

type joined struct {
	key      any
	finisher db.Finisher
}

// join returns the finisher under key.
func (g *group) join(key any, make func() db.Finisher) db.Finisher {
	for _, j := range g.finishers {
		if j.key == key {
			return j.finisher
		}
	}
	f := make()
	g.finishers = append(g.finishers, joined{key, f})
	return f
}

// done tells the finishers the outcome.
func (g *group) done(durable bool) {
	for _, j := range g.finishers {
		j.finisher.Done(durable)
	}
}

// commitGroup runs the changes in one transaction and sets the error of each.
// When a change fails after it wrote, all is undone and run again without it.
func (d *Database) commitGroup(reqs []*request) {
	for range maxReruns {
		again, err := d.runGroup(reqs)
		if again {
			d.reruns.Add(1)
			continue
		}
		if err == nil {
			return
		}
		for _, r := range reqs {
			// A refusal that may rest on what the group had written is no answer
			// when the group was undone.
			if !r.over || r.saw {
				r.err = err
			}
		}
		return
	}
	for _, r := range reqs {
		r.over, r.saw, r.err = false, false, nil
		again, err := d.runGroup([]*request{r})
		if !again && err != nil {
			r.err = err
		}
	}
}

// runGroup is one attempt. again is true when it was undone because a change
// failed that must be left out; err is the error of the whole group.
func (d *Database) runGroup(reqs []*request) (again bool, err error) {
	if err := d.inPlace(); err != nil {
		return false, err
	}
	if len(reqs) == 1 && reqs[0].alone != nil {
		return false, nil
	}
	if err := d.writer.exec("BEGIN IMMEDIATE"); err != nil {
		return false, err
	}
	g, durable := &group{}, false
	defer func() {
		if !durable {
			d.writer.rollback()
		}
		g.done(durable)
	}()
	alive, wrote, again, err := d.runChanges(g, reqs)
	if again || err != nil || !wrote {
		return again, err
	}
	if err := d.finish(g); err != nil {
		return false, err
	}
	if err := d.writer.exec("COMMIT"); err != nil {
		return false, d.commitFailed(err)
	}
	durable = true
	d.groups.Add(1)
	d.changes.Add(uint64(alive))
	return false, nil
}

// runChanges runs what is not over, in order. A failure of a change makes the
// failures behind it void: they may have rested on it.
func (d *Database) runChanges(g *group, reqs []*request) (alive int, wrote, again bool, err error) {
	for i, r := range reqs {
		if r.over || r.alone != nil {
			continue
		}
		t := &tx{c: d.writer, ctx: r.ctx, now: d.clock.Now(), group: g}
		err := t.call(r.change)
		if err == nil {
			alive++
			wrote = wrote || t.dirty
			continue
		}
		r.err, r.over, r.saw = err, true, wrote
		if grave(t.failed) {
			return alive, wrote, false, t.failed
		}
		for _, later := range reqs[i+1:] {
			later.err, later.over, later.saw = nil, false, false
		}
		if t.dirty || !d.writer.inTransaction() {
			return alive, wrote, true, nil
		}
	}
	return alive, wrote, false, nil
}

// finish runs the finishers, also those that join while others finish.
func (d *Database) finish(g *group) error {
	for i := 0; i < len(g.finishers); i++ {
		t := &tx{c: d.writer, ctx: context.Background(), now: d.clock.Now(), group: g}
		if err := t.call(g.finishers[i].finisher.Finish); err != nil {
			return err
		}
	}
	return nil
}

// call runs fn and ends the transaction object. A panic becomes an error; a
// statement that failed fails the change, whatever it answers.
func (t *tx) call(fn func(db.Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", db.ErrPanic, p, debug.Stack())
		}
		t.end()
	}()
	if err = fn(t); err == nil {
		err = t.failed
	}
	return err
}
