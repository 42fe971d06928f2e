package stage

import (
	"context"
	"testing"

	"garant.example/client"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/server"
	"garant.example/testkit/house"
)

// Options say what stands on the stage. The zero value is SQLite by the clock of
// the machine.
type Options struct {
	Engine db.Engine
	Clock  clock.Clock
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

// password is long and odd enough for every profile.
const password = "Zwölf-Boxkämpfer-9182"

// Start puts the product on the stage; it goes with the test.
func Start(tb testing.TB, o Options) *Stage {
	tb.Helper()
	var options house.Options
	if o.Engine == db.Postgres {
		options = house.OnPostgres(tb)
	}
	options.Clock, options.Unfounded = o.Clock, true
	s := &Stage{Running: house.Open(tb, options).Running, tb: tb}
	ctx := context.Background()
	var err error
	if s.Setup, _, err = s.House.Identity.OpenSetup(ctx); err != nil {
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
