package identity

import (
	"context"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/tenant"
)

// attempt is one try to prove a password. It is counted by the name and by the
// address from its begin to its end.
type attempt struct {
	s       *Service
	t       tenant.Tenant
	set     Settings
	log     *audit.Log
	who     actor.Actor
	name    []byte // tag of the sign-in name
	address []byte // tag of the network it comes from

	nameBusy, addressBusy int // attempts under way when this one began

	account         *accountRow // nil when the name is nobody's
	byName, byPlace throttleRow
}

// begin counts the attempt in. end must be called.
func (s *Service) begin(ctx context.Context, t tenant.Tenant, set Settings, log *audit.Log, name []byte) (*attempt, error) {
	a := &attempt{s: s, t: t, set: set, log: log, who: stranger(ctx), name: name}
	var err error
	if a.address, err = s.finder.Tag(ctx, t.ID, fieldAddress, network(a.who.Address)); err != nil {
		return nil, err
	}
	a.nameBusy, a.addressBusy = s.trying.begin(a.name), s.trying.begin(a.address)
	return a, nil
}

func (a *attempt) end() {
	a.s.trying.end(a.name)
	a.s.trying.end(a.address)
}

// read takes a snapshot of what the attempt is judged by.
func (a *attempt) read(ctx context.Context) error {
	return a.log.Read(ctx, func(tx db.Tx) (err error) {
		if a.byPlace, err = readThrottle(tx, a.address); err != nil {
			return err
		}
		if a.byName, err = readThrottle(tx, a.name); err != nil {
			return err
		}
		a.account, err = findAccount(tx, a.name)
		return err
	})
}

// placeBlocked and nameBlocked say whether guessing was stopped; attempts under
// way count as if they had failed already.
func (a *attempt) placeBlocked() bool {
	now, rules := a.s.now(), a.set.Lockout
	return a.byPlace.blocked(now) || a.byPlace.counted(now, rules.Window)+int64(a.addressBusy) >= int64(rules.Address)
}

func (a *attempt) nameBlocked() bool {
	now, rules := a.s.now(), a.set.Lockout
	return a.byName.blocked(now) || a.byName.counted(now, rules.Window)+int64(a.nameBusy) >= int64(rules.Failures)
}

// prove computes exactly one hash, whatever is known of the account, and says why
// the attempt fails; "" when it succeeds. The order of the cases is that of what
// an auditor wants to read; the person who tries learns none of it.
func (a *attempt) prove(ctx context.Context, password string) (reason string, err error) {
	v, err := a.verifier(ctx)
	if err != nil {
		return "", err
	}
	prepared, usable := prepare(password)
	right, err := a.s.hasher.Verify(ctx, v, prepared)
	if err != nil {
		return "", err
	}
	now := a.s.now()
	switch {
	case a.nameBlocked():
		return "locked", nil
	case a.account == nil:
		return "unknown", nil
	case v == nil:
		return "no_password", nil
	case !right || !usable:
		return "wrong_password", nil
	case a.account.state != Active:
		return "disabled", nil
	case a.account.secretUntil != 0 && clock.Micros(now) >= a.account.secretUntil:
		return "initial_expired", nil
	case !a.t.Serves(now):
		return "contract_ended", nil
	}
	return "", nil
}

func (a *attempt) verifier(ctx context.Context) (*Verifier, error) {
	sealer, err := a.s.sealer(ctx, a.t.ID)
	if err != nil || a.account == nil {
		return nil, err
	}
	return a.account.verifier(sealer)
}

// fail counts the failure and writes it down: the same statements whatever the
// reason.
func (a *attempt) fail(ctx context.Context, reason string) error {
	return a.log.WriteEssential(ctx, func(tx *audit.Tx) error {
		now, rules := a.s.now(), a.set.Lockout
		name, err := readThrottle(tx, a.name)
		if err != nil {
			return err
		}
		place, err := readThrottle(tx, a.address)
		if err != nil {
			return err
		}
		e := refusalEntry(a.who, "account", reason)
		if a.account != nil {
			e.Object = a.account.id.Raw
		}
		e.Detail = map[string]string{}
		if name.fail(now, rules.Failures, rules) {
			e.Detail["blocked"] = "name"
		}
		if place.fail(now, rules.Address, rules) {
			e.Detail["blocked_address"] = "address"
		}
		if err := storeThrottle(tx, name, rules); err != nil {
			return err
		}
		if err := storeThrottle(tx, place, rules); err != nil {
			return err
		}
		if err := sweepThrottle(tx, clock.Micros(now)); err != nil {
			return err
		}
		tx.Record(e)
		return nil
	})
}

// refusePlace answers an address from which too much was guessed, before any work
// is done for it. It says nothing about any account.
func (a *attempt) refusePlace(ctx context.Context) error {
	if _, err := a.log.Append(ctx, refusalEntry(a.who, "address", "address_blocked")); err != nil {
		return err
	}
	return errs.New(errs.TooMany, "identity.signin.address").With("wait", a.set.Lockout.Duration).
		Do("identity.signin.address.fix")
}
