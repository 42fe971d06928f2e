package probe

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/assurance"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
)

// ErrNoRole is returned when the profile has no role of the kind that a probe needs.
var ErrNoRole = errors.New("probe: the profile has no such role")

// Permit asks the gate as the platform itself.
func Permit(ctx context.Context, h *assurance.House, t tenant.Tenant, a access.Ask) (*access.Permit, error) {
	a.Tenant = t.ID
	return h.Gate.Enter(platform(ctx), a)
}

func platform(ctx context.Context) context.Context {
	return actor.In(ctx, actor.Platform("assurance"))
}

// stranger is how a person comes to the door: from this machine, unknown.
func stranger(ctx context.Context) context.Context {
	return actor.In(ctx, actor.Actor{Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), Agent: Agent, Lang: "en"})
}

// Program is a token of a tenant.
type Program struct {
	Bearer string
	ID     id.Token

	house *assurance.House
	of    tenant.Tenant
}

// NewProgram makes a token with roles; with none it holds every role that programs
// of the tenant may hold.
func NewProgram(ctx context.Context, h *assurance.House, t tenant.Tenant, roles ...id.Name) (*Program, error) {
	return newProgram(ctx, h, t, identity.NewToken{Label: Agent, Roles: roles})
}

// NewExpired makes a token with every role that programs may hold, whose life is over.
func NewExpired(ctx context.Context, h *assurance.House, t tenant.Tenant) (*Program, error) {
	return newProgram(ctx, h, t, identity.NewToken{Label: Agent, Over: true})
}

func newProgram(ctx context.Context, h *assurance.House, t tenant.Tenant, n identity.NewToken) (*Program, error) {
	p, err := Permit(ctx, h, t, access.Ask{Action: access.Manage, On: access.Token})
	if err != nil {
		return nil, err
	}
	if len(n.Roles) == 0 {
		n.Roles = RolesOf(p.Matrix(), access.Services)
	}
	if len(n.Roles) == 0 {
		return nil, ErrNoRole
	}
	text, made, err := h.Identity.CreateToken(platform(ctx), p, n)
	if err != nil {
		return nil, err
	}
	return &Program{Bearer: text, ID: made.ID, house: h, of: t}, nil
}

// Revoke ends the token. Revoking twice does no harm.
func (g *Program) Revoke(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	p, err := Permit(ctx, g.house, g.of, access.Ask{Action: access.Manage, On: access.Token})
	if err != nil {
		return err
	}
	return g.house.Identity.RevokeToken(platform(ctx), p, g.ID)
}

// RolesOf lists the roles that a kind of caller may hold.
func RolesOf(m *access.Matrix, kind access.Holders) []id.Name {
	var names []id.Name
	for _, r := range m.Roles() {
		if r.Holders == kind {
			names = append(names, r.Name)
		}
	}
	return names
}

// Manager finds the role of persons that manages accounts: whoever holds it may do
// most.
func Manager(m *access.Matrix) (id.Name, error) {
	for _, r := range m.Roles() {
		for _, rule := range r.Rules {
			for _, a := range rule.Allow {
				if r.Holders != access.Services && rule.On == access.Account && a == access.Manage {
					return r.Name, nil
				}
			}
		}
	}
	return "", ErrNoRole
}

// Person is somebody signed in with one role.
type Person struct {
	Bearer  string // secret of the session
	Account id.Account
	Session id.Session
	Role    id.Name

	house *assurance.House
	of    tenant.Tenant
}

// SignIn signs a person of the tenant in who holds one role. The account is the
// same in every run, and shut between them.
func SignIn(ctx context.Context, h *assurance.House, t tenant.Tenant, role id.Name) (*Person, error) {
	p, err := Permit(ctx, h, t, access.Ask{Action: access.Manage, On: access.Account})
	if err != nil {
		return nil, err
	}
	name := "probe." + string(role) + "@" + string(t.Slug) + ".example"
	account, initial, err := admit(platform(ctx), h, p, name, role)
	if err != nil {
		return nil, err
	}
	person := &Person{Account: account, Role: role, house: h, of: t}
	in, err := h.Identity.SignIn(stranger(ctx), identity.Credentials{Tenant: t.ID, Name: name, Password: initial})
	if err == nil && in.Session.MustChange {
		in, err = h.Identity.ChangePassword(stranger(ctx), in.Secret, initial, "Aa1!"+rand.Text())
	}
	if err != nil {
		return nil, errors.Join(err, person.Leave(ctx))
	}
	person.Bearer, person.Session = in.Secret, in.Session.ID
	return person, nil
}

// admit finds the account of a former run, or makes it; either way with a fresh
// initial password.
func admit(ctx context.Context, h *assurance.House, p *access.Permit, name string, role id.Name) (id.Account, string, error) {
	made, initial, err := h.Identity.CreateAccount(ctx, p, identity.NewAccount{Roles: []id.Name{role},
		Person: identity.Person{Name: Agent, SignIn: name, Email: name, Lang: "en"}})
	if !errs.Is(err, errs.Conflict) {
		return made.ID, initial, err
	}
	taken := err
	found, err := find(ctx, h, p, name)
	if err != nil || found.ID.IsZero() {
		return id.Account{}, "", errors.Join(taken, err)
	}
	if found.State != identity.Active {
		if _, err := h.Identity.EnableAccount(ctx, p, found.ID, 0); err != nil {
			return id.Account{}, "", err
		}
	}
	initial, err = h.Identity.ResetPassword(ctx, p, found.ID)
	return found.ID, initial, err
}

const pageOfAccounts = 100

func find(ctx context.Context, h *assurance.House, p *access.Permit, name string) (identity.Account, error) {
	var after id.Account
	for {
		list, err := h.Identity.Accounts(ctx, p, after, pageOfAccounts)
		if err != nil || len(list) == 0 {
			return identity.Account{}, err
		}
		for _, a := range list {
			if a.Person.SignIn == name {
				return a, nil
			}
		}
		after = list[len(list)-1].ID
	}
}

// SignOut ends the session; the secret stays known, as it does to whoever copied it.
func (n *Person) SignOut(ctx context.Context) error {
	return n.house.Identity.SignOut(stranger(context.WithoutCancel(ctx)), n.Bearer)
}

// Suspend shuts the account while the session runs. errs.Conflict when nobody else
// could manage accounts.
func (n *Person) Suspend(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	p, err := Permit(ctx, n.house, n.of, access.Ask{Action: access.Manage, On: access.Account})
	if err == nil {
		_, err = n.house.Identity.DisableAccount(platform(ctx), p, n.Account, 0)
	}
	return err
}

// Leave signs the person out and shuts the account. The last who may manage
// accounts stays open, without a session and with a password that nobody knows.
func (n *Person) Leave(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if n.Bearer != "" {
		if err := n.SignOut(ctx); err != nil && !errs.Is(err, errs.Unauthenticated) {
			return err
		}
		n.Bearer = ""
	}
	if err := n.Suspend(ctx); !errs.Is(err, errs.Conflict) {
		return err
	}
	return nil
}
