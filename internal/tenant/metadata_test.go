package tenant

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"garant.example/internal/clock"
	"garant.example/testkit/imds"
)

func machineAt(t *testing.T, region string, c clock.Clock) (*imds.Server, Region) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := imds.New(imds.Machine{Region: region}, c)
	s.Start(l)
	t.Cleanup(func() { _ = s.Close() })
	return s, Region{Metadata: "http://" + l.Addr().String()}
}

func TestSurveyAsksTheMachine(t *testing.T) {
	s, r := machineAt(t, "ap-southeast-2", clock.System())
	m, err := r.Survey(context.Background())
	if err != nil || m.Provider != "aws" || m.Code != "ap-southeast-2" || m.City != "Sydney" || m.Country != "AU" || m.Account != "111122223333" || m.Zone != "ap-southeast-2a" {
		t.Fatalf("%+v %v", m, err)
	}
	s.Say(imds.Machine{Region: "us-east-1"})
	if m, err = r.Survey(context.Background()); err != nil || m.Country != "US" {
		t.Errorf("%+v %v", m, err)
	}
	s.Say(imds.Machine{Region: "xx-nowhere-9"})
	if m, err = r.Survey(context.Background()); err != nil || m.Country != "" {
		t.Errorf("an unknown region stands somewhere: %+v %v", m, err)
	}
	s.Mute(true)
	if _, err = r.Survey(context.Background()); !errors.Is(err, ErrMetadata) {
		t.Errorf("a silent machine: %v", err)
	}
}

// The stand-in refuses what the real service refuses.
func TestTokens(t *testing.T) {
	c := clock.NewFake(time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC))
	_, r := machineAt(t, "eu-west-2", c)
	ask := func(method, path string, headers ...string) (int, string) {
		req, err := http.NewRequest(method, r.Metadata+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var b strings.Builder
		if _, err := b.WriteString(res.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds")); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 200)
		n, _ := res.Body.Read(buf)
		return res.StatusCode, string(buf[:n])
	}
	const path, life, token = "/latest/meta-data/placement/region", "X-aws-ec2-metadata-token-ttl-seconds", "X-aws-ec2-metadata-token"
	for name, got := range map[string]int{
		"no token":    first(ask("GET", path)),
		"bad token":   first(ask("GET", path, token, "x")),
		"no life":     400 + 401 - first(ask("PUT", "/latest/api/token")),
		"long life":   400 + 401 - first(ask("PUT", "/latest/api/token", life, "21601")),
		"through one": 403 + 401 - first(ask("PUT", "/latest/api/token", life, "60", "X-Forwarded-For", "10.0.0.1")),
	} {
		if got != 401 {
			t.Errorf("%s: off by %d", name, got-401)
		}
	}
	status, secret := ask("PUT", "/latest/api/token", life, "60")
	if status != 200 || secret == "" {
		t.Fatal(status, secret)
	}
	if status, body := ask("GET", path, token, secret); status != 200 || body != "eu-west-2" {
		t.Error(status, body)
	}
	if status, _ := ask("GET", "/latest/meta-data/nothing", token, secret); status != 404 {
		t.Error(status)
	}
	c.Advance(time.Minute)
	if status, _ := ask("GET", path, token, secret); status != 401 {
		t.Errorf("a token that has run out: %d", status)
	}
}

func first(n int, _ string) int { return n }

func TestSurveyRefuses(t *testing.T) {
	away := http.NewServeMux()
	away.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: away, ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	long := filepath.Join(t.TempDir(), "place.json")
	if err := os.WriteFile(long, []byte(`{"provider":"own","region":"qc-1","country":"CA","town":"Québec"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{"http://192.0.2.1", "https://127.0.0.1", "http://example.org", "http://127.0.0.1/x", "ftp://127.0.0.1",
		"http://" + l.Addr().String(), "relative.json", long} {
		if m, err := (Region{Metadata: where}).Survey(context.Background()); !errors.Is(err, ErrMetadata) {
			t.Errorf("%s: %+v %v", where, m, err)
		}
	}
	if _, err := (Region{}).Survey(context.Background()); !errors.Is(err, ErrNoMetadata) {
		t.Error(err)
	}
}

func TestSurveyReadsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "place.json")
	if err := os.WriteFile(path, []byte(`{"provider":"own","region":"qc-1","city":"Québec","country":"CA"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Region{Metadata: path}.Survey(context.Background())
	if err != nil || m.City != "Québec" || m.Code != "qc-1" {
		t.Errorf("%+v %v", m, err)
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"provider":"own","region":"qc-1","city":"Québec","country":"CA"}`))
	f.Add([]byte(`{"accountId":"1","region":"eu-west-3","availabilityZone":"eu-west-3a"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := parsePlace(data); err == nil && (m.Provider == "" || m.Code == "" || len(m.Country) != 2) {
			t.Errorf("%+v", m)
		}
		if m, err := parseIdentity(data); err == nil && (m.Code == "" || m.Account == "" || !strings.HasPrefix(m.Zone, m.Code)) {
			t.Errorf("%+v", m)
		}
	})
}
