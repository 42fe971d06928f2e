package server_test

import (
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// program runs a program that nobody here wrote, and returns what it said.
func program(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: ./test counterparts installs it", name)
	}
	c := exec.CommandContext(t.Context(), path, args...)
	c.Stdin = strings.NewReader("")
	out, err := c.CombinedOutput()
	return string(out), err
}

// OpenSSL agrees that the doors speak TLS 1.2 and 1.3 with a certificate that
// chains to our authority, and nothing older.
func TestCounterpartOpenSSL(t *testing.T) {
	h := house.Open(t, house.Options{})
	addr := h.Door("https").Addr
	for _, v := range []struct {
		flag   string
		agreed bool
	}{{"-tls1_2", true}, {"-tls1_3", true}, {"-tls1_1", false}, {"-tls1", false}} {
		out, err := program(t, "openssl", "s_client", "-connect", addr, "-servername", "localhost", "-verify_hostname", "localhost",
			"-CAfile", h.CA.RootFile(), "-verify_return_error", "-cipher", "ALL:@SECLEVEL=0", v.flag)
		verified := err == nil && strings.Contains(out, "Verify return code: 0 (ok)")
		if verified != v.agreed {
			t.Errorf("%s: verified %v, want %v: %v\n%s", v.flag, verified, v.agreed, err, out)
		}
	}
}

// curl reaches the API with our authority, and refuses it without.
func TestCounterpartCurl(t *testing.T) {
	h := house.Open(t, house.Options{})
	u, err := url.Parse(h.URL())
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	at := "https://localhost:" + port + "/openapi.json"
	if out, err := program(t, "curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--cacert", h.CA.RootFile(), at); err != nil || !strings.Contains(out, `"3.1.`) {
		t.Errorf("with our authority: %v %.200s", err, out)
	}
	if out, err := program(t, "curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--capath", t.TempDir(), "--cacert", emptyFile(t), at); err == nil {
		t.Errorf("without our authority: %.200s", out)
	}
}

func emptyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "none.pem")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// SQLite's own program reads a database that our engine wrote, finds it sound and
// finds nothing readable of a person in it.
func TestCounterpartSQLite(t *testing.T) {
	h := house.Open(t, house.Options{})
	town := h.Tenant("town", "civic-engagement", "CA", false)
	token := h.Token(town, "site", "integration")
	res, body := h.Do(token, "POST", "/v1/tenants/town/collections/participants/records",
		`{"fields":{"email":"ines@example.org","display_name":"Inès","standing":"registered"}}`)
	if res.StatusCode != 201 {
		t.Fatalf("%s %s", res.Status, body)
	}
	place, err := h.House.Tenants.PlacementPlace(town, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	h.House.Pool.CloseIdle()
	out, err := program(t, "sqlite3", "-readonly", place.Path, "PRAGMA integrity_check; SELECT COUNT(*) FROM vault_record; SELECT COUNT(*) > 0 FROM audit_segment;")
	if err != nil || strings.Join(strings.Fields(out), " ") != "ok 1 1" {
		t.Errorf("%v %q", err, out)
	}
	if out, err = program(t, "sqlite3", "-readonly", place.Path, ".dump"); err != nil || strings.Contains(out, "ines@example.org") || strings.Contains(out, "Inès") {
		t.Errorf("a dump shows a person, or none could be made: %v", err)
	}
}
