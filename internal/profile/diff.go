package profile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"garant.example/internal/id"
)

// Digest is the SHA-256 of what the profile puts in force: everything but its
// promises, whatever the comments and the layout of its file.
func (p *Profile) Digest() (string, error) {
	canonical, err := json.Marshal(p, json.Deterministic(true))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// Compare says what changes when wanted takes the place of current, which may be
// nil. The changes come in the order of the file.
func Compare(current, wanted *Profile) (Plan, error) {
	plan := Plan{Profile: string(wanted.Name)}
	var err error
	if plan.To, err = wanted.Digest(); err != nil {
		return Plan{}, err
	}
	if current == nil {
		current = &Profile{}
	} else if plan.From, err = current.Digest(); err != nil {
		return Plan{}, err
	}
	if plan.From == plan.To {
		return plan, nil
	}
	d := &diff{}
	d.profile(current, wanted)
	plan.Changes = d.changes
	return plan, nil
}

// diff gathers changes.
type diff struct{ changes []Change }

func (d *diff) add(c Change) { d.changes = append(d.changes, c) }

// note adds a change when the two descriptions differ.
func (d *diff) note(area Area, name, from, to string, harm Harm) {
	if from != to {
		d.add(Change{Changed, area, name, from, to, harm})
	}
}

func (d *diff) profile(a, b *Profile) {
	if a.Name != "" {
		d.note(AreaProfile, "profile", string(a.Name), string(b.Name), Harmless)
		d.note(AreaProfile, "title", a.Title.EN+" / "+a.Title.FR, b.Title.EN+" / "+b.Title.FR, Harmless)
		d.note(AreaProfile, "summary", a.Summary.EN+" / "+a.Summary.FR, b.Summary.EN+" / "+b.Summary.FR, Harmless)
	}
	d.settings(a.Settings, b.Settings)
	d.residency(a.Residency, b.Residency)
	lists(d, AreaPlacement, "", a.Placements, b.Placements, func(p Placement) id.Name { return p.Name },
		Placement.describe, Harmless, Harmless, func(Placement, Placement) Harm { return Harmless })
	lists(d, AreaClass, "", a.Classes, b.Classes, func(c Class) id.Name { return c.Name },
		Class.describe, Harmless, Harmless, Class.harm)
	d.roles(a, b)
	d.collections(a, b)
}

// lists compares two lists of named things.
func lists[T any](d *diff, area Area, within string, a, b []T, name func(T) id.Name, describe func(T) string,
	added, removed Harm, harm func(a, b T) Harm) {
	old := map[id.Name]T{}
	for _, x := range a {
		old[name(x)] = x
	}
	for _, y := range b {
		x, ok := old[name(y)]
		delete(old, name(y))
		if !ok {
			d.add(Change{Added, area, within + string(name(y)), "", describe(y), added})
			continue
		}
		d.note(area, within+string(name(y)), describe(x), describe(y), harm(x, y))
	}
	for _, x := range a {
		if _, gone := old[name(x)]; gone {
			d.add(Change{Removed, area, within + string(name(x)), describe(x), "", removed})
		}
	}
}

func (d *diff) settings(a, b Settings) {
	for _, def := range Definitions() {
		from, had := a[def.Name]
		to, has := b[def.Name]
		switch {
		case had && !has:
			d.add(Change{Removed, AreaSetting, string(def.Name), from.describe(), "", weakensIf(!from.Planned)})
		case has && !had:
			d.add(Change{Added, AreaSetting, string(def.Name), "", to.describe(), Harmless})
		case had && has:
			weaker := !from.Planned && (to.Planned || def.weaker(from.Value, to.Value))
			d.note(AreaSetting, string(def.Name), from.describe(), to.describe(), weakensIf(weaker))
		}
	}
}

func weakensIf(yes bool) Harm {
	if yes {
		return Weakens
	}
	return Harmless
}

func (s Setting) describe() string {
	if s.Planned {
		return s.Value.String() + " (planned)"
	}
	return s.Value.String()
}

// residency concerns tenants yet to be opened: what lies somewhere stays there.
func (d *diff) residency(a, b map[string]id.Name) {
	countries := map[string]bool{}
	for c := range a {
		countries[c] = true
	}
	for c := range b {
		countries[c] = true
	}
	for _, c := range slices.Sorted(maps.Keys(countries)) {
		from, had := a[c]
		to, has := b[c]
		switch {
		case !has:
			d.add(Change{Removed, AreaResidency, c, string(from), "", Harmless})
		case !had:
			d.add(Change{Added, AreaResidency, c, "", string(to), Harmless})
		default:
			d.note(AreaResidency, c, string(from), string(to), Harmless)
		}
	}
}

func (p Placement) describe() string { return join(p.Classes) }

func (c Class) describe() string {
	return string(c.Level) + ", outside " + string(c.Outside) + ": " + c.Title.EN + " / " + c.Title.FR + ". " + c.Handling.EN + " / " + c.Handling.FR
}

func (c Class) harm(to Class) Harm {
	lower := slices.Index(Levels(), to.Level) < slices.Index(Levels(), c.Level)
	return weakensIf(lower || c.Outside == Never && to.Outside == Approved)
}

// roles compares what each role may do, cell by cell, so that a rule written
// otherwise and meaning the same is no change.
func (d *diff) roles(a, b *Profile) {
	before, after := a.cells(), b.cells()
	lists(d, AreaRole, "", a.Roles, b.Roles, func(r Role) id.Name { return r.Name },
		func(r Role) string { return r.describe() }, Harmless, Cuts,
		func(x, y Role) Harm { return roleHarm(x, y, before[x.Name], after[y.Name]) })
	for _, r := range b.Roles {
		old, ok := a.Role(r.Name)
		if !ok || old.describe() != r.describe() {
			continue
		}
		gained, lost := missing(after[r.Name], before[r.Name]), missing(before[r.Name], after[r.Name])
		if len(gained)+len(lost) > 0 {
			// The words are the same, and what they speak of is not: a collection
			// or a class came or went under a rule for all of them.
			d.add(Change{Changed, AreaRole, string(r.Name), strings.Join(lost, ", "), strings.Join(gained, ", "), roleHarm(old, r, before[r.Name], after[r.Name])})
		}
	}
}

func roleHarm(x, y Role, before, after map[string]bool) Harm {
	switch {
	case len(missing(after, before)) > 0, x.Holders != y.Holders, y.Cap == 0 && x.Cap > 0, y.Cap > x.Cap && x.Cap > 0:
		return Weakens
	case len(missing(before, after)) > 0, y.Cap > 0 && (x.Cap == 0 || y.Cap < x.Cap):
		return Cuts
	default:
		return Harmless
	}
}

// missing lists what has holds and lacks does not.
func missing(has, lacks map[string]bool) []string {
	var list []string
	for _, cell := range slices.Sorted(maps.Keys(has)) {
		if !lacks[cell] {
			list = append(list, cell)
		}
	}
	return list
}

func (r Role) describe() string {
	s := r.Holders + "; " + r.Title.EN + " / " + r.Title.FR
	if r.Cap > 0 {
		s += "; at most " + itoa(r.Cap)
	}
	for _, rule := range r.Rules {
		s += "; " + rule.describe()
	}
	return s
}

func (r Rule) describe() string {
	s := r.On + ": " + strings.Join(r.Allow, " ")
	for _, part := range []struct {
		word string
		list []id.Name
	}{{" in ", r.Collections}, {" sees ", r.See}, {" changes ", r.Change}} {
		if len(part.list) > 0 {
			s += part.word + join(part.list)
		}
	}
	if len(r.Transitions) > 0 {
		s += " moves " + strings.Join(r.Transitions, ", ")
	}
	return s
}

// cells spells out what each role may do.
func (p *Profile) cells() map[id.Name]map[string]bool {
	all := map[id.Name]map[string]bool{}
	for _, r := range p.Roles {
		cells := map[string]bool{}
		for _, rule := range r.Rules {
			for _, action := range rule.Allow {
				if rule.On != "record" {
					cells[rule.On+"/"+action] = true
					continue
				}
				p.recordCells(cells, rule, action)
			}
		}
		all[r.Name] = cells
	}
	return all
}

func (p *Profile) recordCells(cells map[string]bool, rule Rule, action string) {
	for _, c := range p.Collection {
		if len(rule.Collections) > 0 && !slices.Contains(rule.Collections, c.Name) {
			continue
		}
		at := "record/" + string(c.Name) + "/" + action
		cells[at] = true
		narrowed, to := rule.See, "/see/"
		switch action {
		case "create", "update", "import":
			narrowed, to = rule.Change, "/change/"
		case "transition":
			for _, edge := range rule.Transitions {
				cells[at+"/"+edge] = true
			}
			if len(rule.Transitions) == 0 {
				cells[at+"/*"] = true
			}
			continue
		}
		for _, class := range p.Classes {
			if len(narrowed) == 0 || slices.Contains(narrowed, class.Name) {
				cells[at+to+string(class.Name)] = true
			}
		}
	}
}

func join(list []id.Name) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = string(n)
	}
	return strings.Join(words, ", ")
}

// longer compares two declared lengths of time.
func longer(a, b string) int {
	x, _ := ParseSpan(a)
	y, _ := ParseSpan(b)
	return cmp.Compare(x.atMost(), y.atMost())
}
