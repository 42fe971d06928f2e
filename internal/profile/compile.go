package profile

import (
	"slices"

	"garant.example/internal/access"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// Compiled is a profile in the words of the domains that put it in force.
type Compiled struct {
	Profile     id.Name
	Policy      access.Policy
	Collections []vault.Collection
	Residency   map[string]id.Name
	Placements  []tenant.Placement
	Settings    Settings
}

// Compile turns a profile that Load accepted into what access, vault and tenant
// take.
func Compile(p *Profile) Compiled {
	c := Compiled{Profile: p.Name, Policy: access.Policy{Roles: p.roles(), Space: p.space()},
		Residency: p.Residency, Settings: p.Settings}
	for i := range p.Collection {
		c.Collections = append(c.Collections, p.collection(&p.Collection[i]))
	}
	for _, place := range p.Placements {
		c.Placements = append(c.Placements, tenant.Placement{Name: place.Name, Classes: slices.Clone(place.Classes)})
	}
	return c
}

// Fill lays the profile's residency and placements into what an operator says to
// open a tenant.
func (c Compiled) Fill(n tenant.Opening) tenant.Opening {
	n.Profile, n.Residency, n.Placements = c.Profile, c.Residency, c.Placements
	return n
}

func (p *Profile) space() access.Space {
	var s access.Space
	for _, c := range p.Collection {
		s.Collections = append(s.Collections, c.Name)
	}
	for _, c := range p.Classes {
		s.Classes = append(s.Classes, c.Name)
	}
	return s
}

func (p *Profile) roles() []access.Role {
	list := make([]access.Role, 0, len(p.Roles))
	for _, r := range p.Roles {
		role := access.Role{Name: r.Name, Holders: access.Holders(r.Holders), Cap: r.Cap}
		for _, rule := range r.Rules {
			role.Rules = append(role.Rules, rule.compile())
		}
		list = append(list, role)
	}
	return list
}

func (r Rule) compile() access.Rule {
	out := access.Rule{Collections: r.Collections, See: r.See, Change: r.Change}
	out.On, _ = access.ParseResource(r.On)
	for _, word := range r.Allow {
		a, _ := access.ParseAction(word)
		out.Allow = append(out.Allow, a)
	}
	for _, text := range r.Transitions {
		edge, _ := parseEdge(text)
		out.Transitions = append(out.Transitions, edge)
	}
	return out
}

func (p *Profile) collection(c *Collection) vault.Collection {
	keep, _ := ParseSpan(c.Retention.Keep)
	out := vault.Collection{Name: c.Name, Title: c.Title, Class: c.Class, Placement: p.PlacementOf(c.Class),
		About: vault.About(c.About), Of: c.Of, Register: c.Register, Owner: c.Owner, Notice: c.Notice,
		Retention: vault.Retention{Months: keep.Months, Days: int(keep.Elapsed / day), Why: c.Retention.Why.EN}}
	for _, u := range c.Purposes {
		out.Purposes = append(out.Purposes, vault.Purpose(u))
	}
	if c.Life != nil {
		out.Life = &vault.Lifecycle{Initial: c.Life.Initial, Edges: c.Life.edges()}
		for _, s := range c.Life.States {
			out.Life.States = append(out.Life.States, vault.State(s))
		}
	}
	for _, f := range c.Fields {
		out.Fields = append(out.Fields, c.field(f))
	}
	return out
}

func (c *Collection) field(f Field) vault.Field {
	out := vault.Field{Name: f.Name, Title: f.Title, Kind: vault.Kind(f.Kind), Class: c.FieldClass(f), Required: f.Required,
		MaxLength: f.MaxLength, Pattern: f.Pattern, Min: f.Min, Max: f.Max, Of: f.Of, Open: f.Open, Personal: f.Personal}
	for _, o := range f.Options {
		out.Options = append(out.Options, o.Value)
	}
	if f.Findable != nil {
		find := vault.Findable(*f.Findable)
		out.Findable = &find
	}
	return out
}
