package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/api"
	"garant.example/internal/clock"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// cast is everybody who may come to the door of one tenant.
type cast struct {
	t       tenant.Tenant
	matrix  *access.Matrix
	bearers map[id.Name]string // by role
	records id.Name            // a collection that every route of records is tried on
	edge    access.Edge        // a transition of it; zero without a life cycle
}

// Every route of a tenant × every role of every profile, over HTTP: it is let in
// exactly when the matrix says so. And nobody is let in who is nobody, was revoked,
// or comes from another tenant.
func TestRouteRoleTenantMatrix(t *testing.T) { house.Engines(t, routeRoleTenantMatrix) }

func routeRoleTenantMatrix(t *testing.T, h *house.House) {
	began := clock.System().Now()
	town := h.Tenant("elsewhere", "civic-engagement", "CA", false)
	foreign := map[string]string{"a program": h.Token(town, "site", "integration"), "nobody": "", "a made-up token": "grt_nothing",
		"a revoked token": revoked(t, h, town)}
	name, password := h.Account(town, "administrator")
	foreign["an administrator"] = signIn(t, h, "elsewhere", name, password)
	foreign["an expired token"] = expired(t, h, town)
	tried, allowed := 0, 0
	for profile, country := range map[string]string{"civic-engagement": "CA", "digital-training": "AU", "experimentation": "FR", "insurance": "US", "back-office": "CA"} {
		c := newCast(t, h, profile, country)
		for _, route := range api.Routes() {
			if route.Scope == api.Operator {
				c.keepsOut(t, h, route)
			}
			if route.Scope != api.Tenant {
				continue
			}
			for who, bearer := range foreign {
				if let, text := c.knock(t, h, route, bearer); let {
					t.Errorf("%s: %s of another tenant was let into %s: %s", profile, who, route.Name, text)
				}
			}
			for role, bearer := range c.bearers {
				tried++
				want := c.may(role, route)
				let, text := c.knock(t, h, route, bearer)
				if let != want {
					t.Errorf("%s: %s as %s: let in %t, the matrix says %t: %.300s", profile, route.Name, role, let, want, text)
				}
				if let {
					allowed++
				}
			}
		}
	}
	t.Logf("%d questions of members and programs, %d answered yes, in %s", tried, allowed, clock.System().Now().Sub(began).Round(time.Second))
	if tried < 1000 || allowed < 100 {
		t.Errorf("only %d questions, %d let in", tried, allowed)
	}
}

func revoked(t *testing.T, h *house.House, of tenant.Tenant) string {
	t.Helper()
	token := h.Token(of, "integration")
	p := h.Permit(of, access.Ask{Action: access.Manage, On: access.Token})
	list, err := h.House.Identity.Tokens(house.Platform(), p, id.Token{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.House.Identity.RevokeToken(house.Platform(), p, list[len(list)-1].ID); err != nil {
		t.Fatal(err)
	}
	return token
}

func expired(t *testing.T, h *house.House, of tenant.Tenant) string {
	t.Helper()
	text, _, err := h.House.Identity.CreateToken(house.Platform(), h.Permit(of, access.Ask{Action: access.Manage, On: access.Token}),
		identity.NewToken{Label: "over", Roles: []id.Name{"integration"}, Over: true})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func newCast(t *testing.T, h *house.House, profile, country string) *cast {
	t.Helper()
	slug := "at-" + profile
	c := &cast{t: h.Tenant(slug, profile, country, false), bearers: map[id.Name]string{}}
	c.matrix = h.Permit(c.t, access.Ask{Action: access.Read, On: access.Tenant}).Matrix()
	declared, _ := h.House.Profiles.Set().Profile(id.Name(profile))
	for _, k := range declared.Collection {
		c.records = k.Name
		if k.Life != nil && len(k.Life.Edges) > 0 {
			from, to, _ := strings.Cut(fmt.Sprint(k.Life.Edges[0]), ">")
			c.edge = access.Edge{From: id.Name(strings.TrimSpace(from)), To: id.Name(strings.TrimSpace(to))}
			break
		}
	}
	for _, role := range c.matrix.Roles() {
		switch {
		case c.matrix.Holds(role.Name, actor.Service):
			c.bearers[role.Name] = h.Token(c.t, role.Name)
		case c.matrix.Holds(role.Name, actor.Member):
			name, password := h.Account(c.t, role.Name)
			c.bearers[role.Name] = signIn(t, h, slug, name, password)
		}
	}
	return c
}

// keepsOut wants nobody of a tenant let into a route of the operator's.
func (c *cast) keepsOut(t *testing.T, h *house.House, route api.Route) {
	t.Helper()
	for role, bearer := range c.bearers {
		if let, text := c.knock(t, h, route, bearer); let {
			t.Errorf("%s as %s of a tenant: %.300s", route.Name, role, text)
		}
	}
}

// may asks the matrix itself.
func (c *cast) may(role id.Name, route api.Route) bool {
	kind := actor.Member
	if c.matrix.Holds(role, actor.Service) {
		kind = actor.Service
	}
	ask := access.Ask{Action: route.Action, On: route.On, Tenant: c.t.ID}
	if route.On == access.Record {
		ask.Collection = c.records
	}
	if route.Action == access.Transition {
		ask.Edge = c.edge
	}
	return c.matrix.Decide(&actor.Actor{Kind: kind, Tenant: c.t.ID, Roles: []id.Name{role}}, ask).Allowed
}

// knock sends a request that is sound as far as its address goes, and says whether
// it was let in: whether it was answered otherwise than by a refusal.
func (c *cast) knock(t *testing.T, h *house.House, route api.Route, bearer string) (bool, string) {
	t.Helper()
	path := strings.NewReplacer("{tenant}", string(c.t.Slug), "{of}", string(c.t.Slug), "{collection}", string(c.records), "{record}", id.NewRecord().String(), "{seq}", "0",
		"{account}", id.NewAccount().String(), "{token}", id.NewToken().String(), "{placement}", string(tenant.Main), "{tile...}", "0/000", "{promise}", "ehq-aes-gcm").Replace(route.Path)
	if strings.Contains(path, "{") {
		t.Fatalf("%s has no scenario: what stands for %s?", route.Name, path)
	}
	body, media := "{}", "application/json"
	switch {
	case route.Action == access.Transition:
		body = fmt.Sprintf(`{"from":%q,"to":%q}`, c.edge.From, c.edge.To)
	case route.Body != "":
		body, media = "", route.Body
	case route.Name == "key.rotate":
		body = `{"plan":true}`
	}
	res, text := h.Do(bearer, route.Method, path, body, "Content-Type", media, "Purpose", "support", "If-Match", "*")
	var problem struct{ Code, Key string }
	if res.StatusCode >= http.StatusBadRequest {
		if err := json.Unmarshal([]byte(text), &problem); err != nil {
			t.Fatalf("%s: %s %s", route.Name, res.Status, text)
		}
	}
	refused := res.StatusCode == http.StatusUnauthorized || strings.HasPrefix(problem.Key, "access.")
	return !refused, res.Status + " " + text
}
