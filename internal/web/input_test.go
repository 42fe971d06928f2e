package web

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
)

type person struct {
	Name string   `json:"name"`
	Age  int      `json:"age"`
	Tags []string `json:"tags"`
	More any      `json:"more"`
}

// echo reads strict JSON and answers it.
func echo() http.Handler {
	return Handle(func(w http.ResponseWriter, r *http.Request) error {
		var p person
		if err := ReadJSON(r, &p); err != nil {
			return err
		}
		return WriteJSON(w, http.StatusOK, p)
	})
}

func post(body, media string) *http.Request {
	r := httptest.NewRequest("POST", "/x", strings.NewReader(body))
	r.Header.Set("Content-Type", media)
	return r
}

func TestHostileJSON(t *testing.T) {
	b := newBench(t)
	cases := []struct{ name, body, key, pointer string }{
		{"malformed", `{"name": `, "web.json.syntax", "/name"},
		{"not UTF-8", "{\"name\": \"\xff\"}", "web.json.syntax", "/name"},
		{"lone surrogate", `{"name": "\ud800"}`, "web.json.syntax", "/name"},
		{"raw NUL", "{\"name\": \"a\x00\"}", "", ""},
		{"escaped NUL", `{"name": "a\u0000"}`, "", ""},
		{"duplicate", `{"name": "a", "name": "b"}`, "web.json.duplicate", "/name"},
		{"unknown name", `{"nom": "a"}`, "web.json.unknown", "/nom"},
		{"other case", `{"NAME": "a"}`, "web.json.unknown", "/NAME"},
		{"wrong type", `{"age": "x"}`, "web.json.type", "/age"},
		{"wrong type deep", `{"tags": ["a", 3]}`, "web.json.type", "/tags/1"},
		{"too big a number", `{"age": 1e99}`, "web.json.type", "/age"},
		{"two documents", `{} {}`, "web.json.syntax", ""},
		{"empty", ``, "web.json.syntax", ""},
		{"10,000 arrays", `{"more":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + "}", "", ""},
		{"10,000 objects", strings.Repeat(`{"more":`, 10000), "", ""},
	}
	for _, c := range cases {
		p := problem(t, b.do(echo(), post(c.body, "application/json")))
		if p.Code != errs.Invalid || p.Status != 422 {
			t.Errorf("%s: %+v", c.name, p)
		}
		if c.key == "" {
			continue
		}
		if len(p.Errors) != 1 || p.Errors[0].Key != c.key || p.Errors[0].Pointer != c.pointer {
			t.Errorf("%s: %+v", c.name, p.Errors)
		}
	}
	w := b.do(echo(), post(`{"name":"\\u0000 \" [","age":3,"more":{"a":[1]}}`, "application/json; charset=UTF-8"))
	if w.Code != 200 || !strings.Contains(w.Body.String(), `\\u0000`) {
		t.Errorf("a harmless document: %d %s", w.Code, w.Body)
	}
}

func TestMediaType(t *testing.T) {
	b := newBench(t)
	for media, ok := range map[string]bool{"application/json": true, "application/merge-patch+json": true,
		"": false, "text/plain": false, "application/json; charset=latin1": false, "text/x+json": false, "bad;;": false} {
		if w := b.do(echo(), post(`{}`, media)); (w.Code == 200) != ok {
			t.Errorf("%q: %d", media, w.Code)
		}
	}
}

func TestBodyLimits(t *testing.T) {
	b := newBench(t)
	b.kit.BodyLimit = 1000
	big := `{"name":"` + strings.Repeat("x", 10<<20) + `"}`
	if p := problem(t, b.do(echo(), post(big, "application/json"))); p.Code != errs.TooLarge || !strings.Contains(p.Detail, "1\u00a0kB") {
		t.Errorf("announced: %+v", p)
	}
	r := post(big, "application/json")
	r.ContentLength = -1 // chunked
	if p := problem(t, b.do(echo(), r)); p.Code != errs.TooLarge {
		t.Errorf("chunked: %+v", p)
	}
	body := `{"name":"` + strings.Repeat("x", 2000) + `"}`
	if w := b.do(LimitBody(4000, echo()), post(body, "application/json")); w.Code != 200 {
		t.Errorf("a route with more: %d %s", w.Code, w.Body)
	}
	if w := b.do(LimitBody(100, echo()), post(body[:200], "application/json")); w.Code != 413 {
		t.Errorf("a route with less: %d", w.Code)
	}
	read := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = r.Body.Read(make([]byte, 1))
			next.ServeHTTP(w, r)
		})
	}
	if w := b.do(read(LimitBody(1<<20, echo())), post(body, "application/json")); w.Code != 413 {
		t.Errorf("a limit raised too late held: %d", w.Code)
	}
	cut := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("{"), cutReader{}))
	cut.Header.Set("Content-Type", "application/json")
	if p := problem(t, b.do(echo(), cut)); p.Key != "web.body.cut" {
		t.Errorf("cut: %+v", p)
	}
}

type cutReader struct{}

func (cutReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"name":"a","age":3,"tags":["x"],"more":{"a":[null,true,1.5]}}`))
	f.Add([]byte(`{"name":"\u0000"}`))
	f.Add([]byte(strings.Repeat("[", 100)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p person
		err := Decode(data, &p)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("%v", err)
			}
			return
		}
		if strings.Contains(p.Name, "\x00") {
			t.Fatal("NUL came through")
		}
		if depthOf(data) > MaxDepth {
			t.Fatal("too deep, and accepted")
		}
		out, err := json.Marshal(p)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		var again person
		if err := Decode(out, &again); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}

// depthOf measures with the parser itself what CheckJSON measures by hand.
func depthOf(data []byte) int {
	d, deepest := jsontext.NewDecoder(bytes.NewReader(data)), 0
	for {
		if _, err := d.ReadToken(); err != nil {
			return deepest
		}
		deepest = max(deepest, d.StackDepth())
	}
}

func TestLimiter(t *testing.T) {
	b := newBench(t)
	b.kit.Limiter = NewLimiter(b.clock, 1, 3, 100)
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	from := func(addr string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = addr
		return b.do(ok, r)
	}
	for i := range 3 {
		if w := from("192.0.2.1:1"); w.Code != 200 {
			t.Fatalf("request %d: %d", i, w.Code)
		}
	}
	w := from("192.0.2.1:2")
	if p := problem(t, w); p.Code != errs.TooMany || !p.Retryable || w.Header().Get("Retry-After") != "1" {
		t.Errorf("%+v, Retry-After %q", p, w.Header().Get("Retry-After"))
	}
	if w := from("192.0.2.2:1"); w.Code != 200 {
		t.Errorf("another client: %d", w.Code)
	}
	b.clock.Advance(time.Second)
	if w := from("192.0.2.1:3"); w.Code != 200 {
		t.Errorf("after the wait: %d", w.Code)
	}
	if from("[2001:db8::1]:1"); b.kit.Limiter.Len() != 3 {
		t.Errorf("%d keys", b.kit.Limiter.Len())
	}
	if from("[2001:db8::ffff]:1"); b.kit.Limiter.Len() != 3 {
		t.Errorf("a second address of one IPv6 network is a key of its own")
	}
}

func TestLimiterIsBounded(t *testing.T) {
	c := clock.NewFake(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	l := NewLimiter(c, 1, 1, 10)
	l.Allow("kept")
	for i := range 1000 {
		l.Allow(strings.Repeat("x", i+1))
		l.Allow("kept")
		if l.Len() > 10 {
			t.Fatalf("%d keys", l.Len())
		}
	}
	if ok, _ := l.Allow("kept"); ok {
		t.Error("a key in use was forgotten")
	}
	if ok, wait := NewLimiter(c, 1, 0, 1).Allow("x"); ok || wait <= 0 {
		t.Error("a burst of zero allows")
	}
}

func TestIfMatch(t *testing.T) {
	cases := []struct {
		header string
		code   errs.Code
	}{
		{"", errs.Precondition}, {`"v2"`, ""}, {`"v1", "v2"`, ""}, {`"v1" ,"v2"`, ""},
		{`"v1"`, errs.Stale}, {`W/"v2"`, errs.Invalid}, {`*`, errs.Invalid}, {`v2`, errs.Invalid},
		{`"v2`, errs.Invalid}, {`"v2" "v3"`, errs.Invalid}, {`""`, errs.Stale}, {"\"v2\x7f\"", errs.Invalid},
		{strings.Repeat(`"v1",`, 20) + `"v2"`, errs.Invalid},
	}
	for _, c := range cases {
		r := httptest.NewRequest("PUT", "/", nil)
		if c.header != "" {
			r.Header.Set("If-Match", c.header)
		}
		err := CheckIfMatch(r, "v2")
		if c.code == "" && err != nil || c.code != "" && !errs.Is(err, c.code) {
			t.Errorf("%q: %v, want %q", c.header, err, c.code)
		}
	}
	for header, want := range map[string]bool{"": false, `"v2"`: true, `W/"v2"`: true, `"v1"`: false, "*": true, "v2": false} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("If-None-Match", header)
		if got := NotModified(r, "v2"); got != want {
			t.Errorf("NotModified %q: %v", header, got)
		}
	}
}

func FuzzETags(f *testing.F) {
	f.Add(`"a", W/"b"`)
	f.Add(`*`)
	f.Add("\"a\",\t,\"b\" ")
	f.Add(`w/"a"`)
	f.Add("\"a\r\n\"")
	f.Fuzz(func(t *testing.T, header string) {
		tags, any, ok := parseETags(header)
		if !ok || any {
			return
		}
		again, _, ok := parseETags(strings.Join(tags, ", "))
		if !ok || !slices.Equal(again, tags) {
			t.Fatalf("%q -> %q -> %q", header, tags, again)
		}
		for _, tag := range tags {
			if version := strings.TrimPrefix(tag, "W/"); ETag(strings.Trim(version, `"`)) != version {
				t.Fatalf("%q holds %q, which is the tag of nothing", header, tag)
			}
		}
	})
}

func TestCursors(t *testing.T) {
	c := clock.NewFake(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	cursors, err := NewCursors(bytes.Repeat([]byte{7}, 32), c, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	list := ListOf{"t_1", "participants", "state=active"}
	s, err := cursors.Seal(list, []byte("position"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := cursors.Open(list, s); err != nil || string(got) != "position" {
		t.Fatalf("%q %v", got, err)
	}
	other, err := NewCursors(bytes.Repeat([]byte{8}, 32), c, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open(list, s); !errs.Is(err, errs.Invalid) {
		t.Errorf("another key: %v", err)
	}
	for _, foreign := range []ListOf{{"t_2", "participants", "state=active"}, {"t_1", "visits", "state=active"},
		{"t_1", "participants", ""}, {"t_1p", "articipants", "state=active"}} {
		if _, err := cursors.Open(foreign, s); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", foreign, err)
		}
	}
	for i := range len(s) {
		altered := []byte(s)
		altered[i] ^= 1
		if _, err := cursors.Open(list, string(altered)); err == nil {
			t.Fatalf("altered at %d, and accepted", i)
		}
	}
	for _, bad := range []string{"", "x", "====", strings.Repeat("A", 5000), s + "A", s[:len(s)-1], s + "\n", "\r\n" + s} {
		if _, err := cursors.Open(list, bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	c.Advance(time.Hour)
	if _, err := cursors.Open(list, s); err == nil || errs.Of(err).Key != "web.cursor.expired" {
		t.Errorf("after its time: %v", err)
	}
	if _, err := cursors.Seal(list, make([]byte, maxPosition+1)); err == nil {
		t.Error("an endless position was sealed")
	}
	if _, err := NewCursors([]byte("short"), c, time.Hour); err == nil {
		t.Error("a short key was taken")
	}
}

func FuzzCursor(f *testing.F) {
	c := clock.NewFake(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	cursors, err := NewCursors(bytes.Repeat([]byte{7}, 32), c, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	list := ListOf{"t_1", "c", ""}
	good, err := cursors.Seal(list, []byte("p"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("")
	f.Add(good + "\n")
	f.Add(good[:9] + "\r" + good[9:])
	f.Add(good + "=")
	f.Add(good + "A")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := cursors.Open(list, s); err == nil && s != good {
			t.Fatalf("forged: %q", s)
		}
	})
}

func TestTraceparent(t *testing.T) {
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for h, ok := range map[string]bool{
		good: true, "01" + good[2:] + "-more": true, "": false, good + "-x": false, "ff" + good[2:]: false,
		strings.ToUpper(good): false, "00-00000000000000000000000000000000-b7ad6b7169203331-01": false,
		"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01": false, "01" + good[2:] + "more": false,
	} {
		if _, got := parseTrace(h); got != ok {
			t.Errorf("%q: %v", h, got)
		}
	}
}

func FuzzTraceparent(f *testing.F) {
	f.Add("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	f.Fuzz(func(t *testing.T, h string) {
		if got, ok := parseTrace(h); ok && (len(got.id) != 32 || !lowerHex(got.id)) {
			t.Fatalf("%q -> %+v", h, got)
		}
	})
}
