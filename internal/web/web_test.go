package web

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
)

// bench is a kit with a log to read and a clock that stands still.
type bench struct {
	kit   *Kit
	log   *bytes.Buffer
	clock *clock.Fake
}

func newBench(t *testing.T) bench {
	t.Helper()
	b := bench{log: &bytes.Buffer{}, clock: clock.NewFake(time.Date(2026, 11, 22, 6, 4, 0, 0, time.UTC))}
	b.kit = &Kit{Catalog: i18n.Must(), Clock: b.clock,
		Log: slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	return b
}

// do sends one request through the whole chain.
func (b bench) do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.kit.Wrap(h).ServeHTTP(w, r)
	return w
}

func problem(t *testing.T, w *httptest.ResponseRecorder) Problem {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != ProblemType {
		t.Fatalf("status %d, Content-Type %q: %s", w.Code, got, w.Body)
	}
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if p.Status != w.Code {
		t.Errorf("status %d in the document, %d on the line", p.Status, w.Code)
	}
	if p.RequestID != w.Header().Get("X-Request-Id") || p.RequestID == "" {
		t.Errorf("request id %q, header %q", p.RequestID, w.Header().Get("X-Request-Id"))
	}
	if strings.Contains(w.Body.String(), "⟦") {
		t.Errorf("a hole in the words: %s", w.Body)
	}
	return p
}

func allCodes() []errs.Code {
	return []errs.Code{errs.Invalid, errs.Unauthenticated, errs.Forbidden, errs.NotFound, errs.Conflict,
		errs.Stale, errs.Precondition, errs.TooLarge, errs.TooMany, errs.Restricted, errs.Erased, errs.Sealed,
		errs.LogUnavailable, errs.Unavailable, errs.Corrupt, errs.Setup, errs.Config, errs.Internal}
}

func TestStatusTable(t *testing.T) {
	for _, code := range allCodes() {
		status, known := statusOf(code)
		if !known || status < 400 {
			t.Errorf("%s: status %d, known %v", code, status, known)
		}
		if back := CodeOf(status); Status(back) != status {
			t.Errorf("%s -> %d -> %s -> %d", code, status, back, Status(back))
		}
	}
	if _, known := statusOf("invented"); known {
		t.Error("an invented code is known")
	}
	for status, want := range map[int]errs.Code{200: "", 304: "", 400: errs.Invalid, 405: errs.Invalid, 502: errs.Unavailable, 599: errs.Internal} {
		if got := CodeOf(status); got != want {
			t.Errorf("CodeOf(%d) = %q, want %q", status, got, want)
		}
	}
}

func TestProblemSpeaksTheLanguageAndHidesTheCause(t *testing.T) {
	b := newBench(t)
	secret := errors.New("dial tcp 10.1.2.3:5432: refused")
	h := Handle(func(http.ResponseWriter, *http.Request) error {
		return errs.New(errs.Invalid, "web.json.invalid").At("/person/name", "web.json.type", nil).
			Do("web.json.media.fix").Cause(secret)
	})
	for _, lang := range i18n.Languages() {
		r := httptest.NewRequest("POST", "/x", nil)
		r.Header.Set("Accept-Language", lang)
		w := b.do(h, r)
		p, words := problem(t, w), b.kit.Catalog.Printer(lang)
		want := Problem{Type: "/problems/invalid", Title: words.T("error.invalid"), Status: 422,
			Detail: words.T("web.json.invalid"), Code: errs.Invalid, Key: "web.json.invalid", RequestID: p.RequestID,
			Fix:    words.T("web.json.media.fix"),
			Errors: []ProblemField{{"/person/name", "web.json.type", words.T("web.json.type")}}}
		if got, expect := mustJSON(t, p), mustJSON(t, want); got != expect {
			t.Errorf("got  %s\nwant %s", got, expect)
		}
		if w.Header().Get("Content-Language") != lang {
			t.Errorf("Content-Language %q", w.Header().Get("Content-Language"))
		}
		if strings.Contains(w.Body.String(), "10.1.2.3") {
			t.Errorf("the cause reached the answer: %s", w.Body)
		}
	}
	if !strings.Contains(b.log.String(), "10.1.2.3") {
		t.Errorf("the cause is not in the log: %s", b.log)
	}
	if strings.Contains(b.log.String(), "/person") {
		t.Errorf("a pointer reached the log: %s", b.log)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestProblemOfForeignErrors(t *testing.T) {
	b := newBench(t)
	cases := map[string]struct {
		err  error
		code errs.Code
	}{
		"any error":    {errors.New("secret"), errs.Internal},
		"unknown code": {errs.New("invented", "web.no_route"), errs.Internal},
		"too large":    {&http.MaxBytesError{Limit: 1000}, errs.TooLarge},
		"nil":          {nil, errs.Internal},
	}
	for name, c := range cases {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { WriteProblem(w, r, c.err) })
		p := problem(t, b.do(h, httptest.NewRequest("GET", "/x", nil)))
		if p.Code != c.code || strings.Contains(p.Detail, "secret") {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p := ProblemOf(nil, "", errors.New("x")); p.Detail != "error.internal" {
		t.Errorf("without a printer: %+v", p)
	}
	many := errs.New(errs.Invalid, "web.json.invalid")
	for range 5000 {
		many.At("/x", "web.json.type", nil)
	}
	if p := ProblemOf(b.kit.Catalog.Printer("fr"), "", many); len(p.Errors) != maxProblemFields {
		t.Errorf("%d errors in an answer", len(p.Errors))
	}
}

func TestProblemsOfTheRouter(t *testing.T) {
	b := newBench(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /here/{id}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	h := Problems(mux)
	if w := b.do(h, httptest.NewRequest("GET", "/here/1", nil)); w.Body.String() != "ok" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(b.log.String(), `"route":"GET /here/{id}"`) {
		t.Errorf("no route in the log: %s", b.log)
	}
	if p := problem(t, b.do(h, httptest.NewRequest("GET", "/there", nil))); p.Code != errs.NotFound {
		t.Errorf("%+v", p)
	}
	w := b.do(h, httptest.NewRequest("DELETE", "/here/1", nil))
	if p := problem(t, w); p.Status != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("%+v, Allow %q", p, w.Header().Get("Allow"))
	}
	if w := b.do(h, httptest.NewRequest("GET", "/a/../here/1", nil)); w.Code/100 != 3 {
		t.Errorf("a path to clean: %d", w.Code)
	}
	head := b.do(h, httptest.NewRequest("HEAD", "/there", nil))
	if head.Code != 404 || head.Body.Len() != 0 {
		t.Errorf("HEAD: %d %q", head.Code, head.Body)
	}
}

func TestAccessLogHoldsNoPersonalData(t *testing.T) {
	b := newBench(t)
	mux := http.NewServeMux()
	mux.Handle("POST /v1/{rest...}", Handle(func(w http.ResponseWriter, r *http.Request) error {
		data, err := ReadBody(r)
		if err != nil {
			return err
		}
		panic(string(data))
	}))
	const marker = "marie.curie"
	r := httptest.NewRequest("POST", "/v1/"+marker+"?q="+marker, strings.NewReader(marker))
	r.Header.Set("X-Request-Id", marker)
	r.Header.Set("User-Agent", marker)
	r.Header.Set("Cookie", marker)
	r.RemoteAddr = "203.0.113.77:1"
	w := b.do(mux, r)
	if p := problem(t, w); p.Code != errs.Internal {
		t.Errorf("%+v", p)
	}
	for _, personal := range []string{marker, "203.0.113.77"} {
		if strings.Contains(b.log.String(), personal) {
			t.Errorf("%s is in the log: %s", personal, b.log)
		}
	}
	for _, want := range []string{`"route":"POST /v1/{rest...}"`, `"status":500`, `"what":"string"`, w.Header().Get("X-Request-Id")} {
		if !strings.Contains(b.log.String(), want) {
			t.Errorf("%s is not in the log: %s", want, b.log)
		}
	}
}

func TestPanicAfterTheAnswerBeganCutsTheConnection(t *testing.T) {
	b := newBench(t)
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic("x")
	})
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("a half answer was left to look whole")
		}
	}()
	b.do(h, httptest.NewRequest("GET", "/", nil))
}

func TestRequestIDAndTrace(t *testing.T) {
	b := newBench(t)
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	const uuid = "6F9619FF-8B86-D011-B42D-00CF4FC964FF"
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Traceparent", parent)
	r.Header.Set("X-Request-Id", uuid)
	var inside id.Request
	w := b.do(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inside = RequestID(r.Context()) }), r)
	if got := w.Header().Get("X-Request-Id"); got != inside.String() || inside.IsZero() {
		t.Errorf("header %q, inside %q", got, inside)
	}
	for _, want := range []string{`"trace":"0af7651916cd43dd8448eb211c80319c"`, `"client_request":"` + uuid + `"`} {
		if !strings.Contains(b.log.String(), want) {
			t.Errorf("%s is not in the log: %s", want, b.log)
		}
	}
	for _, bad := range []string{"", "jane", "jane-doe-1", strings.Repeat("a", 65), "jane@example.org"} {
		if got := clientID(bad); got != "" {
			t.Errorf("client id %q was kept", bad)
		}
	}
}

func TestLanguage(t *testing.T) {
	b := newBench(t)
	b.kit.Lang = "fr"
	lang := ""
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { lang = Printer(r.Context()).Lang() })
	b.do(h, httptest.NewRequest("GET", "/", nil))
	if lang != "fr" {
		t.Errorf("default language: %q", lang)
	}
	h = func(_ http.ResponseWriter, r *http.Request) {
		SetLang(r.Context(), "en")
		SetLang(r.Context(), "de")
		lang = Printer(r.Context()).Lang()
	}
	r := httptest.NewRequest("GET", "/en/", nil)
	r.Header.Set("Accept-Language", "fr")
	b.do(h, r)
	if lang != "en" {
		t.Errorf("language of the address: %q", lang)
	}
}

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	cases := []struct{ remote, forwarded, want string }{
		{"203.0.113.5:1", "", "203.0.113.5"},
		{"203.0.113.5:1", "192.0.2.1", "203.0.113.5"}, // not a proxy: its word is worth nothing
		{"10.0.0.1:1", "192.0.2.1", "192.0.2.1"},
		{"10.0.0.1:1", "6.6.6.6, 192.0.2.1, 10.0.0.2", "192.0.2.1"},
		{"10.0.0.1:1", "junk, 10.0.0.2", "10.0.0.2"},
		{"10.0.0.1:1", "10.0.0.9", "10.0.0.9"},
		{"10.0.0.1:1", "", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:1", "::ffff:192.0.2.1", "192.0.2.1"},
		{"[fd00::1%eth0]:1", "2001:db8::1", "2001:db8::1"},
		{"nonsense", "192.0.2.1", "invalid IP"},
	}
	for _, c := range cases {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got, _ := clientAddress(r, trusted); got.String() != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.1:1"
	r.Header.Set("X-Forwarded-For", "6.6.6.6, "+strings.Repeat("10.0.0.2, ", 5000)+"10.0.0.2")
	if got, _ := clientAddress(r, trusted); got.String() != "10.0.0.2" {
		t.Errorf("beyond the bound: %s", got)
	}
}

func TestSecurityHeaders(t *testing.T) {
	b := newBench(t)
	b.kit.Trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	header := func(remote, host, proto string) http.Header {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.Host = remote, host
		r.Header.Set("X-Forwarded-Proto", proto)
		return b.do(nothing, r).Header()
	}
	h := header("203.0.113.5:1", "garant.example.org", "https")
	for name, part := range map[string]string{
		"Content-Security-Policy":      "frame-ancestors 'none'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Permissions-Policy":           "camera=()",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
		"Vary":                         "Accept-Language",
	} {
		if !strings.Contains(h.Get(name), part) {
			t.Errorf("%s: %q", name, h.Get(name))
		}
	}
	if strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
		t.Error("the policy has an unsafe source")
	}
	if h.Get("Strict-Transport-Security") != "" {
		t.Error("a stranger's X-Forwarded-Proto was believed")
	}
	for host, pinned := range map[string]bool{"garant.example.org": true, "garant.example.org:8443": true,
		"localhost:8443": false, "t1.localhost": false, "127.0.0.1:1": false, "[::1]:8443": false} {
		if got := header("10.0.0.1:1", host, "https").Get("Strict-Transport-Security") != ""; got != pinned {
			t.Errorf("HSTS for %s: %v", host, got)
		}
	}
}

func TestFormsOfOtherSites(t *testing.T) {
	b := newBench(t)
	h, err := BrowserForms(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }),
		"https://portal.example.org")
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, site, origin string) int {
		r := httptest.NewRequest(method, "https://console.example.org/x", nil)
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		return b.do(h, r).Code
	}
	cases := []struct {
		method, site, origin string
		want                 int
	}{
		{"POST", "same-origin", "", 200},
		{"POST", "cross-site", "https://evil.example", 403},
		{"POST", "", "https://evil.example", 403},
		{"POST", "", "null", 403},
		{"POST", "", "https://console.example.org", 200},
		{"POST", "cross-site", "https://portal.example.org", 200},
		{"GET", "cross-site", "https://evil.example", 200},
	}
	for _, c := range cases {
		if got := send(c.method, c.site, c.origin); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	if _, err := BrowserForms(http.NotFoundHandler(), "portal.example.org/x"); !errs.Is(err, errs.Config) {
		t.Errorf("a malformed origin: %v", err)
	}
}
