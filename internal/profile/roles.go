package profile

import (
	"fmt"
	"slices"

	"garant.example/internal/access"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

func holders() []access.Holders {
	return []access.Holders{access.Members, access.Services, access.Auditors, access.Team}
}

func (p *Profile) validateRoles(at string, e *errs.Error) {
	seen := names{}
	for i, r := range p.Roles {
		here := fmt.Sprintf("%s/%d", at, i)
		seen.add(here+"/name", r.Name, e)
		needText(e, here+"/title", r.Title)
		oneOf(e, here+"/holders", access.Holders(r.Holders), holders())
		if r.Cap < 0 {
			e.At(here+"/cap", "profile.missing", nil)
		}
		if r.Holders == string(access.Team) && !p.Operator {
			e.At(here+"/holders", "profile.role.staff", nil)
		}
		for j := range r.Rules {
			p.validateRule(fmt.Sprintf("%s/rules/%d", here, j), r, &r.Rules[j], e)
		}
	}
	p.validateAuditor(at, e)
	if len(e.Fields) > 0 {
		return // the compiler tells one fault at a time: ask it last
	}
	if _, err := access.Compile(p.roles(), p.space()); err != nil {
		e.At(at, "profile.roles.refused", errs.Params{"Detail": err.Error()})
	}
}

// validateAuditor holds the rule of every profile: a role for auditors exists,
// its holders are counted, and nobody else reads the log.
func (p *Profile) validateAuditor(at string, e *errs.Error) {
	found := false
	for i, r := range p.Roles {
		auditor := r.Holders == string(access.Auditors)
		found = found || auditor && r.Cap > 0
		for j, rule := range r.Rules {
			if rule.On == access.Log.String() && !auditor && rule.opensLog() {
				e.At(fmt.Sprintf("%s/%d/rules/%d", at, i, j), "profile.role.log", nil)
			}
		}
	}
	if !found {
		e.At(at, "profile.role.auditor", nil)
	}
}

// opensLog says whether the rule shows entries: hashing them again or proving that
// one is there shows nothing of what it says.
func (r Rule) opensLog() bool {
	return slices.ContainsFunc(r.Allow, func(a string) bool { return a != access.Verify.String() && a != access.Prove.String() })
}

func (p *Profile) validateRule(at string, r Role, rule *Rule, e *errs.Error) {
	on, ok := access.ParseResource(rule.On)
	if !ok {
		e.At(at+"/on", "profile.resource.unknown", errs.Params{"Value": rule.On})
	}
	if len(rule.Allow) == 0 {
		e.At(at+"/allow", "profile.missing", nil)
	}
	for i, word := range rule.Allow {
		a, known := access.ParseAction(word)
		if !known || ok && !exists(a, on) {
			e.At(fmt.Sprintf("%s/allow/%d", at, i), "profile.action.unknown", errs.Params{"Value": word, "Resource": rule.On})
		}
	}
	for i, c := range rule.Collections {
		if _, ok := p.Declared(c); !ok {
			e.At(fmt.Sprintf("%s/collections/%d", at, i), "profile.collection.unknown", errs.Params{"Value": string(c)})
		}
	}
	for _, part := range []struct {
		name string
		list []id.Name
	}{{"see", rule.See}, {"change", rule.Change}} {
		for i, c := range part.list {
			if _, ok := p.Class(c); !ok {
				e.At(fmt.Sprintf("%s/%s/%d", at, part.name, i), "profile.class.unknown", errs.Params{"Value": string(c)})
			}
		}
	}
	p.validateTransitions(at, rule, e)
}

// validateTransitions refuses a rule for a transition that no collection it
// speaks of has: it would read as a right and be none.
func (p *Profile) validateTransitions(at string, rule *Rule, e *errs.Error) {
	for i, text := range rule.Transitions {
		edge, ok := parseEdge(text)
		if !ok || !p.hasEdge(rule.Collections, edge) {
			e.At(fmt.Sprintf("%s/transitions/%d", at, i), "profile.edge.unknown", errs.Params{"Value": text})
		}
	}
}

func (p *Profile) hasEdge(within []id.Name, edge access.Edge) bool {
	return slices.ContainsFunc(p.Collection, func(c Collection) bool {
		return (len(within) == 0 || slices.Contains(within, c.Name)) && c.Life != nil && slices.Contains(c.Life.edges(), edge)
	})
}

func (l *Life) edges() []access.Edge {
	list := make([]access.Edge, 0, len(l.Edges))
	for _, text := range l.Edges {
		if edge, ok := parseEdge(text); ok {
			list = append(list, edge)
		}
	}
	return list
}

func exists(a access.Action, r access.Resource) bool {
	found := false
	access.Cells(func(ca access.Action, cr access.Resource) { found = found || ca == a && cr == r })
	return found
}
