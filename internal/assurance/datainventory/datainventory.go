package datainventory

import (
	"context"
	"fmt"
	"slices"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/profile"
)

const name = "data-inventory"

// figureWords begins the keys of the words of figures.
const figureWords = "data_inventory.figure."

// New returns the mechanism.
func New(h *assurance.House) assurance.Mechanism {
	m := &mechanism{house: h}
	return assurance.Mechanism{Name: name, Measure: m.measure, Breaks: map[id.Name]assurance.Break{
		"wywm-minimise":       breakExtra,
		"weg-top-sensitivity": breakLevel("contacts", profile.Internal),
		"weg-classes":         relabel("customers", "given_name", "unclassified"),
		"weg-class-contact":   relabel("customers", "email", "events"),
		"weg-class-pref":      relabel("preferences", "language", "accounts"),
		"weg-class-event":     breakEvent,
	}}
}

type mechanism struct{ house *assurance.House }

// want is what a promise asks for.
type want struct {
	declare []string
	classes []id.Name
	top     profile.Level
	kinds   []string // of what event metadata may hold
	refuse  bool     // extra fields
	closed  bool     // the classes are all there are
}

// declarations are what a promise may ask a collection to declare.
func declarations() []string {
	return []string{"class", "purpose", "legal_basis", "retention", "owner", "notice"}
}

func readWant(p profile.Parameters) (w want, err error) {
	if p.Has("must_declare") {
		if w.declare, err = p.Words("must_declare"); err != nil {
			return w, err
		}
	}
	for _, d := range w.declare {
		if !slices.Contains(declarations(), d) {
			return w, fmt.Errorf("%w: a collection declares no %q", profile.ErrParameter, d)
		}
	}
	if p.Has("classes") {
		list, err := p.Words("classes")
		if err != nil {
			return w, err
		}
		for _, c := range list {
			w.classes = append(w.classes, id.Name(c))
		}
	}
	w.closed = len(w.classes) > 1
	if p.Has("top_class") {
		top, err := p.Text("top_class")
		if w.top = profile.Level(top); err != nil || !slices.Contains(profile.Levels(), w.top) {
			return w, fmt.Errorf("%w: no level %q: %w", profile.ErrParameter, top, err)
		}
	}
	if p.Has("event_fields") {
		if w.kinds, err = p.Words("event_fields"); err != nil {
			return w, err
		}
	}
	if p.Has("extra_fields") {
		word, err := p.Text("extra_fields")
		if w.refuse = word == "refuse"; err != nil || !w.refuse {
			return w, fmt.Errorf("%w: extra fields can only be refused: %w", profile.ErrParameter, err)
		}
	}
	return w, nil
}

func (m *mechanism) measure(ctx context.Context, c assurance.Control, f *assurance.Finding) error {
	w, err := readWant(c.Parameters())
	if err != nil {
		f.Miss("assurance.reason.parameter", err)
		return nil
	}
	i := &inventory{house: m.house, control: c, want: w, f: f}
	if w.refuse {
		if err := i.post(ctx); err != nil {
			f.Skipped()
			f.Miss("data_inventory.reason.post", err)
		}
	}
	for _, t := range c.Tenants {
		if err := i.tenant(ctx, t); err != nil {
			f.Skipped()
			f.Miss("data_inventory.reason.unread", err)
		}
	}
	if err := i.clean(ctx); err != nil {
		f.Miss("data_inventory.reason.clean", err)
	}
	i.figures()
	return nil
}
