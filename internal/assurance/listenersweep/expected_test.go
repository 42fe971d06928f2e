package listenersweep

import (
	"errors"
	"testing"

	"github.com/goccy/go-yaml"

	"garant.example/internal/assurance"
	"garant.example/internal/profile"
	"garant.example/internal/web"
	"garant.example/profiles"
)

// row reads a row as a profile declares it.
func row(t *testing.T, text string) (expected, error) {
	t.Helper()
	set, err := profile.Load(profiles.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range set.Promises() {
		given := p.Control.Parameters
		if p.Control.Mechanism != Name || !given.Has("expect") {
			continue
		}
		rows, err := given.Rows("expect")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if r.Get("name").String() == text || r.Get("port").String() == text {
				return readExpected(r)
			}
		}
	}
	return expected{}, errors.New("no profile has such a row")
}

// Every row of every profile is understood, and its words have their effect.
func TestRows(t *testing.T) {
	https, err := row(t, "443")
	if err != nil || https != (expected{port: 443, protocol: "https", bind: "public", peers: anybody}) {
		t.Fatalf("%+v %v", https, err)
	}
	private, err := row(t, "administration")
	if err != nil || private.bind != "private" {
		t.Fatalf("%+v %v", private, err)
	}
	none, err := row(t, "outbound")
	if err != nil || none.bind != "none" {
		t.Fatalf("%+v %v", none, err)
	}
	some := expected{name: "administration", protocol: "https", bind: "public", peers: "operator"}
	for _, c := range []struct {
		e      expected
		door   web.Listener
		url    string
		reason string
	}{
		{https, web.Listener{Name: "https", Exposure: web.Public}, "https://garant.example", ""},
		{https, web.Listener{Name: "https", Exposure: web.Public}, "https://garant.example:8443", "port"},
		{https, web.Listener{Name: "https", Exposure: web.Public}, "http://garant.example", "port"},
		{https, web.Listener{Name: "https", Exposure: web.Loopback}, "https://localhost:40001", ""},
		{https, web.Listener{Name: "window", Exposure: web.Loopback, Plaintext: true}, "http://localhost:1", "no_tls_door"},
		{private, web.Listener{Name: "administration", Exposure: web.Public}, "https://garant.example", "exposed"},
		{private, web.Listener{Name: "administration", Exposure: web.Private}, "https://garant.example", ""},
		{some, web.Listener{Name: "administration", Exposure: web.Public}, "https://garant.example", "exposed"},
		{none, web.Listener{Name: "outbound", Exposure: web.Loopback}, "https://garant.example", "exposed"},
		{none, web.Listener{Name: "https", Exposure: web.Loopback}, "https://garant.example", ""},
	} {
		r := &run{house: &assurance.House{URL: func() string { return c.url }}, f: &assurance.Finding{}, wanted: wanted{expect: []expected{c.e}}}
		r.expected([]web.Listener{c.door})
		want := c.reason
		if want != "" {
			want = "listener_sweep.reason." + want
		}
		if r.f.Reason != want {
			t.Errorf("%+v at %+v: %q, want %q", c.e, c.door, r.f.Reason, want)
		}
	}
}

func parameters(t *testing.T, text string) (p profile.Parameters) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRowsAreClosed(t *testing.T) {
	for _, text := range []string{
		"{port: 443, name: https, protocol: https, bind: public, peers: any}", "{protocol: https, bind: public, peers: any}",
		"{port: 99999, protocol: https, bind: public, peers: any}", "{port: 443, protocol: ssh, bind: public, peers: any}",
		"{port: 443, protocol: https, bind: everywhere, peers: any}", "{port: 443, protocol: https, bind: public, peers: friends}",
		"{port: 443, protocol: https, bind: public}",
	} {
		if e, err := readExpected(parameters(t, text)); !errors.Is(err, profile.ErrParameter) {
			t.Errorf("%s: %+v %v", text, e, err)
		}
	}
	if e, err := readExpected(parameters(t, "{name: database, protocol: tls, bind: private, peers: api}")); err != nil || e.name != "database" || e.peers != "api" {
		t.Errorf("%+v %v", e, err)
	}
}
