package kms

import (
	"context"
	"math/rand/v2"
	"time"
)

// Retry tries a passing failure again with exponential back-off and full jitter.
// The zero value is usable.
type Retry struct {
	Tries int           // calls in all; 4 when zero
	Base  time.Duration // the longest first pause; 100 ms when zero
	Most  time.Duration // the longest pause; 2 s when zero
	// Wait pauses, or returns the error of a context that ended. Tests give one
	// that does not wait; nil waits for real.
	Wait func(ctx context.Context, pause time.Duration) error
}

// Do calls fn until it returns nil, an error that will not pass by itself, or the
// tries are used up; the last error is returned.
func (r Retry) Do(ctx context.Context, fn func() error) error {
	tries, base, most := or(r.Tries, 4), or(r.Base, 100*time.Millisecond), or(r.Most, 2*time.Second)
	wait := r.Wait
	if wait == nil {
		wait = pause
	}
	for try := 1; ; try++ {
		err := fn()
		reason := ReasonOf(err)
		// A sealed service stays sealed until a person opens it: no use to insist.
		if err == nil || try >= tries || !reason.Passing() || reason == Locked {
			return err
		}
		ceiling := min(base<<(try-1), most)
		if wait(ctx, rand.N(ceiling)) != nil {
			return err
		}
	}
}

func or[T int | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
