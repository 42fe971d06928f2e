package console_test

import (
	"net/http"
	"strings"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/console"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// tenants are one of each profile, and the operator's own.
func tenants(t *testing.T, h *house.House) []tenant.Tenant {
	t.Helper()
	return []tenant.Tenant{operator(t, h), h.Tenant("agora", "civic-engagement", "CA", false), h.Tenant("campus", "digital-training", "AU", false),
		h.Tenant("abtest", "experimentation", "FR", false), h.Tenant("assur", "insurance", "US", false), h.Tenant("bureau", "back-office", "CA", false)}
}

// try is one request of the matrix with what the gate must say to it.
type try struct {
	route console.Route
	path  string
	form  []string
	ask   access.Ask
}

// tries spells out a route: one request for each collection and each transition.
func tries(h *house.House, t *testing.T, of tenant.Tenant, route console.Route) []try {
	t.Helper()
	path := strings.NewReplacer("/t/{tenant}", "/t/"+string(of.Slug), "{record}", id.NewRecord().String(), "{account}", id.NewAccount().String(),
		"{token}", id.NewToken().String(), "{seq}", "999999", "{of}", "nobody", "{promise}", "nothing").Replace(route.Path)
	ask := access.Ask{Action: route.Action, On: route.On, Tenant: of.ID}
	if route.On != access.Record {
		return []try{{route, path, nil, ask}}
	}
	schema, err := h.House.Vault.Schema(t.Context(), h.Permit(of, access.Ask{Action: access.List, On: access.Collection}))
	if err != nil {
		t.Fatal(err)
	}
	var out []try
	for _, k := range schema.Collections {
		one := try{route, strings.ReplaceAll(path, "{collection}", string(k.Name)), nil, ask}
		one.ask.Collection = k.Name
		if route.Action != access.Transition {
			out = append(out, one)
			continue
		}
		if k.Life == nil {
			continue
		}
		for _, e := range k.Life.Edges {
			edge := one
			edge.ask.Edge, edge.form = e, []string{"from", string(e.From), "into", string(e.To)}
			out = append(out, edge)
		}
	}
	return out
}

// rooms are the routes of a tenant's people.
func rooms(of tenant.Tenant) (out []console.Route) {
	for _, r := range console.Routes() {
		operators := strings.HasPrefix(r.Path, "/operator")
		if (r.Scope == console.Tenant || r.Scope == console.Operator) && operators == of.Operator {
			out = append(out, r)
		}
	}
	return out
}

func (b *visitor) try(one try) *http.Response {
	b.t.Helper()
	if one.route.Method == http.MethodPost {
		res, _ := b.post(one.path, one.form...)
		return res
	}
	res, _ := b.get(one.path)
	return res
}

// Every room × every role × own and other tenant: the server refuses exactly what
// the matrix refuses.
func TestEveryRoomAsksTheGate(t *testing.T) {
	h := house.Open(t, house.Options{})
	asked, refused := 0, 0
	list := tenants(t, h)
	for i, of := range list {
		m, err := h.House.Gate.Matrix(t.Context(), of)
		if err != nil {
			t.Fatal(err)
		}
		kind := actor.Member
		if of.Operator {
			kind = actor.Staff
		}
		var last *visitor
		for _, role := range m.Roles() {
			if !m.Holds(role.Name, kind) {
				continue
			}
			last = fresh(t, h, of, role.Name)
			who := &actor.Actor{Kind: kind, Tenant: of.ID, Roles: []id.Name{role.Name}}
			for _, route := range rooms(of) {
				for _, one := range tries(h, t, of, route) {
					asked++
					allowed, status := m.Decide(who, one.ask).Allowed, last.try(one).StatusCode
					if !allowed {
						refused++
					}
					if allowed == (status == http.StatusForbidden) || status == http.StatusUnauthorized || status >= 500 {
						t.Errorf("%s as %s of %s: %s %s answers %d, the matrix says %v", route.Name, role.Name, of.Slug, route.Method, one.path, status, allowed)
					}
				}
			}
		}
		outside(t, h, last, list[(i+1)%len(list)])
	}
	if asked < 1000 || refused < 200 {
		t.Errorf("only %d requests, %d to be refused: the table was not walked", asked, refused)
	}
	t.Logf("%d requests, %d refused", asked, refused)
}

// outside sends somebody of another tenant to every room: nobody is known there.
func outside(t *testing.T, h *house.House, b *visitor, other tenant.Tenant) {
	t.Helper()
	for _, route := range rooms(other) {
		for _, one := range tries(h, t, other, route)[:1] {
			res := b.try(one)
			if route.Method == http.MethodPost && res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s of another tenant: %s", route.Name, res.Status)
			}
			if route.Method == http.MethodGet && (res.StatusCode != http.StatusSeeOther || !strings.Contains(res.Header.Get("Location"), "/sign-in")) {
				t.Errorf("%s of another tenant: %s", route.Name, res.Status)
			}
		}
	}
}

// fresh makes a person for a role that house may have given to somebody already.
func fresh(t *testing.T, h *house.House, of tenant.Tenant, role id.Name) *visitor {
	t.Helper()
	if of.Operator && role == "operator-admin" {
		return admin(t, h)
	}
	return person(t, h, of, role)
}

// Every route that is not open to anybody names what it needs.
func TestEveryRouteIsGuarded(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range console.Routes() {
		if seen[r.Method+" "+r.Path] || seen[r.Name] {
			t.Errorf("%s %s stands twice", r.Name, r.Path)
		}
		seen[r.Method+" "+r.Path], seen[r.Name] = true, true
		guarded := r.Action != access.NoAction && r.On != access.NoResource
		if guarded == (r.Scope == console.Anyone || r.Scope == console.Own) {
			t.Errorf("%s: scope %s with action %q on %q", r.Name, r.Scope, r.Action, r.On)
		}
		if r.Scope == console.Operator && !strings.HasPrefix(r.Path, "/operator/") {
			t.Errorf("%s lies outside the operator's rooms", r.Name)
		}
	}
}
