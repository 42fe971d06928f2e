package vault

import (
	"regexp"
	"slices"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/spec/blindindex"
	"garant.example/internal/tenant"
)

// Kind is the closed list of what a field can hold.
type Kind string

// The kinds.
const (
	Text     Kind = "text"     // one or more lines
	Email    Kind = "email"    // RFC 5321 mailbox, at most 254 bytes
	Phone    Kind = "phone"    // digits with an optional leading +, separators dropped
	URL      Kind = "url"      // http or https
	Enum     Kind = "enum"     // one of Options
	Choices  Kind = "choices"  // several of Options, each once
	Integer  Kind = "integer"  // 64 bits
	Decimal  Kind = "decimal"  // kept as written, at most 34 digits
	Boolean  Kind = "boolean"  //
	Date     Kind = "date"     // 2006-01-02
	Moment   Kind = "datetime" // RFC 3339 with an offset, kept in UTC
	Country  Kind = "country"  // ISO 3166-1 alpha-2
	Language Kind = "language" // BCP 47 tag
	Ref      Kind = "reference"
)

// Kinds returns the closed list in order.
func Kinds() []Kind {
	return []Kind{Text, Email, Phone, URL, Enum, Choices, Integer, Decimal, Boolean, Date, Moment, Country, Language, Ref}
}

// Field is one field of a collection, as a profile declares it.
type Field struct {
	Name      id.Name     `json:"name"`
	Title     tenant.Text `json:"title"`
	Kind      Kind        `json:"kind"`
	Class     id.Name     `json:"class"`
	Required  bool        `json:"required"`
	Options   []string    `json:"options,omitempty"`
	MaxLength int         `json:"max_length,omitempty"` // bytes of UTF-8; 0 is DefaultMaxLength
	Pattern   string      `json:"pattern,omitempty"`    // RE2, whole value
	Min       *int64      `json:"min,omitempty"`
	Max       *int64      `json:"max,omitempty"`
	Of        id.Name     `json:"of,omitempty"`   // Ref: the collection referred to
	Open      bool        `json:"open,omitempty"` // readable in the database, may be filtered on
	Findable  *Findable   `json:"findable,omitempty"`
	Personal  bool        `json:"personal"`

	re         *regexp.Regexp
	normaliser blindindex.Normaliser
}

// Findable gives a field a blind index.
type Findable struct {
	// Normalise names how a value is written before it is hashed; see
	// blindindex.ParseNormaliser: exact, text, email, phone, phone:33, digits.
	Normalise string `json:"normalise"`
	Unique    bool   `json:"unique"` // no two records of the collection may share a value
	// Digits is, for a number or a code of digits, how many it has at most: what
	// decides whether the values could all be tried.
	Digits int `json:"digits,omitempty"`
}

// DefaultMaxLength bounds a text that declares no length, in bytes.
const DefaultMaxLength = 2000

func (f *Field) validate(e *errs.Error, at string) {
	if _, err := id.ParseName(string(f.Name)); err != nil {
		e.At(at+"/name", "vault.name.malformed", nil)
	}
	if f.Title.EN == "" || f.Title.FR == "" {
		e.At(at+"/title", "vault.title.languages", nil)
	}
	if !slices.Contains(Kinds(), f.Kind) {
		e.At(at+"/kind", "vault.kind.unknown", errs.Params{"Kind": string(f.Kind)})
	}
	if f.Class == "" {
		e.At(at+"/class", "vault.class.missing", nil)
	}
	if (f.Kind == Enum || f.Kind == Choices) && len(f.Options) == 0 {
		e.At(at+"/options", "vault.options.missing", nil)
	}
	if f.Kind == Ref && f.Of == "" {
		e.At(at+"/of", "vault.reference.of", nil)
	}
	if f.Pattern != "" {
		re, err := regexp.Compile(`^(?:` + f.Pattern + `)$`)
		if err != nil {
			e.At(at+"/pattern", "vault.pattern.invalid", nil)
		}
		f.re = re
	}
	f.validateExposure(e, at)
}

// validateExposure refuses what would leak: a person's words as an open field, a
// guessable value behind an index.
func (f *Field) validateExposure(e *errs.Error, at string) {
	if f.Open && !slices.Contains([]Kind{Enum, Choices, Integer, Boolean, Country, Language}, f.Kind) {
		e.At(at+"/open", "vault.open.words", nil)
	}
	if f.Findable == nil {
		return
	}
	normaliser, err := blindindex.ParseNormaliser(f.Findable.Normalise)
	if err != nil {
		e.At(at+"/findable/normalise", "vault.normalise.unknown", nil)
	}
	f.normaliser = normaliser
	if refusal := f.domain().Check(); refusal != blindindex.Fine {
		e.At(at+"/findable", "vault.findable."+string(refusal), nil)
	}
}

// domain says which values the field can take, for the check that they cannot all
// be tried.
func (f *Field) domain() blindindex.Domain {
	d := blindindex.Domain{Digits: f.Findable.Digits, Boolean: f.Kind == Boolean, Calendar: f.Kind == Date || f.Kind == Moment}
	switch f.Kind {
	case Enum, Choices:
		d.Enum = len(f.Options)
	case Country, Language:
		d.Enum = 250 // about as many countries, and languages in use, as there are
	case Text:
		d.Length = f.maxLength()
	}
	if f.Min != nil && f.Max != nil {
		d.Min, d.Max, d.Bounded = *f.Min, *f.Max, true
	}
	return d
}

func (f *Field) maxLength() int {
	if f.MaxLength > 0 {
		return f.MaxLength
	}
	return DefaultMaxLength
}

// Fits says whether a text is a value of the field, as it stands.
func (f *Field) Fits(s string) bool {
	_, key, _ := f.checkText(s)
	return key == ""
}
