package keys_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/db/postgres"
	"garant.example/internal/db/sqlite"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/keys/kms"
	"garant.example/testkit/pgserver"
)

// start is a morning like another.
var start = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

// engine makes the driver of one engine and says where a tenant's keyring lies.
type engine struct {
	name string
	make func(t testing.TB, c clock.Clock) (db.Driver, func(tenant id.Tenant) db.Place)
}

func sqliteEngine() engine {
	return engine{"sqlite", func(t testing.TB, c clock.Clock) (db.Driver, func(id.Tenant) db.Place) {
		dir := t.TempDir()
		return sqlite.New(sqlite.Options{Clock: c}), func(tenant id.Tenant) db.Place {
			return db.Place{Engine: db.SQLite, Family: db.Keyring, Path: filepath.Join(dir, tenant.String(), "keys.db")}
		}
	}}
}

func postgresEngine() engine {
	return engine{"postgres", func(t testing.TB, c clock.Clock) (db.Driver, func(id.Tenant) db.Place) {
		server := pgserver.Start(t)
		var mu sync.Mutex
		places := map[id.Tenant]db.Place{}
		return postgres.New(postgres.Options{Clock: c}), func(tenant id.Tenant) db.Place {
			mu.Lock()
			defer mu.Unlock()
			if _, ok := places[tenant]; !ok {
				places[tenant] = server.Place(t, db.Keyring)
			}
			return places[tenant]
		}
	}}
}

func engines() []engine { return []engine{sqliteEngine(), postgresEngine()} }

// on runs a test on every engine.
func on(t *testing.T, test func(t *testing.T, w *world)) {
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) { test(t, newWorld(t, e)) })
	}
}

// gate is a KMS in front of a real one that can say no and counts its calls.
type gate struct {
	keys.KMS
	calls atomic.Int64
	deny  atomic.Pointer[kms.Reason]
	block chan struct{} // when not nil, Unwrap waits for it
}

func (g *gate) refuse(reason kms.Reason) { g.deny.Store(&reason) }
func (g *gate) allow()                   { g.deny.Store(nil) }

func (g *gate) no(key string) error {
	g.calls.Add(1)
	if r := g.deny.Load(); r != nil {
		return &kms.Error{Reason: *r, Service: g.Name(), Key: key, Err: errors.New("told to refuse")}
	}
	return nil
}

func (g *gate) Wrap(ctx context.Context, key string, plaintext []byte, bound kms.Context) ([]byte, error) {
	if err := g.no(key); err != nil {
		return nil, err
	}
	return g.KMS.Wrap(ctx, key, plaintext, bound)
}

func (g *gate) Unwrap(ctx context.Context, key string, wrapped []byte, bound kms.Context) ([]byte, error) {
	if err := g.no(key); err != nil {
		return nil, err
	}
	if g.block != nil {
		<-g.block
	}
	return g.KMS.Unwrap(ctx, key, wrapped, bound)
}

// world is a set of rings with everything below them.
type world struct {
	t      testing.TB
	clock  *clock.Fake
	gate   *gate
	key    string
	driver db.Driver
	place  func(id.Tenant) db.Place
	events []keys.Event
	refuse error // of Observe
	stop   func(keys.Event) error

	mu    sync.Mutex
	open  map[id.Tenant]db.DB
	known map[id.Tenant]bool
	all   []*keys.Rings
	once  sync.Once
}

func newWorld(t testing.TB, e engine) *world {
	w := &world{t: t, clock: clock.NewFake(start), key: "tenants", open: map[id.Tenant]db.DB{}, known: map[id.Tenant]bool{}}
	var place func(id.Tenant) db.Place
	w.driver, place = e.make(t, w.clock)
	w.place = func(tenant id.Tenant) db.Place {
		p := place(tenant)
		if !w.known[tenant] {
			// Everything must be closed before the engine drops the database.
			w.known[tenant] = true
			t.Cleanup(func() { w.once.Do(w.shutdown) })
		}
		return p
	}
	w.gate = &gate{KMS: newLocal(t, w.clock)}
	return w
}

func (w *world) shutdown() {
	for _, r := range w.all {
		if err := r.Close(context.Background()); err != nil {
			w.t.Error(err)
		}
	}
	for _, d := range w.open {
		if err := d.Close(); err != nil {
			w.t.Error(err)
		}
	}
}

func newLocal(t testing.TB, c clock.Clock) *kms.Local {
	t.Helper()
	l, err := kms.CreateLocal(kms.LocalOptions{Path: filepath.Join(t.TempDir(), "keys.json"),
		Secret: []byte("correct horse battery"), Clock: c, Cost: kms.Cost{Memory: 8 << 10, Passes: 1, Threads: 1}}, "tenants")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (w *world) opener(_ context.Context, tenant id.Tenant) (db.DB, func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.open[tenant]
	if d == nil {
		var err error
		if d, err = w.driver.Open(context.Background(), w.place(tenant)); err != nil {
			return nil, nil, err
		}
		w.open[tenant] = d
	}
	return d, func() {}, nil
}

func (w *world) rings(change ...func(*keys.Options)) *keys.Rings {
	o := keys.Options{Open: w.opener, Clock: w.clock,
		KMS: func(id.Tenant) (keys.KMS, string, error) { return w.gate, w.key, nil },
		Observe: func(_ context.Context, e keys.Event) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e)
			if e.Act == keys.ActOpened || e.Act == keys.ActClosed {
				return nil
			}
			if w.stop != nil {
				if err := w.stop(e); err != nil {
					return err
				}
			}
			return w.refuse
		}}
	for _, c := range change {
		c(&o)
	}
	r := keys.NewRings(o)
	w.all = append(w.all, r)
	return r
}

// ring makes the keyring of a new tenant and opens it.
func (w *world) ring(r *keys.Rings) *keys.Ring {
	w.t.Helper()
	tenant := id.NewTenant()
	if err := w.driver.Create(context.Background(), w.place(tenant)); err != nil {
		w.t.Fatal(err)
	}
	if err := r.Create(context.Background(), tenant); err != nil {
		w.t.Fatal(err)
	}
	k, err := r.Open(context.Background(), tenant)
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

func (w *world) database(tenant id.Tenant) db.DB {
	d, _, err := w.opener(context.Background(), tenant)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) exec(tenant id.Tenant, query string, args ...any) {
	w.t.Helper()
	err := w.database(tenant).Write(context.Background(), func(tx db.Tx) error {
		n, err := tx.Exec(query, args...)
		if err == nil && n == 0 {
			return errors.New("no row was touched")
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantCode(t testing.TB, err error, code errs.Code, key string) {
	t.Helper()
	e := errs.Of(err)
	if e == nil || e.Code != code || key != "" && e.Key != key {
		t.Fatalf("got %v, want %s %s", err, code, key)
	}
}
