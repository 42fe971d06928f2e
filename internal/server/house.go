package server

import (
	"context"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/db/postgres"
	"garant.example/internal/db/sqlite"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/keys"
	"garant.example/internal/keys/kms"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/profiles"
)

// KMS is one configured key management service with the key that wraps tenants'
// keys.
type KMS struct {
	Service kms.KMS
	Key     string
	Links   []assurance.Link // how it is reached; none for a file of this machine
}

// Options are what a house stands on; package config fills them for real, the
// demo and the tests by themselves.
type Options struct {
	Dir           string // the data folder
	Control       db.Place
	Regions       []tenant.Region
	Home          id.Name // the operator's own region
	KMS           map[id.Name]KMS
	Clock         clock.Clock
	Log           *slog.Logger
	LogHost       string // first part of every log's origin
	Witness       string // the folder of the heads of logs; empty: below Dir
	OpenDatabases int    // bound of open databases; 0 takes the pool's default
	OutageGrace   time.Duration
	KeyProbe      time.Duration // how often key services are asked; 0 takes a minute
	SetupSecret   db.Secret
	HashCost      identity.Cost                    // zero takes the default; tests take a cheap one
	Free          func(dir string) (uint64, error) // measures the room of a folder; nil asks the file system
	Countries     map[id.Name][]string             // whose tenants a region takes; a region that is not named takes all
	Profiles      fs.FS                            // the folder of profiles; nil takes those the program carries
}

// House is every domain, wired.
type House struct {
	Opt      Options
	Catalog  *i18n.Catalog
	Pool     *db.Pool
	Rings    *keys.Rings
	Tenants  *tenant.Service
	Gate     *access.Gate
	Identity *identity.Service
	Vault    *vault.Service
	Profiles *profile.Service
	Rotator  *vault.Rotator // of the keys of records
	Space    *audit.Guard   // of the data folder
	spaces   spaces
	canaries sync.Mutex // one canary is opened at a time
	release  func()     // lets another platform have the data folder

	operatorRing atomic.Pointer[keys.Ring] // whose key signs checkpoints
}

// holdFile is the file by which one platform holds its data folder.
const holdFile = "garant.hold"

// Open makes the house and reads the directory of tenants. A folder that was
// never used is founded by Found; Fresh says so.
func Open(ctx context.Context, opt Options) (h *House, fresh bool, err error) {
	h = &House{Opt: opt}
	if h.Catalog, err = i18n.Load(); err != nil {
		return nil, false, err
	}
	if err := h.watchSpaces(); err != nil {
		return nil, false, err
	}
	release, err := hold(filepath.Join(opt.Dir, holdFile))
	if err != nil {
		return nil, false, err
	}
	h.release = release
	defer func() {
		if err != nil {
			release()
		}
	}()
	h.Pool = db.NewPool(db.PoolOptions{Open: opt.OpenDatabases, Clock: opt.Clock, Drivers: map[db.Engine]db.Driver{
		db.SQLite:   sqlite.New(sqlite.Options{Clock: opt.Clock}),
		db.Postgres: postgres.New(postgres.Options{Clock: opt.Clock}),
	}})
	h.Rings = keys.NewRings(keys.Options{Open: h.keyring, KMS: h.kms, Clock: opt.Clock, OutageGrace: opt.OutageGrace, ProbePeriod: opt.KeyProbe, Observe: h.observeKeys, Lend: h.lends})
	h.Tenants, err = tenant.New(tenant.Options{Regions: opt.Regions, Home: opt.Home, Control: opt.Control, Open: stores{h.Pool},
		Keeper: keeper{h}, Signer: h.signer, Former: h.formerSigners, Signing: h.signing, Clock: opt.Clock, Space: h.Space, SpaceAt: h.spaceAt, LogHost: opt.LogHost})
	if err != nil {
		return nil, false, err
	}
	if err := h.domains(); err != nil {
		return nil, false, err
	}
	err = h.Tenants.Load(ctx)
	if err == tenant.ErrFresh {
		return h, true, nil
	}
	return h, false, err
}

// domains makes what stands on tenants and keys.
func (h *House) domains() (err error) {
	h.Gate = access.NewGate(h.Tenants)
	h.Vault = vault.New(h.Tenants, h.Rings)
	h.Rotator = vault.NewRotator(h.Vault)
	h.Identity, err = identity.New(identity.Options{Tenants: h.Tenants, Gate: h.Gate, Finder: finder{h.Rings},
		Cost: h.Opt.HashCost, SetupSecret: h.Opt.SetupSecret})
	if err != nil {
		return err
	}
	declared := h.Opt.Profiles
	if declared == nil {
		declared = profiles.FS
	}
	set, err := profile.Load(declared)
	if err != nil {
		return err
	}
	algorithm, bits := keys.Template()
	h.Profiles = profile.New(profile.Options{Set: set, Runs: profile.Runtime{TLSMinimum: set.TLSMinimum(), Algorithm: algorithm.String(), KeyBits: bits}, Tenants: h.Tenants, Gate: h.Gate, Vault: h.Vault, Identity: h.Identity})
	return h.Profiles.Check()
}

// Close ends the writers and forgets the keys.
func (h *House) Close(ctx context.Context) error {
	err := h.Rings.Close(ctx)
	if closed := h.Pool.Close(); err == nil {
		err = closed
	}
	h.release()
	return err
}

// keyring lends the open keyring database of a tenant.
func (h *House) keyring(ctx context.Context, t id.Tenant) (db.DB, func(), error) {
	place, err := h.Tenants.KeyringPlace(t)
	if err != nil {
		return nil, nil, err
	}
	return h.Pool.Acquire(ctx, place)
}

// kms says which service wraps a tenant's key: the one of its home region.
func (h *House) kms(t id.Tenant) (keys.KMS, string, error) {
	found, err := h.Tenants.Get(t)
	if err != nil {
		return nil, "", err
	}
	region, _ := h.Tenants.Region(found.Home())
	service, ok := h.Opt.KMS[region.KMS]
	if !ok {
		return nil, "", errs.New(errs.Config, "server.kms.unknown").With("Region", string(region.Name)).Do("server.kms.unknown.fix")
	}
	return service.Service, service.Key, nil
}

// lends says whose data keys a check may look at: those of canaries.
func (h *House) lends(t id.Tenant) bool {
	found, err := h.Tenants.Get(t)
	return err == nil && found.Canary
}

// keeper gives package tenant what package keys has.
type keeper struct{ h *House }

func (k keeper) Create(ctx context.Context, t id.Tenant) error {
	place, err := k.h.Tenants.KeyringPlace(t)
	if err != nil {
		return err
	}
	if err := (stores{k.h.Pool}).Create(ctx, place); err != nil {
		return err
	}
	return k.h.Rings.Create(ctx, t, firstKeys()...)
}

// firstKeys are the named keys that every tenant uses from its first minute.
func firstKeys() []string { return []string{keys.NameLog, keys.NameConfig, "identity", keys.NameIndex} }

func (k keeper) Sealer(ctx context.Context, t id.Tenant, name string) (audit.Sealer, error) {
	ring, err := k.h.Rings.Open(ctx, t)
	if err != nil {
		return nil, err
	}
	return ring.Sealer(ctx, name)
}

// finder gives package identity its keyed hashes.
type finder struct{ rings *keys.Rings }

func (f finder) Tag(ctx context.Context, t id.Tenant, field, value string) ([]byte, error) {
	ring, err := f.rings.Open(ctx, t)
	if err != nil {
		return nil, err
	}
	index, err := ring.Index(ctx)
	if err != nil {
		return nil, err
	}
	tag := index.Tag("identity", field, value)
	return tag[:], nil
}
