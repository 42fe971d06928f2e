package server

import (
	"context"
	"time"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/tenant"
)

// clockSlack is how far behind the log a clock may be at a start: machines that are
// kept to the time differ by less.
const clockSlack = 2 * time.Minute

// CheckClock holds the clock against the logs of the platform at a start. A clock
// that went back would let ended sessions, tokens and grants live again, so it is
// refused with errs.Config; accepted, it is written into the control log.
func (h *House) CheckClock(ctx context.Context, accept bool) error {
	operator, err := h.Tenants.Get(h.Tenants.Operator())
	if err != nil {
		return err
	}
	control, release, err := h.Tenants.ControlLog(ctx)
	if err != nil {
		return err
	}
	defer release()
	own, releaseOwn, err := h.Tenants.Log(ctx, operator, tenant.Main)
	if err != nil {
		return err
	}
	defer releaseOwn()
	var last time.Time
	for _, log := range []*audit.Log{control, own} {
		head, err := log.Head(ctx)
		if err != nil {
			return err
		}
		if head.At.After(last) {
			last = head.At
		}
	}
	now := h.Opt.Clock.Now()
	if !now.Before(last.Add(-clockSlack)) {
		return nil
	}
	if !accept {
		return errs.New(errs.Config, "server.clock.back").With("Now", now).With("Last", last).Do("server.clock.back.fix")
	}
	_, err = control.Append(ctx, audit.Entry{Actor: audit.ActorOf(actor.Platform("start")), Operation: audit.ConfigChange, Kind: "clock",
		Outcome: audit.Done, Reason: "accepted", Detail: map[string]string{"last": last.UTC().Format(time.RFC3339)}})
	return err
}
