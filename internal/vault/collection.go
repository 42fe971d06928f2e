package vault

import (
	"fmt"
	"slices"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// About says whom the records of a collection are about.
type About string

// The closed list.
const (
	AboutSelf    About = "self"    // each record is a person
	AboutSubject About = "subject" // each record belongs to a person of another collection
	AboutNobody  About = "nobody"  // no natural person
)

// Collection is a typed set of records, as a profile declares it.
type Collection struct {
	Name      id.Name     `json:"name"`
	Number    int64       `json:"number"` // stable within the tenant; part of each row's key
	Title     tenant.Text `json:"title"`
	Class     id.Name     `json:"class"`     // decides the placement; the default of its fields
	Placement id.Name     `json:"placement"` // found from the class when the profile is applied
	About     About       `json:"about"`
	Of        id.Name     `json:"of"` // AboutSubject: the collection of the persons
	Fields    []Field     `json:"fields"`
	Life      *Lifecycle  `json:"life,omitempty"`
	Purposes  []Purpose   `json:"purposes"`
	Retention Retention   `json:"retention"`
	Register  bool        `json:"register"` // kept by the operator about itself
	Owner     string      `json:"owner"`    // who answers for the processing
	Notice    string      `json:"notice"`   // where persons are told
}

// Purpose is why data may be held and read.
type Purpose struct {
	Name  id.Name     `json:"name"`
	Title tenant.Text `json:"title"`
	Basis string      `json:"basis"` // legal basis: consent, contract, legal-obligation, vital, public-task, legitimate-interest
	// DespiteRestriction lets a read pass although the person's data is
	// restricted: storage itself, legal claims, another person's rights
	// (GDPR article 18(2)).
	DespiteRestriction bool `json:"despite_restriction"`
}

// Retention is how long records live, counted from their creation.
type Retention struct {
	Months int    `json:"months"`
	Days   int    `json:"days"`
	Why    string `json:"why"`
}

// IsZero says whether no end was declared.
func (r Retention) IsZero() bool { return r.Months == 0 && r.Days == 0 }

// Until says when a record made at a moment is due. Months are calendar months: the
// last day of a shorter month ends a term begun on a day it does not have.
func (r Retention) Until(created time.Time) time.Time {
	end := created.AddDate(0, r.Months, 0)
	if over := end.Day(); over != created.Day() {
		end = end.AddDate(0, 0, -over)
	}
	return end.AddDate(0, 0, r.Days)
}

// Lifecycle is the states of a collection's records.
type Lifecycle struct {
	Initial id.Name       `json:"initial"`
	States  []State       `json:"states"`
	Edges   []access.Edge `json:"edges"`
}

// State is one state of a life cycle.
type State struct {
	Name  id.Name     `json:"name"`
	Title tenant.Text `json:"title"`
}

// LegalBases is the closed list of GDPR article 6(1).
func LegalBases() []string {
	return []string{"consent", "contract", "legal-obligation", "vital", "public-task", "legitimate-interest"}
}

const (
	maxFields     = 200
	maxNumber     = 1 << 20
	numberShift   = 40 // a collection holds at most 2^40 records
	maxNameInPath = 63
)

// Validate tells everything wrong with the declaration at once.
func (c *Collection) Validate() error {
	e := errs.New(errs.Invalid, "vault.collection.invalid").With("Collection", string(c.Name)).Do("vault.collection.invalid.fix")
	if _, err := id.ParseName(string(c.Name)); err != nil {
		e.At("/name", "vault.name.malformed", nil)
	}
	if c.Title.EN == "" || c.Title.FR == "" {
		e.At("/title", "vault.title.languages", nil)
	}
	if c.Class == "" {
		e.At("/class", "vault.class.missing", nil)
	}
	c.validateAbout(e)
	c.validateFields(e)
	c.validateLife(e)
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

func (c *Collection) validateAbout(e *errs.Error) {
	switch c.About {
	case AboutNobody:
		return
	case AboutSelf:
	case AboutSubject:
		if c.Of == "" {
			e.At("/of", "vault.about.of", nil)
		}
	default:
		e.At("/about", "vault.about.unknown", nil)
	}
	if len(c.Purposes) == 0 {
		e.At("/purposes", "vault.purpose.missing", nil)
	}
	if c.Retention.IsZero() {
		e.At("/retention", "vault.retention.missing", nil)
	}
	if c.Owner == "" {
		e.At("/owner", "vault.owner.missing", nil)
	}
	for i, p := range c.Purposes {
		if !slices.Contains(LegalBases(), p.Basis) {
			e.At(fmt.Sprintf("/purposes/%d/basis", i), "vault.basis.unknown", nil)
		}
	}
}

func (c *Collection) validateFields(e *errs.Error) {
	if len(c.Fields) == 0 || len(c.Fields) > maxFields {
		e.At("/fields", "vault.fields.count", errs.Params{"Max": maxFields})
	}
	seen := map[id.Name]bool{}
	for i := range c.Fields {
		f := &c.Fields[i]
		at := fmt.Sprintf("/fields/%d", i)
		if seen[f.Name] {
			e.At(at+"/name", "vault.field.twice", nil)
		}
		seen[f.Name] = true
		f.validate(e, at)
	}
}

func (c *Collection) validateLife(e *errs.Error) {
	if c.Life == nil {
		return
	}
	known := map[id.Name]bool{}
	for _, s := range c.Life.States {
		known[s.Name] = true
	}
	if !known[c.Life.Initial] {
		e.At("/life/initial", "vault.state.unknown", errs.Params{"State": string(c.Life.Initial)})
	}
	for i, edge := range c.Life.Edges {
		if !known[edge.From] || !known[edge.To] {
			e.At(fmt.Sprintf("/life/edges/%d", i), "vault.state.unknown", errs.Params{"State": string(edge.From) + ">" + string(edge.To)})
		}
	}
}

// field returns the place of a field, or -1.
func (c *Collection) field(name string) int {
	for i := range c.Fields {
		if string(c.Fields[i].Name) == name {
			return i
		}
	}
	return -1
}

// purpose finds a declared purpose.
func (c *Collection) purpose(name id.Name) (Purpose, bool) {
	i := slices.IndexFunc(c.Purposes, func(p Purpose) bool { return p.Name == name })
	if i < 0 {
		return Purpose{}, false
	}
	return c.Purposes[i], true
}

// crosses says whether the life cycle has the transition.
func (l *Lifecycle) crosses(e access.Edge) bool { return l != nil && slices.Contains(l.Edges, e) }
