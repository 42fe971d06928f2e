package identity

import (
	"context"
	"time"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/tenant"
)

// sweepAfter is how long a session's row outlives the session, so that whoever
// comes back is told that it ended, not that it never was.
const sweepAfter = 24 * time.Hour

// Sweep removes the rows of sessions that were over a day ago and counters that
// say nothing any more, and returns how many sessions went. A schedule calls it;
// nothing depends on it, because limits are judged by the clock at each use.
func (s *Service) Sweep(ctx context.Context, t tenant.Tenant) (removed int64, err error) {
	log, release, err := s.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return 0, err
	}
	defer release()
	who := actor.Platform("identity")
	err = log.WriteEssential(ctx, func(tx *audit.Tx) error {
		now := s.now()
		before := clock.Micros(now.Add(-sweepAfter))
		over, err := countOver(tx, before, clock.Micros(now))
		if err != nil || over == 0 {
			return err
		}
		if removed, err = sweepSessions(tx, before); err != nil {
			return err
		}
		if err := sweepThrottle(tx, clock.Micros(now)); err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: audit.ActorOf(who), Operation: audit.SignOut, Kind: "session", Outcome: audit.Done,
			Reason: "swept", Request: who.Request, Count: removed})
		return nil
	})
	return removed, err
}
