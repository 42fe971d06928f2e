//go:build linux

package server_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"garant.example/client"
	"garant.example/internal/server"
	"garant.example/testkit/house"
)

const insideVariable = "GARANT_TEST_INSIDE"

// inside runs the test of the same name again in a process with its own mounts and
// limits, and says whether this is that process.
func inside(t *testing.T, namespace bool) bool {
	t.Helper()
	if os.Getenv(insideVariable) == t.Name() {
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), insideVariable+"="+t.Name())
	if namespace {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	}
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM):
		t.Log("this machine allows no mount: the disk was filled by a quota only")
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// notebook takes the log of a platform.
type notebook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *notebook) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(b)
}

func (n *notebook) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

// eventually asks until the answer is yes. It gives up long after any platform
// would have answered.
func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 1500 {
		if yes() {
			return
		}
		<-tick.C
	}
	t.Fatalf("it never happened: %s", what)
}

// full is a way to leave a platform without room.
type full struct{ fill, free func() error }

// A disk fills up under load: personal data closes with a clear reason, what was
// acknowledged stays, the rest of the service goes on, and all of it opens by
// itself when there is room again. The warning came before.
func TestCrashDiskFull(t *testing.T) {
	if !inside(t, true) {
		return
	}
	dir := t.TempDir()
	if err := syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, ""); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=400m,mode=700"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	filler := filepath.Join(dir, "filler")
	runFull(t, dir, full{fill: func() error { return fillDisk(filler) }, free: func() error { return os.Remove(filler) }}, true)
}

// The same by a limit on the size of files, as a quota is.
func TestCrashQuota(t *testing.T) {
	if !inside(t, false) {
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	runFull(t, t.TempDir(), full{
		fill: func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1, Max: limit.Max}) },
		free: func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit) },
	}, false)
}

// fillDisk writes a file until nothing more fits.
func fillDisk(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for len(block) > 0 {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			return err
		}
	}
	return nil
}

func runFull(t *testing.T, dir string, f full, guarded bool) {
	s := site{Dir: dir}
	if err := s.found(t.Context()); err != nil {
		t.Fatal(err)
	}
	var log notebook
	r := s.serve(t, &log)
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}
	defer stop()
	if guarded && !strings.Contains(log.String(), "msg=space level=low") {
		t.Error("nobody was warned of the little room")
	}
	l, c := &load{hands: make([][]*person, clients)}, s.client(t, r.URL())
	l.run(t, c, 60, func() {
		if err := f.fill(); err != nil {
			t.Error(err)
		}
	})
	refusesClearly(t, l, c)
	alive(t, s, r)
	if guarded {
		refusesStrangers(t, c)
	}
	if err := f.free(); err != nil {
		t.Fatal(err)
	}
	people := c.Tenant("town").Collection("participants")
	eventually(t, "a creation after there was room again", func() bool { return l.create(t.Context(), people, 0) == nil })
	for range 20 {
		if err := l.create(t.Context(), people, 0); err != nil {
			t.Errorf("with room again: %v", err)
		}
	}
	stop()
	newWitness().check(t, s, l, "after the full disk")
}

// serve opens the platform with its doors in this process.
func (s site) serve(t *testing.T, log *notebook) *server.Running {
	t.Helper()
	h, _, err := s.open(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	r, err := server.Serve(t.Context(), h, server.Serving{Listen: "127.0.0.1:0", Lang: "en", Idle: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// refusesClearly wants every way to personal data closed for the stated reason,
// once the guard has looked at the disk.
func refusesClearly(t *testing.T, l *load, c *client.Client) {
	t.Helper()
	people := c.Tenant("town").Collection("participants")
	var read *person
	for _, p := range l.hands[0] {
		if p.doubt == "" && !p.gone {
			read = p
		}
	}
	for name, ask := range map[string]func() error{
		"create": func() error { return l.create(t.Context(), people, 0) },
		"read": func() error {
			_, err := people.Get(t.Context(), read.id, "support")
			if err == nil {
				read.reads++
			}
			return err
		},
	} {
		var err error
		eventually(t, name+" is refused", func() bool { err = ask(); return err != nil })
		var p *client.Problem
		if !errors.As(err, &p) || p.Status != http.StatusServiceUnavailable || p.Code != client.LogUnavailable || p.Key != "audit.full" ||
			!p.Retryable || p.Fix == "" {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

// alive wants what holds no personal data to go on.
func alive(t *testing.T, s site, r *server.Running) {
	t.Helper()
	web := &http.Client{Transport: &http.Transport{TLSClientConfig: rootsOf(r)}}
	for _, path := range []string{"/openapi.json", "/problems/log_unavailable", "/"} {
		res, err := web.Get(r.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	if _, _, err := s.open(t.Context(), &notebook{}); err == nil {
		t.Error("a second platform opens the same folder")
	}
	town, err := r.House.Tenants.Named("town")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.House.Rings.Open(house.Platform(), town.ID); err != nil {
		t.Errorf("keys do not open: %v", err)
	}
}

// refusesStrangers asks for what the program may not have. A refusal is an essential
// entry: it is written into the room that was kept for it.
func refusesStrangers(t *testing.T, c *client.Client) {
	t.Helper()
	_, err := c.Tenant("town").Keys(t.Context())
	var p *client.Problem
	if !errors.As(err, &p) || p.Code != client.Forbidden {
		t.Errorf("a refusal on a full disk: %v", err)
	}
}

// rootsOf trusts the platform's own authority.
func rootsOf(r *server.Running) *tls.Config { return &tls.Config{RootCAs: r.Roots()} }
