package auditprobe

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// run is one look of the mechanism.
type run struct {
	house   *assurance.House
	door    *probe.Door
	control assurance.Control
	want    want
	f       *assurance.Finding

	played, absent   []string
	touches, entries int
	rows             int
	slowest          time.Duration
}

// figures tells what was measured.
func (r *run) figures() {
	r.f.Measure("touches", float64(r.touches), "")
	r.f.Measure("entries", float64(r.entries), "")
	if r.rows > 0 {
		r.f.Measure("rows", float64(r.rows), "")
	}
	r.f.Measure("slowest", r.slowest.Round(time.Millisecond).Seconds(), "s")
	r.f.Measure("paths", float64(len(r.played)), "")
	r.f.Measure("absent", float64(len(r.absent)), "")
	if r.f.Detail == "" {
		r.f.Detail = "tried: " + strings.Join(r.played, ", ") + "; not there: " + strings.Join(r.absent, ", ")
	}
}

// plays walks over the paths of the promise: those that the platform has and the
// probe knows are played, those that it does not have are told.
func (r *run) plays(ctx context.Context, players map[string]func(context.Context) error) error {
	for _, path := range r.want.paths {
		there, err := r.there(ctx, path)
		switch play := players[path]; {
		case err != nil:
			return err
		case !there:
			r.absent = append(r.absent, path)
		case play == nil:
			r.f.Skipped()
			r.f.Miss("audit_probe.reason.path", errors.New("auditprobe: nothing plays the path "+path))
		default:
			r.played = append(r.played, path)
			if err := play(ctx); err != nil {
				r.f.Skipped()
				r.f.Miss("audit_probe.reason.path", err)
			}
		}
	}
	return nil
}

// there says whether the platform has a path: by its table of operations, its links
// and its doors.
func (r *run) there(ctx context.Context, path string) (bool, error) {
	cells := func(pick func(assurance.Cell) bool) bool { return slices.ContainsFunc(r.house.Table(), pick) }
	begins := func(prefix string) bool {
		return cells(func(c assurance.Cell) bool { return c.Door == "api" && strings.HasPrefix(c.Name, prefix) })
	}
	switch path {
	case "api":
		return begins("record."), nil
	case "export":
		return begins("record.export"), nil
	case "import":
		return begins("record.import"), nil
	case "administration":
		return begins("account."), nil
	case "file", "backup", "restore":
		return begins(path + "."), nil
	case "portal", "server":
		return cells(func(c assurance.Cell) bool { return c.Door == path && c.On == access.Record }), nil
	case "replica":
		return slices.ContainsFunc(r.house.Links(), func(l assurance.Link) bool { return strings.HasPrefix(l.Name, "replica") }), nil
	case "console":
		a, err := r.door.Do(ctx, probe.Call{Method: http.MethodGet, Path: "/t/" + string(r.control.Canary.Slug) + "/sign-in"})
		return a.Status == http.StatusOK, err
	default:
		return true, nil // whatever it is, nothing plays it: unknown
	}
}

// persons is the collection that the probe touches: one of persons who can be found,
// or the first of all.
func persons(s *vault.Schema) *vault.Collection {
	for i := range s.Collections {
		if c := &s.Collections[i]; c.About == vault.AboutSelf && findable(c) != "" {
			return c
		}
	}
	return &s.Collections[0]
}

func findable(c *vault.Collection) id.Name {
	for i := range c.Fields {
		if f := &c.Fields[i]; f.Findable != nil && f.Required {
			return f.Name
		}
	}
	return ""
}

// living is a collection whose records pass from state to state, and a first step.
func living(s *vault.Schema) (*vault.Collection, access.Edge, bool) {
	for i := range s.Collections {
		c := &s.Collections[i]
		if c.Life == nil {
			continue
		}
		for _, e := range c.Life.Edges {
			if e.From == c.Life.Initial {
				return c, e, true
			}
		}
	}
	return nil, access.Edge{}, false
}

// matrix is the roles of a tenant.
func (r *run) matrix(ctx context.Context, t tenant.Tenant) (*access.Matrix, error) {
	return r.house.Gate.Matrix(ctx, t)
}
