package jobs

import (
	"context"
	"errors"
	"time"

	"garant.example/internal/identity"
	"garant.example/internal/tenant"
)

// Sessions removes sessions, attempts and tokens whose end is long past.
func Sessions(tenants *tenant.Service, s *identity.Service) Job {
	return Job{Name: "sessions", Every: time.Hour, Run: func(ctx context.Context) error {
		var all error
		for _, t := range tenants.All() {
			if t.State != tenant.Open || ctx.Err() != nil {
				continue
			}
			_, err := s.Sweep(ctx, t)
			all = errors.Join(all, err)
		}
		return all
	}}
}

// Outcomes drops what was remembered under Idempotency-Keys for a day.
func Outcomes(tenants *tenant.Service) Job {
	return Job{Name: "outcomes", Every: time.Hour, Run: func(ctx context.Context) error {
		var all error
		for _, t := range tenants.All() {
			if t.State != tenant.Open || ctx.Err() != nil {
				continue
			}
			all = errors.Join(all, tenants.SweepOnce(ctx, t))
		}
		return all
	}}
}
