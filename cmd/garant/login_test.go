package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"garant.example/client"
	"garant.example/internal/clock"
	"garant.example/testkit/stage"
)

// shell runs commands as one person does, one after another.
type shell struct {
	t   *testing.T
	env []string
}

func (s shell) run(input string, args ...string) (status int, out, errs string) {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(args, surroundings{in: strings.NewReader(input), out: &stdout, err: &stderr, env: s.env, clock: clock.System()})
	return status, stdout.String(), stderr.String()
}

func TestLoginKeepsASession(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	st := stage.Start(t, stage.Options{})
	north := st.Open("north", "civic-engagement", "CA")
	sh := shell{t, []string{"GARANT_LANG=en", "GARANT_TENANT=north", "GARANT_SERVER=" + st.URL(),
		"GARANT_CA=" + filepath.Join(st.House.Opt.Dir, "ca", "root.crt")}}
	invited, err := north.Manager.Invite(context.Background(), client.Person{Name: "Ada", SignIn: "ada@example.org", Lang: "en"}, "auditor")
	if err != nil {
		t.Fatal(err)
	}
	if status, _, text := sh.run("wrong\n", "login", "--as", "ada@example.org"); status != exitFailed || !strings.Contains(text, "error: ") {
		t.Errorf("a wrong password: %d %s", status, text)
	}
	// The first password was chosen by somebody else: the next line is the own one.
	status, out, text := sh.run(invited.Password+"\nZwölf-Boxkämpfer-9182\n", "login", "--as", "ada@example.org", "--for", "audit", "--json")
	var signed SignedIn
	if err := json.Unmarshal([]byte(out), &signed); status != exitDone || err != nil || signed.Tenant != "north" {
		t.Fatalf("login: %d %s %s", status, out, text)
	}
	if status, out, text := sh.run("", "audit", "show", "--limit", "1"); status != exitDone || !strings.Contains(out, "session.open") && !strings.Contains(out, "account.change") && !strings.Contains(out, "log.read") {
		t.Errorf("after the login: %d %s %s", status, out, text)
	}
	if status, _, text := sh.run("", "record", "list", "--collection", "participants"); status != exitFailed || !strings.Contains(text, "hint: ") {
		t.Errorf("the session of the auditor served for records: %d %s", status, text)
	}
	if status, _, text := sh.run("", "logout"); status != exitDone {
		t.Fatalf("logout: %d %s", status, text)
	}
	if status, _, _ := sh.run("", "audit", "show"); status != exitFailed {
		t.Errorf("after the logout: %d", status)
	}
}

func TestSetupFromTheCommandLine(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	st := stage.Start(t, stage.Options{Unfounded: true})
	sh := shell{t, []string{"GARANT_SERVER=" + st.URL(), "GARANT_TENANT=operator", "GARANT_LANG=fr",
		"GARANT_CA=" + filepath.Join(st.House.Opt.Dir, "ca", "root.crt")}}
	if status, _, text := sh.run("Zwölf-Boxkämpfer-9182\n", "account", "setup", "olive"); status != exitUsage || !strings.Contains(text, "--secret") {
		t.Errorf("without the secret: %d %s", status, text)
	}
	if status, _, text := sh.run("Zwölf-Boxkämpfer-9182\n", "account", "setup", "olive", "--secret", st.Setup, "--name", " "); status != exitUsage || !strings.Contains(text, "--name") {
		t.Fatalf("setup without a name: %d %s", status, text)
	}
	if status, out, text := sh.run("Zwölf-Boxkämpfer-9182\n", "account", "setup", "olive", "--secret", st.Setup, "--name", "Olive Operator"); status != exitDone || !strings.Contains(out, "operator-admin") {
		t.Fatalf("setup: %d %s %s", status, out, text)
	}
	if status, _, text := sh.run("Zwölf-Boxkämpfer-9182\n", "login", "--as", "olive"); status != exitDone {
		t.Fatalf("login: %d %s", status, text)
	}
	if status, out, text := sh.run("", "tenant", "list"); status != exitDone || !strings.Contains(out, "operator") {
		t.Errorf("tenants: %d %s %s", status, out, text)
	}
}
