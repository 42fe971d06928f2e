package jobs

import (
	"context"
	"errors"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// KeyTerms says when the keys of a tenant are due.
type KeyTerms func(context.Context, tenant.Tenant) (keys.Terms, error)

// Rotations begins the rotations of keys that are due, and goes on with those that
// were begun: at once when somebody begins one.
func Rotations(tenants *tenant.Service, rings *keys.Rings, records *vault.Rotator, terms KeyTerms, c clock.Clock) Job {
	r := rotations{tenants, rings, records, terms, c}
	return Job{Name: "rotations", Every: time.Hour, Woken: records.Woken(), Run: r.run}
}

type rotations struct {
	tenants *tenant.Service
	rings   *keys.Rings
	records *vault.Rotator
	terms   KeyTerms
	clock   clock.Clock
}

func (r rotations) run(ctx context.Context) error {
	var all error
	for _, t := range r.tenants.All() {
		if ctx.Err() != nil {
			return nil
		}
		if t.State == tenant.Building || t.State == tenant.Wiped {
			continue
		}
		all = errors.Join(all, r.one(ctx, t))
	}
	return all
}

// one does what there is to do for one tenant. A level that fails does not keep the
// others waiting.
func (r rotations) one(ctx context.Context, t tenant.Tenant) error {
	status, err := r.rings.Status(ctx, t.ID)
	if err != nil {
		return err
	}
	terms, err := r.terms(ctx, t)
	now := r.clock.Now()
	for _, turn := range status.Turns(terms, now) {
		if turn.IsDue(now) || turn.Running && turn.Level == keys.LevelKEK {
			err = errors.Join(err, r.begin(ctx, t, turn.Level))
		}
	}
	wait, failed := r.records.Run(ctx, t)
	if wait > 0 {
		time.AfterFunc(wait, r.records.Knock)
	}
	return errors.Join(err, failed)
}

// begin begins a rotation, or goes on with that of the KEK, which is short.
func (r rotations) begin(ctx context.Context, t tenant.Tenant, level keys.Level) error {
	if level != keys.LevelKEK {
		_, err := r.records.Begin(ctx, t, level)
		return err
	}
	ring, err := r.rings.Open(ctx, t.ID)
	if err != nil {
		return err
	}
	_, err = ring.RunKEKRotation(ctx, nil)
	return err
}
