package profile

import (
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Profile is one declared file. Build one with Load; the exported fields are what
// stands in the file, and are not to be changed.
type Profile struct {
	Name       id.Name            `yaml:"profile" json:"profile"`
	Version    int                `yaml:"version" json:"version"`
	Title      tenant.Text        `yaml:"title" json:"title"`
	Summary    tenant.Text        `yaml:"summary" json:"summary"`
	Operator   bool               `yaml:"operator" json:"operator"` // the operator's own; it makes no promises
	Settings   Settings           `yaml:"settings" json:"settings"`
	Residency  map[string]id.Name `yaml:"residency" json:"residency"` // country (ISO 3166-1 alpha-2) to region; no "*"
	Placements []Placement        `yaml:"placements" json:"placements"`
	Classes    []Class            `yaml:"classes" json:"classes"`
	Roles      []Role             `yaml:"roles" json:"roles"`
	Collection []Collection       `yaml:"collections" json:"collections"`
	Promises   []Promise          `yaml:"promises" json:"-"`
}

// Placement is a database of its own for some classes.
type Placement struct {
	Name    id.Name     `yaml:"name" json:"name"`
	Title   tenant.Text `yaml:"title" json:"title"`
	Classes []id.Name   `yaml:"classes" json:"classes"`
}

// Class says how sensitive fields are, and what follows from it.
type Class struct {
	Name  id.Name     `yaml:"name" json:"name"`
	Title tenant.Text `yaml:"title" json:"title"`
	Level Level       `yaml:"level" json:"level"`
	// Handling is the rule for people.
	Handling tenant.Text `yaml:"handling" json:"handling"`
	// Outside says whether the class may lie outside the tenant's home region.
	Outside Outside `yaml:"outside" json:"outside"`
}

// Level is how sensitive a class is.
type Level string

// The levels, from the least to the most sensitive.
const (
	Public       Level = "public"
	Internal     Level = "internal"
	Confidential Level = "confidential"
	Highest      Level = "highest"
)

// Levels returns the closed list, from the least to the most sensitive.
func Levels() []Level { return []Level{Public, Internal, Confidential, Highest} }

// Outside says whether a class may lie outside the home region.
type Outside string

// The closed list.
const (
	Never    Outside = "never"
	Approved Outside = "approved" // with an approval on record
)

// Role is a role as the profile declares it.
type Role struct {
	Name    id.Name     `yaml:"name" json:"name"`
	Title   tenant.Text `yaml:"title" json:"title"`
	Holders string      `yaml:"holders" json:"holders"`
	Cap     int         `yaml:"cap" json:"cap,omitempty"` // at most this many holders
	Rules   []Rule      `yaml:"rules" json:"rules"`
}

// Rule is one rule of a role: actions on a kind of resource.
type Rule struct {
	On          string    `yaml:"on" json:"on"`
	Allow       []string  `yaml:"allow" json:"allow"`
	Collections []id.Name `yaml:"collections" json:"collections,omitempty"`
	See         []id.Name `yaml:"see" json:"see,omitempty"`
	Change      []id.Name `yaml:"change" json:"change,omitempty"`
	Transitions []string  `yaml:"transitions" json:"transitions,omitempty"` // "draft > qa"
}

// Collection is a collection as the profile declares it.
type Collection struct {
	Name      id.Name     `yaml:"name" json:"name"`
	Title     tenant.Text `yaml:"title" json:"title"`
	Class     id.Name     `yaml:"class" json:"class"`
	About     string      `yaml:"about" json:"about"`
	Of        id.Name     `yaml:"of" json:"of,omitempty"`
	Register  bool        `yaml:"register" json:"register,omitempty"`
	Owner     string      `yaml:"owner" json:"owner"`
	Notice    string      `yaml:"notice" json:"notice"`
	Purposes  []Purpose   `yaml:"purposes" json:"purposes"`
	Retention Retention   `yaml:"retention" json:"retention"`
	Life      *Life       `yaml:"life" json:"life,omitempty"`
	Fields    []Field     `yaml:"fields" json:"fields"`
}

// Purpose is why data is held, and on which legal basis.
type Purpose struct {
	Name               id.Name     `yaml:"name" json:"name"`
	Title              tenant.Text `yaml:"title" json:"title"`
	Basis              string      `yaml:"basis" json:"basis"`
	DespiteRestriction bool        `yaml:"despite_restriction" json:"despite_restriction,omitempty"`
}

// Retention is how long records live, counted from their creation, and why.
type Retention struct {
	Keep string      `yaml:"keep" json:"keep"` // in mo or d
	Why  tenant.Text `yaml:"why" json:"why"`
}

// Life is the life cycle of a collection's records.
type Life struct {
	Initial id.Name  `yaml:"initial" json:"initial"`
	States  []State  `yaml:"states" json:"states"`
	Edges   []string `yaml:"edges" json:"edges"` // "draft > qa"
}

// State is one state of a life cycle.
type State struct {
	Name  id.Name     `yaml:"name" json:"name"`
	Title tenant.Text `yaml:"title" json:"title"`
}

// Field is one field of a collection.
type Field struct {
	Name      id.Name     `yaml:"name" json:"name"`
	Title     tenant.Text `yaml:"title" json:"title"`
	Kind      string      `yaml:"kind" json:"kind"`
	Class     id.Name     `yaml:"class" json:"class,omitempty"` // the collection's, unless said
	Personal  bool        `yaml:"personal" json:"personal,omitempty"`
	Required  bool        `yaml:"required" json:"required,omitempty"`
	Open      bool        `yaml:"open" json:"open,omitempty"`
	Findable  *Findable   `yaml:"findable" json:"findable,omitempty"`
	Options   []Option    `yaml:"options" json:"options,omitempty"`
	MaxLength int         `yaml:"max_length" json:"max_length,omitempty"` // bytes
	Pattern   string      `yaml:"pattern" json:"pattern,omitempty"`
	Min       *int64      `yaml:"min" json:"min,omitempty"`
	Max       *int64      `yaml:"max" json:"max,omitempty"`
	Of        id.Name     `yaml:"of" json:"of,omitempty"`
	// Holds says, in a class that admits only some kinds of content, which of
	// them the field holds; the data inventory compares it.
	Holds string `yaml:"holds" json:"holds,omitempty"`
}

// Findable gives a field a blind index.
type Findable struct {
	Normalise string `yaml:"normalise" json:"normalise"`
	Unique    bool   `yaml:"unique" json:"unique,omitempty"`
	Digits    int    `yaml:"digits" json:"digits,omitempty"` // of a code of digits: how many at most
}

// Option is one value of an enumeration, with its words.
type Option struct {
	Value string `yaml:"value" json:"value"`
	EN    string `yaml:"en" json:"en"`
	FR    string `yaml:"fr" json:"fr"`
}

// Text is the words of the option.
func (o Option) Text() tenant.Text { return tenant.Text{EN: o.EN, FR: o.FR} }

// Class returns the declared class of a name.
func (p *Profile) Class(name id.Name) (Class, bool) {
	for _, c := range p.Classes {
		if c.Name == name {
			return c, true
		}
	}
	return Class{}, false
}

// Role returns the declared role of a name.
func (p *Profile) Role(name id.Name) (Role, bool) {
	for _, r := range p.Roles {
		if r.Name == name {
			return r, true
		}
	}
	return Role{}, false
}

// Declared returns the declared collection of a name.
func (p *Profile) Declared(name id.Name) (Collection, bool) {
	for _, c := range p.Collection {
		if c.Name == name {
			return c, true
		}
	}
	return Collection{}, false
}

// Field returns the declared field of a name.
func (c *Collection) Field(name id.Name) (Field, bool) {
	for _, f := range c.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// Option returns the words of a value of an enumeration.
func (f *Field) Option(value string) (Option, bool) {
	for _, o := range f.Options {
		if o.Value == value {
			return o, true
		}
	}
	return Option{}, false
}

// PlacementOf says which placement a class lies in.
func (p *Profile) PlacementOf(class id.Name) id.Name {
	for _, place := range p.Placements {
		for _, c := range place.Classes {
			if c == class {
				return place.Name
			}
		}
	}
	return tenant.Main
}

// FieldClass is the class of a field: its own, or its collection's.
func (c *Collection) FieldClass(f Field) id.Name {
	if f.Class != "" {
		return f.Class
	}
	return c.Class
}
