package vault

import (
	"context"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/tenant"
)

// Sweep drops the outcomes under Idempotency-Keys that nobody may ask for any more.
// A job calls it; it touches no record.
func (s *Service) Sweep(ctx context.Context, t tenant.Tenant) error {
	before := clock.Micros(s.tenants.Clock().Now().Add(-idempotencyLife))
	for _, p := range t.Placements {
		log, release, err := s.tenants.Log(ctx, t, p.Name)
		if err != nil {
			return err
		}
		err = log.Write(ctx, func(tx *audit.Tx) error {
			old, err := outcomesBefore(tx, before)
			if err != nil || old == 0 {
				return err
			}
			tx.Record(audit.Entry{Actor: audit.ActorOf(actor.Platform("vault")), Operation: audit.ConfigChange, Kind: "idempotency",
				Outcome: audit.Done, Count: old})
			return forgetBefore(tx, before)
		})
		release()
		if err != nil {
			return err
		}
	}
	return nil
}
