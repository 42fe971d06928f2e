package jobs

import (
	"context"
	"time"

	"garant.example/internal/identity"
	"garant.example/internal/tenant"
)

// Sessions removes sessions, attempts and tokens whose end is long past.
func Sessions(tenants *tenant.Service, s *identity.Service) Job {
	return Job{Name: "sessions", Every: time.Hour, Run: func(ctx context.Context) error {
		return visit(ctx, tenants.All(), rest, func(t tenant.Tenant) (bool, error) {
			if t.State != tenant.Open {
				return false, nil
			}
			_, err := s.Sweep(ctx, t)
			return true, err
		})
	}}
}

// Outcomes drops what was remembered under Idempotency-Keys for a day.
func Outcomes(tenants *tenant.Service) Job {
	return Job{Name: "outcomes", Every: time.Hour, Run: func(ctx context.Context) error {
		return visit(ctx, tenants.All(), rest, func(t tenant.Tenant) (bool, error) {
			if t.State != tenant.Open {
				return false, nil
			}
			return true, tenants.SweepOnce(ctx, t)
		})
	}}
}
