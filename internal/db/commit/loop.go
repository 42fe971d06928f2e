package commit

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"garant.example/internal/db"
)

// maxReruns is how often a group is run again as a whole.
const maxReruns = 8

// Loop is the writer of one open database.
type Loop struct {
	store    Store
	queue    queue
	finished chan struct{} // closed when the writing goroutine has ended
	requests sync.Pool     // of *request
	current  *request      // the change that runs; the writing goroutine's own
	patience time.Duration // how long a change waits behind a group that does not end
	watch    *time.Timer   // calls stall when the running group is past it
	stalled  chan struct{} // one token each time stall has run

	groups  atomic.Uint64
	changes atomic.Uint64
	reruns  atomic.Uint64
}

// Start begins the writing goroutine; Close ends it.
func Start(store Store) *Loop { return StartPatient(store, db.Patience) }

// StartPatient is Start with another patience than db.Patience.
func StartPatient(store Store, patience time.Duration) *Loop {
	l := &Loop{
		store:    store,
		queue:    queue{wake: make(chan struct{}, 1)},
		finished: make(chan struct{}),
		patience: patience,
		stalled:  make(chan struct{}, 1),
	}
	l.watch = time.AfterFunc(patience, l.stall)
	l.calm()
	go l.run(nil)
	return l
}

// stall runs when a group has not ended within the patience: the disk or the server
// does not answer. Whoever waits behind the group is refused now, and so is whoever
// comes before it ends; the group itself waits for its outcome.
func (l *Loop) stall() {
	l.queue.stall(fmt.Errorf("%w: a group commit has not ended for %v", db.ErrUnavailable, l.patience))
	l.stalled <- struct{}{}
}

// calm ends the watch over a group.
func (l *Loop) calm() {
	if !l.watch.Stop() {
		<-l.stalled // it is running: its refusal must not outlast the group
	}
	l.queue.stall(nil)
}

// Write is db.DB's Write.
func (l *Loop) Write(ctx context.Context, change func(db.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r, _ := l.requests.Get().(*request)
	if r == nil {
		r = &request{done: make(chan struct{}, 1)}
	}
	r.ctx, r.change = ctx, change
	if err := l.queue.put(r); err != nil {
		return err
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, withdrawn) {
			return ctx.Err() // r stays with the queue, which forgets it
		}
		<-r.done
	}
	err := r.err
	r.ctx, r.change, r.err, r.over, r.saw = nil, nil, nil, false, false
	r.state.Store(waiting)
	l.requests.Put(r)
	return err
}

// Alone runs fn on the writing goroutine between two groups.
func (l *Loop) Alone(fn func() error) error {
	r := &request{alone: fn, done: make(chan struct{}, 1)}
	if err := l.queue.put(r); err != nil {
		return err
	}
	<-r.done
	return r.err
}

// Close refuses further changes and returns once those accepted are answered.
// first says whether this call was the one that closed.
func (l *Loop) Close() (first bool) {
	first = l.queue.close()
	<-l.finished
	return first
}

// Stats counts what was done since Start.
func (l *Loop) Stats() db.Stats {
	return db.Stats{
		Queued:  l.queue.len(),
		Groups:  l.groups.Load(),
		Changes: l.changes.Load(),
		Reruns:  l.reruns.Load(),
	}
}

// run is the writing goroutine. first is a group to begin with.
func (l *Loop) run(first []*request) {
	group := append(make([]*request, 0, 64), first...)
	ended := false
	defer func() {
		if ended {
			close(l.finished)
			return
		}
		// A change ended the goroutine (runtime.Goexit) and all was rolled back:
		// it is answered, and the others begin anew in another goroutine.
		l.calm()
		go l.run(l.without(group))
	}()
	for {
		if len(group) == 0 {
			var ok bool
			runtime.Gosched() // let those who are on their way join this group: one flush serves all
			if group, ok = l.queue.take(group); !ok {
				ended = true
				return
			}
		}
		l.watch.Reset(l.patience)
		l.serve(group)
		l.calm()
		l.current = nil
		for _, r := range group {
			r.done <- struct{}{}
		}
		clear(group)
		group = group[:0]
		l.watch.Reset(l.patience)
		l.store.After()
		l.calm()
	}
}

// without answers the change that was running and returns the others.
func (l *Loop) without(group []*request) []*request {
	var rest []*request
	for _, r := range group {
		if r == l.current {
			r.err = fmt.Errorf("%w: it ended its goroutine", db.ErrPanic)
			r.done <- struct{}{}
			continue
		}
		r.err, r.over, r.saw = nil, false, false
		rest = append(rest, r)
	}
	return rest
}

// serve commits the changes of a group and then runs what wants to be alone.
func (l *Loop) serve(group []*request) {
	alone := 0
	for _, r := range group {
		if r.alone != nil {
			alone++
		}
	}
	if alone == 0 {
		l.commit(group)
		return
	}
	changes := make([]*request, 0, len(group))
	for _, r := range group {
		if r.alone == nil {
			changes = append(changes, r)
		}
	}
	if len(changes) > 0 {
		l.commit(changes)
	}
	for _, r := range group {
		if r.alone != nil {
			r.err = Protect(r.alone)
		}
	}
}

// commit runs the changes in one transaction and sets the error of each.
func (l *Loop) commit(reqs []*request) {
	for range maxReruns {
		again, err := l.attempt(reqs)
		if again {
			l.reruns.Add(1)
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
		l.single(r)
	}
}

// single gives one change a transaction of its own.
func (l *Loop) single(r *request) {
	one := []*request{r}
	for range maxReruns {
		r.over, r.saw, r.err = false, false, nil
		again, err := l.attempt(one)
		if err != nil {
			r.err = err
		}
		if !again || r.over {
			return
		}
	}
	r.err = fmt.Errorf("%w: other nodes write the same rows", db.ErrUnavailable)
}

// attempt is one transaction. again is true when it was undone and has to run
// once more; err is the error of the whole group.
func (l *Loop) attempt(reqs []*request) (again bool, err error) {
	if err := l.store.Begin(); err != nil {
		return false, err
	}
	g, durable := &Group{}, false
	defer func() {
		if !durable {
			l.store.Rollback()
		}
		g.done(durable)
	}()
	alive, wrote, again, err := l.changesOf(g, reqs)
	if again || err != nil || !wrote {
		return again, err
	}
	for i := 0; i < len(g.finishers) && err == nil; i++ { // one may join while another finishes
		err = l.store.Finish(g.finishers[i].finisher.Finish, g)
	}
	if err == nil {
		err = l.store.Commit()
	}
	if err != nil {
		if rerun(reqs, err) {
			return true, nil
		}
		return false, err
	}
	durable = true
	l.groups.Add(1)
	l.changes.Add(uint64(alive))
	return false, nil
}

// changesOf runs what is not over, in order.
func (l *Loop) changesOf(g *Group, reqs []*request) (alive int, wrote, again bool, err error) {
	for i, r := range reqs {
		if r.over {
			continue
		}
		l.current = r
		out := l.store.Change(i, r.ctx, r.change, g)
		switch {
		case out.Err == nil:
			alive++
			wrote = wrote || out.Dirty
		case rerun(reqs, out.Err):
			return alive, wrote, true, nil
		case out.Grave:
			r.err, r.over, r.saw = out.Err, true, wrote
			return alive, wrote, false, out.Err
		default:
			fail(reqs, i, out.Err, wrote)
			if out.Dirty {
				return alive, wrote, true, nil
			}
		}
	}
	return alive, wrote, false, nil
}

// fail marks a change as over and makes what failed behind it run again.
func fail(reqs []*request, i int, err error, saw bool) {
	reqs[i].err, reqs[i].over, reqs[i].saw = err, true, saw
	for _, later := range reqs[i+1:] {
		later.err, later.over, later.saw = nil, false, false
	}
}

// rerun says whether an error asks for another run of the group. It marks the
// change whose queued statement failed, if that was it.
func rerun(reqs []*request, err error) bool {
	var retry *Retry
	if errors.As(err, &retry) {
		return true
	}
	var blame *Blame
	if !errors.As(err, &blame) || blame.Index < 0 || blame.Index >= len(reqs) {
		return false
	}
	fail(reqs, blame.Index, blame.Err, true)
	return true
}
