package server

import (
	"context"

	"garant.example/internal/console"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
)

// rooms mounts the console. What runs controls is added once the doors are open.
func (r *Running) rooms(cursors *web.Cursors) error {
	h := r.House
	r.Console = &console.Console{Catalog: h.Catalog, Tenants: h.Tenants, Gate: h.Gate, Identity: h.Identity, Vault: h.Vault,
		Rings: h.Rings, Rotator: h.Rotator, Profiles: h.Profiles, Cursors: cursors, Clock: h.Opt.Clock, OpenTenant: h.openInConsole, Rows: h.Rows,
		Health: r.health, Demo: r.serving.Faults != nil}
	served, err := r.Console.Handler()
	if err != nil {
		return err
	}
	for _, pattern := range console.Mounts() {
		r.mux.Handle(pattern, served)
	}
	return nil
}

// openInConsole opens a tenant with its first person and program, for a page.
func (h *House) openInConsole(ctx context.Context, n tenant.Opening, first identity.Person) (console.Opened, error) {
	made, err := h.openWithPeople(ctx, n, first)
	return console.Opened{Tenant: made.Tenant, Account: made.Account, Password: made.Password, Secret: made.Secret}, err
}

// health is the state of the machine under the platform.
func (r *Running) health(context.Context) console.Health {
	return console.Health{Space: r.House.worstSpace(), Open: r.House.Pool.Len(), Doors: r.doors.Listeners()}
}
