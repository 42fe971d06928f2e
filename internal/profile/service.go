package profile

import (
	"context"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// Options are what the service stands on; all are required.
type Options struct {
	Set      *Set
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

// Adopt puts the tenant's declared profile in force, in one transaction of its main
// log: roles, collections, rules of signing in.
func (s *Service) Adopt(ctx context.Context, t tenant.Tenant) error {
	p, err := s.profile(t.Profile)
	if err != nil {
		return err
	}
	c := Compile(p)
	log, release, err := s.opt.Tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return err
	}
	defer release()
	who := actor.From(ctx)
	return log.Write(ctx, func(tx *audit.Tx) error {
		if err := s.opt.Gate.Define(ctx, tx, t, c.Policy); err != nil {
			return err
		}
		if err := s.opt.Vault.Define(ctx, tx, t, c.Collections); err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: audit.ActorOf(who), Operation: audit.ProfileApply, Object: t.ID.Raw, Kind: "profile",
			Outcome: audit.Done, Request: who.Request, Detail: map[string]string{"profile": string(t.Profile)}})
		return nil
	})
}
