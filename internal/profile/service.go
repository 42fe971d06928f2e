package profile

import (
	"context"
	"slices"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// Options are what the service stands on; all are required.
type Options struct {
	Set      *Set
	Runs     Runtime // what profiles are held against
	Tenants  *tenant.Service
	Gate     *access.Gate
	Vault    *vault.Service
	Identity *identity.Service
}

// Service puts profiles in force. It is safe for concurrent use.
type Service struct{ opt Options }

// New returns the service.
func New(o Options) *Service { return &Service{opt: o} }

// Set is the profiles as declared.
func (s *Service) Set() *Set { return s.opt.Set }

// Places says where tenants of a profile lie: the region of each country, and the
// placements besides the main one.
func (s *Service) Places(name id.Name) (residency map[string]id.Name, placements []tenant.Placement, err error) {
	p, err := s.profile(name)
	if err != nil {
		return nil, nil, err
	}
	c := Compile(p)
	return c.Residency, c.Placements, nil
}

func (s *Service) profile(name id.Name) (*Profile, error) {
	if p, ok := s.opt.Set.Profile(name); ok {
		return p, nil
	}
	return nil, errs.New(errs.NotFound, "profile.unknown").With("Value", string(name)).Do("profile.unknown.fix").
		At("/profile", "profile.unknown", errs.Params{"Value": string(name)})
}

// Adopt puts the tenant's declared profile in force before the tenant opens. It
// may be repeated: a start after a crash does. It asks for no confirmation,
// because there is nothing yet that could be lost.
func (s *Service) Adopt(ctx context.Context, t tenant.Tenant) error {
	if t.State != tenant.Building {
		return errs.New(errs.Conflict, "profile.adopt.open").Do("profile.adopt.open.fix")
	}
	p, err := s.profile(t.Profile)
	if err != nil {
		return err
	}
	if err := s.demand(p); err != nil {
		return err
	}
	log, release, err := s.opt.Tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return err
	}
	defer release()
	err = log.Write(ctx, func(tx *audit.Tx) error {
		current, there, err := s.current(ctx, tx, t)
		if err != nil {
			return err
		}
		plan, err := Compare(current.Declared, p)
		if err != nil {
			return err
		}
		if there && plan.IsEmpty() {
			return nil // the start before did it and was cut short behind it: one adoption, one leaf
		}
		return s.put(ctx, tx, t, actor.From(ctx), p, plan)
	})
	s.forget(t.ID)
	return err
}

// Current returns the profile that was applied last. ok is false when none was.
func (s *Service) Current(ctx context.Context, permit *access.Permit) (a Applied, ok bool, err error) {
	if err := allow(permit, access.Read, access.Manage); err != nil {
		return Applied{}, false, err
	}
	log, release, err := permit.Log(ctx, tenant.Main)
	if err != nil {
		return Applied{}, false, err
	}
	defer release()
	err = log.Read(ctx, func(tx db.Tx) error { a, ok, err = s.current(ctx, tx, permit.Tenant()); return err })
	return a, ok, err
}

// Plan says what applying a profile to the tenant of the permit would change.
func (s *Service) Plan(ctx context.Context, permit *access.Permit, wanted *Profile) (Plan, error) {
	a, _, err := s.Current(ctx, permit)
	if err != nil {
		return Plan{}, err
	}
	return s.plan(permit.Tenant(), a.Declared, wanted)
}

// plan compares, and adds what only the tenant knows: which placements it has. It
// refuses what could not be in force as it is written: errs.Config for a setting
// beyond what runs, errs.Conflict for a retention of the tenant's own.
func (s *Service) plan(t tenant.Tenant, current, wanted *Profile) (Plan, error) {
	if err := s.demand(wanted); err != nil {
		return Plan{}, err
	}
	plan, err := Compare(current, wanted)
	if err != nil {
		return Plan{}, err
	}
	for _, place := range wanted.Placements {
		if _, ok := t.Placement(place.Name); ok {
			continue
		}
		refuse := func(c Change) bool {
			return c.Area == AreaPlacement && c.Name == string(place.Name) && c.Act == Added
		}
		if i := slices.IndexFunc(plan.Changes, refuse); i >= 0 {
			plan.Changes[i].Harm = Refused // the tenant has no database there
		}
	}
	return plan, nil
}

// Apply puts a profile in force for the tenant of the permit, in one transaction of
// its main log: roles, collections, rules of signing in, and the profile itself,
// sealed. A plan that cuts, weakens or destroys needs confirm: the digest To of the
// plan that was looked at, so that what is confirmed is what happens. It returns
// the plan that was applied; errs.Conflict for a change that cannot be made and
// errs.Precondition without a fitting confirmation, both with the plan.
func (s *Service) Apply(ctx context.Context, permit *access.Permit, wanted *Profile, confirm string) (plan Plan, err error) {
	if err := allow(permit, access.Manage); err != nil {
		return Plan{}, err
	}
	t := permit.Tenant()
	if wanted.Name != t.Profile {
		return Plan{}, errs.New(errs.Conflict, "profile.apply.other").With("Value", string(t.Profile)).Do("profile.apply.other.fix")
	}
	log, release, err := permit.Log(ctx, tenant.Main)
	if err != nil {
		return Plan{}, err
	}
	defer release()
	err = log.Write(ctx, func(tx *audit.Tx) error {
		current, _, err := s.current(ctx, tx, t)
		if err != nil {
			return err
		}
		if plan, err = s.plan(t, current.Declared, wanted); err != nil {
			return err
		}
		if plan.IsEmpty() {
			return nil // nothing is written, hence nothing recorded
		}
		if err := admit(plan, confirm); err != nil {
			return err
		}
		return s.put(ctx, tx, t, permit.Actor, wanted, plan)
	})
	s.forget(t.ID)
	return plan, err
}

// forget makes what was put in force act at once on this node. Also after an
// error: what is remembered once too few costs one read.
func (s *Service) forget(t id.Tenant) {
	s.opt.Gate.Forget(t)
	s.opt.Vault.Forget(t)
	s.opt.Identity.Forget(t)
}

// admit refuses what cannot be applied, and what was not confirmed.
func admit(plan Plan, confirm string) error {
	switch harm := plan.Harm(); {
	case harm == Refused:
		e := errs.New(errs.Conflict, "profile.apply.refused").Do("profile.apply.refused.fix")
		for _, c := range plan.Changes {
			if c.Harm == Refused {
				e.At("/"+string(c.Area)+"/"+c.Name, "profile.harm.refused", nil)
			}
		}
		return e
	case harm != Harmless && confirm != plan.To:
		return errs.New(errs.Precondition, "profile.apply.confirm").With("Digest", plan.To).Do("profile.apply.confirm.fix")
	default:
		return nil
	}
}

// put writes the profile down and hands each domain its part.
func (s *Service) put(ctx context.Context, tx *audit.Tx, t tenant.Tenant, who actor.Actor, p *Profile, plan Plan) error {
	c := Compile(p)
	rules, err := c.Settings.SignIn()
	if err != nil {
		return err
	}
	if err := s.opt.Gate.Define(ctx, tx, t, c.Policy); err != nil {
		return err
	}
	if err := s.opt.Vault.Define(ctx, tx, t, c.Collections); err != nil {
		return err
	}
	if err := s.opt.Identity.Define(ctx, tx, t, rules); err != nil {
		return err
	}
	a := Applied{Profile: p.Name, Version: p.Version, Digest: plan.To, At: tx.Now(), By: who.Ref(), ByKind: who.Kind.String(), Declared: p}
	if err := s.store(ctx, tx, t.ID, a); err != nil {
		return err
	}
	tx.Record(audit.Entry{Actor: audit.ActorOf(who), Operation: audit.ProfileApply, Object: t.ID.Raw, Kind: access.Profile.String(),
		Outcome: audit.Done, Request: who.Request, Count: int64(len(plan.Changes)), Detail: map[string]string{
			"profile": string(p.Name), "version": itoa(p.Version), "digest": plan.To, "before": plan.From, "harm": plan.Harm().String()}})
	return nil
}

// allow refuses a permit that was given for something else.
func allow(p *access.Permit, actions ...access.Action) error {
	if p.Ask.On != access.Profile || !slices.Contains(actions, p.Ask.Action) {
		return errs.New(errs.Internal, "profile.permit.mismatch")
	}
	return nil
}
