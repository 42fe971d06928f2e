package server

import (
	"context"
	"log/slog"
	"strconv"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
)

// observeKeys writes what is about to happen to a tenant's keys into that tenant's
// log, before it happens: without its leaf, no key changes. That a ring was opened
// or closed goes to the program's own log: a closed ring cannot seal an entry.
func (h *House) observeKeys(ctx context.Context, e keys.Event) error {
	var op audit.Operation
	switch e.Act {
	case keys.ActRotateKEK, keys.ActRotateDone, keys.ActRewrap, keys.ActRotateNamed, keys.ActRotateData, keys.ActDataRotated:
		op = audit.KeyRotate
	case keys.ActShred, keys.ActRetire, keys.ActReplaced:
		op = audit.KeyShred
	default:
		h.Opt.Log.Info("keyring", slog.String("act", string(e.Act)), slog.String("tenant", e.Tenant.String()), slog.String("reason", e.Reason))
		return nil
	}
	t, err := h.Tenants.Get(e.Tenant)
	if err != nil {
		return err
	}
	log, release, err := h.Tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return err
	}
	defer release()
	who := actor.From(ctx)
	if who.Kind == actor.Anonymous {
		who = actor.Platform("keys")
	}
	_, err = log.Append(ctx, audit.Entry{Actor: audit.ActorOf(who), Operation: op, Kind: "key", Outcome: audit.Done, Request: who.Request,
		Count: int64(e.Count), Detail: map[string]string{"act": string(e.Act), "name": e.Name, "version": strconv.Itoa(e.Version)}})
	return err
}
