package stage

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"garant.example/client"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/keys/kms"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/pgserver"
)

// Options say what stands on the stage. The zero value is SQLite by the clock of
// the machine.
type Options struct {
	Engine db.Engine
	Clock  clock.Clock
	Log    *slog.Logger
	// Unfounded leaves the operator's first account to be made.
	Unfounded bool
}

// Stage is a running product.
type Stage struct {
	*server.Running
	tb       testing.TB
	Operator *client.Client // signed in as the operator's first person
	Setup    string         // the secret of the first start, when Unfounded
}

// home is the operator's region.
const home id.Name = "quebec"

// password is long and odd enough for every profile.
const password = "Zwölf-Boxkämpfer-9182"

// Start puts the product on the stage; it goes with the test.
func Start(tb testing.TB, o Options) *Stage {
	tb.Helper()
	ctx := context.Background()
	if o.Engine == "" {
		o.Engine = db.SQLite
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	dir := tb.TempDir()
	regions, control := places(tb, o.Engine, dir)
	house, fresh, err := server.Open(ctx, server.Options{Dir: dir, Control: control, Regions: regions, Home: home,
		KMS: map[id.Name]server.KMS{"local": {Service: localKMS(tb, dir, o.Clock), Key: "tenants"}}, Clock: o.Clock, Log: o.Log,
		LogHost: "garant.example/test", HashCost: identity.Cost{Memory: 8 << 10, Time: 1, Threads: 1}})
	if err != nil || !fresh {
		tb.Fatalf("stage: fresh %v, %v", fresh, err)
	}
	if _, err := house.Found(ctx, "Stage", "CA", "en"); err != nil {
		tb.Fatal(err)
	}
	s := &Stage{tb: tb}
	if s.Running, err = server.Serve(ctx, house, server.Serving{Listen: "127.0.0.1:0", Lang: "en", Idle: true}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Stop(ctx); err != nil {
			tb.Error(err)
		}
	})
	if s.Setup, _, err = house.Identity.OpenSetup(ctx); err != nil {
		tb.Fatal(err)
	}
	if !o.Unfounded {
		s.found(ctx)
	}
	return s
}

// found makes the operator's first account and signs it in.
func (s *Stage) found(ctx context.Context) {
	s.tb.Helper()
	c := s.Client("")
	person := client.Person{Name: "Olive Operator", SignIn: "olive", Lang: "en"}
	if _, err := c.Setup(ctx, s.Setup, person, password); err != nil {
		s.tb.Fatal(err)
	}
	session, err := c.Tenant("operator").SignIn(ctx, "olive", password)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.Operator = c.WithToken(session.Secret)
}

// Client is a client of the served API with a token; it sends nothing again, so
// that a test sees every answer.
func (s *Stage) Client(token string) *client.Client {
	s.tb.Helper()
	c, err := client.New(client.Options{URL: s.URL(), Token: token, Roots: s.Roots(), Retries: -1, UserAgent: "garant-test"})
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(c.Close)
	return c
}

// Tenant is an opened tenant with those who act in it.
type Tenant struct {
	client.OpenedTenant
	Program *client.Tenant // by the token of its first program
	Manager *client.Tenant // by the session of its first person
	// ManagerSecret is the secret of that session.
	ManagerSecret string
	stage         *Stage
}

// Open opens a tenant of a profile; its country decides its region.
func (s *Stage) Open(slug, profile, country string) *Tenant {
	s.tb.Helper()
	opened, err := s.Operator.Platform().Open(context.Background(), client.NewTenant{Slug: slug, Title: "Tenant " + slug,
		Country: country, Lang: "en", Profile: profile,
		Admin: client.Person{Name: "Manu Manager", SignIn: "manu@" + slug + ".example", Lang: "en"}})
	if err != nil {
		s.tb.Fatal(err)
	}
	t := &Tenant{OpenedTenant: opened, stage: s, Program: s.Client(opened.Token.Secret).Tenant(slug)}
	t.ManagerSecret = t.signIn(opened.Admin)
	t.Manager = s.Client(t.ManagerSecret).Tenant(slug)
	return t
}

// signIn signs an invited person in, who first chooses a password. It returns the
// secret of the session.
func (t *Tenant) signIn(i client.Invitation) string {
	t.stage.tb.Helper()
	ctx, c := context.Background(), t.stage.Client("")
	session, err := c.Tenant(t.Tenant.Slug).SignIn(ctx, i.Account.Person.SignIn, i.Password)
	if err != nil {
		t.stage.tb.Fatal(err)
	}
	c = c.WithToken(session.Secret)
	if session, err = c.ChangePassword(ctx, i.Password, password); err != nil {
		t.stage.tb.Fatal(err)
	}
	return session.Secret
}

// Person invites a person with roles, who signs in.
func (t *Tenant) Person(name string, roles ...string) *client.Tenant {
	t.stage.tb.Helper()
	return t.stage.Client(t.Secret(name, roles...)).Tenant(t.Tenant.Slug)
}

// Secret is Person as the secret of the session.
func (t *Tenant) Secret(name string, roles ...string) string {
	t.stage.tb.Helper()
	i, err := t.Manager.Invite(context.Background(), client.Person{Name: name, SignIn: name + "@people.example", Lang: "en"}, roles...)
	if err != nil {
		t.stage.tb.Fatal(err)
	}
	return t.signIn(i)
}

func localKMS(tb testing.TB, dir string, c clock.Clock) kms.KMS {
	tb.Helper()
	k, err := kms.CreateLocal(kms.LocalOptions{Path: filepath.Join(dir, "kms.json"), Secret: []byte("a passphrase of the stage"),
		Clock: c, Cost: kms.Cost{Memory: 8 << 10, Passes: 1, Threads: 1}}, "tenants")
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// places declares every region that a profile names, on one engine.
func places(tb testing.TB, engine db.Engine, dir string) (regions []tenant.Region, control db.Place) {
	tb.Helper()
	control = db.Place{Engine: engine, Family: db.Control, Path: filepath.Join(dir, "control.db")}
	var dsn db.Secret
	if engine == db.Postgres {
		pg := pgserver.Start(tb)
		control = pg.Place(tb, db.Control)
		dsn = pg.DSN()
	}
	for _, r := range []struct{ name, country, jurisdiction string }{
		{"quebec", "CA", "CA-QC"}, {"canada-central", "CA", "CA"}, {"california", "US", "US-CA"}, {"london", "GB", "GB"},
		{"sydney", "AU", "AU"}, {"frankfurt", "DE", "EU"}, {"paris", "FR", "EU"}, {"main-host", "US", "US"},
	} {
		regions = append(regions, tenant.Region{Name: id.Name(r.name), Title: tenant.Text{EN: r.name, FR: r.name},
			Jurisdiction: r.jurisdiction, Country: r.country, Provider: "own", Engine: engine, DSN: dsn,
			Dir: filepath.Join(dir, "regions", r.name), KMS: "local"})
	}
	return regions, control
}
