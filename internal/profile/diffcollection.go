package profile

import (
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"

	"garant.example/internal/id"
)

func itoa(n int) string { return strconv.Itoa(n) }

// collections compares collections and what is within them.
func (d *diff) collections(a, b *Profile) {
	lists(d, AreaCollection, "", a.Collection, b.Collection, func(c Collection) id.Name { return c.Name },
		Collection.describe, Harmless, Destroys, Collection.harm)
	for _, y := range b.Collection {
		x, ok := a.Declared(y.Name)
		if !ok {
			continue
		}
		within := string(y.Name) + "/"
		from, to := a.PlacementOf(x.Class), b.PlacementOf(y.Class)
		d.note(AreaPlacement, string(y.Name), string(from), string(to), Refused)
		d.note(AreaCollection, within+"retention", x.Retention.Keep, y.Retention.Keep, retentionHarm(x.Retention.Keep, y.Retention.Keep))
		lists(d, AreaPurpose, within, x.Purposes, y.Purposes, func(p Purpose) id.Name { return p.Name },
			Purpose.describe, Weakens, Cuts, Purpose.harm)
		lists(d, AreaState, within, x.states(), y.states(), func(s State) id.Name { return s.Name },
			func(s State) string { return s.Title.EN + " / " + s.Title.FR }, Harmless, Destroys, func(State, State) Harm { return Harmless })
		lists(d, AreaField, within, x.Fields, y.Fields, func(f Field) id.Name { return f.Name },
			Field.describe, Harmless, Destroys, func(f, g Field) Harm {
				return max(f.harm(g), weakensIf(a.level(x.FieldClass(f)) > b.level(y.FieldClass(g))))
			})
	}
}

func (p *Profile) level(class id.Name) int {
	c, _ := p.Class(class)
	return slices.Index(Levels(), c.Level)
}

// A shorter retention purges sooner; a longer one holds persons' data for more.
func retentionHarm(from, to string) Harm {
	switch c := longer(from, to); {
	case c > 0:
		return Destroys
	case c < 0:
		return Weakens
	default:
		return Harmless
	}
}

func (c Collection) describe() string {
	s := "class " + string(c.Class) + ", about " + c.About
	if c.Of != "" {
		s += " of " + string(c.Of)
	}
	if c.Register {
		s += ", register"
	}
	s += ", owner " + c.Owner + ", notice " + c.Notice + ": " + c.Title.EN + " / " + c.Title.FR + ". " + c.Retention.Why.EN + " / " + c.Retention.Why.FR
	if c.Life != nil {
		s += " From " + string(c.Life.Initial) + ":"
		for _, e := range c.Life.edges() {
			s += " " + string(e.From) + ">" + string(e.To)
		}
	}
	return s
}

func (c Collection) harm(to Collection) Harm {
	switch {
	case c.About != to.About, c.Of != to.Of, (c.Life == nil) != (to.Life == nil):
		return Refused // the key of each record depends on whom it is about
	default:
		return Harmless
	}
}

func (c Collection) states() []State {
	if c.Life == nil {
		return nil
	}
	return c.Life.States
}

func (p Purpose) describe() string {
	s := p.Basis + ": " + p.Title.EN + " / " + p.Title.FR
	if p.DespiteRestriction {
		s += ", despite restriction"
	}
	return s
}

func (p Purpose) harm(to Purpose) Harm {
	return weakensIf(!p.DespiteRestriction && to.DespiteRestriction || p.Basis == "consent" && to.Basis != "consent")
}

// describe writes the whole declaration, so that no difference is missed.
func (f Field) describe() string {
	text, err := json.Marshal(f, json.Deterministic(true))
	if err != nil {
		return err.Error() // a struct of texts and numbers always encodes
	}
	return string(text)
}

func (f Field) harm(to Field) Harm {
	switch {
	case f.Kind != to.Kind, f.Of != to.Of:
		return Refused // what is stored would not read as the new kind
	case f.Findable != nil && (to.Findable == nil || f.Findable.Normalise != to.Findable.Normalise):
		return Destroys // the index of old records no longer finds them
	case f.losesOption(to):
		return Destroys
	case !f.Open && to.Open, f.Personal && !to.Personal, f.Findable == nil && to.Findable != nil:
		return Weakens
	default:
		return Harmless
	}
}

func (f Field) losesOption(to Field) bool {
	return slices.ContainsFunc(f.Options, func(o Option) bool { _, ok := to.Option(o.Value); return !ok })
}
