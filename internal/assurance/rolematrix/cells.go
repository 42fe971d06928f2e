package rolematrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"

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

	cells, granted int
}

// caller is who asks.
type caller struct {
	word    string // as the promise calls it
	bearer  string
	console tenant.Tenant // whose console the caller may sign in to; zero for none
	who     actor.Actor   // as the declared table would see it
}

// things are what the cells are about: nothing that exists but the canary itself.
func (r *run) things(collection id.Name) probe.Things {
	return probe.Things{Tenant: string(r.control.Canary.Slug), Collection: collection, Record: id.NewRecord().String(),
		Account: id.NewAccount().String(), Token: id.NewToken().String(), Placement: string(tenant.Main)}
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
	c.Bearer, c.Host, c.Purpose = who.bearer, host, "assurance"
	a, err := r.door.Do(ctx, c)
	if err != nil {
		return a, err
	}
	r.judge(cell.Name, who, allowed, a)
	return a, nil
}

// judge compares an answer with what was declared.
func (r *run) judge(cell string, who caller, allowed bool, a probe.Answer) {
	culprit := who.word + " " + cell
	switch refused := a.Refused() || a.Status == http.StatusSeeOther; {
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

// table lists the cells of a door that pass a filter.
func (r *run) table(door string, pick func(assurance.Cell) bool) []assurance.Cell {
	var list []assurance.Cell
	for _, c := range r.house.Table() {
		if c.Door == door && c.Scope == "tenant" && pick(c) {
			list = append(list, c)
		}
	}
	return list
}

// as runs fn as a caller that the promise names, and lets the caller go again.
func (r *run) as(ctx context.Context, word string, m *access.Matrix, fn func(caller) error) error {
	canary := r.control.Canary
	switch word {
	case "anonymous":
		return fn(caller{word: word})
	case "revoked-token":
		return r.revoked(ctx, m, fn)
	case "staff":
		operator, err := r.house.Tenants.Get(r.house.Tenants.Operator())
		if err != nil {
			return err
		}
		own, err := r.house.Gate.Matrix(ctx, operator)
		if err != nil {
			return err
		}
		for _, role := range own.Roles() {
			if role.Holders == access.Team && role.Cap == 0 {
				return r.person(ctx, word, operator, role.Name, actor.Staff, fn)
			}
		}
		return probe.ErrNoRole
	case "other-tenant-administrator", "other-tenant-member":
		other, err := r.other()
		if err != nil {
			return err
		}
		own, err := r.house.Gate.Matrix(ctx, other)
		if err != nil {
			return err
		}
		role, err := probe.Manager(own)
		if members := probe.RolesOf(own, access.Members); word == "other-tenant-member" && len(members) > 0 {
			role = members[len(members)-1]
		}
		if err != nil {
			return err
		}
		return r.person(ctx, word, other, role, actor.Member, fn)
	}
	for _, role := range m.Roles() {
		if string(role.Name) != word {
			continue
		}
		if role.Holders == access.Services {
			return r.program(ctx, word, role.Name, fn)
		}
		return r.person(ctx, word, canary, role.Name, actor.Member, fn)
	}
	return fmt.Errorf("%w: no caller %q", profile.ErrParameter, word)
}

func (r *run) person(ctx context.Context, word string, of tenant.Tenant, role id.Name, kind actor.Kind, fn func(caller) error) error {
	p, err := probe.SignIn(ctx, r.house, of, role)
	if err != nil {
		return err
	}
	who := actor.Actor{Kind: kind, Tenant: of.ID, Account: p.Account, Roles: []id.Name{role}}
	return errors.Join(fn(caller{word, p.Bearer, of, who}), p.Leave(ctx))
}

func (r *run) program(ctx context.Context, word string, role id.Name, fn func(caller) error) error {
	p, err := probe.NewProgram(ctx, r.house, r.control.Canary, role)
	if err != nil {
		return err
	}
	who := actor.Actor{Kind: actor.Service, Tenant: r.control.Canary.ID, Token: p.ID, Roles: []id.Name{role}}
	return errors.Join(fn(caller{word: word, bearer: p.Bearer, who: who}), p.Revoke(ctx))
}

// revoked is a program whose token was taken away.
func (r *run) revoked(ctx context.Context, m *access.Matrix, fn func(caller) error) error {
	roles := probe.RolesOf(m, access.Services)
	if len(roles) == 0 {
		return probe.ErrNoRole
	}
	p, err := probe.NewProgram(ctx, r.house, r.control.Canary, roles...)
	if err != nil {
		return err
	}
	if err := p.Revoke(ctx); err != nil {
		return err
	}
	return fn(caller{word: "revoked-token", bearer: p.Bearer})
}

var errAlone = errors.New("rolematrix: no other canary is there to ask as")

// other is the canary of another profile: a customer like any other.
func (r *run) other() (tenant.Tenant, error) {
	for _, t := range r.house.Tenants.All() {
		if t.Canary && t.ID != r.control.Canary.ID && t.Serves(r.house.Clock.Now()) {
			return t, nil
		}
	}
	return tenant.Tenant{}, errAlone
}

// consoleCookie is what a browser of the caller sends to the canary's console.
func consoleCookie(of tenant.Tenant, who caller) *http.Cookie {
	if who.bearer == "" {
		return nil
	}
	return &http.Cookie{Name: probe.CookieOf(of), Value: who.bearer}
}
