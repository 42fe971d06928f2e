package jobs

import (
	"context"
	"errors"
	"time"

	"garant.example/internal/tenant"
)

const (
	// atOnce is how many tenants a sweep visits without a pause: an ordinary
	// platform has no more.
	atOnce = 64
	// pause is what a sweep leaves between two tenants after those. A visit opens a
	// database that was closed, so that ten thousand in one go would keep a
	// processor for a minute and push the busy ones out.
	pause = 50 * time.Millisecond
)

// visit calls fn for every tenant that is open, one after another. One that fails
// does not keep the others from their turn.
func visit(ctx context.Context, all []tenant.Tenant, wait func(context.Context), fn func(tenant.Tenant) (done bool, err error)) error {
	var failed error
	visited := 0
	for _, t := range all {
		if ctx.Err() != nil {
			return failed
		}
		if t.State == tenant.Building || t.State == tenant.Wiped {
			continue
		}
		if visited >= atOnce {
			wait(ctx)
		}
		done, err := fn(t)
		failed = errors.Join(failed, err)
		if done {
			visited++
		}
	}
	return failed
}

// rest waits for one pause, no longer than ctx.
func rest(ctx context.Context) {
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
