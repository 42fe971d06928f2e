package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"garant.example/internal/api"
	"garant.example/testkit/stage"
)

// fill puts names that exist into the holes of a path.
func fill(r *ring, path string) string {
	return strings.NewReplacer("{tenant}", "north", "{of}", "north", "{collection}", "participants", "{record}", r.record.ID,
		"{seq}", "0", "{tile...}", "0/000.p/1", "{placement}", "main", "{account}", r.north.Admin.Account.ID,
		"{token}", r.north.Token.ID, "{promise}", "ehq-access-log", "{code}", "invalid").Replace(path)
}

// TestEveryRouteAsksWhoIsThere sends every route of the table without a token, with
// a token of another tenant, as a person of another tenant, and as the operator:
// none gets in, and nothing changes.
func TestEveryRouteAsksWhoIsThere(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		r := newRing(t, s)
		before, asked := r.state(t), 0
		for _, route := range api.Routes() {
			if route.Scope == api.Anyone {
				continue
			}
			callers := map[string][]int{"": {http.StatusUnauthorized}, "Bearer " + r.south.Token.Secret: {http.StatusUnauthorized},
				"Bearer " + r.south.ManagerSecret: {http.StatusNotFound}}
			if route.Scope == api.Tenant {
				callers["Bearer "+s.Operator.Token()] = []int{http.StatusForbidden}
			}
			for bearer, want := range callers {
				asked++
				h := hostile{name: route.Name, method: route.Method, path: fill(r, route.Path), body: body(route),
					header: map[string]string{"Authorization": bearer, "Purpose": "support", "If-Match": r.record.ETag}}
				answer, text := r.send(t, h)
				if answer.StatusCode != want[0] {
					t.Errorf("%s as %.12q: %s %s", route.Name, bearer, answer.Status, text)
				}
			}
		}
		if !same(before, r.state(t)) {
			t.Error("somebody who may do nothing changed something")
		}
		t.Logf("%d requests to %d routes", asked, len(api.Routes()))
	})
}

// body is a sound body of a route, so that what refuses is the gate.
func body(route api.Route) string {
	switch {
	case route.Name == "record.transition":
		return `{"from":"a","to":"b"}`
	case route.In == nil && route.Body == "":
		return ""
	case route.Body != "":
		return `{"email":"x@example.org","display_name":"X","standing":"invited"}` + "\n"
	}
	return `{}`
}

func TestPagesWithoutAnAccount(t *testing.T) {
	r := newRing(t, stage.Start(t, stage.Options{}))
	get := func(path string, header map[string]string) (*http.Response, []byte) {
		header["Authorization"] = ""
		return r.send(t, hostile{name: path, method: "GET", path: path, header: header})
	}
	for _, lang := range []string{"en", "fr"} {
		answer, text := get("/openapi.json", map[string]string{"Accept-Language": lang})
		var doc struct {
			Paths map[string]json.RawMessage `json:"paths"`
		}
		if err := json.Unmarshal(text, &doc); err != nil || answer.Header.Get("Content-Language") != lang || len(doc.Paths) == 0 {
			t.Errorf("%s: %s, %v", lang, answer.Status, err)
		}
		answer, text = get("/problems/stale", map[string]string{"Accept-Language": lang})
		var page api.ProblemPage
		if err := json.Unmarshal(text, &page); err != nil || page.Code != "stale" || page.Status != 412 || page.Meaning == "" {
			t.Errorf("%s: %s %s", lang, answer.Status, text)
		}
		answer, text = get("/problems/stale", map[string]string{"Accept-Language": lang, "Accept": "text/html"})
		if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") || !bytes.Contains(text, []byte(`lang="`+lang+`"`)) {
			t.Errorf("%s: %s %.200s", lang, answer.Status, text)
		}
	}
	r.check(t, hostile{name: "no such problem", method: "GET", path: "/problems/nothing", status: 404, code: "not_found"})
}
