package server

import (
	"context"
	"iter"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/api"
	"garant.example/internal/assurance"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
)

// OperatorProfile is the profile of the operator's own tenant.
const OperatorProfile id.Name = "operator"

// Found makes the operator's own tenant: the first thing that ever happens in a
// data folder.
func (h *House) Found(ctx context.Context, title, country, lang string) (tenant.Tenant, error) {
	ctx = actor.In(ctx, actor.Platform("setup"))
	return h.Tenants.Found(ctx, tenant.Opening{Slug: "operator", Title: title, Country: country, Lang: lang,
		Profile: OperatorProfile}, h.prepare)
}

// OpenTenant opens a tenant with its profile in force.
func (h *House) OpenTenant(ctx context.Context, n tenant.Opening) (tenant.Tenant, error) {
	n, err := h.placed(n)
	if err != nil {
		return tenant.Tenant{}, err
	}
	return h.Tenants.Create(ctx, n, h.prepare)
}

// Resume finishes tenants that a crash left half built.
func (h *House) Resume(ctx context.Context) error {
	return h.Tenants.Resume(actor.In(ctx, actor.Platform("setup")), h.prepare)
}

// prepare puts the tenant's profile in force before it opens.
func (h *House) prepare(ctx context.Context, t tenant.Tenant) error {
	return h.Profiles.Adopt(ctx, t)
}

// openWithPeople opens a tenant with its first person, who manages it, and the
// token of its first program. Beside the first tenant of a profile it opens the
// profile's canary. A canary needs no person: the controls bring their own.
func (h *House) openWithPeople(ctx context.Context, n tenant.Opening, first identity.Person) (out api.Opened, err error) {
	alone := n.Canary && first == identity.Person{}
	if err := h.possible(n, first, alone); err != nil {
		return out, err
	}
	if !n.Canary {
		if out.Canary, err = h.accompany(ctx, n); err != nil {
			return out, err
		}
	}
	if out.Tenant, err = h.OpenTenant(ctx, n); err != nil || alone {
		return out, err
	}
	// The operator may open a tenant and nothing in it: its first account and token
	// are made by the platform, in the tenant's own log.
	who := actor.Platform("setup")
	who.Request = actor.From(ctx).Request
	return h.furnish(actor.In(ctx, who), out, first)
}

// furnish makes the first account and the first token of a tenant.
func (h *House) furnish(ctx context.Context, out api.Opened, first identity.Person) (api.Opened, error) {
	t := out.Tenant
	p, err := h.Gate.Enter(ctx, access.Ask{Action: access.Manage, On: access.Account, Tenant: t.ID})
	if err != nil {
		return out, err
	}
	manager, programs := firstRoles(p.Matrix())
	out.Account, out.Password, err = h.Identity.CreateAccount(ctx, p, identity.NewAccount{Person: first, Roles: []id.Name{manager}})
	if err != nil || len(programs) == 0 {
		return out, err
	}
	if p, err = h.Gate.Enter(ctx, access.Ask{Action: access.Manage, On: access.Token, Tenant: t.ID}); err != nil {
		return out, err
	}
	out.Secret, out.Token, err = h.Identity.CreateToken(ctx, p, identity.NewToken{Label: "first", Roles: programs})
	return out, err
}

// firstRoles finds the role that manages accounts and the roles of programs.
func firstRoles(m *access.Matrix) (manager id.Name, programs []id.Name) {
	for _, role := range m.Roles() {
		if role.Holders == access.Services {
			programs = append(programs, role.Name)
			continue
		}
		for _, rule := range role.Rules {
			for _, a := range rule.Allow {
				if rule.On == access.Account && a == access.Manage && manager == "" {
					manager = role.Name
				}
			}
		}
	}
	return manager, programs
}

// Rows gives every logged row of a placement, to be compared with its log.
func (h *House) Rows(ctx context.Context, t tenant.Tenant, placement id.Name) iter.Seq2[audit.Row, error] {
	return func(yield func(audit.Row, error) bool) {
		for s, err := range h.Vault.Stored(ctx, t, placement) {
			if !yield(audit.Row{Object: s.ID.Raw, Hash: s.Hash}, err) || err != nil {
				return
			}
		}
		log, release, err := h.Tenants.Log(ctx, t, placement)
		if err != nil {
			yield(audit.Row{}, err)
			return
		}
		defer release()
		err = log.Read(ctx, func(tx db.Tx) error {
			for _, rows := range []iter.Seq2[audit.Row, error]{identity.Rows(tx), assurance.Rows(tx)} {
				for row, err := range rows {
					if !yield(row, err) || err != nil {
						return nil
					}
				}
			}
			return nil
		})
		if err != nil {
			yield(audit.Row{}, err)
		}
	}
}
