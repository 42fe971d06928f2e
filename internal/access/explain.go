package access

import (
	"context"
	"slices"

	"garant.example/internal/actor"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Explanation says why a call is let in or refused: names of the profile alone, and
// nothing of any person.
type Explanation struct {
	Allowed bool
	Reason  Reason
	Role    id.Name // the role that allowed it, or the first one held
	Rule    int     // which rule of the role allowed it, from 1; 0 when none did
	Ask     Ask
}

// Explain answers what Enter would, with the rule, and opens and writes nothing. A
// caller who would be told that there is nothing here is told no more than that.
func (g *Gate) Explain(ctx context.Context, ask Ask) (Explanation, error) {
	who := actor.From(ctx)
	out := Explanation{Ask: ask}
	t, err := g.tenants.Get(ask.Tenant)
	if err != nil {
		return out, err
	}
	if who.Kind == actor.Anonymous {
		return out, errs.New(errs.Unauthenticated, "access.unauthenticated").Do("access.unauthenticated.fix")
	}
	m, err := g.Matrix(ctx, t)
	if err != nil {
		return out, err
	}
	d := m.Decide(&who, ask)
	if d.Allowed && who.Kind != actor.System && !t.Serves(g.tenants.Clock().Now()) {
		d = Decision{Reason: ContractEnded}
	}
	out.Allowed, out.Reason, out.Role = d.Allowed, d.Reason, d.Role
	switch {
	case d.Reason == OtherTenant || d.Reason == UnknownResource:
		out.Reason, out.Role = NotFound, ""
	case d.Allowed:
		out.Rule = m.rule(d.Role, ask)
	case out.Role == "" && len(who.Roles) > 0 && who.Tenant == t.ID:
		out.Role = who.Roles[0]
	}
	return out, nil
}

// NotFound is the one reason shown for what lies elsewhere and for what does not exist.
const NotFound Reason = "not_found"

// rule finds the first rule of a role that allows an ask, from 1; 0 when none does.
func (m *Matrix) rule(role id.Name, ask Ask) int {
	i, ok := m.roleIndex[role]
	if !ok {
		return 0
	}
	return 1 + slices.IndexFunc(m.roles[i].Rules, func(r Rule) bool {
		if r.On != ask.On || !slices.Contains(r.Allow, ask.Action) {
			return false
		}
		if ask.On == Record && len(r.Collections) > 0 && !slices.Contains(r.Collections, ask.Collection) {
			return false
		}
		return ask.Action != Transition || len(r.Transitions) == 0 || slices.Contains(r.Transitions, ask.Edge)
	})
}
