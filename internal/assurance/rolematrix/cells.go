package rolematrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
)

// run is one look of the mechanism.
type run struct {
	house   *assurance.House
	door    *probe.Door
	control assurance.Control
	want    want
	f       *assurance.Finding

	console                  bool // the promise names the console, and there is one
	cells, granted, withheld int
}

// caller is who asks.
type caller struct {
	word    string // as the promise calls it
	bearer  string
	console tenant.Tenant // whose console the caller may sign in to; zero for none
	who     actor.Actor   // as the declared table would see it
}

// things are what the cells are about: nothing that exists but the canary itself.
func (r *run) things(ctx context.Context) (probe.Things, error) {
	things := probe.Things{Tenant: string(r.control.Canary.Slug), Of: string(r.control.Canary.Slug), Record: id.NewRecord().String(),
		Account: id.NewAccount().String(), Token: id.NewToken().String(), Placement: string(tenant.Main)}
	p, err := probe.Permit(ctx, r.house, r.control.Canary, access.Ask{Action: access.Read, On: access.Collection})
	if err != nil {
		return things, err
	}
	schema, err := r.house.Vault.Schema(ctx, p)
	if err != nil || len(schema.Collections) == 0 {
		return things, errors.Join(err, probe.ErrNoRole)
	}
	chosen := &schema.Collections[0]
	for i := range schema.Collections { // one with a life, so that its transitions are tried too
		if c := &schema.Collections[i]; c.Life != nil && len(c.Life.Edges) > 0 {
			chosen, things.Edge = c, c.Life.Edges[0]
			break
		}
	}
	things.Collection, things.Purpose = chosen.Name, probe.PurposeOf(chosen)
	return things, nil
}

// declared compiles the table that the profile of the program declares.
func (r *run) declared() (*access.Matrix, profile.Compiled, error) {
	p, ok := r.house.Set.Profile(r.control.Promise.Profile)
	if !ok {
		return nil, profile.Compiled{}, fmt.Errorf("rolematrix: no profile %s", r.control.Promise.Profile)
	}
	compiled := profile.Compile(p)
	m, err := access.Compile(compiled.Policy.Roles, compiled.Policy.Space)
	return m, compiled, err
}

// execute sends one cell as a caller and compares the answer with what was declared.
func (r *run) execute(ctx context.Context, cell assurance.Cell, who caller, allowed bool, things probe.Things, host string) (probe.Answer, error) {
	c, ok := probe.Fill(cell, things)
	if !ok {
		r.skip(fmt.Errorf("rolematrix: nothing fills %s", cell.Path))
		return probe.Answer{}, nil
	}
	c.Host = host
	if cell.Door == "console" {
		c.Cookie = r.cookie(cell, who)
	} else {
		c.Bearer = who.bearer
	}
	a, err := r.door.Do(ctx, c)
	if err != nil {
		return a, err
	}
	r.judge(nameOf(cell), who, allowed, a)
	return a, nil
}

// nameOf is what a finding calls a cell.
func nameOf(cell assurance.Cell) string {
	if cell.Door == "api" {
		return cell.Name
	}
	return cell.Door + " " + cell.Name
}

// cookie is what a browser of the caller sends to a room: the credentials under the
// name that the room looks for, whosever they are.
func (r *run) cookie(cell assurance.Cell, who caller) *http.Cookie {
	if who.bearer == "" {
		return nil
	}
	of := r.control.Canary
	if cell.Scope == "operator" {
		if t, err := r.house.Tenants.Get(r.house.Tenants.Operator()); err == nil {
			of = t
		}
	}
	return &http.Cookie{Name: probe.CookieOf(of), Value: who.bearer}
}

// judge compares an answer with what was declared.
func (r *run) judge(cell string, who caller, allowed bool, a probe.Answer) {
	culprit := who.word + " " + cell
	switch refused := a.Refused(); {
	case a.Status >= http.StatusInternalServerError || a.Status == http.StatusTooManyRequests:
		r.skip(fmt.Errorf("rolematrix: %s answered %d", culprit, a.Status))
		return
	case !allowed && !refused:
		r.f.Fail("role_matrix.reason.let_in", culprit)
	case allowed && refused:
		r.f.Fail("role_matrix.reason.turned_away", culprit)
	}
	r.f.Saw()
	r.cells++
	if allowed {
		r.granted++
	}
}

func (r *run) skip(err error) {
	r.f.Skipped()
	r.f.Miss("role_matrix.reason.cell", err)
}

// table lists the cells that pass a filter, of every door that the promise names and
// the platform has.
func (r *run) table(pick func(assurance.Cell) bool) []assurance.Cell {
	var list []assurance.Cell
	for _, c := range r.house.Table() {
		if c.Scope != "anyone" && (c.Door == "api" || c.Door == "console" && r.console) && pick(c) {
			list = append(list, c)
		}
	}
	return list
}

// allows says what the declared table grants a caller of a cell. A room of one's own
// is open to whoever has a session there.
func (r *run) allows(declared *access.Matrix, cell assurance.Cell, who caller, things probe.Things) bool {
	canary := r.control.Canary.ID
	switch {
	case who.who.Kind == actor.Anonymous || cell.Scope == "operator":
		return false
	case cell.Door == "console" && (who.console.ID != canary || who.who.Tenant != canary):
		return false // a program, or somebody of another tenant: nobody is known there
	case cell.Scope == "own":
		return true
	}
	return declared.Decide(&who.who, things.Ask(cell, canary)).Allowed
}

// walk executes cells as one caller, under a host name. What would change something
// lasting is tried by those alone who must be refused; the same right is looked at
// by its other cells.
func (r *run) walk(ctx context.Context, list []assurance.Cell, who caller, declared *access.Matrix, things probe.Things, host string) (map[string]probe.Answer, error) {
	granted := map[string]probe.Answer{}
	for _, cell := range list {
		allowed := r.allows(declared, cell, who, things)
		if allowed && (probe.Lasting(cell) || cell.Scope == "own" && cell.Method != http.MethodGet) {
			r.withheld++
			continue
		}
		a, err := r.execute(ctx, cell, who, allowed, things, host)
		if err != nil {
			return nil, err
		}
		if allowed && a.OK() {
			granted[nameOf(cell)] = a
		}
	}
	return granted, nil
}

// hasConsole looks whether the platform has a console, when the promise names one.
func (r *run) hasConsole(ctx context.Context) (bool, error) {
	if !slices.Contains(r.want.doors, "console") {
		return false, nil
	}
	a, err := r.door.Do(ctx, probe.Call{Method: http.MethodGet, Path: "/t/" + string(r.control.Canary.Slug) + "/sign-in"})
	return a.Status == http.StatusOK, err
}
