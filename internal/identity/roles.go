package identity

import (
	"strings"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// holdable refuses roles that do not exist or that this kind of actor may not
// hold.
func holdable(m *access.Matrix, roles []id.Name, kind actor.Kind) error {
	e := errs.New(errs.Invalid, "identity.role.invalid").Do("identity.role.invalid.fix")
	for _, r := range roles {
		if !m.Holds(r, kind) {
			e.At("/roles", "identity.role.unknown", errs.Params{"role": string(r)})
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// caps says how many holders each limited role may have.
func caps(m *access.Matrix) map[id.Name]int {
	out := map[id.Name]int{}
	for _, r := range m.Roles() {
		if r.Cap > 0 {
			out[r.Name] = r.Cap
		}
	}
	return out
}

// managing returns the roles that let this kind of person manage accounts.
func managing(m *access.Matrix, t tenant.Tenant) []id.Name {
	var out []id.Name
	for _, r := range m.Roles() {
		who := actor.Actor{Kind: kindOf(t), Tenant: t.ID, Roles: []id.Name{r.Name}}
		ask := access.Ask{Action: access.Manage, On: access.Account, Tenant: t.ID}
		if m.Holds(r.Name, who.Kind) && m.Decide(&who, ask).Allowed {
			out = append(out, r.Name)
		}
	}
	return out
}

func holdsAny(roles, wanted []id.Name) bool {
	for _, r := range roles {
		for _, w := range wanted {
			if r == w {
				return true
			}
		}
	}
	return false
}

// census looks at every active account but one, and says how many hold each role.
func census(tx db.Tx, except id.Account) (map[id.Name]int, error) {
	held := map[id.Name]int{}
	for row, err := range activeRoles(tx) {
		if err != nil {
			return nil, err
		}
		if row.id == except {
			continue
		}
		for _, r := range row.roles {
			held[r]++
		}
	}
	return held, nil
}

// keep refuses a change after which a role has more holders than it may, or
// nobody is left who manages accounts. before is nil for a new account; all
// groups of changes of a database follow one another, so nobody comes between.
func keep(tx db.Tx, t tenant.Tenant, m *access.Matrix, before, after *accountRow) error {
	held, err := census(tx, after.id)
	if err != nil {
		return err
	}
	limits := caps(m)
	if after.state == Active {
		for _, r := range after.roles {
			limit, limited := limits[r]
			had := before != nil && before.state == Active && holdsAny(before.roles, []id.Name{r})
			if limited && !had && held[r] >= limit {
				return full(r, limit)
			}
		}
	}
	bosses := managing(m, t)
	was := before != nil && before.state == Active && holdsAny(before.roles, bosses)
	is := after.state == Active && holdsAny(after.roles, bosses)
	if !was || is {
		return nil
	}
	for _, r := range bosses {
		if held[r] > 0 {
			return nil
		}
	}
	return errs.New(errs.Conflict, "identity.role.last_manager").Do("identity.role.last_manager.fix")
}

func full(role id.Name, limit int) error {
	return errs.New(errs.Conflict, "identity.role.full").With("role", string(role)).With("max", limit).
		Do("identity.role.full.fix")
}

// roomForToken is keep for the roles of programs.
func roomForToken(tx db.Tx, m *access.Matrix, row *tokenRow) error {
	limits := caps(m)
	if len(limits) == 0 {
		return nil
	}
	held := map[id.Name]int{}
	for other, err := range livingTokens(tx, row.created) {
		if err != nil {
			return err
		}
		for _, r := range other.roles {
			held[r]++
		}
	}
	for _, r := range row.roles {
		if limit, limited := limits[r]; limited && held[r] >= limit {
			return full(r, limit)
		}
	}
	return nil
}

// difference returns what is in a and not in b.
func difference(a, b []id.Name) []id.Name {
	var out []id.Name
	for _, n := range a {
		if !holdsAny([]id.Name{n}, b) {
			out = append(out, n)
		}
	}
	return out
}

// maxDetail bounds a list of names in a leaf; the row's hash covers all of them.
const maxDetail = 400

// detail writes names for a leaf.
func detail(names []id.Name) string {
	s := joinNames(names)
	if len(s) > maxDetail {
		s = s[:strings.LastIndexByte(s[:maxDetail], ',')+1] + "…"
	}
	return s
}
