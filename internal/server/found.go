package server

import (
	"context"

	"garant.example/internal/actor"
	"garant.example/internal/id"
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
	residency, placements, err := h.Profiles.Places(n.Profile)
	if err != nil {
		return tenant.Tenant{}, err
	}
	n.Residency, n.Placements = residency, placements
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
