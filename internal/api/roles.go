package api

import (
	"garant.example/internal/access"
)

// RoleList is the permission matrix of a tenant.
type RoleList struct {
	Roles []Role `json:"roles"`
}

// Role is a set of rules with a name.
type Role struct {
	Name    string `json:"name"`
	Holders string `json:"holders" enum:"members,services,auditors,staff"`
	Cap     int    `json:"cap,omitzero"`
	Rules   []Rule `json:"rules"`
}

// Rule lets holders of a role do actions on a resource. An empty list of
// collections, classes or transitions means all of them.
type Rule struct {
	On          string   `json:"on"`
	Allow       []string `json:"allow"`
	Collections []string `json:"collections,omitzero"`
	See         []string `json:"see,omitzero"`
	Change      []string `json:"change,omitzero"`
	Transitions []Move   `json:"transitions,omitzero"`
}

func listRoles(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	roles := p.Matrix().Roles()
	out := RoleList{Roles: make([]Role, 0, len(roles))}
	for _, r := range roles {
		shown := Role{Name: string(r.Name), Holders: string(r.Holders), Cap: r.Cap, Rules: []Rule{}}
		for _, rule := range r.Rules {
			shown.Rules = append(shown.Rules, ruleOf(rule))
		}
		out.Roles = append(out.Roles, shown)
	}
	return c.answer(out)
}

func ruleOf(r access.Rule) Rule {
	out := Rule{On: r.On.String(), Allow: []string{}}
	for _, a := range r.Allow {
		out.Allow = append(out.Allow, a.String())
	}
	if len(r.Collections) > 0 {
		out.Collections = words(r.Collections)
	}
	if len(r.See) > 0 {
		out.See = words(r.See)
	}
	if len(r.Change) > 0 {
		out.Change = words(r.Change)
	}
	for _, e := range r.Transitions {
		out.Transitions = append(out.Transitions, Move{From: string(e.From), To: string(e.To)})
	}
	return out
}
