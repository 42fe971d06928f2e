package house

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/keys/kms"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/pgserver"
)

// Options change what Open makes; the zero value is what most tests want.
type Options struct {
	Clock   clock.Clock     // the machine's when nil
	Regions []tenant.Region // all that the profiles name, as folders, when nil
	KMS     map[id.Name]server.KMS
	Cloud   func(dir string) // runs before the house opens; may be nil
	Faults  *server.Faults   // fresh ones when nil
	Control db.Place         // a file when zero
	Witness string           // the folder of the heads of logs; below Dir when empty
	Extra   func(*server.Running)
	Free    func(dir string) (uint64, error) // the room of a folder; the file system's when nil
	// Profiles is the folder of profiles; those of the program when nil.
	Profiles fs.FS
	// Unfounded leaves the operator's first account to be made.
	Unfounded bool
}

// House is a running platform.
type House struct {
	*server.Running
	Dir string
	tb  testing.TB
	mu  sync.Mutex
	log bytes.Buffer
}

// Write takes the log.
func (h *House) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.Write(b)
}

// Log is what the platform has logged so far.
func (h *House) Log() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.String()
}

const passphrase = "a passphrase for tests"

// Regions are all that the profiles name, each a folder below dir, with a local key
// service.
func Regions(dir string) []tenant.Region {
	var list []tenant.Region
	for _, r := range [][4]string{{"quebec", "CA-QC", "CA", "Québec"}, {"alberta", "CA-AB", "CA", "Calgary"}, {"canada-central", "CA", "CA", "Montréal"},
		{"sydney", "AU", "AU", "Sydney"}, {"london", "GB", "GB", "London"}, {"california", "US", "US", "San Francisco"},
		{"paris", "EU", "FR", "Paris"}, {"frankfurt", "EU", "DE", "Frankfurt"}, {"main-host", "US", "US", "Newark"}} {
		list = append(list, tenant.Region{Name: id.Name(r[0]), Title: tenant.Text{EN: r[3], FR: r[3]}, Jurisdiction: r[1], Country: r[2],
			City: r[3], Provider: "own", Engine: db.SQLite, Dir: filepath.Join(dir, "regions", r[0]), KMS: "local"})
	}
	return list
}

// OnPostgres are the options of a platform whose databases all lie on a PostgreSQL.
func OnPostgres(tb testing.TB) Options {
	tb.Helper()
	server := pgserver.Start(tb)
	dir := tb.TempDir()
	regions := Regions(dir)
	for i := range regions {
		regions[i].Engine, regions[i].DSN = db.Postgres, server.DSN()
	}
	return Options{Regions: regions, Control: server.Place(tb, db.Control)}
}

// Engines runs a test on each engine.
func Engines(t *testing.T, run func(t *testing.T, h *House)) {
	t.Run("sqlite", func(t *testing.T) { run(t, Open(t, Options{})) })
	t.Run("postgres", func(t *testing.T) { run(t, Open(t, OnPostgres(t))) })
}

// Open opens a platform with the operator's tenant and doors on free ports. It is
// closed with the test.
func Open(tb testing.TB, o Options) *House {
	tb.Helper()
	h, err := Try(tb, o)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// Try is Open for tests of platforms that may refuse to start.
func Try(tb testing.TB, o Options) (*House, error) {
	tb.Helper()
	h := &House{Dir: tb.TempDir(), tb: tb}
	h.complete(&o)
	ctx := context.Background()
	inner, fresh, err := server.Open(ctx, server.Options{Dir: h.Dir, Control: o.Control, Regions: o.Regions, Home: o.Regions[0].Name,
		KMS: o.KMS, Clock: o.Clock, Log: slog.New(slog.NewTextHandler(h, nil)), LogHost: "garant.example/test", Witness: o.Witness,
		HashCost: identity.Cost{Memory: 1 << 10, Time: 1, Threads: 1}, Profiles: o.Profiles, Free: o.Free})
	if err != nil {
		return nil, err
	}
	if fresh {
		if _, err := inner.Found(ctx, "Operator", "CA", "en"); err != nil {
			return nil, err
		}
	}
	h.Running, err = server.Serve(ctx, inner, server.Serving{Listen: "127.0.0.1:0", Plain: "127.0.0.1:0", Lang: "en",
		Faults: o.Faults, Idle: true, Extra: o.Extra})
	if err != nil {
		return nil, err
	}
	tb.Cleanup(func() {
		if err := h.Stop(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	if !o.Unfounded {
		h.staff()
	}
	return h, nil
}

// complete puts what a test left out of the options into them.
func (h *House) complete(o *Options) {
	h.tb.Helper()
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Regions == nil {
		o.Regions = Regions(h.Dir)
	}
	if o.KMS == nil {
		local, err := kms.CreateLocal(kms.LocalOptions{Path: filepath.Join(h.Dir, "kms.json"), Secret: []byte(passphrase), Clock: o.Clock,
			Cost: kms.Cost{Memory: 8 << 10, Passes: 1, Threads: 1}}, "tenants")
		if err != nil {
			h.tb.Fatal(err)
		}
		o.KMS = map[id.Name]server.KMS{"local": {Service: local, Key: "tenants"}}
	}
	if o.Control == (db.Place{}) {
		o.Control = db.Place{Engine: db.SQLite, Family: db.Control, Path: filepath.Join(h.Dir, "control.db")}
	}
	if o.Faults == nil {
		o.Faults = server.NewFaults(nil)
	}
}

// staff makes the operator's first account, without which no tenant is served.
func (h *House) staff() {
	h.tb.Helper()
	op, err := h.House.Tenants.Get(h.House.Tenants.Operator())
	if err != nil {
		h.tb.Fatal(err)
	}
	h.Account(op, "operator-admin")
}

// Platform is the context in which the platform itself acts.
func Platform() context.Context {
	return actor.In(context.Background(), actor.Platform("test"))
}

// Tenant opens a tenant of a profile in a country, with its own host name.
func (h *House) Tenant(slug, profile, country string, canary bool) tenant.Tenant {
	h.tb.Helper()
	t, err := h.House.OpenTenant(Platform(), tenant.Opening{Slug: id.Name(slug), Title: slug, Country: country, Lang: "en",
		Profile: id.Name(profile), Hosts: []string{slug + ".localhost"}, Canary: canary})
	if err != nil {
		h.tb.Fatal(err)
	}
	return t
}

// Permit asks the gate as the platform.
func (h *House) Permit(t tenant.Tenant, a access.Ask) *access.Permit {
	h.tb.Helper()
	a.Tenant = t.ID
	p, err := h.House.Gate.Enter(Platform(), a)
	if err != nil {
		h.tb.Fatal(err)
	}
	return p
}

// Token makes a service token with roles.
func (h *House) Token(t tenant.Tenant, roles ...id.Name) string {
	h.tb.Helper()
	text, _, err := h.House.Identity.CreateToken(Platform(), h.Permit(t, access.Ask{Action: access.Manage, On: access.Token}),
		identity.NewToken{Label: "test", Roles: roles})
	if err != nil {
		h.tb.Fatal(err)
	}
	return text
}

// Account makes an account with a role and returns its sign-in name and its initial
// password.
func (h *House) Account(t tenant.Tenant, role id.Name) (name, password string) {
	h.tb.Helper()
	name = string(role) + "@" + string(t.Slug) + ".example"
	_, password, err := h.House.Identity.CreateAccount(Platform(), h.Permit(t, access.Ask{Action: access.Manage, On: access.Account}),
		identity.NewAccount{Person: identity.Person{Name: "Test Person", SignIn: name, Email: name, Lang: "en"}, Roles: []id.Name{role}})
	if err != nil {
		h.tb.Fatal(err)
	}
	return name, password
}

// Client is an HTTP client that trusts the platform's certificate and follows no
// redirect.
func (h *House) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: h.Roots()}, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Do sends one request to the API and returns the answer with its body read.
// headers are pairs of name and value.
func (h *House) Do(token, method, path, body string, headers ...string) (*http.Response, string) {
	h.tb.Helper()
	req, err := http.NewRequest(method, h.URL()+path, strings.NewReader(body))
	if err != nil {
		h.tb.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := h.Client().Do(req)
	if err != nil {
		h.tb.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		h.tb.Fatal(err)
	}
	return res, string(text)
}
