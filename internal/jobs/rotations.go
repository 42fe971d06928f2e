package jobs

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// KeyTerms says when the keys of a tenant are due.
type KeyTerms func(context.Context, tenant.Tenant) (keys.Terms, error)

// Rotations begins the rotations of keys that are due, looking at every tenant once
// an hour, without haste. What was begun is the work of Reseals.
func Rotations(tenants *tenant.Service, rings *keys.Rings, records *vault.Rotator, terms KeyTerms, c clock.Clock) Job {
	r := rotations{tenants, rings, records, terms, c}
	return Job{Name: "rotations", Every: time.Hour, Run: func(ctx context.Context) error {
		return visit(ctx, tenants.All(), rest, func(t tenant.Tenant) (bool, error) { return true, r.look(ctx, t) })
	}}
}

type rotations struct {
	tenants *tenant.Service
	rings   *keys.Rings
	records *vault.Rotator
	terms   KeyTerms
	clock   clock.Clock
}

// look begins what is due for one tenant, and asks for a turn of what was begun
// earlier: before a crash, or by another node. A level that fails does not keep the
// others waiting.
func (r rotations) look(ctx context.Context, t tenant.Tenant) error {
	status, err := r.rings.Status(ctx, t.ID)
	if err != nil {
		return err
	}
	terms, err := r.terms(ctx, t)
	now := r.clock.Now()
	for _, turn := range status.Turns(terms, now) {
		switch {
		case turn.IsDue(now) || turn.Running && turn.Level == keys.LevelKEK:
			err = errors.Join(err, r.begin(ctx, t, turn.Level))
		case turn.Running:
			r.records.Knock(t.ID)
		}
	}
	return err
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

// Reseals carries rotations that were begun through the records, at once when
// somebody begins one, and looks at no tenant but theirs.
func Reseals(tenants *tenant.Service, records *vault.Rotator, c clock.Clock) Job {
	r := reseals{tenants, records, c, map[id.Tenant]time.Time{}}
	return Job{Name: "reseals", Every: time.Hour, Woken: records.Woken(), Next: r.next, Run: r.run}
}

type reseals struct {
	tenants *tenant.Service
	records *vault.Rotator
	clock   clock.Clock
	resting map[id.Tenant]time.Time // until when other nodes are waited for
}

// next is when the first of those that rest may go on; the zero time when none does.
func (r reseals) next() (first time.Time) {
	for _, at := range r.resting {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

func (r reseals) run(ctx context.Context) (all error) {
	now := r.clock.Now()
	due := r.records.Begun()
	for t, at := range maps.All(r.resting) {
		if !now.Before(at) {
			due = append(due, t)
		}
	}
	slices.SortFunc(due, func(a, b id.Tenant) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
	for _, of := range slices.Compact(due) {
		delete(r.resting, of)
		if ctx.Err() != nil {
			return nil
		}
		t, err := r.tenants.Get(of)
		if errs.Is(err, errs.NotFound) || err == nil && t.State == tenant.Wiped {
			continue
		}
		var wait time.Duration
		if err == nil {
			wait, err = r.records.Run(ctx, t)
		}
		if wait > 0 {
			r.resting[of] = r.clock.Now().Add(wait)
		}
		all = errors.Join(all, err)
	}
	return all
}
