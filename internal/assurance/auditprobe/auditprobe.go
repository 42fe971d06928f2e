package auditprobe

import (
	"context"
	"fmt"
	"slices"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/audit"
	"garant.example/internal/id"
	"garant.example/internal/profile"
)

const name = "audit-probe"

// figureWords begins the keys of the words of figures.
const figureWords = "audit_probe.figure."

// New returns the mechanism.
func New(h *assurance.House) assurance.Mechanism {
	m := &mechanism{house: h}
	return assurance.Mechanism{Name: name, Measure: m.measure, Breaks: map[id.Name]assurance.Break{
		"ehq-access-log":  breakExport,
		"abt-log-all":     breakList,
		"abt-staff-trace": breakStaffList,
		"weg-emp-audit":   breakPurpose,
		"aso-logbook":     breakStaffList,
	}}
}

type mechanism struct{ house *assurance.House }

// want is what a promise asks for.
type want struct {
	paths  []string
	fields []string
	within time.Duration
}

func readWant(p profile.Parameters) (w want, err error) {
	if w.paths, err = p.Words("paths"); err != nil {
		return w, err
	}
	if w.fields, err = p.Words("fields"); err != nil {
		return w, err
	}
	for _, field := range w.fields {
		if _, known := lacks(field, &touch{}, &audit.Entry{}, 0); !known && field != "start" && field != "end" {
			return w, fmt.Errorf("%w: no entry has a field %q", profile.ErrParameter, field)
		}
	}
	w.within, err = p.Duration("within")
	return w, err
}

// has says whether the promise asks for a path, or an entry for a field.
func has(list []string, word string) bool { return slices.Contains(list, word) }

func (m *mechanism) measure(ctx context.Context, c assurance.Control, f *assurance.Finding) error {
	w, err := readWant(c.Parameters())
	if err != nil {
		f.Miss("assurance.reason.parameter", err)
		return nil
	}
	door := probe.NewDoor(m.house)
	defer door.Close()
	run := &run{house: m.house, door: door, control: c, want: w, f: f}
	switch c.Promise.ID {
	case "ehq-access-log", "abt-log-all":
		err = run.members(ctx)
	case "abt-staff-trace", "weg-emp-audit", "aso-logbook":
		err = run.staff(ctx)
	default:
		return fmt.Errorf("auditprobe: nothing is known of the promise %s", c.Promise.ID)
	}
	run.figures()
	return err
}
