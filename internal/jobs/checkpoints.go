package jobs

import (
	"context"
	"errors"
	"time"

	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Checkpoints signs the head of every log that has grown. The first turn looks at
// every tenant, since another process may have written before this one began; after
// that a tenant that nobody has used costs nothing, its databases are not opened.
func Checkpoints(s *tenant.Service, every time.Duration) Job {
	signed := map[id.Tenant]tenant.Mark{} // where the last visit left the tenant
	return Job{Name: "checkpoints", Every: every, Run: func(ctx context.Context) error {
		return visit(ctx, s.All(), rest, func(t tenant.Tenant) (bool, error) {
			mark := s.Mark(t.ID)
			if last, ok := signed[t.ID]; ok && last == mark {
				return false, nil
			}
			err := sign(ctx, s, t)
			if err == nil {
				// A log that others use meanwhile may grow once its head is signed:
				// then the mark is another at the next turn.
				signed[t.ID] = mark.After(len(t.Placements))
			}
			return true, err
		})
	}}
}

// sign signs the heads of all logs of a tenant.
func sign(ctx context.Context, s *tenant.Service, t tenant.Tenant) error {
	var failed error
	for _, p := range t.Placements {
		log, release, err := s.Log(ctx, t, p.Name)
		if err == nil {
			_, err = log.Checkpoint(ctx)
			release()
		}
		failed = errors.Join(failed, err)
	}
	return failed
}
