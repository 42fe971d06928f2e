package rolematrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
)

// outsiders lists the callers whom no cell of the canary is granted: those whose
// credentials are over, and those of another customer.
func outsiders() []string {
	return []string{"anonymous", "expired-token", "revoked-token", "closed-session", "suspended-account", "other-tenant-program"}
}

// as runs fn as a caller that the promise names, and lets the caller go again.
func (r *run) as(ctx context.Context, word string, m *access.Matrix, fn func(caller) error) error {
	canary := r.control.Canary
	switch word {
	case "anonymous":
		return fn(caller{word: word})
	case "expired-token", "revoked-token":
		return r.ended(ctx, word, fn)
	case "closed-session", "suspended-account":
		return r.gone(ctx, word, m, fn)
	case "staff":
		return r.staff(ctx, word, fn)
	case "other-tenant-administrator", "other-tenant-member", "other-tenant-program":
		return r.foreigner(ctx, word, fn)
	}
	for _, role := range m.Roles() {
		if string(role.Name) != word {
			continue
		}
		if role.Holders == access.Services {
			return r.program(ctx, word, canary, role.Name, fn)
		}
		return r.person(ctx, word, canary, role.Name, actor.Member, fn)
	}
	return fmt.Errorf("%w: no caller %q", profile.ErrParameter, word)
}

// staff is a person of the operator.
func (r *run) staff(ctx context.Context, word string, fn func(caller) error) error {
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
}

// foreigner is somebody, or a program, of another customer.
func (r *run) foreigner(ctx context.Context, word string, fn func(caller) error) error {
	other, err := r.other()
	if err != nil {
		return err
	}
	own, err := r.house.Gate.Matrix(ctx, other)
	if err != nil {
		return err
	}
	if word == "other-tenant-program" {
		programs := probe.RolesOf(own, access.Services)
		if len(programs) == 0 {
			return probe.ErrNoRole
		}
		return r.program(ctx, word, other, programs[0], fn)
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

func (r *run) person(ctx context.Context, word string, of tenant.Tenant, role id.Name, kind actor.Kind, fn func(caller) error) error {
	p, err := probe.SignIn(ctx, r.house, of, role)
	if err != nil {
		return err
	}
	who := actor.Actor{Kind: kind, Tenant: of.ID, Account: p.Account, Roles: []id.Name{role}}
	return errors.Join(fn(caller{word, p.Bearer, of, who}), p.Leave(ctx))
}

func (r *run) program(ctx context.Context, word string, of tenant.Tenant, role id.Name, fn func(caller) error) error {
	p, err := probe.NewProgram(ctx, r.house, of, role)
	if err != nil {
		return err
	}
	who := actor.Actor{Kind: actor.Service, Tenant: of.ID, Token: p.ID, Roles: []id.Name{role}}
	return errors.Join(fn(caller{word: word, bearer: p.Bearer, who: who}), p.Revoke(ctx))
}

// ended is a program with every role, whose token is over: by its date, or because it
// was taken away while it was in use.
func (r *run) ended(ctx context.Context, word string, fn func(caller) error) error {
	if word == "expired-token" {
		p, err := probe.NewExpired(ctx, r.house, r.control.Canary)
		if err != nil {
			return err
		}
		return errors.Join(fn(caller{word: word, bearer: p.Bearer}), p.Revoke(ctx))
	}
	p, err := probe.NewProgram(ctx, r.house, r.control.Canary)
	if err != nil {
		return err
	}
	used := r.known(ctx, p.Bearer)
	if err := errors.Join(p.Revoke(ctx), used); err != nil {
		return err
	}
	return fn(caller{word: word, bearer: p.Bearer})
}

// gone is a person who had a session: who signed out, or whose account was shut.
func (r *run) gone(ctx context.Context, word string, m *access.Matrix, fn func(caller) error) (err error) {
	canary := r.control.Canary
	role, err := probe.Manager(m)
	if err != nil {
		return err
	}
	if word == "suspended-account" { // the last manager of accounts cannot be shut
		for _, other := range probe.RolesOf(m, access.Members) {
			if other != role {
				role = other
			}
		}
	}
	p, err := probe.SignIn(ctx, r.house, canary, role)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Leave(ctx)) }()
	if err := r.known(ctx, p.Bearer); err != nil {
		return err
	}
	end := p.SignOut
	if word == "suspended-account" {
		end = p.Suspend
	}
	if err := end(ctx); err != nil {
		return err
	}
	return fn(caller{word: word, bearer: p.Bearer, console: canary})
}

var errUnknown = errors.New("rolematrix: credentials that serve are not known")

// known makes sure that credentials serve before they end: else their refusal says
// nothing.
func (r *run) known(ctx context.Context, bearer string) error {
	a, err := r.door.Do(ctx, probe.Call{Method: http.MethodGet, Path: "/v1/tenants/" + string(r.control.Canary.Slug) + "/collections", Bearer: bearer})
	if err == nil && a.Status == http.StatusUnauthorized {
		err = errUnknown
	}
	return err
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
