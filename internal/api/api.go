package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
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

// API is what the handlers call.
type API struct {
	Catalog  *i18n.Catalog
	Tenants  *tenant.Service
	Gate     *access.Gate
	Identity *identity.Service
	Vault    *vault.Service
	Rings    *keys.Rings
	Rotator  *vault.Rotator
	Profiles *profile.Service
	Cursors  *web.Cursors

	// Assurance runs controls; Saboteur breaks what they check, in a demo alone.
	Assurance *assurance.Service
	Saboteur  *assurance.Saboteur

	// OpenTenant opens a tenant with its first person and program.
	OpenTenant OpenTenant
	// Rows gives the logged rows of a placement that are not records: verifying a
	// log compares them too. Nil compares the log with itself alone.
	Rows func(context.Context, tenant.Tenant, id.Name) Rows
}

// Handler serves every route of the table, and the document that describes them.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, byVerb := range a.handlers() {
		if plain, only := byVerb[""]; only && len(byVerb) == 1 {
			mux.Handle(pattern, plain)
			continue
		}
		mux.Handle(pattern, dispatch(byVerb))
	}
	return web.Problems(mux)
}

// handlers is the table as net/http understands it: by pattern, then by verb.
func (a *API) handlers() map[string]map[string]http.Handler {
	out := map[string]map[string]http.Handler{}
	for _, route := range Routes() {
		handler := web.Routed(web.Handle(a.open(&route)))
		if route.Stream {
			if route.Body != "" { // a body that is read whole keeps the usual bound
				handler = web.LimitBody(streamBody, handler)
			}
			handler = web.Stream(streamTime, clock.System().Now, handler)
		}
		base, verb, _ := cutVerb(route.Path)
		pattern := route.Method + " " + base
		if out[pattern] == nil {
			out[pattern] = map[string]http.Handler{}
		}
		out[pattern][verb] = handler
	}
	return out
}

// Bounds of what streams: a million records of a kilobyte, and the time they take.
const (
	streamBody = 4 << 30
	streamTime = 2 * time.Hour
)

// cutVerb parts "/records/{record}:restrict" into the pattern that net/http
// understands and the verb; a literal segment such as "records:find" stays whole.
func cutVerb(path string) (base, verb string, ok bool) {
	i := strings.LastIndex(path, "}:")
	if i < 0 {
		return path, "", false
	}
	return path[:i+1], path[i+2:], true
}

// dispatch chooses by the verb at the end of the path.
func dispatch(byVerb map[string]http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, verb, _ := strings.Cut(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/'):], ":")
		handler, ok := byVerb[verb]
		if !ok {
			web.WriteProblem(w, r, errs.New(errs.NotFound, "api.unknown").Do("api.unknown.fix"))
			return
		}
		handler.ServeHTTP(w, r)
	})
}
