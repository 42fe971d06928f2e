package bench

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/id"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// Tenants opens n tenants, touches the busy ones, and weighs the process. Tell
// hears how far it is.
func Tenants(ctx context.Context, r *server.Running, n, busy int, tell func(done int)) (opening, weight Run, err error) {
	b := &bench{r: r, echoes: map[int]Run{}}
	before, err := cpu()
	if err != nil {
		return opening, weight, err
	}
	took, err := elapsed(func() error {
		for i := range n {
			if i%100 == 0 && tell != nil {
				tell(i)
			}
			if err := b.openTenant(ctx, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return opening, weight, err
	}
	after, err := cpu()
	if err != nil {
		return opening, weight, err
	}
	opening = Run{Operation: "tenant open", Clients: 1, PerSecond: float64(n) / took.Seconds(), Value: ms(took) / float64(n), Unit: "ms", Target: "≤ 30",
		Note: fmt.Sprintf("%d tenants in %s; %.1f ms of processor each", n, took.Round(time.Second), ms(after-before)/float64(n))}
	if err := b.touch(ctx, min(busy, n)); err != nil {
		return opening, weight, err
	}
	weight, err = b.weigh(n, min(busy, n))
	return opening, weight, err
}

// weigh says what the process holds with so many tenants.
func (b *bench) weigh(n, busy int) (Run, error) {
	size, err := resident()
	if err != nil {
		return Run{}, err
	}
	files, err := descriptors()
	return Run{Operation: "memory", Clients: busy, Value: float64(size) / 1e6, Unit: "MB", Target: "≤ 600 with 10,000 tenants, 100 busy",
		Note: fmt.Sprintf("%d tenants, %d busy; all of this process: %d descriptors, %d goroutines, %d databases open", n, busy, files,
			runtime.NumGoroutine(), b.r.House.Pool.Len())}, err
}

func (b *bench) openTenant(ctx context.Context, i int) error {
	_, err := b.r.House.OpenTenant(actor.In(ctx, actor.Platform("bench")),
		tenant.Opening{Slug: id.Name(fmt.Sprintf("t%d", i)), Title: "T", Country: "CA", Lang: "en", Profile: profile})
	return err
}

// busyRecords is how many records each busy tenant stores and reads back.
const busyRecords = 20

// touch makes the first n tenants busy: each stores records and reads them back.
func (b *bench) touch(ctx context.Context, n int) error {
	ctx = actor.In(ctx, actor.Platform("bench"))
	for i := range n {
		t, err := b.r.House.Tenants.Named(fmt.Sprintf("t%d", i))
		if err != nil {
			return err
		}
		create, err := b.r.House.Gate.Enter(ctx, access.Ask{Action: access.Create, On: access.Record, Tenant: t.ID, Collection: collection})
		if err != nil {
			return err
		}
		read, err := b.r.House.Gate.Enter(ctx, access.Ask{Action: access.Read, On: access.Record, Tenant: t.ID, Collection: collection})
		if err != nil {
			return err
		}
		for range busyRecords {
			fields, err := b.fields()
			if err != nil {
				return err
			}
			rec, err := b.r.House.Vault.Create(ctx, create, fields, vault.CreateOptions{})
			if err != nil {
				return err
			}
			if _, err := b.r.House.Vault.Get(ctx, read, rec.ID, "support"); err != nil {
				return err
			}
		}
	}
	return nil
}
