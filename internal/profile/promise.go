package profile

import (
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Promise is one sentence that customers may rely on, and what checks it.
type Promise struct {
	ID       id.Name     `yaml:"id" json:"id"`
	Profile  id.Name     `yaml:"-" json:"profile"`
	Slice    Slice       `yaml:"slice" json:"slice"`
	Area     id.Name     `yaml:"area" json:"area"`
	Kind     Kind        `yaml:"kind" json:"kind"`
	Title    tenant.Text `yaml:"title" json:"title"`
	Text     tenant.Text `yaml:"text" json:"text"`
	Control  Control     `yaml:"control" json:"control"`
	Sabotage tenant.Text `yaml:"sabotage" json:"sabotage"` // what breaking the fact does; empty when a person attests
}

// Kind says what can decide a promise.
type Kind string

// The closed list.
const (
	Technical   Kind = "technical"   // a machine can decide it here
	Integration Kind = "integration" // a machine can, with another system's word
	Evidence    Kind = "evidence"    // people or registers give evidence
)

// Slice is the part of the product that a promise was built with.
type Slice string

// Slices returns the closed list.
func Slices() []Slice {
	return []Slice{"kernel", "access", "privacy", "continuity", "assurance", "experience"}
}

// Kinds returns the closed list.
func Kinds() []Kind { return []Kind{Technical, Integration, Evidence} }

// Control is the mechanism that checks a promise, how often and with what.
type Control struct {
	Mechanism  Mechanism  `yaml:"mechanism" json:"mechanism"`
	Every      string     `yaml:"every" json:"every"`
	MaxAge     string     `yaml:"max_age" json:"max_age,omitempty"`
	Grace      string     `yaml:"grace" json:"grace,omitempty"`
	Parameters Parameters `yaml:"parameters" json:"parameters"`
}

// Interval is how often the control runs.
func (c Control) Interval() Span { s, _ := ParseSpan(c.Every); return s }

// Age is how old a result may be before it is stale: what the profile says, or
// twice the interval.
func (c Control) Age() Span {
	if s, err := ParseSpan(c.MaxAge); err == nil {
		return s
	}
	return c.Interval().Times(2)
}

// Allowance is added to a limit before it counts as passed.
func (c Control) Allowance() Span { s, _ := ParseSpan(c.Grace); return s }

func (p *Promise) validate(at string, e *errs.Error) {
	if _, err := id.ParseName(string(p.ID)); err != nil {
		e.At(at+"/id", "profile.name.malformed", nil)
	}
	needText(e, at+"/title", p.Title)
	needText(e, at+"/text", p.Text)
	oneOf(e, at+"/slice", p.Slice, Slices())
	oneOf(e, at+"/kind", p.Kind, Kinds())
	if p.Area == "" {
		e.At(at+"/area", "profile.missing", nil)
	}
	if p.Kind == Technical && p.Sabotage == (tenant.Text{}) {
		e.At(at+"/sabotage", "profile.sabotage.missing", nil)
	}
	if p.Sabotage != (tenant.Text{}) {
		needText(e, at+"/sabotage", p.Sabotage)
	}
	p.Control.validate(at+"/control", e)
}

func (c *Control) validate(at string, e *errs.Error) {
	if s, err := ParseSpan(c.Every); err != nil || s.IsZero() {
		e.At(at+"/every", "profile.span.malformed", errs.Params{"Value": c.Every})
	}
	for _, f := range []struct{ name, text string }{{"max_age", c.MaxAge}, {"grace", c.Grace}} {
		if _, err := ParseSpan(f.text); f.text != "" && err != nil {
			e.At(at+"/"+f.name, "profile.span.malformed", errs.Params{"Value": f.text})
		}
	}
	shapes, ok := c.Mechanism.shapes()
	if !ok {
		e.At(at+"/mechanism", "profile.mechanism.unknown", errs.Params{"Value": string(c.Mechanism)})
		return
	}
	c.Parameters.validate(at+"/parameters", shapes, e)
}
