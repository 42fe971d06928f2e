package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"garant.example/internal/api"
	"garant.example/testkit/openapi"
	"garant.example/testkit/stage"
)

// described is the part of a document that the tests look at.
type described struct {
	Paths map[string]map[string]struct {
		ID string `json:"operationId"`
	} `json:"paths"`
	Tags []struct {
		Name string `json:"name"`
	} `json:"tags"`
	Components struct {
		Schemas map[string]struct {
			Properties map[string]struct {
				Format    string           `json:"format"`
				Enum      []string         `json:"enum"`
				ReadOnly  bool             `json:"readOnly"`
				WriteOnly bool             `json:"writeOnly"`
				AnyOf     []map[string]any `json:"anyOf"`
			} `json:"properties"`
		} `json:"schemas"`
	} `json:"components"`
}

func (d described) operations() (out []string) {
	for _, item := range d.Paths {
		for _, op := range item {
			out = append(out, op.ID)
		}
	}
	slices.Sort(out)
	return out
}

// documentOf reads the document as somebody, and holds it against the schema of
// OpenAPI when a judge is given.
func documentOf(t *testing.T, r *ring, bearer, query string) (d described, text []byte) {
	t.Helper()
	h := hostile{method: "GET", path: "/openapi.json" + query, header: map[string]string{"Authorization": bearer}}
	answer, text := r.send(t, h)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s", answer.Status, text)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d, text
}

// TestDocumentIsWhatTheCallerMayDo: whole without a token; with one, the operations
// that its roles allow and the fields that they show, of its own tenant alone.
func TestDocumentIsWhatTheCallerMayDo(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		r := newRing(t, s)
		whole, _ := documentOf(t, r, "", "")
		if len(whole.operations()) != len(api.Routes()) {
			t.Errorf("%d operations of %d routes", len(whole.operations()), len(api.Routes()))
		}
		for name := range whole.Components.Schemas {
			if strings.HasPrefix(name, "fields.") {
				t.Errorf("the whole document tells of a tenant's %s", name)
			}
		}
		program, _ := documentOf(t, r, "Bearer "+r.north.Token.Secret, "?tenant=north")
		has(t, "program", program, []string{"record.create", "record.export", "collection.list", "session.open", "openapi.read"},
			[]string{"record.transition", "record.restrict", "token.create", "log.list", "account.list", "tenant.read", "tenant.create"})
		people := program.Components.Schemas["fields.participants"].Properties
		if people["email"].Format != "email" || !slices.Contains(people["standing"].Enum, "registered") || len(people) < 10 {
			t.Errorf("participants: %+v", people)
		}
		if of := program.Components.Schemas["NewRecord"].Properties["fields"].AnyOf; len(of) < 4 {
			t.Errorf("what a new record holds: %+v", of)
		}
		for _, unused := range []string{"Rotation", "Token", "Entry"} {
			if _, there := program.Components.Schemas[unused]; there {
				t.Errorf("%s is described and reached from nowhere", unused)
			}
		}
		reader, _ := documentOf(t, r, "Bearer "+r.north.Secret("rita", "reader"), "")
		has(t, "reader", reader, []string{"record.read", "record.list"}, []string{"record.create", "record.update", "collection.list"})
		if f, there := reader.Components.Schemas["fields.participants"]; there {
			t.Errorf("a reader is told of participants: %+v", f)
		}
		if f := reader.Components.Schemas["fields.consultations"].Properties["title"]; !f.ReadOnly || f.WriteOnly {
			t.Errorf("a reader may give a title: %+v", f)
		}
		operator, _ := documentOf(t, r, "Bearer "+s.Operator.Token(), "")
		has(t, "operator", operator, []string{"tenant.create", "tenant.change", "tenant.list"}, nil)
	})
}

// has wants operations to be there, and others not.
func has(t *testing.T, who string, d described, want, never []string) {
	t.Helper()
	have := d.operations()
	for _, name := range want {
		if !slices.Contains(have, name) {
			t.Errorf("%s: %s is missing in %v", who, name, have)
		}
	}
	for _, name := range never {
		if slices.Contains(have, name) {
			t.Errorf("%s: %s is there", who, name)
		}
	}
}

func TestDocumentIsRefusedToAnotherTenant(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		r := newRing(t, s)
		as := func(name, query, secret string, status int, code, pointer string) {
			r.check(t, hostile{name: name, method: "GET", path: "/openapi.json" + query, status: status, code: code, pointer: pointer,
				header: map[string]string{"Authorization": "Bearer " + secret}})
		}
		as("a program that does not say whose", "", r.north.Token.Secret, 422, "invalid", "query/tenant")
		as("a program elsewhere", "?tenant=south", r.north.Token.Secret, 401, "unauthenticated", "")
		as("a session elsewhere", "?tenant=south", r.north.ManagerSecret, 404, "not_found", "")
		as("a tenant that is none", "?tenant=nowhere", r.north.Token.Secret, 404, "not_found", "")
		as("no token at all", "?tenant=north", "grt_nothing", 401, "unauthenticated", "")
	})
}

// TestCounterpartOpenAPI: an outside validator takes every document for OpenAPI 3.1.
func TestCounterpartOpenAPI(t *testing.T) {
	r := newRing(t, stage.Start(t, stage.Options{}))
	documents := map[string][]byte{}
	_, documents["whole"] = documentOf(t, r, "", "")
	_, documents["program"] = documentOf(t, r, "Bearer "+r.north.Token.Secret, "?tenant=north")
	_, documents["manager"] = documentOf(t, r, "Bearer "+r.north.ManagerSecret, "")
	_, documents["operator"] = documentOf(t, r, "Bearer "+r.Operator.Token(), "")
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		if fault := openapi.Check(t, documents[name]); fault != "" {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

// TestPermissionExplains: who asks why a call was let in or refused is told the
// reason, the role and the rule; and nothing of what it may not know.
func TestPermissionExplains(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		r := newRing(t, s)
		rita := "Bearer " + r.north.Secret("rita", "reader")
		for _, try := range []struct{ name, bearer, method, path, want string }{
			{"a program reads", "Bearer " + r.north.Token.Secret, "GET", people + "/" + r.record.ID,
				`allowed=?1, reason=role, role="integration", rule=1, action=read, resource=record, collection="participants"`},
			{"a reader reads what it may", rita, "GET", "/v1/tenants/north/collections/contributions/records",
				`allowed=?1, reason=role, role="reader", rule=2, action=list, resource=record, collection="contributions"`},
			{"a reader reads persons", rita, "GET", people + "/" + r.record.ID,
				`allowed=?0, reason=no_rule, role="reader", action=read, resource=record, collection="participants"`},
			{"no such collection", rita, "GET", "/v1/tenants/north/collections/nothing/records",
				`allowed=?0, reason=not_found, action=list, resource=record`},
			{"another tenant", rita, "GET", "/v1/tenants/south/collections/participants/records",
				`allowed=?0, reason=not_found, action=list, resource=record`},
			{"nobody", "", "GET", people, ""},
		} {
			h := hostile{method: try.method, path: try.path, header: map[string]string{"Authorization": try.bearer, "Explain-Permission": "?1", "Purpose": "support"}}
			answer, _ := r.send(t, h)
			if got := answer.Header.Get("Permission-Decision"); got != try.want {
				t.Errorf("%s: %s %s", try.name, answer.Status, got)
			}
			delete(h.header, "Explain-Permission")
			if answer, _ := r.send(t, h); answer.Header.Get("Permission-Decision") != "" {
				t.Errorf("%s: explained to whom did not ask", try.name)
			}
		}
		r.check(t, hostile{name: "neither yes nor no", method: "GET", path: people, header: map[string]string{"Explain-Permission": "yes"},
			status: 422, code: "invalid", pointer: "header/Explain-Permission"})
	})
}
