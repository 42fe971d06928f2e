package rolematrix

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"

	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/id"
	"garant.example/internal/profile"
)

const name = "role-matrix"

// figureWords begins the keys of the words of figures.
const figureWords = "role_matrix.figure."

// New returns the mechanism.
func New(h *assurance.House) assurance.Mechanism {
	m := &mechanism{house: h}
	return assurance.Mechanism{Name: name, Measure: m.measure, Breaks: map[id.Name]assurance.Break{
		"abt-log-limited":     breakGrant,
		"aso-client-platform": breakHost,
	}}
}

type mechanism struct{ house *assurance.House }

// want is what a promise asks for.
type want struct {
	callers []string
	doors   []string
	limit   int64 // holders of the role that reads logs; 0 when the promise names none
	modes   []fs.FileMode
}

func readWant(p profile.Parameters) (w want, err error) {
	if w.callers, err = p.Words("callers"); err != nil {
		return w, err
	}
	if w.doors, err = p.Words("doors"); err != nil {
		return w, err
	}
	if p.Has("cap") {
		if w.limit, err = p.Count("cap"); err != nil {
			return w, err
		}
	}
	if !p.Has("file_modes") {
		return w, nil
	}
	words, err := p.Words("file_modes")
	for _, word := range words {
		mode, bad := strconv.ParseUint(word, 8, 9)
		if bad != nil {
			return w, fmt.Errorf("%w: %q is no file mode", profile.ErrParameter, word)
		}
		w.modes = append(w.modes, fs.FileMode(mode))
	}
	return w, err
}

func (m *mechanism) measure(ctx context.Context, c assurance.Control, f *assurance.Finding) error {
	w, err := readWant(c.Parameters())
	if err != nil {
		f.Miss("assurance.reason.parameter", err)
		return nil
	}
	door := probe.NewDoor(m.house)
	defer door.Close()
	r := &run{house: m.house, door: door, control: c, want: w, f: f}
	for _, t := range c.Tenants {
		m.house.Gate.Forget(t.ID) // the policy that is there now, not the one remembered
	}
	if r.console, err = r.hasConsole(ctx); err != nil {
		return err
	}
	table, err := c.Parameters().Text("table")
	switch {
	case err != nil:
		f.Miss("assurance.reason.parameter", err)
		return nil
	case table == "log-reading":
		err = r.logs(ctx)
	case c.Promise.ID == "aso-client-platform":
		err = r.hosts(ctx)
	default:
		return fmt.Errorf("rolematrix: nothing is known of the promise %s", c.Promise.ID)
	}
	return err
}
