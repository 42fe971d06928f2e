//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"garant.example/client"
	"garant.example/testkit/stage"
)

// service is a real platform in a process of its own, as a service manager runs it.
type service struct {
	t      *testing.T
	dir    string
	bin    string
	notice net.Conn // where it says how it is, as to systemd
	cmd    *exec.Cmd
	said   bytes.Buffer
	env    []string
}

const serviceConfig = `data: %s
listen: %s
regions:
  canada-central: {title_en: Canada, title_fr: Canada, jurisdiction: CA-QC, country: CA, countries: [CA]}
kms:
  main:
    kind: local
    local: {passphrase_file: %s}
`

func newService(t *testing.T) *service {
	t.Helper()
	dir, err := os.MkdirTemp("", "garant") // the name of a socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &service{t: t, dir: dir, bin: filepath.Join(dir, "garant")}
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, s.bin) // under this name the test program is the command
	}
	if err == nil {
		err = os.WriteFile(s.path("passphrase"), []byte("a passphrase for tests\n"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.configure("garant.yaml", "data", "127.0.0.1:0")
	s.notice, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: s.path("notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.notice.Close() })
	s.env = append(os.Environ(), "GARANT_LANG=en", "XDG_CONFIG_HOME="+s.path("home"))
	return s
}

func (s *service) path(name string) string { return filepath.Join(s.dir, name) }

func (s *service) configure(file, data, listen string) {
	s.t.Helper()
	text := fmt.Sprintf(serviceConfig, s.path(data), listen, s.path("passphrase"))
	if err := os.WriteFile(s.path(file), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// start serves and returns once the platform says that it is ready.
func (s *service) start() {
	s.t.Helper()
	s.said.Reset()
	s.cmd = exec.Command(s.bin, "serve", "--config", s.path("garant.yaml"))
	s.cmd.Env = append(s.env, "NOTIFY_SOCKET="+s.path("notify"))
	s.cmd.Stderr = &s.said
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.hear("READY=1")
}

func (s *service) hear(want string) {
	s.t.Helper()
	text := make([]byte, 100)
	n, err := s.notice.Read(text)
	if err != nil || string(text[:n]) != want {
		s.t.Fatalf("%q, %v, want %s: %s", text[:n], err, want, s.said.String())
	}
}

// stop asks for the end as a service manager does, and waits for it.
func (s *service) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	s.hear("STOPPING=1")
	if err := s.cmd.Wait(); err != nil || !strings.Contains(s.said.String(), "Everything that was acknowledged is on the disk.") {
		s.t.Errorf("the end: %v: %s", err, s.said.String())
	}
	if _, err := client.ReadRun(s.path("data")); !os.IsNotExist(err) {
		s.t.Errorf("it still says how to be reached: %v", err)
	}
}

// do runs another command; input is what is typed.
func (s *service) do(input string, args ...string) (status int, out, said string) {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(s.bin, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = s.env, strings.NewReader(input), &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

func (s *service) ok(input string, args ...string) string {
	s.t.Helper()
	status, out, said := s.do(input, append(args, "--config", s.path("garant.yaml"))...)
	if status != exitDone {
		s.t.Fatalf("%v: %d %s %s", args, status, out, said)
	}
	return out
}

// refused runs a command that must be refused in one clear sentence.
func (s *service) refused(sentence string, args ...string) {
	s.t.Helper()
	status, out, said := s.do("", args...)
	if status != exitFailed || out != "" || !strings.Contains(said, sentence) || !strings.Contains(said, "hint: ") {
		s.t.Errorf("%v: %d %q %s", args, status, out, said)
	}
}

// The first hour of a platform: it is founded, a person and a tenant come, others are
// kept out of its folder and its port, and when it is stopped under load everything
// that was acknowledged is there at the next start.
func TestServeFromStartToStop(t *testing.T) {
	s := newService(t)
	s.start()
	run, err := client.ReadRun(s.path("data"))
	if err != nil {
		t.Fatal(err)
	}
	s.refused("Another program holds the data folder.", "serve", "--config", s.path("garant.yaml"))
	s.configure("other.yaml", "other", strings.TrimPrefix(strings.Replace(run.URL, "localhost", "127.0.0.1", 1), "https://"))
	s.refused("The listener https cannot listen on 127.0.0.1:", "serve", "--config", s.path("other.yaml"))
	s.refused("cannot be read", "serve", "--config", s.path("nothing.yaml"))

	secret := regexp.MustCompile(`--secret ([a-z0-9]+)`).FindStringSubmatch(s.said.String())
	if secret == nil {
		t.Fatalf("no one-time link: %s", s.said.String())
	}
	s.ok("Zwölf-Boxkämpfer-9182\n", "account", "setup", "mei", "--name", "Mei Tan", "--secret", secret[1])
	opened := s.ok("", "tenant", "create", "hall", "--profile", "civic-engagement", "--country", "CA", "--admin", "ana@example.org")
	token := regexp.MustCompile(`grt_\w+`).FindString(opened)
	for _, want := range []string{"canary-civic-engagement", "/t/hall/sign-in", "/en/trust/hall", "ana@example.org"} {
		if !strings.Contains(opened, want) {
			t.Errorf("no %s in %s", want, opened)
		}
	}
	acknowledged := s.stopUnderLoad(run, token)
	if status, _, said := s.do("", "tenant", "list", "--config", s.path("garant.yaml")); status != exitDone {
		t.Errorf("without a server: %d %s", status, said)
	}
	s.start()
	defer s.stop()
	stored := s.ok("", "export", "--tenant", "hall", "--collection", "participants", "--purpose", "support", "--format", "csv", "--token", token)
	for _, record := range acknowledged {
		if !strings.Contains(stored, record) {
			t.Errorf("%s was acknowledged and is not there", record)
		}
	}
	t.Logf("%d acknowledged", len(acknowledged))
}

// stopUnderLoad stops the platform while clients write, and returns what they were
// told was written.
func (s *service) stopUnderLoad(run client.Run, token string) (acknowledged []string) {
	s.t.Helper()
	const clients, enough = 4, 40
	to, err := client.New(client.Options{URL: run.URL, CAFile: run.CA, Token: token})
	if err != nil {
		s.t.Fatal(err)
	}
	defer to.Close()
	participants := to.Tenant("hall").Collection("participants")
	var mu sync.Mutex
	var count atomic.Int64
	busy := make(chan struct{})
	var work sync.WaitGroup
	for hand := range clients {
		work.Go(func() {
			for n := 0; ; n++ {
				fields := fmt.Sprintf(`{"email":"p%d-%d@example.org","display_name":"P","standing":"registered"}`, hand, n)
				made, err := participants.Create(context.Background(), client.NewRecord{Fields: []byte(fields)})
				if err != nil {
					return // the platform is gone, or going
				}
				mu.Lock()
				acknowledged = append(acknowledged, made.ID)
				mu.Unlock()
				if count.Add(1) == enough {
					close(busy)
				}
			}
		})
	}
	<-busy
	s.stop()
	work.Wait()
	return acknowledged
}

// Commands on the machine go on beyond the life of one token: before it ends the
// server makes another and revokes the first.
func TestCommandsOutliveTheirToken(t *testing.T) {
	st, dir, ctx := stage.Start(t, stage.Options{}), t.TempDir(), context.Background()
	text, first, err := localToken(ctx, st.Running)
	if err != nil {
		t.Fatal(err)
	}
	list := func(token string) error {
		_, err := st.Client(token).Platform().Tenants(ctx, "")
		return err
	}
	if err := list(text); err != nil {
		t.Fatal(err)
	}
	second, err := renewLocal(ctx, st.Running, dir, client.Run{URL: st.URL()}, first)
	if err != nil || second == first {
		t.Fatalf("the token is the same: %v", err)
	}
	run, err := client.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := list(run.Tokens[operatorSlug]); err != nil || run.URL != st.URL() {
		t.Errorf("the new token at %s: %v", run.URL, err)
	}
	if err := list(text); err == nil {
		t.Error("the former token opens")
	}
}
