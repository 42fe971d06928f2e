package console_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"garant.example/testkit/stage"
)

// The first account is made behind the one-time link; before it nothing is served,
// after it the link is dead.
func TestTheFirstAccount(t *testing.T) {
	s := stage.Start(t, stage.Options{Unfounded: true})
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.Roots()}}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, path string, form url.Values) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(context.Background(), method, s.URL()+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		b := &visitor{t: t, c: c}
		return b.send(req)
	}
	if res, body := ask("GET", "/t/anybody/sign-in", nil); res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "not set up yet") {
		t.Errorf("a tenant before the first account: %s", res.Status)
	}
	res, body := ask("GET", "/setup?secret="+url.QueryEscape(s.Setup), nil)
	if res.StatusCode != http.StatusOK || hidden(t, body, "secret") != s.Setup {
		t.Fatalf("the form: %s", res.Status)
	}
	form := url.Values{"secret": {s.Setup}, "name": {"Olive Operator"}, "sign_in": {"olive"}, "lang": {"en"}, "password": {"short"}}
	if res, body := ask("POST", "/setup", form); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `href="#f-password"`) {
		t.Errorf("a short password: %s %s", res.Status, main(body))
	} else if want := `href="/setup?lang=fr&amp;secret=` + s.Setup + `"`; !strings.Contains(body, want) {
		t.Errorf("the other language loses the secret: no %s", want)
	}
	form.Set("password", chosen)
	wrong := url.Values{"secret": {"wrong"}, "name": {"Mallory"}, "sign_in": {"mallory"}, "lang": {"en"}, "password": {chosen}}
	if res, _ := ask("POST", "/setup", wrong); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a wrong secret: %s", res.Status)
	}
	if res, body := ask("POST", "/setup", form); res.Header.Get("Location") != "/operator/sign-in" {
		t.Fatalf("the first account: %s %s", res.Status, main(body))
	}
	if res, _ := ask("GET", "/setup?secret="+url.QueryEscape(s.Setup), nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("the link lives on: %s", res.Status)
	}
	if res, _ := ask("POST", "/operator/sign-in", url.Values{"name": {"olive"}, "password": {chosen}}); res.Header.Get("Location") != "/operator/" {
		t.Errorf("the first account signs in: %s", res.Status)
	}
}
