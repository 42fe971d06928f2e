package server_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"garant.example/client"
	"garant.example/internal/access"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/keys/kms"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
	"garant.example/testkit/pgserver"
)

// Some tests need a platform that can be killed or starved: this test program,
// started again with the name of a role.
const roleVariable, siteVariable = "GARANT_TEST_ROLE", "GARANT_TEST_SITE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	roles := map[string]func(site) error{"serve": roleServe, "verbs": roleVerbs, "rotate": roleRotate}
	var s site
	err := json.Unmarshal([]byte(os.Getenv(siteVariable)), &s)
	if err == nil {
		err = roles[role](s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// site is where a platform lives between its processes.
type site struct {
	Dir   string // everything it writes, but for what a PostgreSQL keeps
	DSN   string // of the PostgreSQL; empty for SQLite
	Name  string // of the control database there; one is enough for a server of one's own
	Token string // of a program of the tenant "town"
}

// siteBeside is a site on the PostgreSQL that the tests of this process share: good
// for what ends the platform, and not for what ends the server.
func siteBeside(t *testing.T) site {
	t.Helper()
	pg := pgserver.Start(t)
	return site{Dir: t.TempDir(), DSN: pg.DSN().Reveal(), Name: pg.Place(t, db.Control).Name}
}

const sitePassphrase = "a passphrase for tests"

func (s site) options(log io.Writer) (server.Options, error) {
	o := kms.LocalOptions{Path: filepath.Join(s.Dir, "kms.json"), Secret: []byte(sitePassphrase), Clock: clock.System(),
		Cost: kms.Cost{Memory: 8 << 10, Passes: 1, Threads: 1}}
	open := func() (*kms.Local, error) { return kms.OpenLocal(o) }
	if _, err := os.Stat(o.Path); err != nil {
		open = func() (*kms.Local, error) { return kms.CreateLocal(o, "tenants") }
	}
	local, err := open()
	if err != nil {
		return server.Options{}, err
	}
	regions := house.Regions(s.Dir)
	control := db.Place{Engine: db.SQLite, Family: db.Control, Path: filepath.Join(s.Dir, "control.db")}
	if s.DSN != "" {
		control = db.Place{Engine: db.Postgres, Family: db.Control, DSN: db.Secret(s.DSN), Name: cmp.Or(s.Name, "garant_control")}
		for i := range regions {
			regions[i].Engine, regions[i].DSN = db.Postgres, db.Secret(s.DSN)
		}
	}
	return server.Options{Dir: s.Dir, Control: control, Regions: regions, Home: regions[0].Name, Clock: clock.System(),
		KMS: map[id.Name]server.KMS{"local": {Service: local, Key: "tenants"}}, Log: slog.New(slog.NewTextHandler(log, nil)),
		LogHost: "garant.example/test", HashCost: identity.Cost{Memory: 1 << 10, Time: 1, Threads: 1}}, nil
}

// open opens the platform without doors.
func (s site) open(ctx context.Context, log io.Writer) (*server.House, bool, error) {
	o, err := s.options(log)
	if err != nil {
		return nil, false, err
	}
	return server.Open(ctx, o)
}

// found makes the operator, its first person, a tenant and a token in it.
func (s *site) found(ctx context.Context) error {
	h, _, err := s.open(ctx, io.Discard)
	if err != nil {
		return err
	}
	defer h.Close(ctx)
	operator, err := h.Found(ctx, "Operator", "CA", "en")
	if err != nil {
		return err
	}
	p, err := h.Gate.Enter(house.Platform(), access.Ask{Action: access.Manage, On: access.Account, Tenant: operator.ID})
	if err != nil {
		return err
	}
	person := identity.Person{Name: "Ada Ops", SignIn: "ada@operator.example", Email: "ada@operator.example", Lang: "en"}
	if _, _, err = h.Identity.CreateAccount(house.Platform(), p, identity.NewAccount{Person: person, Roles: []id.Name{"operator-admin"}}); err != nil {
		return err
	}
	s.Token, err = s.town(h, "town")
	return err
}

// town opens a tenant of participants and returns a token of its programs.
func (s *site) town(h *server.House, slug id.Name) (string, error) {
	ctx := house.Platform()
	t, err := h.OpenTenant(ctx, tenant.Opening{Slug: slug, Title: "Town", Country: "CA", Lang: "en", Profile: "civic-engagement"})
	if err != nil {
		return "", err
	}
	p, err := h.Gate.Enter(ctx, access.Ask{Action: access.Manage, On: access.Token, Tenant: t.ID})
	if err != nil {
		return "", err
	}
	token, _, err := h.Identity.CreateToken(ctx, p, identity.NewToken{Label: "test", Roles: []id.Name{"site", "integration"}})
	return token, err
}

// child is a platform in a process of its own.
type child struct {
	cmd    *exec.Cmd
	url    string
	stderr *strings.Builder
	rest   chan []string // the lines it said after its address
	heard  chan string   // each of them as it comes, as long as somebody listens
}

// child starts a role that serves, and waits for its address.
func (s site) child(t *testing.T, role string) *child {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.CommandContext(t.Context(), os.Args[0]), stderr: &strings.Builder{}, rest: make(chan []string, 1), heard: make(chan string, 1<<16)}
	c.cmd.Env = append(os.Environ(), roleVariable+"="+role, siteVariable+"="+string(text))
	c.cmd.Stderr = c.stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() {
		_ = c.cmd.Wait()
		t.Fatalf("%s said nothing: %s", role, c.stderr)
	}
	c.url = lines.Text()
	go func() {
		var said []string
		for lines.Scan() {
			said = append(said, lines.Text())
			select {
			case c.heard <- lines.Text():
			default: // nobody listens
			}
		}
		close(c.heard)
		c.rest <- said
	}()
	return c
}

// killWhen kills it once a line was said for which the answer is yes.
func (c *child) killWhen(t *testing.T, yes func(line string) bool) []string {
	t.Helper()
	for line := range c.heard {
		if yes(line) {
			return c.kill(t)
		}
	}
	t.Fatalf("it ended by itself: %s", c.stderr)
	return nil
}

// kill ends the process as a power cut ends it, and returns what it had said.
func (c *child) kill(t *testing.T) []string {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	said := <-c.rest
	if err := c.cmd.Wait(); err == nil {
		t.Fatalf("it ended by itself: %s", c.stderr)
	}
	return said
}

// client speaks to a running platform and sends nothing twice by itself.
func (s site) client(t *testing.T, url string) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{URL: url, Token: s.Token, CAFile: filepath.Join(s.Dir, "ca", "root.crt"), Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
