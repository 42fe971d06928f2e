package identity_test

import (
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/netip"
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
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
	"garant.example/testkit/pgserver"
)

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
		s, err := newSealer()
		if err != nil {
			return nil, err
		}
		k.keys[key] = s
	}
	return k.keys[key], nil
}

type sealer struct{ aead cipher.AEAD }

func newSealer() (sealer, error) {
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCM(block)
	return sealer{aead}, err
}

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

// finder tags under a key of each tenant, which can be rotated.
type finder struct{ version string }

func (f *finder) Tag(_ context.Context, t id.Tenant, field, value string) ([]byte, error) {
	h := hmac.New(sha256.New, append(t.Bytes(), f.version...))
	h.Write([]byte(field + "\x00" + value))
	return h.Sum(nil)[:10], nil
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func wantCode(tb testing.TB, err error, code errs.Code) {
	tb.Helper()
	if !errs.Is(err, code) {
		tb.Fatalf("error %v, want code %s", err, code)
	}
}

// world is a platform with the operator's tenant and one customer.
type world struct {
	tb       testing.TB
	clock    *clock.Fake
	open     *opener
	place    tenant.Options
	tenants  *tenant.Service
	gate     *access.Gate
	svc      *identity.Service
	opt      identity.Options
	room     *room
	operator tenant.Tenant
	acme     tenant.Tenant
}

// cheap is a cost at which a test can hash often.
var cheap = identity.Cost{Memory: 64, Time: 1, Threads: 1}

func roles(staff bool) []access.Role {
	manage := []access.Rule{
		{Allow: []access.Action{access.Read, access.List, access.Manage}, On: access.Account},
		{Allow: []access.Action{access.List, access.Manage}, On: access.Token},
	}
	if staff {
		return []access.Role{{Name: "operator_admin", Holders: access.Team, Rules: manage},
			{Name: "support", Holders: access.Team}}
	}
	return []access.Role{
		{Name: "admin", Holders: access.Members, Rules: manage},
		{Name: "viewer", Holders: access.Members},
		{Name: "auditor", Holders: access.Auditors, Cap: 2},
		{Name: "collector", Holders: access.Services, Cap: 3, Rules: []access.Rule{
			{Allow: []access.Action{access.Create}, On: access.Record}}},
	}
}

func space() access.Space {
	return access.Space{Collections: []id.Name{"participants", "events"}, Classes: []id.Name{"contact"}}
}

func eachEngine(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld(t, db.SQLite)) })
	t.Run("postgres", func(t *testing.T) { test(t, newWorld(t, db.Postgres)) })
}

func newWorld(tb testing.TB, engine db.Engine) *world {
	tb.Helper()
	w := &world{tb: tb, clock: clock.NewFake(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)), room: &room{}}
	region := tenant.Region{Name: "here", Jurisdiction: "CA-QC", Country: "CA", Engine: engine}
	var control db.Place
	switch engine {
	case db.SQLite:
		w.open = &opener{driver: sqlite.New(sqlite.Options{Clock: w.clock}), open: map[db.Place]db.DB{}}
		region.Dir = tb.TempDir()
		control = db.Place{Engine: engine, Family: db.Control, Path: filepath.Join(region.Dir, "control.db")}
	case db.Postgres:
		server := pgserver.Start(tb)
		w.open = &opener{driver: postgres.New(postgres.Options{Clock: w.clock}), open: map[db.Place]db.DB{}}
		region.DSN = server.DSN()
		control = server.Place(tb, db.Control)
	}
	tb.Cleanup(func() { w.open.close(tb) })
	_, key, err := ed25519.GenerateKey(rand.Reader)
	check(tb, err)
	w.place = tenant.Options{Regions: []tenant.Region{region}, Home: "here", Control: control, Open: w.open,
		Keeper: &keeper{keys: map[string]sealer{}}, Clock: w.clock, Space: w.room, LogHost: "garant.example",
		Signer: func(context.Context) (crypto.Signer, error) { return key, nil }}
	w.tenants, err = tenant.New(w.place)
	check(tb, err)
	w.gate = access.NewGate(w.tenants)
	w.opt = identity.Options{Tenants: w.tenants, Gate: w.gate, Finder: &finder{}, Cost: cheap}
	w.svc = w.node()
	w.found()
	return w
}

// apart is a process of its own over the same PostgreSQL databases: nothing is
// shared with w but the keys.
func (w *world) apart() *world {
	w.tb.Helper()
	other := *w
	other.open = &opener{driver: postgres.New(postgres.Options{Clock: w.clock}), open: map[db.Place]db.DB{}}
	w.tb.Cleanup(func() { other.open.close(w.tb) })
	other.place.Open = other.open
	var err error
	other.tenants, err = tenant.New(other.place)
	check(w.tb, err)
	check(w.tb, other.tenants.Load(context.Background()))
	other.gate = access.NewGate(other.tenants)
	other.opt.Tenants, other.opt.Gate = other.tenants, other.gate
	other.svc = other.node()
	return &other
}

// node is another service over the same open databases.
func (w *world) node() *identity.Service {
	w.tb.Helper()
	s, err := identity.New(w.opt)
	check(w.tb, err)
	return s
}

func (w *world) found() {
	ctx := w.platform()
	policy := func(staff bool) func(context.Context, tenant.Tenant) error {
		return func(ctx context.Context, t tenant.Tenant) error { w.define(t, staff); return nil }
	}
	var err error
	w.operator, err = w.tenants.Found(ctx, tenant.Opening{Slug: "operator", Title: "Operator", Country: "CA", Lang: "fr",
		Profile: "operator"}, policy(true))
	check(w.tb, err)
	w.acme, err = w.tenants.Create(ctx, tenant.Opening{Slug: "acme", Title: "Acme", Country: "CA", Lang: "fr",
		Profile: "back-office", Residency: map[string]id.Name{"*": "here"}}, policy(false))
	check(w.tb, err)
}

func (w *world) define(t tenant.Tenant, staff bool) {
	w.write(t, func(tx *audit.Tx) error {
		return w.gate.Define(w.platform(), tx, t, access.Policy{Roles: roles(staff), Space: space()})
	})
}

// settings changes the rules of the customer.
func (w *world) settings(change func(*identity.Settings)) {
	w.tb.Helper()
	set := identity.DefaultSettings()
	change(&set)
	w.write(w.acme, func(tx *audit.Tx) error { return w.svc.Define(w.platform(), tx, w.acme, set) })
}

func (w *world) write(t tenant.Tenant, fn func(*audit.Tx) error) {
	w.tb.Helper()
	log := w.log(t)
	check(w.tb, log.Write(w.platform(), func(tx *audit.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: audit.ActorOf(actor.Platform("test")), Operation: audit.ProfileApply, Outcome: audit.Done})
		return nil
	}))
}

func (w *world) log(t tenant.Tenant) *audit.Log {
	w.tb.Helper()
	log, release, err := w.tenants.Log(context.Background(), t, tenant.Main)
	check(w.tb, err)
	release()
	return log
}

func (w *world) platform() context.Context {
	return actor.In(context.Background(), actor.Platform("test"))
}

// from is the context of somebody unknown at an address.
func from(address string) context.Context {
	return actor.In(context.Background(), actor.Actor{Address: netip.MustParseAddr(address), Agent: "test/1",
		Request: id.NewRequest()})
}

// permit lets the platform act on accounts or tokens of a tenant.
func (w *world) permit(t tenant.Tenant, on access.Resource, action access.Action) *access.Permit {
	w.tb.Helper()
	p, err := w.gate.Enter(w.platform(), access.Ask{Action: action, On: on, Tenant: t.ID})
	check(w.tb, err)
	return p
}

func (w *world) accounts() *access.Permit { return w.permit(w.acme, access.Account, access.Manage) }
func (w *world) tokens() *access.Permit   { return w.permit(w.acme, access.Token, access.Manage) }

const goodPassword = "Correct-Cheval-7-Batterie"

func person(name string) identity.Person {
	return identity.Person{Name: "Zoé " + name, SignIn: name + "@acme.example", Email: name + "@acme.example", Lang: "fr"}
}

// member makes an account of the customer whose password is the person's own.
func (w *world) member(name string, roles ...id.Name) identity.Account {
	w.tb.Helper()
	a, initial, err := w.svc.CreateAccount(w.platform(), w.accounts(), identity.NewAccount{Person: person(name), Roles: roles})
	check(w.tb, err)
	in, err := w.svc.SignIn(from("192.0.2.1"), identity.Credentials{Tenant: w.acme.ID, Name: a.Person.SignIn, Password: initial})
	check(w.tb, err)
	changed, err := w.svc.ChangePassword(from("192.0.2.1"), in.Secret, initial, goodPassword)
	check(w.tb, err)
	return changed.Account
}

func (w *world) signIn(name string) (identity.SignedIn, error) {
	return w.try("192.0.2.1", name, goodPassword)
}

func (w *world) try(address, name, password string) (identity.SignedIn, error) {
	return w.svc.SignIn(from(address), identity.Credentials{Tenant: w.acme.ID, Name: name + "@acme.example", Password: password})
}

// size is how many entries the customer's log holds.
func (w *world) size() uint64 {
	w.tb.Helper()
	head, err := w.log(w.acme).Head(context.Background())
	check(w.tb, err)
	return head.Size
}

// last returns the latest n entries of the customer's log, the newest first.
func (w *world) last(n int) []audit.Entry {
	w.tb.Helper()
	return w.lastOf(w.acme, n)
}

func (w *world) lastOf(t tenant.Tenant, n int) []audit.Entry {
	w.tb.Helper()
	page, err := w.log(t).Entries(context.Background(), audit.Query{Limit: n, NewestFirst: true})
	check(w.tb, err)
	var out []audit.Entry
	for _, e := range page.Entries {
		out = append(out, e.Entry)
	}
	return out
}
