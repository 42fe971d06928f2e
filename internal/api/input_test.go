package api_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"garant.example/client"
	"garant.example/internal/audit"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/testkit/stage"
)

// hostile is one request that must be refused with a problem document and change
// nothing.
type hostile struct {
	name         string
	method, path string
	header       map[string]string
	body         string
	status       int
	code         string
	pointer      string // one of the places the document must point at; "" for none asked
}

// ring is a stage with what hostile requests aim at.
type ring struct {
	*stage.Stage
	north, south *stage.Tenant
	record       client.Record // of north
	theirs       client.Record // of south
	http         *http.Client
}

func newRing(t *testing.T, s *stage.Stage) *ring {
	t.Helper()
	r := &ring{Stage: s, north: s.Open("north", "civic-engagement", "CA"), south: s.Open("south", "civic-engagement", "CA"),
		http: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.Roots(), MinVersion: tls.VersionTLS12}}}}
	t.Cleanup(r.http.CloseIdleConnections)
	var err error
	ctx := context.Background()
	if r.record, err = r.north.Program.Collection("participants").Create(ctx, person("mei@example.org")); err != nil {
		t.Fatal(err)
	}
	if r.theirs, err = r.south.Program.Collection("participants").Create(ctx, person("ole@example.org")); err != nil {
		t.Fatal(err)
	}
	return r
}

func person(email string) client.NewRecord {
	return client.NewRecord{Fields: []byte(`{"email":"` + email + `","display_name":"Mei","standing":"registered"}`)}
}

// send sends a request as the program of north, unless a header says otherwise.
func (r *ring) send(t *testing.T, h hostile) (*http.Response, []byte) {
	t.Helper()
	var body io.Reader
	if h.body != "" {
		body = strings.NewReader(h.body)
	}
	req, err := http.NewRequest(h.method, r.URL()+h.path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.north.Token.Secret)
	if h.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range h.header {
		req.Header[http.CanonicalHeaderKey(name)] = []string{value}
		if value == "" {
			req.Header.Del(name)
		}
	}
	answer, err := r.http.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", h.name, err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s: %v", h.name, err)
	}
	return answer, data
}

// state is everything that a tenant's main placement holds: rows by object, and how
// many writes its log tells of.
type state struct {
	rows   map[id.Raw][32]byte
	writes int
}

func (r *ring) state(t *testing.T) []state {
	t.Helper()
	ctx := context.Background()
	var out []state
	for _, tt := range r.House.Tenants.All() {
		s := state{rows: map[id.Raw][32]byte{}}
		for row, err := range r.House.Rows(ctx, tt, tenant.Main) {
			if err != nil {
				t.Fatal(err)
			}
			s.rows[row.Object] = row.Hash
		}
		log, release, err := r.House.Tenants.Log(ctx, tt, tenant.Main)
		if err != nil {
			t.Fatal(err)
		}
		for q := (audit.Query{Limit: 1000}); ; {
			page, err := log.Entries(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Entries {
				if e.Entry.Operation.Class() == audit.ClassWrite {
					s.writes++
				}
			}
			if q.From = page.Next; !page.More {
				break
			}
		}
		release()
		out = append(out, s)
	}
	return out
}

func same(a, b []state) bool {
	return slices.EqualFunc(a, b, func(x, y state) bool { return x.writes == y.writes && maps.Equal(x.rows, y.rows) })
}

// check sends a hostile request and looks at the answer.
func (r *ring) check(t *testing.T, h hostile) {
	t.Helper()
	answer, body := r.send(t, h)
	if answer.StatusCode != h.status {
		t.Errorf("%s: %s %s", h.name, answer.Status, body)
		return
	}
	var p client.Problem
	if err := json.Unmarshal(body, &p); err != nil || answer.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: no problem document: %s", h.name, body)
		return
	}
	if p.Code != h.code || p.Status != h.status || p.Type != "/problems/"+h.code || p.RequestID == "" ||
		p.RequestID != answer.Header.Get("X-Request-Id") || p.Title == "" || p.Detail == "" {
		t.Errorf("%s: %s", h.name, body)
	}
	if strings.Contains(string(body), "⟦") {
		t.Errorf("%s: words are missing: %s", h.name, body)
	}
	if h.pointer != "" && !slices.ContainsFunc(p.Errors, func(f client.ProblemField) bool { return f.Pointer == h.pointer }) {
		t.Errorf("%s: nothing points at %s: %s", h.name, h.pointer, body)
	}
}

const people = "/v1/tenants/north/collections/participants/records"

func TestHostileInputChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		r := newRing(t, s)
		cases := slices.Concat(badBodies(), badFields(), badHeaders(r), badPaths(r), badCursors(t, r), badTokens(r))
		before := r.state(t)
		for _, h := range cases {
			r.check(t, h)
		}
		if !same(before, r.state(t)) {
			t.Error("a refused request changed something; looking for the one")
			for _, h := range cases {
				before := r.state(t)
				r.check(t, h)
				if !same(before, r.state(t)) {
					t.Errorf("%s changed something", h.name)
				}
			}
		}
		t.Logf("%d hostile requests", len(cases))
	})
}

// post is a hostile body sent to where records are made.
func post(name, body string, status int, code, pointer string) hostile {
	return hostile{name: name, method: "POST", path: people, body: body, status: status, code: code, pointer: pointer}
}

func badBodies() []hostile {
	invalid := func(name, body, pointer string) hostile { return post(name, body, 422, "invalid", pointer) }
	return []hostile{
		invalid("no body", " ", ""),
		invalid("not JSON", `fields`, ""),
		invalid("cut off", `{"fields":{"email":"a@example.org"`, ""),
		invalid("trailing garbage", `{"fields":{}} {}`, ""),
		invalid("an array", `[]`, ""),
		invalid("null", `null`, "/fields"),
		invalid("10,000 arrays", `{"fields":`+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000)+`}`, ""),
		invalid("10,000 objects", strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat("}", 10_000), ""),
		invalid("invalid UTF-8", "{\"fields\":{\"email\":\"\xff\xfe@example.org\"}}", ""),
		invalid("half a surrogate", `{"fields":{"email":"a@example.org","display_name":"\ud800","standing":"registered"}}`, ""),
		invalid("NUL", "{\"fields\":{\"email\":\"a@example.org\",\"display_name\":\"a\x00b\"}}", ""),
		invalid("escaped NUL", `{"fields":{"email":"a@example.org","display_name":"a\u0000b","standing":"registered"}}`, ""),
		invalid("unknown name", `{"fields":{},"admin":true}`, "/admin"),
		invalid("name twice", `{"fields":{},"fields":{}}`, "/fields"),
		invalid("wrong type of the whole", `{"fields":"email"}`, ""),
		invalid("wrong type of a member", `{"fields":{},"subject":7}`, "/subject"),
		post("10 MB", `{"fields":{"notes":"`+strings.Repeat("x", 10<<20)+`"}}`, 413, "too_large", ""),
		{name: "10 MB of spaces", method: "POST", path: people, body: strings.Repeat(" ", 10<<20), status: 413, code: "too_large"},
		{name: "form", method: "POST", path: people + ":find", body: "field=email", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
			status: 422, code: "invalid", pointer: "header/Content-Type"},
	}
}

func badFields() []hostile {
	invalid := func(name, fields, pointer string) hostile {
		return post(name, `{"fields":`+fields+`}`, 422, "invalid", pointer)
	}
	return []hostile{
		invalid("nothing required", `{}`, "/fields/email"),
		invalid("unknown field", `{"email":"a@example.org","display_name":"A","standing":"registered","is_admin":true}`, "/fields/is_admin"),
		invalid("field twice", `{"email":"a@example.org","email":"b@example.org","display_name":"A","standing":"registered"}`, "/fields/email"),
		invalid("number for text", `{"email":7,"display_name":"A","standing":"registered"}`, "/fields/email"),
		invalid("text for number", `{"email":"a@example.org","display_name":"A","standing":"registered","birth_year":"1990"}`, "/fields/birth_year"),
		invalid("number out of range", `{"email":"a@example.org","display_name":"A","standing":"registered","birth_year":1e400}`, "/fields/birth_year"),
		invalid("no such option", `{"email":"a@example.org","display_name":"A","standing":"admin"}`, "/fields/standing"),
		invalid("SQL for an option", `{"email":"a@example.org","display_name":"A","standing":"'; DROP TABLE vault_record; --"}`, "/fields/standing"),
		invalid("object for text", `{"email":{"$ne":""},"display_name":"A","standing":"registered"}`, "/fields/email"),
		invalid("text too long", `{"email":"a@example.org","display_name":"`+strings.Repeat("a", 121)+`","standing":"registered"}`, "/fields/display_name"),
		invalid("null where required", `{"email":null,"display_name":"A","standing":"registered"}`, "/fields/email"),
		post("taken", `{"fields":{"email":"MEI@example.org","display_name":"A","standing":"registered"}}`, 409, "conflict", "/fields/email"),
		post("state of a collection without a life", `{"state":"live","fields":{"email":"a@example.org","display_name":"A","standing":"registered"}}`, 422, "invalid", "/state"),
		post("subject of nobody", `{"subject":"s_nobody","fields":{}}`, 422, "invalid", "/subject"),
	}
}

func badHeaders(r *ring) []hostile {
	one := people + "/" + r.record.ID
	change := `{"fields":{"display_name":"X"}}`
	match := func(tag string) map[string]string { return map[string]string{"If-Match": tag} }
	return []hostile{
		{name: "no purpose", method: "GET", path: one, status: 428, code: "precondition", pointer: "header/Purpose"},
		{name: "unknown purpose", method: "GET", path: one, header: map[string]string{"Purpose": "curiosity"}, status: 403, code: "forbidden", pointer: "header/Purpose"},
		{name: "SQL for a purpose", method: "GET", path: one, header: map[string]string{"Purpose": "x' OR '1'='1"}, status: 403, code: "forbidden"},
		{name: "no If-Match", method: "PATCH", path: one, body: change, status: 428, code: "precondition", pointer: "header/If-Match"},
		{name: "stale If-Match", method: "PATCH", path: one, body: change, header: match(`"1-0000000000000000"`), status: 412, code: "stale"},
		{name: "malformed If-Match", method: "PATCH", path: one, body: change, header: match(`1`), status: 412, code: "stale"},
		{name: "stale delete", method: "DELETE", path: one, header: match(`"9-0000000000000000"`), status: 412, code: "stale"},
		{name: "delete without If-Match", method: "DELETE", path: one, status: 428, code: "precondition"},
		{name: "unknown transition", method: "POST", path: one + ":transition", body: `{"from":"a","to":"b"}`, header: match(r.record.ETag), status: 403, code: "forbidden"},
		{name: "unknown verb", method: "POST", path: one + ":explode", status: 404, code: "not_found"},
		{name: "key too long", method: "POST", path: people, body: `{"fields":{"email":"k@example.org","display_name":"A","standing":"registered"}}`,
			header: map[string]string{"Idempotency-Key": strings.Repeat("k", 129)}, status: 422, code: "invalid", pointer: "header/Idempotency-Key"},
	}
}

func badPaths(r *ring) []hostile {
	read := func(name, path string) hostile {
		return hostile{name: name, method: "GET", path: path, header: map[string]string{"Purpose": "participation"}, status: 404, code: "not_found"}
	}
	return []hostile{
		read("no such address", "/v1/nothing"),
		read("another tenant's record", people+"/"+r.theirs.ID),
		read("no record", people+"/r_00000000000000000000000000"),
		read("an id of another kind", people+"/"+r.north.Tenant.ID),
		read("SQL for an id", people+"/r_1'%20OR%201=1--"),
		read("no such collection", "/v1/tenants/north/collections/nothing/records/"+r.record.ID),
		read("no such tenant", "/v1/tenants/nowhere/collections"),
		{name: "wrong method", method: "DELETE", path: "/v1/tenants/north/collections", status: 405, code: "invalid"},
		{name: "unknown parameter", method: "GET", path: "/v1/tenants/north/collections?sql=1", status: 422, code: "invalid"},
		{name: "filter on a sealed field", method: "GET", path: people + "?email=mei@example.org", status: 422, code: "invalid"},
		{name: "find by what is not findable", method: "POST", path: people + ":find", body: `{"field":"notes","value":"x"}`,
			header: map[string]string{"Purpose": "support"}, status: 422, code: "invalid"},
		{name: "no such format", method: "GET", path: people + ":export?format=xlsx", header: map[string]string{"Purpose": "reporting"}, status: 422, code: "invalid", pointer: "query/format"},
	}
}

func badTokens(r *ring) []hostile {
	as := func(name, bearer string, status int, code string) hostile {
		return hostile{name: name, method: "GET", path: "/v1/tenants/north/collections", header: map[string]string{"Authorization": bearer}, status: status, code: code}
	}
	secret := r.north.Token.Secret
	return []hostile{
		as("nobody", "", 401, "unauthenticated"),
		as("basic", "Basic bm9ydGg6bm9ydGg=", 401, "unauthenticated"),
		as("no token", "Bearer ", 401, "unauthenticated"),
		as("mistyped", "Bearer "+secret[:len(secret)-1]+"x", 401, "unauthenticated"),
		as("another tenant's", "Bearer "+r.south.Token.Secret, 401, "unauthenticated"),
		as("a long one", "Bearer "+strings.Repeat("g", 8000), 401, "unauthenticated"),
		{name: "more than the role", method: "GET", path: "/v1/tenants/north/log/entries", status: 403, code: "forbidden"},
		{name: "the operator's list", method: "GET", path: "/v1/platform/tenants", status: 401, code: "unauthenticated"},
	}
}

func badCursors(t *testing.T, r *ring) []hostile {
	t.Helper()
	ctx := context.Background()
	for _, email := range []string{"b@example.org", "c@example.org"} {
		for _, of := range []*stage.Tenant{r.north, r.south} {
			if _, err := of.Program.Collection("participants").Create(ctx, person(email)); err != nil {
				t.Fatal(err)
			}
		}
	}
	ours, err := r.north.Program.Collection("participants").List(ctx, client.ListOptions{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := r.south.Program.Collection("participants").List(ctx, client.ListOptions{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	list := func(name, query string) hostile {
		return hostile{name: name, method: "GET", path: people + "?" + query, status: 422, code: "invalid"}
	}
	return []hostile{
		list("made up cursor", "cursor=AAAA"),
		list("altered cursor", "cursor="+ours.Next[:len(ours.Next)-2]+"AA"),
		list("another tenant's cursor", "cursor="+theirs.Next),
		list("cursor of another filter", "standing=invited&cursor="+ours.Next),
		list("limit of zero", "limit=0"),
		list("limit over the most", "limit=201"),
		list("limit that is none", "limit=many"),
		{name: "cursor of another list", method: "GET", path: "/v1/tenants/north/accounts?cursor=" + ours.Next, status: 403, code: "forbidden"},
	}
}
