package tenant

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"strings"
	"sync"
	"time"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Opener opens databases, and keeps a bounded number of them open.
type Opener interface {
	Acquire(ctx context.Context, place db.Place) (db.DB, func(), error)
	Create(ctx context.Context, place db.Place) error
	Drop(ctx context.Context, place db.Place) error
}

// Keeper gives a tenant's sealers; package keys is behind it.
type Keeper interface {
	// Create makes the tenant's keyring; it does nothing when there is one.
	Create(ctx context.Context, t id.Tenant) error
	// Sealer returns what seals under one named key of the tenant.
	Sealer(ctx context.Context, t id.Tenant, name string) (audit.Sealer, error)
}

// Options are what the service stands on.
type Options struct {
	Regions []Region
	Home    id.Name  // the region of the operator's own tenant
	Control db.Place // the control database
	Open    Opener
	Keeper  Keeper
	Signer  func(ctx context.Context) (crypto.Signer, error) // signs checkpoints
	// Former gives the public keys that signed checkpoints before the present one,
	// the newest first; nil: there are none. Signing says which version of the key
	// signs now: a log that was opened with another is opened anew.
	Former  func(ctx context.Context) ([]ed25519.PublicKey, error)
	Signing func() int
	Clock   clock.Clock
	Space   audit.SpaceGuard
	SpaceAt func(db.Place) audit.SpaceGuard // of the disk where a log lies; nil takes Space for all
	// LogHost is the first part of every log's origin, for example "garant.example".
	// Up to a slash it is the platform's own host name, which no tenant gets.
	LogHost string
}

// Service opens, changes and lists tenants. It is safe for concurrent use.
type Service struct {
	opt      Options
	regions  map[id.Name]Region
	dir      *directory
	operator id.Tenant
	used     uses
	naming   sync.Mutex // a row is read and put in one step, and so are names taken
}

// New returns the service; Load must run before anything else.
func New(opt Options) (*Service, error) {
	s := &Service{opt: opt, regions: map[id.Name]Region{}, dir: newDirectory()}
	for _, r := range opt.Regions {
		if err := r.Validate(); err != nil {
			return nil, errs.New(errs.Config, "tenant.region.invalid").With("Detail", err.Error()).Cause(err)
		}
		s.regions[r.Name] = r
	}
	if _, ok := s.regions[opt.Home]; !ok {
		return nil, errs.New(errs.Config, "tenant.region.unknown").With("Region", string(opt.Home)).Do("tenant.region.unknown.fix")
	}
	return s, nil
}

// Load reads the directory. It returns ErrFresh when the platform was never
// started: Found comes next.
func (s *Service) Load(ctx context.Context) error {
	database, release, err := s.opt.Open.Acquire(ctx, s.opt.Control)
	if errors.Is(err, db.ErrMissing) {
		return ErrFresh
	}
	if err != nil {
		return err
	}
	defer release()
	var raw []byte
	err = database.Read(ctx, func(tx db.Tx) error { raw, err = readMeta(tx, metaOperator); return err })
	if errors.Is(err, db.ErrNoRows) {
		return ErrFresh
	}
	if err != nil {
		return err
	}
	op, err := id.FromBytes(raw)
	if err != nil {
		return errs.New(errs.Corrupt, "tenant.control.corrupt").Cause(err)
	}
	s.operator = id.Tenant{Raw: op}
	// The rows open with the operator's keyring, which is found through the
	// operator's row: until that is read, its place follows from the home region.
	s.dir.put(Tenant{ID: s.operator, Operator: true, Placements: []Placement{{Name: Main, Region: s.opt.Home}}})
	return s.reload(ctx, database)
}

func (s *Service) reload(ctx context.Context, database db.DB) error {
	sealer, err := s.opt.Keeper.Sealer(ctx, s.operator, "directory")
	if err != nil {
		return err
	}
	var list []Tenant
	err = database.Read(ctx, func(tx db.Tx) error { list, err = loadTenants(tx, sealer); return err })
	if err != nil {
		return err
	}
	for _, t := range list {
		s.dir.put(t)
	}
	return nil
}

// Found makes the operator's own tenant and with it the control database.
// prepare runs between the making of the databases and the opening.
func (s *Service) Found(ctx context.Context, n Opening, prepare func(context.Context, Tenant) error) (Tenant, error) {
	n.Operator, n.Residency = true, map[string]id.Name{"*": s.opt.Home}
	t, err := s.design(n)
	if err != nil {
		return Tenant{}, err
	}
	s.operator = t.ID
	if err := s.opt.Open.Create(ctx, s.opt.Control); err != nil {
		return Tenant{}, err
	}
	// The keyring's place is found through the directory, so the row is known in
	// memory before it is on disk.
	s.dir.put(t)
	return s.build(ctx, t, prepare)
}

// Create opens a tenant: its row, its databases, its keyring, whatever prepare
// adds (its profile), and only then does it serve. It returns errs.Invalid with
// every fault of n, errs.Conflict when the slug or a host name is taken.
func (s *Service) Create(ctx context.Context, n Opening, prepare func(context.Context, Tenant) error) (Tenant, error) {
	t, err := s.claim(n)
	if err != nil {
		return Tenant{}, err
	}
	return s.build(ctx, t, prepare)
}

// claim takes the names of an opening: of two that ask for the same one, one gets it.
func (s *Service) claim(n Opening) (Tenant, error) {
	s.naming.Lock()
	defer s.naming.Unlock()
	t, err := s.design(n)
	if err == nil {
		s.dir.put(t)
	}
	return t, err
}

// Where says what Create would make, and makes nothing: a dry run. It returns what
// Create would return.
func (s *Service) Where(n Opening) (Tenant, error) { return s.design(n) }

// Reread reads one tenant's row of the directory afresh, past what is in memory.
func (s *Service) Reread(ctx context.Context, t id.Tenant) error {
	database, release, err := s.opt.Open.Acquire(ctx, s.opt.Control)
	if err != nil {
		return err
	}
	defer release()
	sealer, err := s.opt.Keeper.Sealer(ctx, s.operator, "directory")
	if err != nil {
		return err
	}
	var found Tenant
	err = database.Read(ctx, func(tx db.Tx) error {
		sealed, err := rowOf(tx, t)
		if err == nil {
			found, err = openRow(t.Bytes(), sealed, sealer)
		}
		return err
	})
	if err != nil {
		return err
	}
	s.dir.put(found)
	return nil
}

// Row returns the sealed row of a tenant as it lies in the directory, and what it
// would be with another content: for a drill, which writes it past the service.
func (s *Service) Row(ctx context.Context, t Tenant) (now, changed []byte, err error) {
	database, release, err := s.opt.Open.Acquire(ctx, s.opt.Control)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	sealer, err := s.opt.Keeper.Sealer(ctx, s.operator, "directory")
	if err != nil {
		return nil, nil, err
	}
	if changed, err = sealRow(t, sealer); err != nil {
		return nil, nil, err
	}
	err = database.Read(ctx, func(tx db.Tx) error { now, err = rowOf(tx, t.ID); return err })
	return now, changed, err
}

// design turns what was asked for into a row, without writing anything.
func (s *Service) design(n Opening) (Tenant, error) {
	if err := n.Validate(); err != nil {
		return Tenant{}, err
	}
	if err := s.free(n); err != nil {
		return Tenant{}, err
	}
	home, err := n.region(s.regions)
	if err != nil {
		return Tenant{}, err
	}
	t := Tenant{ID: id.NewTenant(), Slug: n.Slug, Title: strings.TrimSpace(n.Title), Country: n.Country, Lang: n.Lang,
		Profile: n.Profile, Hosts: lower(n.Hosts), Contract: n.Contract, State: Building, Canary: n.Canary,
		Operator: n.Operator, Created: s.opt.Clock.Now().Truncate(time.Microsecond)}
	t.Placements = []Placement{{Name: Main, Region: home.Name}}
	for _, p := range n.Placements {
		if p.Region == "" {
			p.Region = home.Name
		}
		if _, ok := s.regions[p.Region]; !ok {
			return Tenant{}, errs.New(errs.Config, "tenant.region.unknown").With("Region", string(p.Region)).Do("tenant.region.unknown.fix")
		}
		if err := n.outside(p, home.Name); err != nil {
			return Tenant{}, err
		}
		if p.Name == Main {
			t.Placements[0] = p
			continue
		}
		t.Placements = append(t.Placements, p)
	}
	return t, nil
}

func (s *Service) free(n Opening) error {
	if _, taken := s.dir.slug(n.Slug); taken {
		return errs.New(errs.Conflict, "tenant.slug.taken").At("/slug", "tenant.slug.taken", nil)
	}
	return s.mayHave(Tenant{Hosts: lower(n.Hosts)}) // of no id yet
}

// build makes what a row in state Building lacks. Every step may be repeated, so
// that a start after a crash finishes what was begun.
func (s *Service) build(ctx context.Context, t Tenant, prepare func(context.Context, Tenant) error) (Tenant, error) {
	if err := s.opt.Keeper.Create(ctx, t.ID); err != nil {
		return Tenant{}, err
	}
	if err := s.write(ctx, t, audit.TenantCreate, insertTenant, nil); err != nil && !errors.Is(err, db.ErrConflict) {
		return Tenant{}, err
	}
	for _, p := range t.Placements {
		if err := s.opt.Open.Create(ctx, t.place(s.regions[p.Region], p.Name)); err != nil {
			return Tenant{}, err
		}
	}
	if prepare != nil {
		if err := prepare(ctx, t); err != nil {
			return Tenant{}, err
		}
	}
	t.State = Open
	if err := s.write(ctx, t, audit.TenantChange, updateTenant, nil); err != nil {
		return Tenant{}, err
	}
	s.dir.put(t)
	return t, nil
}

// Resume finishes tenants that a crash left half built.
func (s *Service) Resume(ctx context.Context, prepare func(context.Context, Tenant) error) error {
	for _, t := range s.dir.all() {
		if t.State != Building {
			continue
		}
		if _, err := s.build(ctx, t, prepare); err != nil {
			return err
		}
	}
	return nil
}

// write changes one row of the directory, with its leaf in the control log. gives
// says what the change gives a request that acts once; nil when there is more to do.
func (s *Service) write(ctx context.Context, t Tenant, op audit.Operation, store func(db.Tx, Tenant, []byte) error, gives func() (any, error)) error {
	log, release, err := s.ControlLog(ctx)
	if err != nil {
		return err
	}
	defer release()
	sealer, err := s.opt.Keeper.Sealer(ctx, s.operator, "directory")
	if err != nil {
		return err
	}
	sealed, err := sealRow(t, sealer)
	if err != nil {
		return err
	}
	err = log.Write(ctx, func(tx *audit.Tx) error {
		if err := store(tx, t, sealed); err != nil {
			return err
		}
		if t.Operator && op == audit.TenantCreate {
			if err := writeMeta(tx, metaOperator, t.ID.Bytes()); err != nil {
				return err
			}
		}
		tx.Record(audit.Entry{At: tx.Now(), Actor: audit.ActorOf(actor.From(ctx)), Operation: op, Object: t.ID.Raw,
			Kind: "tenant", Outcome: audit.Done, Request: actor.From(ctx).Request,
			Detail: map[string]string{"state": string(t.State), "profile": string(t.Profile), "country": t.Country}})
		return keepControl(ctx, tx, gives)
	})
	if err == nil {
		begun(ctx)
	}
	return err
}

// End closes the contract at a moment: from then on the tenant's people and
// programs are refused.
func (s *Service) End(ctx context.Context, tid id.Tenant, at time.Time) (Tenant, error) {
	s.naming.Lock()
	defer s.naming.Unlock()
	t, err := s.Get(tid)
	if err != nil {
		return Tenant{}, err
	}
	t.Contract.End = at
	if err := s.write(ctx, t, audit.TenantChange, updateTenant, func() (any, error) { return t, nil }); err != nil {
		return Tenant{}, err
	}
	s.dir.put(t)
	return t, nil
}
