package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"garant.example/internal/errs"
)

func TestIdempotencyKey(t *testing.T) {
	read := func(values ...string) (string, error) {
		r := httptest.NewRequest("POST", "/v1/x", nil)
		r.Header["Idempotency-Key"] = values
		return IdempotencyKey(r)
	}
	for given, want := range map[string]string{"k1": "k1", `"k1"`: "k1", strings.Repeat("x", 128): strings.Repeat("x", 128)} {
		if key, err := read(given); err != nil || key != want {
			t.Errorf("%q: %q, %v", given, key, err)
		}
	}
	if key, err := read(); err != nil || key != "" {
		t.Errorf("none: %q, %v", key, err)
	}
	for _, bad := range [][]string{{strings.Repeat("x", 129)}, {"a b"}, {`""`}, {""}, {"a\"b"}, {`"a`}, {"é"}, {"a", "a"}} {
		if key, err := read(bad...); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %q, %v", bad, key, err)
		}
	}
}

func TestRequestDigestTellsRequestsApart(t *testing.T) {
	base := func() *http.Request {
		r := httptest.NewRequest("POST", "/v1/x?a=1", nil)
		r.Header.Set("If-Match", `"1"`)
		r.Header.Set("Content-Type", "application/json")
		return r
	}
	first := RequestDigest(base(), []byte("body"))
	if RequestDigest(base(), []byte("body")) != first {
		t.Error("the same request has two digests")
	}
	for name, other := range map[string]func(*http.Request) []byte{
		"method":   func(r *http.Request) []byte { r.Method = "PUT"; return []byte("body") },
		"path":     func(r *http.Request) []byte { r.URL.Path = "/v1/y"; return []byte("body") },
		"query":    func(r *http.Request) []byte { r.URL.RawQuery = "a=2"; return []byte("body") },
		"If-Match": func(r *http.Request) []byte { r.Header.Set("If-Match", `"2"`); return []byte("body") },
		"media":    func(r *http.Request) []byte { r.Header.Set("Content-Type", "text/plain"); return []byte("body") },
		"body":     func(*http.Request) []byte { return []byte("body ") },
	} {
		r := base()
		if RequestDigest(r, other(r)) == first {
			t.Errorf("another %s, the same digest", name)
		}
	}
}

func TestKeyThatWouldNotActIsRefused(t *testing.T) {
	for method, refused := range map[string]bool{"GET": false, "HEAD": false, "POST": true, "PATCH": true, "PUT": true, "DELETE": true} {
		r := httptest.NewRequest(method, "/v1/x", nil)
		if err := NotOnce(r); err != nil {
			t.Errorf("%s without a key: %v", method, err)
		}
		r.Header.Set("Idempotency-Key", "k")
		if err := NotOnce(r); errs.Is(err, errs.Invalid) != refused {
			t.Errorf("%s: %v", method, err)
		}
	}
}
