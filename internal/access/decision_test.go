package access_test

import (
	"testing"

	"pgregory.net/rapid"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/id"
)

// campaign is the four roles that the experimentation profile promises, in short.
func campaign(t testing.TB) *access.Matrix {
	t.Helper()
	draft, live, paused := id.Name("draft"), id.Name("live"), id.Name("paused")
	m, err := access.Compile([]access.Role{
		{Name: "admin", Holders: access.Members, Rules: []access.Rule{
			{Allow: []access.Action{access.Create, access.Read, access.List, access.Update, access.Delete, access.Transition}, On: access.Record},
			{Allow: []access.Action{access.Read, access.Manage}, On: access.Account}}},
		{Name: "creator", Holders: access.Members, Rules: []access.Rule{
			{Allow: []access.Action{access.Read, access.List}, On: access.Record, Collections: []id.Name{"campaigns"}},
			{Allow: []access.Action{access.Update}, On: access.Record, Collections: []id.Name{"campaigns"}, Change: []id.Name{"content"}}}},
		{Name: "player", Holders: access.Members, Rules: []access.Rule{
			{Allow: []access.Action{access.Transition}, On: access.Record, Collections: []id.Name{"campaigns"},
				Transitions: []access.Edge{{From: live, To: paused}, {From: paused, To: live}}}}},
		{Name: "auditor", Holders: access.Auditors, Rules: []access.Rule{{Allow: []access.Action{access.Read, access.Prove}, On: access.Log}}},
		{Name: "program", Holders: access.Services, Rules: []access.Rule{{Allow: []access.Action{access.Create}, On: access.Record}}},
	}, access.Space{Collections: []id.Name{"campaigns", "events"}, Classes: []id.Name{"content", "sensitive"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = draft
	return m
}

func TestDecide(t *testing.T) {
	m, home, other := campaign(t), id.NewTenant(), id.NewTenant()
	edge := access.Edge{From: "live", To: "paused"}
	for _, c := range []struct {
		name   string
		who    actor.Actor
		ask    access.Ask
		reason access.Reason
	}{
		{"nobody", actor.Actor{Tenant: home, Roles: []id.Name{"admin"}}, access.Ask{Action: access.Read, On: access.Record, Collection: "campaigns"}, access.NotKnown},
		{"admin reads", member(home, "admin"), access.Ask{Action: access.Read, On: access.Record, Collection: "events"}, access.ByRole},
		{"admin reads the log", member(home, "admin"), access.Ask{Action: access.Read, On: access.Log}, access.NoRule},
		{"auditor reads the log", member(home, "auditor"), access.Ask{Action: access.Read, On: access.Log}, access.ByRole},
		{"another tenant's admin", member(other, "admin"), access.Ask{Action: access.Read, On: access.Record, Collection: "campaigns"}, access.OtherTenant},
		{"staff without a grant", actor.Actor{Kind: actor.Staff, Tenant: other, Roles: []id.Name{"admin"}}, access.Ask{Action: access.Read, On: access.Record, Collection: "campaigns"}, access.NoGrant},
		{"creator deletes", member(home, "creator"), access.Ask{Action: access.Delete, On: access.Record, Collection: "campaigns"}, access.NoRule},
		{"creator in another collection", member(home, "creator"), access.Ask{Action: access.Read, On: access.Record, Collection: "events"}, access.NoRule},
		{"unknown collection", member(home, "admin"), access.Ask{Action: access.Read, On: access.Record, Collection: "secrets"}, access.UnknownResource},
		{"no such action there", member(home, "admin"), access.Ask{Action: access.Rotate, On: access.Record, Collection: "campaigns"}, access.UnknownResource},
		{"player pauses", member(home, "player"), access.Ask{Action: access.Transition, On: access.Record, Collection: "campaigns", Edge: edge}, access.ByRole},
		{"player archives", member(home, "player"), access.Ask{Action: access.Transition, On: access.Record, Collection: "campaigns", Edge: access.Edge{From: "live", To: "archived"}}, access.NoTransition},
		{"admin makes any transition", member(home, "admin"), access.Ask{Action: access.Transition, On: access.Record, Collection: "campaigns", Edge: access.Edge{From: "a", To: "b"}}, access.ByRole},
		{"a role that is not", member(home, "root"), access.Ask{Action: access.Read, On: access.Record, Collection: "campaigns"}, access.NoRule},
		{"a token out of scope", scoped(home, "program", "events"), access.Ask{Action: access.Create, On: access.Record, Collection: "campaigns"}, access.OutOfScope},
		{"a token in scope", scoped(home, "program", "events"), access.Ask{Action: access.Create, On: access.Record, Collection: "events"}, access.ByRole},
	} {
		c.ask.Tenant = home
		d := m.Decide(&c.who, c.ask)
		if d.Reason != c.reason || d.Allowed != (c.reason == access.ByRole) {
			t.Errorf("%s: %+v, want %s", c.name, d, c.reason)
		}
	}
}

func member(t id.Tenant, roles ...id.Name) actor.Actor {
	return actor.Actor{Kind: actor.Member, Tenant: t, Roles: roles}
}

func scoped(t id.Tenant, role id.Name, scope ...id.Name) actor.Actor {
	return actor.Actor{Kind: actor.Service, Tenant: t, Roles: []id.Name{role}, Scope: scope}
}

func TestFieldClasses(t *testing.T) {
	m, home := campaign(t), id.NewTenant()
	who := member(home, "creator")
	d := m.Decide(&who, access.Ask{Action: access.Update, On: access.Record, Tenant: home, Collection: "campaigns"})
	if !d.Allowed || !m.Changes(d, "content") || m.Changes(d, "sensitive") || m.Changes(d, "unheard-of") {
		t.Errorf("a creator changes content and nothing else: %+v", d)
	}
	if d = m.Decide(&who, access.Ask{Action: access.Read, On: access.Record, Tenant: home, Collection: "campaigns"}); !m.Sees(d, "sensitive") {
		t.Errorf("a creator sees everything: %+v", d)
	}
}

func TestHolders(t *testing.T) {
	m := campaign(t)
	for _, c := range []struct {
		role id.Name
		kind actor.Kind
		want bool
	}{{"admin", actor.Member, true}, {"admin", actor.Staff, false}, {"admin", actor.Service, false}, {"program", actor.Service, true},
		{"program", actor.Member, false}, {"auditor", actor.Member, true}, {"auditor", actor.Staff, true}, {"root", actor.Member, false}} {
		if got := m.Holds(c.role, c.kind); got != c.want {
			t.Errorf("%s held by %s: %v", c.role, c.kind, got)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	space := access.Space{Collections: []id.Name{"a"}, Classes: []id.Name{"x"}}
	role := func(rules ...access.Rule) []access.Role {
		return []access.Role{{Name: "r", Holders: access.Members, Rules: rules}}
	}
	for name, roles := range map[string][]access.Role{
		"an unknown collection":     role(access.Rule{Allow: []access.Action{access.Read}, On: access.Record, Collections: []id.Name{"b"}}),
		"an unknown class":          role(access.Rule{Allow: []access.Action{access.Read}, On: access.Record, See: []id.Name{"y"}}),
		"an action that is not":     role(access.Rule{Allow: []access.Action{access.Rotate}, On: access.Record}),
		"no action":                 role(access.Rule{On: access.Record}),
		"no resource":               role(access.Rule{Allow: []access.Action{access.Read}}),
		"classes off records":       role(access.Rule{Allow: []access.Action{access.Read}, On: access.Log, See: []id.Name{"x"}}),
		"holders unheard-of":        {{Name: "r", Holders: "everybody"}},
		"one name for two roles":    {{Name: "r", Holders: access.Members}, {Name: "r", Holders: access.Members}},
		"more roles than fit a set": make([]access.Role, 65),
	} {
		if _, err := access.Compile(roles, space); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Whatever is asked, nobody passes who holds no role at home that a rule allows it.
func TestDenyByDefault(t *testing.T) {
	m, home := campaign(t), id.NewTenant()
	rapid.Check(t, func(rt *rapid.T) {
		who := actor.Actor{Kind: actor.Kind(rapid.IntRange(0, 3).Draw(rt, "kind")), Tenant: home}
		if rapid.Bool().Draw(rt, "stranger") {
			who.Tenant = id.NewTenant()
			who.Roles = []id.Name{"admin", "creator", "player", "auditor", "program"}
		}
		ask := access.Ask{Tenant: home, Action: access.Action(rapid.IntRange(0, 40).Draw(rt, "action")),
			On: access.Resource(rapid.IntRange(0, 40).Draw(rt, "on")), Collection: rapid.SampledFrom([]id.Name{"campaigns", "events", "x", ""}).Draw(rt, "collection")}
		if d := m.Decide(&who, ask); d.Allowed {
			rt.Fatalf("%+v passed with %+v: %+v", who, ask, d)
		}
	})
}

func TestWordsOfCells(t *testing.T) {
	n := 0
	access.Cells(func(a access.Action, r access.Resource) {
		n++
		if parsed, ok := access.ParseAction(a.String()); !ok || parsed != a {
			t.Errorf("action %d reads %q", a, a)
		}
		if parsed, ok := access.ParseResource(r.String()); !ok || parsed != r {
			t.Errorf("resource %d reads %q", r, r)
		}
	})
	if n < 30 {
		t.Errorf("%d cells", n)
	}
}

func BenchmarkDecide(b *testing.B) {
	m, home := campaign(b), id.NewTenant()
	who := member(home, "player", "creator")
	ask := access.Ask{Action: access.Update, On: access.Record, Tenant: home, Collection: "campaigns"}
	b.ReportAllocs()
	for b.Loop() {
		if !m.Decide(&who, ask).Allowed {
			b.Fatal("refused")
		}
	}
}
