package tenant

import (
	"context"
	"strings"
	"sync"

	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Operator returns the operator's own tenant.
func (s *Service) Operator() id.Tenant { return s.operator }

// Get returns a tenant, or errs.NotFound.
func (s *Service) Get(t id.Tenant) (Tenant, error) {
	if found, ok := s.dir.get(t); ok {
		return found, nil
	}
	return Tenant{}, notFound()
}

// Named returns the tenant of an id or a slug, as a path holds it, or
// errs.NotFound. There is no default tenant.
func (s *Service) Named(name string) (Tenant, error) {
	if t, err := id.ParseTenant(name); err == nil {
		return s.Get(t)
	}
	if found, ok := s.dir.slug(id.Name(name)); ok {
		return found, nil
	}
	return Tenant{}, notFound()
}

// Hosted returns the tenant that a host name belongs to, however it is written: in
// any case, and with the dot that makes a name absolute. ok is false when it is
// nobody's.
func (s *Service) Hosted(host string) (Tenant, bool) {
	return s.dir.host(strings.TrimSuffix(strings.ToLower(host), "."))
}

// All lists the tenants by slug.
func (s *Service) All() []Tenant { return s.dir.all() }

// Region returns a declared region.
func (s *Service) Region(name id.Name) (Region, bool) { r, ok := s.regions[name]; return r, ok }

// Regions lists the declared regions in the order of the configuration.
func (s *Service) Regions() []Region { return s.opt.Regions }

// Clock is the clock of the platform.
func (s *Service) Clock() clock.Clock { return s.opt.Clock }

// KeyringPlace says where the tenant's keyring lies: in its home region, apart
// from its data.
func (s *Service) KeyringPlace(tid id.Tenant) (db.Place, error) {
	t, err := s.Get(tid)
	if err != nil {
		return db.Place{}, err
	}
	return s.regions[t.Home()].place(t.ID, db.Keyring, "keyring"), nil
}

// PlacementPlace says where the database of a placement lies.
func (s *Service) PlacementPlace(t Tenant, name id.Name) (db.Place, error) {
	p, ok := t.Placement(name)
	if !ok {
		return db.Place{}, errs.New(errs.NotFound, "tenant.placement.unknown").With("Placement", string(name))
	}
	return t.place(s.regions[p.Region], name), nil
}

// Log opens the log, and with it the database, of one placement of a tenant. The
// caller releases it soon: open databases are a bounded set. Only package access
// and the platform's own work call this; everybody else holds a Permit.
func (s *Service) Log(ctx context.Context, t Tenant, placement id.Name) (*audit.Log, func(), error) {
	place, err := s.PlacementPlace(t, placement)
	if err != nil {
		return nil, nil, err
	}
	log, release, err := s.log(ctx, place, t.ID, s.opt.LogHost+"/t/"+t.ID.String()+"/"+string(placement))
	if err != nil {
		return nil, nil, err
	}
	s.used.count(t.ID)
	return log, func() { s.used.count(t.ID); release() }, nil
}

// ControlLog opens the log of the control database.
func (s *Service) ControlLog(ctx context.Context) (*audit.Log, func(), error) {
	return s.log(ctx, s.opt.Control, s.operator, s.opt.LogHost+"/control")
}

func (s *Service) log(ctx context.Context, place db.Place, owner id.Tenant, origin string) (*audit.Log, func(), error) {
	database, release, err := s.opt.Open.Acquire(ctx, place)
	if err != nil {
		return nil, nil, unavailable(err)
	}
	log, err := database.Local(logKey{}, func() any { return &logSlot{} }).(*logSlot).get(s.signing(), func() (*audit.Log, error) {
		return s.openLog(ctx, database, place, owner, origin)
	})
	if err != nil {
		release()
		return nil, nil, err
	}
	return log, release, nil
}

// logSlot keeps the log beside its open database, and is forgotten with it.
type logSlot struct {
	mu      sync.Mutex
	log     *audit.Log
	signing int // version of the key that signs its checkpoints
}

func (l *logSlot) get(signing int, open func() (*audit.Log, error)) (*audit.Log, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.log != nil && l.signing == signing {
		return l.log, nil
	}
	log, err := open()
	if err == nil {
		l.log, l.signing = log, signing
	}
	return log, err
}

// signing is the version of the key that signs checkpoints now.
func (s *Service) signing() int {
	if s.opt.Signing == nil {
		return 0
	}
	return s.opt.Signing()
}

type logKey struct{}

func (s *Service) openLog(ctx context.Context, database db.DB, place db.Place, owner id.Tenant, origin string) (*audit.Log, error) {
	sealer, err := s.opt.Keeper.Sealer(ctx, owner, "log")
	if err != nil {
		return nil, err
	}
	signer, err := s.opt.Signer(ctx)
	if err != nil {
		return nil, err
	}
	o := audit.Options{Origin: origin, Sealer: sealer, Signer: signer, Clock: s.opt.Clock, Space: s.opt.Space}
	if s.opt.SpaceAt != nil {
		o.Space = s.opt.SpaceAt(place)
	}
	if s.opt.Former != nil {
		if o.Keys, err = s.opt.Former(ctx); err != nil {
			return nil, err
		}
	}
	return audit.Open(database, o), nil
}

// Sealer returns what seals under one named key of a tenant.
func (s *Service) Sealer(ctx context.Context, t id.Tenant, name string) (audit.Sealer, error) {
	return s.opt.Keeper.Sealer(ctx, t, name)
}
