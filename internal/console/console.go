package console

import (
	"context"
	"iter"
	"net/http"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/keys"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/internal/web"
)

// Console is what the rooms stand on. Assurance and Saboteur may be set after
// Handler was called and before the first request.
type Console struct {
	Catalog  *i18n.Catalog
	Tenants  *tenant.Service
	Gate     *access.Gate
	Identity *identity.Service
	Vault    *vault.Service
	Rings    *keys.Rings
	Rotator  *vault.Rotator
	Profiles *profile.Service
	Cursors  *web.Cursors
	Clock    clock.Clock

	// Assurance runs controls; Saboteur breaks what they check, in a demo alone.
	Assurance *assurance.Service
	Saboteur  *assurance.Saboteur

	// OpenTenant opens a tenant with its first person and program.
	OpenTenant OpenTenant
	// Rows gives the logged rows of a placement: verifying a log compares them too.
	Rows func(context.Context, tenant.Tenant, id.Name) iter.Seq2[audit.Row, error]
	// Health says how the platform is.
	Health func(context.Context) Health

	Demo    bool   // organisations and people are made up
	Version string // of the program; may be empty
}

// Opened is what the opening of a tenant gave; Password and Secret are shown once.
type Opened struct {
	Tenant   tenant.Tenant
	Account  identity.Account
	Password string
	Secret   string // of the first program; empty when the profile has none
}

// OpenTenant opens a tenant with its profile in force.
type OpenTenant func(ctx context.Context, n tenant.Opening, first identity.Person) (Opened, error)

// Health is the state of the machine under the platform.
type Health struct {
	Space audit.SpaceState
	Open  int // databases open now
	Doors []web.Listener
}

// Mounts are the patterns under which a server shows the console.
func Mounts() []string {
	return []string{"/t/", operatorBase, operatorBase + "/", "/sign-in", "/setup", "POST " + themePath}
}

// Handler serves every route of the table.
func (c *Console) Handler() (http.Handler, error) {
	mux := http.NewServeMux()
	for _, route := range Routes() {
		handler := web.Routed(c.open(&route))
		if route.Stream {
			handler = web.Stream(streamTime, clock.System().Now, handler)
		}
		mux.Handle(route.Method+" "+route.Path, handler)
	}
	mux.Handle("/", c.open(&Route{Name: "unknown", Scope: Anyone, serve: func(*visit) error {
		return errs.New(errs.NotFound, "console.unknown").Do("console.unknown.fix")
	}}))
	return web.BrowserForms(mux)
}

// streamTime bounds what takes long: an export, reading a whole log again.
const streamTime = time.Hour
