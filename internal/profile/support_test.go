package profile

import (
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/db/postgres"
	"garant.example/internal/db/sqlite"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/testkit/pgserver"
)

// keeper gives each tenant and name a key of its own, as package keys does.
type keeper struct {
	mu   sync.Mutex
	keys map[string]sealer
}

func (k *keeper) Create(context.Context, id.Tenant) error { return nil }

func (k *keeper) Sealer(_ context.Context, t id.Tenant, name string) (audit.Sealer, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := t.String() + name
	if _, ok := k.keys[key]; !ok {
		raw := make([]byte, 32)
		rand.Read(raw)
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		k.keys[key] = sealer{aead}
	}
	return k.keys[key], nil
}

type sealer struct{ aead cipher.AEAD }

func (s sealer) Seal(dst, plaintext, ad []byte) ([]byte, error) {
	var nonce [12]byte
	rand.Read(nonce[:])
	return s.aead.Seal(append(dst, nonce[:]...), nonce[:], plaintext, ad), nil
}

func (s sealer) Open(dst, sealed, ad []byte) ([]byte, error) {
	if len(sealed) < 12 {
		return nil, errors.New("too short")
	}
	return s.aead.Open(dst, sealed[:12], sealed[12:], ad)
}

// opener keeps every database open until the test ends.
type opener struct {
	driver db.Driver
	mu     sync.Mutex
	open   map[db.Place]db.DB
}

func (o *opener) Acquire(ctx context.Context, place db.Place) (db.DB, func(), error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if d := o.open[place]; d != nil {
		return d, func() {}, nil
	}
	d, err := o.driver.Open(ctx, place)
	if err != nil {
		return nil, nil, err
	}
	o.open[place] = d
	return d, func() {}, nil
}

func (o *opener) Create(ctx context.Context, place db.Place) error {
	return o.driver.Create(ctx, place)
}
func (o *opener) Drop(ctx context.Context, place db.Place) error { return o.driver.Drop(ctx, place) }

func (o *opener) close(tb testing.TB) {
	for _, d := range o.open {
		check(tb, d.Close())
	}
}

// finder is not asked in these tests: nobody signs in.
type finder struct{}

func (finder) Tag(context.Context, id.Tenant, string, string) ([]byte, error) {
	return nil, errors.New("nobody signs in here")
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// world is a platform with the operator's tenant and one of back-office.
type world struct {
	tb      testing.TB
	clock   *clock.Fake
	tenants *tenant.Service
	gate    *access.Gate
	vault   *vault.Service
	svc     *Service
	set     *Set
	acme    tenant.Tenant
}

func eachEngine(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld(t, db.SQLite)) })
	t.Run("postgres", func(t *testing.T) { test(t, newWorld(t, db.Postgres)) })
}

func newWorld(tb testing.TB, engine db.Engine) *world {
	tb.Helper()
	w := &world{tb: tb, clock: clock.NewFake(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)), set: load(tb)}
	region := tenant.Region{Name: "quebec", Jurisdiction: "CA-QC", Country: "CA", Engine: engine}
	control := db.Place{Engine: engine, Family: db.Control}
	open := &opener{open: map[db.Place]db.DB{}}
	if engine == db.SQLite {
		open.driver = sqlite.New(sqlite.Options{Clock: w.clock})
		region.Dir = tb.TempDir()
		control.Path = filepath.Join(region.Dir, "control.db")
	} else {
		server := pgserver.Start(tb)
		open.driver = postgres.New(postgres.Options{Clock: w.clock})
		region.DSN = server.DSN()
		control = server.Place(tb, db.Control)
	}
	tb.Cleanup(func() { open.close(tb) })
	_, key, err := ed25519.GenerateKey(rand.Reader)
	check(tb, err)
	w.tenants, err = tenant.New(tenant.Options{Regions: []tenant.Region{region}, Home: "quebec", Control: control, Open: open,
		Keeper: &keeper{keys: map[string]sealer{}}, Clock: w.clock, LogHost: "garant.example",
		Signer: func(context.Context) (crypto.Signer, error) { return key, nil }})
	check(tb, err)
	w.wire()
	w.found()
	return w
}

func (w *world) wire() {
	w.gate = access.NewGate(w.tenants)
	w.vault = vault.New(w.tenants, keys.NewRings(keys.Options{Clock: w.clock}))
	people, err := identity.New(identity.Options{Tenants: w.tenants, Gate: w.gate, Finder: finder{}})
	check(w.tb, err)
	w.svc = New(Options{Set: w.set, Runs: ours(), Tenants: w.tenants, Gate: w.gate, Vault: w.vault, Identity: people})
}

func (w *world) found() {
	ctx := platform()
	_, err := w.tenants.Found(ctx, tenant.Opening{Slug: "operator", Title: "Operator", Country: "CA", Lang: "fr", Profile: "operator"}, w.svc.Adopt)
	check(w.tb, err)
	residency, placements, err := w.svc.Places("back-office")
	check(w.tb, err)
	w.acme, err = w.tenants.Create(ctx, tenant.Opening{Slug: "acme", Title: "Acme", Country: "CA", Lang: "fr", Profile: "back-office",
		Residency: residency, Placements: placements}, w.svc.Adopt)
	check(w.tb, err)
}

func platform() context.Context { return actor.In(context.Background(), actor.Platform("test")) }

func (w *world) permit(action access.Action) *access.Permit {
	w.tb.Helper()
	p, err := w.gate.Enter(platform(), access.Ask{Action: action, On: access.Profile, Tenant: w.acme.ID})
	check(w.tb, err)
	return p
}

// entries returns the applications that the log of the tenant tells of, oldest first.
func (w *world) entries() []audit.Entry {
	w.tb.Helper()
	log, release, err := w.tenants.Log(context.Background(), w.acme, tenant.Main)
	check(w.tb, err)
	defer release()
	page, err := log.Entries(context.Background(), audit.Query{Operations: []audit.Operation{audit.ProfileApply}})
	check(w.tb, err)
	var list []audit.Entry
	for _, r := range page.Entries {
		list = append(list, r.Entry)
	}
	return list
}

// edited is a copy of a declared profile, changed.
func edited(tb testing.TB, s *Set, name id.Name, change func(*Profile)) *Profile {
	tb.Helper()
	p, ok := s.Profile(name)
	if !ok {
		tb.Fatalf("no profile %s", name)
	}
	c := clone(tb, p)
	c.Promises = p.Promises
	change(c)
	return c
}
