package profile

import (
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
)

// Change is one difference between two profiles.
type Change struct {
	Act  Act    `json:"act"`
	Area Area   `json:"area"`
	Name string `json:"name"` // "participants", "participants/email"
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	Harm Harm   `json:"harm,omitempty"`
}

// Act is what happens to a thing.
type Act string

// The acts.
const (
	Added   Act = "added"
	Removed Act = "removed"
	Changed Act = "changed"
)

// Area is the kind of thing that a change is of.
type Area string

// The areas.
const (
	AreaProfile    Area = "profile"
	AreaSetting    Area = "setting"
	AreaResidency  Area = "residency"
	AreaPlacement  Area = "placement"
	AreaClass      Area = "class"
	AreaRole       Area = "role"
	AreaCollection Area = "collection"
	AreaField      Area = "field"
	AreaPurpose    Area = "purpose"
	AreaState      Area = "state"
)

// Harm says what a change takes away. The greater one counts when a change does
// several things.
type Harm uint8

// The harms, from none to the worst.
const (
	Harmless Harm = iota
	Cuts          // somebody loses a right
	Weakens       // data is less protected, or held for more
	Destroys      // data is lost, or can no longer be reached or found
	Refused       // data in place would not fit: the change cannot be applied
)

// String is the word used in JSON and in message keys.
func (h Harm) String() string {
	return [...]string{"none", "cuts", "weakens", "destroys", "refused"}[min(h, Refused)]
}

// MarshalText writes the word.
func (h Harm) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// In puts the change into a sentence.
func (c Change) In(p *i18n.Printer) string {
	return p.T("profile.change."+string(c.Act), errs.Params{"Area": p.T("profile.area." + string(c.Area)), "Name": c.Name, "From": c.From, "To": c.To})
}

// HarmIn says in words what the change takes away; empty when nothing.
func (c Change) HarmIn(p *i18n.Printer) string {
	if c.Harm == Harmless {
		return ""
	}
	return p.T("profile.harm." + c.Harm.String())
}

// Plan is what applying a profile would change.
type Plan struct {
	Profile string   `json:"profile"`
	From    string   `json:"from"` // digest of the profile in force; empty when there is none
	To      string   `json:"to"`   // digest of the wanted one
	Changes []Change `json:"changes"`
}

// Harm is the worst of the changes.
func (p Plan) Harm() Harm {
	worst := Harmless
	for _, c := range p.Changes {
		worst = max(worst, c.Harm)
	}
	return worst
}

// IsEmpty says whether nothing would change.
func (p Plan) IsEmpty() bool { return len(p.Changes) == 0 }
