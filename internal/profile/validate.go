package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"garant.example/internal/access"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// validate adds every fault of the profile to e, each with its place in the file.
func (p *Profile) validate(at string, e *errs.Error) {
	if _, err := id.ParseName(string(p.Name)); err != nil {
		e.At(at+"/profile", "profile.name.malformed", nil)
	}
	if p.Version < 1 {
		e.At(at+"/version", "profile.missing", nil)
	}
	needText(e, at+"/title", p.Title)
	needText(e, at+"/summary", p.Summary)
	p.Settings.validate(at+"/settings", e)
	p.validateResidency(at+"/residency", e)
	p.validateClasses(at, e)
	p.validateRoles(at+"/roles", e)
	for i := range p.Collection {
		p.validateCollection(fmt.Sprintf("%s/collections/%d", at, i), &p.Collection[i], e)
	}
	p.validateNames(at+"/collections", e)
	if p.Operator == (len(p.Promises) > 0) {
		e.At(at+"/promises", "profile.promises.operator", nil)
	}
	for i := range p.Promises {
		p.Promises[i].Profile = p.Name
		p.Promises[i].validate(fmt.Sprintf("%s/promises/%d", at, i), e)
	}
}

func (p *Profile) validateResidency(at string, e *errs.Error) {
	if len(p.Residency) == 0 && !p.Operator {
		e.At(at, "profile.missing", nil)
	}
	for _, country := range slices.Sorted(maps.Keys(p.Residency)) {
		r, err := language.ParseRegion(country)
		if err != nil || !r.IsCountry() || len(country) != 2 || r.String() != country {
			e.At(at+"/"+country, "profile.country.unknown", errs.Params{"Value": country})
		}
		if _, err := id.ParseName(string(p.Residency[country])); err != nil {
			e.At(at+"/"+country, "profile.name.malformed", nil)
		}
	}
}

func (p *Profile) validateClasses(at string, e *errs.Error) {
	seen := names{}
	for i, c := range p.Classes {
		here := fmt.Sprintf("%s/classes/%d", at, i)
		seen.add(here+"/name", c.Name, e)
		needText(e, here+"/title", c.Title)
		needText(e, here+"/handling", c.Handling)
		oneOf(e, here+"/level", c.Level, Levels())
		oneOf(e, here+"/outside", c.Outside, []Outside{Never, Approved})
	}
	places, taken := names{tenant.Main: false}, names{}
	for i, place := range p.Placements {
		here := fmt.Sprintf("%s/placements/%d", at, i)
		if place.Name != tenant.Main {
			places.add(here+"/name", place.Name, e)
		}
		needText(e, here+"/title", place.Title)
		for j, c := range place.Classes {
			if !seen.has(c) {
				e.At(fmt.Sprintf("%s/classes/%d", here, j), "profile.class.unknown", errs.Params{"Value": string(c)})
			}
			taken.add(fmt.Sprintf("%s/classes/%d", here, j), c, e)
		}
	}
}

func (p *Profile) validateCollection(at string, c *Collection, e *errs.Error) {
	if _, ok := p.Class(c.Class); !ok {
		e.At(at+"/class", "profile.class.unknown", errs.Params{"Value": string(c.Class)})
	}
	if c.Notice == "" && c.About != string(vault.AboutNobody) {
		e.At(at+"/notice", "profile.missing", nil)
	}
	if c.Of != "" {
		of, ok := p.Declared(c.Of)
		if !ok || of.About != string(vault.AboutSelf) {
			e.At(at+"/of", "profile.collection.unknown", errs.Params{"Value": string(c.Of)})
		}
	}
	if s, err := ParseSpan(c.Retention.Keep); err != nil || s.Elapsed%day != 0 {
		e.At(at+"/retention/keep", "profile.span.malformed", errs.Params{"Value": c.Retention.Keep})
	}
	needText(e, at+"/retention/why", c.Retention.Why)
	for i, u := range c.Purposes {
		if _, err := id.ParseName(string(u.Name)); err != nil {
			e.At(fmt.Sprintf("%s/purposes/%d/name", at, i), "profile.name.malformed", nil)
		}
		needText(e, fmt.Sprintf("%s/purposes/%d/title", at, i), u.Title)
	}
	for i := range c.Fields {
		p.validateField(fmt.Sprintf("%s/fields/%d", at, i), c, &c.Fields[i], e)
	}
	if c.Life != nil {
		c.Life.validate(at+"/life", e)
	}
	p.validateVault(at, c, e)
}

func (p *Profile) validateField(at string, c *Collection, f *Field, e *errs.Error) {
	class, ok := p.Class(c.FieldClass(*f))
	switch {
	case !ok:
		e.At(at+"/class", "profile.class.unknown", errs.Params{"Value": string(c.FieldClass(*f))})
	case p.PlacementOf(class.Name) != p.PlacementOf(c.Class):
		// A record lies in one database: its fields cannot be elsewhere.
		e.At(at+"/class", "profile.class.elsewhere", errs.Params{"Value": string(class.Name)})
	}
	if f.Of != "" {
		if _, ok := p.Declared(f.Of); !ok {
			e.At(at+"/of", "profile.collection.unknown", errs.Params{"Value": string(f.Of)})
		}
	}
	if f.Personal && c.About == string(vault.AboutNobody) {
		e.At(at+"/personal", "profile.personal.nobody", nil)
	}
	seen := map[string]bool{}
	for i, o := range f.Options {
		here := fmt.Sprintf("%s/options/%d", at, i)
		if o.Value == "" || seen[o.Value] {
			e.At(here+"/value", "profile.twice", errs.Params{"Value": o.Value})
		}
		seen[o.Value] = true
		needText(e, here, o.Text())
	}
}

func (l *Life) validate(at string, e *errs.Error) {
	seen := names{}
	for i, s := range l.States {
		seen.add(fmt.Sprintf("%s/states/%d/name", at, i), s.Name, e)
		needText(e, fmt.Sprintf("%s/states/%d/title", at, i), s.Title)
	}
	for i, text := range l.Edges {
		if _, ok := parseEdge(text); !ok {
			e.At(fmt.Sprintf("%s/edges/%d", at, i), "profile.edge.malformed", errs.Params{"Value": text})
		}
	}
}

// validateVault asks the vault whether it would take the collection, and hands on
// what it says.
func (p *Profile) validateVault(at string, c *Collection, e *errs.Error) {
	compiled := p.collection(c)
	err := compiled.Validate()
	if err == nil {
		return
	}
	said := errs.Of(err)
	if len(said.Fields) == 0 {
		e.At(at, "profile.collection.refused", errs.Params{"Detail": err.Error()})
	}
	for _, f := range said.Fields {
		e.At(at+f.Pointer, f.Key, f.Params)
	}
}

func (p *Profile) validateNames(at string, e *errs.Error) {
	seen := names{}
	for i, c := range p.Collection {
		seen.add(fmt.Sprintf("%s/%d/name", at, i), c.Name, e)
	}
}

// names finds names that are malformed or given twice.
type names map[id.Name]bool

func (n names) add(at string, name id.Name, e *errs.Error) {
	if _, err := id.ParseName(string(name)); err != nil {
		e.At(at, "profile.name.malformed", nil)
	}
	if n[name] {
		e.At(at, "profile.twice", errs.Params{"Value": string(name)})
	}
	n[name] = true
}

func (n names) has(name id.Name) bool { return n[name] }

func needText(e *errs.Error, at string, t tenant.Text) {
	if strings.TrimSpace(t.EN) == "" || strings.TrimSpace(t.FR) == "" {
		e.At(at, "profile.languages", nil)
	}
}

func oneOf[T ~string](e *errs.Error, at string, v T, list []T) {
	if slices.Contains(list, v) {
		return
	}
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	e.At(at, "profile.choice", errs.Params{"Value": string(v), "Words": words})
}

// parseEdge reads "from > to".
func parseEdge(s string) (access.Edge, bool) {
	from, to, ok := strings.Cut(s, ">")
	edge := access.Edge{From: id.Name(strings.TrimSpace(from)), To: id.Name(strings.TrimSpace(to))}
	if _, err := id.ParseName(string(edge.From)); err != nil {
		ok = false
	}
	if _, err := id.ParseName(string(edge.To)); err != nil {
		ok = false
	}
	return edge, ok
}
