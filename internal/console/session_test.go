package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"garant.example/internal/clock"
	"garant.example/testkit/house"
)

func cookieOf(res *http.Response, part string) *http.Cookie {
	for _, c := range res.Cookies() {
		if strings.Contains(c.Name, part) {
			return c
		}
	}
	return nil
}

func TestTheSessionCookie(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	name, initial := h.Account(of, "administrator")
	b := newBrowser(t, h, of)
	res, _ := b.post("/sign-in", "name", name, "password", initial, "to", "/t/agora/keys")
	c := cookieOf(res, "garant.agora")
	if c == nil || c.Name != "__Host-garant.agora" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Fatalf("the cookie is %v", c)
	}
	if at := res.Header.Get("Location"); at != "/t/agora/password" {
		t.Errorf("an initial password leads to %q", at)
	}
	if res, _ := b.get("/keys"); res.Header.Get("Location") != "/t/agora/password" {
		t.Errorf("an initial password opens a room: %s", res.Status)
	}
	if res, _ := b.post("/tokens/new", "label", "x"); res.Header.Get("Location") != "/t/agora/password" {
		t.Errorf("an initial password makes a token: %s", res.Status)
	}
	res, _ = b.post("/password", "present", initial, "wanted", chosen)
	if second := cookieOf(res, "garant.agora"); second == nil || second.Value == c.Value {
		t.Fatal("the session did not change with the password")
	}
	b.page("/keys")
	stale := newBrowser(t, h, of)
	stale.plant(c)
	if res, _ := stale.get("/keys"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the old session still opens: %s", res.Status)
	}
}

// plant gives the browser a cookie that somebody else chose.
func (b *visitor) plant(c *http.Cookie) {
	b.t.Helper()
	at, err := url.Parse(b.h.URL())
	if err != nil {
		b.t.Fatal(err)
	}
	b.c.Jar.SetCookies(at, []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/", Secure: true}})
}

// Whoever plants a session in somebody's browser gets nothing from their sign-in.
func TestASessionCannotBePlanted(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	attacker := person(t, h, of, "reader")
	at, err := url.Parse(h.URL())
	if err != nil {
		t.Fatal(err)
	}
	planted := attacker.c.Jar.Cookies(at)[0]
	name, initial := h.Account(of, "administrator")
	victim := newBrowser(t, h, of)
	victim.plant(planted)
	victim.signIn(name, initial)
	for _, c := range victim.c.Jar.Cookies(at) {
		if c.Name == planted.Name && c.Value == planted.Value {
			t.Fatal("the planted session was kept")
		}
	}
	if res, _ := attacker.get("/"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the planted session lives on: %s", res.Status)
	}
}

func TestASessionEnds(t *testing.T) {
	now := clock.NewFake(clock.System().Now())
	h := house.Open(t, house.Options{Clock: now})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	b := person(t, h, of, "administrator")
	b.page("/keys")
	now.Advance(6 * time.Hour)
	res, _ := b.get("/keys?x=1")
	if at := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || at != "/t/agora/sign-in?to=%2Ft%2Fagora%2Fkeys%3Fx%3D1" {
		t.Errorf("an idle session: %s %s", res.Status, at)
	}
	if res, body := b.post("/keys/plan"); res.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "Your session is over") {
		t.Errorf("a form of an idle session: %s", res.Status)
	}
	c := person(t, h, of, "auditor")
	c.page("/log")
	if at := c.done("/sign-out"); at != "/t/agora/sign-in?done=signed_out" {
		t.Errorf("signing out leads to %s", at)
	}
	if res, _ := c.get("/log"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("after signing out: %s", res.Status)
	}
}

// Another site's page cannot make a browser act.
func TestAnotherSiteCannotSendForms(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	b := person(t, h, of, "administrator")
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		for _, path := range []string{"/t/agora/keys/rotate", "/t/agora/sign-out", "/t/agora/sign-in", "/console/theme"} {
			req, err := http.NewRequest("POST", h.URL()+path, strings.NewReader(""))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set(name, value)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res, err := b.c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %s %s: %s", path, name, value, res.Status)
			}
		}
	}
	b.page("/keys")
}

// A refused sign-in says one thing, whoever is named.
func TestARefusedSignInSaysOneThing(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	name, _ := h.Account(of, "administrator")
	said := map[string]bool{}
	for _, who := range []string{name, "nobody@agora.example"} {
		b := newBrowser(t, h, of)
		res, body := b.post("/sign-in", "name", who, "password", "wrong")
		if res.StatusCode != http.StatusUnauthorized || strings.Contains(body, "wrong") || cookieOf(res, "garant.") != nil {
			t.Errorf("%s: %s %v", who, res.Status, res.Cookies())
		}
		said[strings.ReplaceAll(main(body), who, "")] = true
	}
	if len(said) != 1 {
		t.Errorf("%d different answers", len(said))
	}
}

// What comes after signing in is a room of this server, never somebody's address.
func TestSigningInLeadsNowhereElse(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	name, initial := h.Account(of, "administrator")
	b := newBrowser(t, h, of)
	b.signIn(name, initial)
	b.done("/password", "present", initial, "wanted", chosen)
	for _, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "/t/agora/ x", "javascript:alert(1)"} {
		if at := b.done("/sign-in", "name", name, "password", chosen, "to", to); at != "/t/agora/" {
			t.Errorf("%q leads to %q", to, at)
		}
		if at := b.done("//host/console/theme", "theme", "dark", "return", to); at != "/" {
			t.Errorf("the appearance leads from %q to %q", to, at)
		}
	}
}

func TestThereIsNoDefaultTenant(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	b := newBrowser(t, h, of)
	for path, status := range map[string]int{"//host/sign-in": 404, "//host/t/nobody/sign-in": 404, "//host/t/operator/sign-in": 404, "//host/t/": 404,
		"//host/t/" + of.ID.String() + "/sign-in": 404, "//host/t/agora": 303, "//host/operator": 303} {
		if res, _ := b.get(path); res.StatusCode != status {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	hosted := func(path string) *http.Response {
		req, err := http.NewRequest("GET", h.URL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "agora.localhost"
		res, _ := b.send(req)
		return res
	}
	if res := hosted("/sign-in"); res.Header.Get("Location") != "/t/agora/sign-in" {
		t.Errorf("the tenant's own host: %s", res.Status)
	}
	h.Tenant("campus", "digital-training", "AU", false)
	for _, path := range []string{"/t/campus/sign-in", "/operator/sign-in"} {
		if res := hosted(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s under another tenant's host: %s", path, res.Status)
		}
	}
}
