package localca

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
)

func start() *clock.Fake { return clock.NewFake(time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)) }

func openCA(t *testing.T, dir string, c clock.Clock, hosts ...string) *CA {
	t.Helper()
	ca, err := Open(dir, c, hosts...)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func get(t *testing.T, ca *CA, name string) *tls.Certificate {
	t.Helper()
	leaf, err := ca.Get(&tls.ClientHelloInfo{ServerName: name})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return leaf
}

func TestLeafIsTrustedForItsHostOnly(t *testing.T) {
	c := start()
	ca := openCA(t, filepath.Join(t.TempDir(), "ca"), c, "garant.internal", "10.0.0.5")
	for _, host := range []string{"localhost", "a.localhost", "127.0.0.1", "garant.internal", "civic.garant.internal", "10.0.0.5"} {
		leaf := get(t, ca, host)
		opts := x509.VerifyOptions{Roots: ca.Pool(), DNSName: host, CurrentTime: c.Now()}
		if _, err := leaf.Leaf.Verify(opts); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		opts.DNSName = "elsewhere.example"
		if _, err := leaf.Leaf.Verify(opts); err == nil {
			t.Errorf("the leaf of %s is good for another host", host)
		}
	}
	for _, host := range []string{"example.org", "xlocalhost", "10.0.0.6", "", "garant.internal.evil.example"} {
		if _, err := ca.Get(&tls.ClientHelloInfo{ServerName: host}); err == nil {
			t.Errorf("%q got a leaf", host)
		}
	}
}

func TestRootIsConstrained(t *testing.T) {
	c := start()
	ca := openCA(t, filepath.Join(t.TempDir(), "ca"), c)
	forged, err := ca.sign("bank.example", c.Now()) // what a thief of the root key could do
	if err != nil {
		t.Fatal(err)
	}
	opts := x509.VerifyOptions{Roots: ca.Pool(), DNSName: "bank.example", CurrentTime: c.Now()}
	if _, err := forged.Leaf.Verify(opts); err == nil {
		t.Error("the root can vouch for a host outside its own")
	}
	other, err := ca.sign("192.0.2.1", c.Now())
	if err != nil {
		t.Fatal(err)
	}
	opts.DNSName = "192.0.2.1"
	if _, err := other.Leaf.Verify(opts); err == nil {
		t.Error("the root can vouch for an address outside its own")
	}
}

func TestRootIsKeptAndLeafRenewed(t *testing.T) {
	c, dir := start(), filepath.Join(t.TempDir(), "ca")
	ca := openCA(t, dir, c)
	first := get(t, ca, "localhost")
	if get(t, ca, "localhost") != first {
		t.Error("a leaf was made twice")
	}
	again := openCA(t, dir, c)
	if !again.Root().Equal(ca.Root()) {
		t.Error("a second start made a new root")
	}
	c.Advance(leafLife - renewLeft)
	second := get(t, ca, "localhost")
	if second == first || !second.Leaf.NotAfter.After(first.Leaf.NotAfter) {
		t.Error("the leaf was not renewed")
	}
	info, err := os.Stat(filepath.Join(dir, "root.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("root.key: %v %v", info.Mode(), err)
	}
	for i := range 2 * maxLeaves {
		get(t, ca, fmt.Sprintf("x%d.localhost", i))
		if i%100 == 0 && len(ca.leaves) > maxLeaves {
			t.Fatalf("%d leaves in memory", len(ca.leaves))
		}
	}
}

func TestOpenNeverReplacesARoot(t *testing.T) {
	c := start()
	damage := map[string]func(dir string) error{
		"key missing":       func(d string) error { return os.Remove(filepath.Join(d, "root.key")) },
		"key readable":      func(d string) error { return os.Chmod(filepath.Join(d, "root.key"), 0o644) },
		"certificate cut":   func(d string) error { return os.WriteFile(filepath.Join(d, "root.crt"), []byte("x"), 0o644) },
		"key of another":    func(d string) error { return copyKey(t, d, c) },
		"more than one PEM": func(d string) error { return double(filepath.Join(d, "root.crt")) },
	}
	for name, harm := range damage {
		dir := filepath.Join(t.TempDir(), "ca")
		openCA(t, dir, c)
		if err := harm(dir); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(filepath.Join(dir, "root.crt"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, c); !errs.Is(err, errs.Config) {
			t.Errorf("%s: %v", name, err)
		}
		after, err := os.ReadFile(filepath.Join(dir, "root.crt"))
		if err != nil || string(after) != string(before) {
			t.Errorf("%s: the root was replaced (%v)", name, err)
		}
	}
	dir := filepath.Join(t.TempDir(), "ca")
	openCA(t, dir, c)
	if _, err := Open(dir, c, "new.example"); errs.Of(err) == nil || errs.Of(err).Key != "web.ca.host" {
		t.Errorf("a host outside the root: %v", err)
	}
	c.Advance(rootLife - leafLife)
	if _, err := Open(dir, c); errs.Of(err) == nil || errs.Of(err).Key != "web.ca.expired" {
		t.Errorf("at the end of the root: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(file, "ca"), c); !errs.Is(err, errs.Config) {
		t.Errorf("a folder that cannot be: %v", err)
	}
}

func copyKey(t *testing.T, dir string, c clock.Clock) error {
	other := filepath.Join(t.TempDir(), "other")
	openCA(t, other, c)
	key, err := os.ReadFile(filepath.Join(other, "root.key"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "root.key"), key, 0o600)
}

func double(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(data, data...), 0o644)
}
