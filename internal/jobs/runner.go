package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"garant.example/internal/clock"
)

// Job is one piece of recurring work.
type Job struct {
	Name  string
	Every time.Duration
	Woken <-chan struct{} // asks for a turn before its time; nil: never
	// Next says, after a turn, when the job wants another before its time; the zero
	// time, and nil: no sooner than Every.
	Next func() time.Time
	Run  func(context.Context) error
}

// Runner runs jobs until its context ends.
type Runner struct {
	clock clock.Clock
	log   *slog.Logger
	jobs  []Job

	mu   sync.Mutex
	last map[string]Turn
}

// Turn is how the latest run of a job went.
type Turn struct {
	At   time.Time
	Took time.Duration
	OK   bool
}

// NewRunner returns a runner of jobs.
func NewRunner(c clock.Clock, log *slog.Logger, jobs ...Job) *Runner {
	return &Runner{clock: c, log: log, jobs: jobs, last: map[string]Turn{}}
}

// Run blocks until ctx ends and every job has come to its end.
func (r *Runner) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, j := range r.jobs {
		wg.Go(func() { r.loop(ctx, j) })
	}
	wg.Wait()
}

func (r *Runner) loop(ctx context.Context, j Job) {
	for {
		r.once(ctx, j)
		turn := time.NewTimer(r.pause(j))
		select {
		case <-ctx.Done():
		case <-j.Woken:
		case <-turn.C:
		}
		turn.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// pause is how long a job waits for its next turn.
func (r *Runner) pause(j Job) time.Duration {
	if j.Next == nil {
		return j.Every
	}
	at := j.Next()
	if at.IsZero() {
		return j.Every
	}
	return min(j.Every, max(0, at.Sub(r.clock.Now())))
}

func (r *Runner) once(ctx context.Context, j Job) {
	began := r.clock.Now()
	err := j.Run(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		r.log.Error("a job failed", slog.String("job", j.Name), slog.Any("error", err))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last[j.Name] = Turn{At: began, Took: r.clock.Now().Sub(began), OK: err == nil}
}

// Turns tells how each job went lately.
func (r *Runner) Turns() map[string]Turn {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]Turn, len(r.last))
	for name, turn := range r.last {
		out[name] = turn
	}
	return out
}
