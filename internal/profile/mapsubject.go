package profile

import (
	"errors"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/vault"
)

// SubjectColumn is the column that names the person whom each row is about, in a
// collection whose records belong to persons of another one.
type SubjectColumn struct {
	Heading []string `yaml:"heading"` // as of any column
	// Field is the findable field of the persons' collection in which the cell is
	// looked for.
	Field id.Name `yaml:"field"`
}

// Finder gives the persons of whom a findable field equals a value.
type Finder func(field id.Name, value string) ([]id.Subject, error)

// checkSubject holds the column of the person against the collection that is filled,
// and against the one that the persons are in.
func (m *Map) checkSubject(c, of *vault.Collection, e *errs.Error) {
	switch {
	case m.Subject == nil && c.About == vault.AboutSubject:
		e.At("/subject", "profile.map.subject.missing", nil)
	case m.Subject != nil && c.About != vault.AboutSubject:
		e.At("/subject", "profile.map.subject.unwanted", nil)
	case m.Subject != nil:
		f, ok := (*vault.Field)(nil), false
		if of != nil {
			f, ok = fieldOf(of, m.Subject.Field)
		}
		if !ok || f.Findable == nil {
			e.At("/subject/field", "profile.map.subject.field", errs.Params{"Name": string(m.Subject.Field)})
		}
	}
}

// persons remembers who was found, so that a person of many rows is asked for once.
type persons struct {
	field id.Name
	find  Finder
	known map[string]id.Subject
}

func (m *Map) persons(find Finder) *persons {
	if m.Subject == nil {
		return nil
	}
	return &persons{field: m.Subject.Field, find: find, known: map[string]id.Subject{}}
}

// of finds the one person whom a cell names. What is wrong with the row is an
// errs.Invalid, which does not repeat the cell; any other error ends the table.
func (p *persons) of(cell string) (id.Subject, error) {
	if who, ok := p.known[cell]; ok {
		return who, nil
	}
	if cell == "" {
		return id.Subject{}, noPerson("profile.table.subject.empty")
	}
	found, err := p.find(p.field, cell)
	switch {
	case errs.Is(err, errs.Invalid): // no value of this field: nobody has it
		return id.Subject{}, noPerson("profile.table.subject.unknown")
	case err != nil:
		return id.Subject{}, err
	case len(found) == 0:
		return id.Subject{}, noPerson("profile.table.subject.unknown")
	case len(found) > 1:
		return id.Subject{}, noPerson("profile.table.subject.several")
	}
	p.known[cell] = found[0]
	return found[0], nil
}

// errNoPerson marks the refusals of persons.of.
var errNoPerson = errors.New("profile: no person")

func noPerson(key string) error {
	return errs.New(errs.Invalid, "profile.table.row.refused").Do("profile.table.row.refused.fix").At("/subject", key, nil).Cause(errNoPerson)
}
