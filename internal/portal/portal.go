package portal

import (
	"context"
	"net/http"
	"strings"

	"garant.example/internal/assurance"
	"garant.example/internal/audit/casefile"
	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
)

// Assurance is what pages are made of; assurance.Service is behind it.
type Assurance interface {
	Standings(ctx context.Context, of id.Name) ([]assurance.Standing, error)
	History(ctx context.Context, promise id.Name, limit int) ([]assurance.Result, error)
	Journal(ctx context.Context) (assurance.Journal, error)
	LogHead(ctx context.Context) (assurance.LogHead, error)
	Evidence(ctx context.Context, r assurance.Result) (casefile.Evidence, error)
	Sabotaged(promise id.Name) bool
}

// Tenants is the directory as the portal needs it.
type Tenants interface {
	Named(name string) (tenant.Tenant, error)
	Hosted(host string) (tenant.Tenant, bool)
	All() []tenant.Tenant
}

// Relaxation is a rule of the platform that this operator loosened. Name is a key of
// the words: portal.relaxed.<name>.
type Relaxation struct {
	Name  string
	Value string // what it was set to, for people: an address, a number; may be empty
}

// Portal is what the public pages stand on. All fields but Relaxed and Version are
// required; Assurance may be set after Handler was called and before the first
// request.
type Portal struct {
	Catalog   *i18n.Catalog
	Tenants   Tenants
	Profiles  *profile.Set
	Assurance Assurance
	Clock     clock.Clock
	URL       func() string // how people reach the service; never read from a request
	Listed    bool          // the front page names the tenants
	Demo      bool          // organisations and people are made up
	Relaxed   func() []Relaxation
	Version   string

	kept copies
}

// Handler serves every route of the table.
func (p *Portal) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, route := range Routes() {
		mux.Handle(route.Method+" "+route.Path, web.Routed(p.open(&route)))
	}
	mux.Handle("/", p.open(&Route{Name: "unknown", serve: func(*visit) error {
		return errs.New(errs.NotFound, "portal.unknown").Do("portal.unknown.fix")
	}}))
	return mux
}

// open finds the language and the tenant of a request, serves it, and answers what
// went wrong as a page for people and as a problem for programs.
func (p *Portal) open(route *Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{p: p, route: route, w: w, r: r, theme: themeOf(r)}
		err := v.enter()
		if err == nil {
			err = route.serve(v)
		}
		if err != nil {
			v.fault(err)
		}
	})
}

// enter reads the language and the tenant of the path, and refuses a tenant that
// is not shown under the host of the request.
func (v *visit) enter() error {
	if lang := langOf(v.r.URL.Path); i18n.Known(lang) {
		web.SetLang(v.r.Context(), lang)
	} else if strings.Contains(v.route.Path, "{lang}") {
		v.speak()
		return errs.New(errs.NotFound, "portal.unknown").Do("portal.unknown.fix")
	}
	v.speak()
	host, hosted := v.p.Tenants.Hosted(web.HostOf(v.r))
	v.hosted = hosted
	if hosted {
		v.tenant = host
	}
	if !strings.Contains(v.route.Path, "{tenant}") {
		return nil
	}
	named, err := v.p.Tenants.Named(v.r.PathValue("tenant"))
	if err != nil || string(named.Slug) != v.r.PathValue("tenant") || hosted && named.ID != host.ID {
		return errs.New(errs.NotFound, "portal.tenant.unknown").Do("portal.tenant.unknown.fix")
	}
	return v.of(named)
}

// langOf is the first part of an address: where there is no page, the answer still
// speaks the language in which the reader was.
func langOf(path string) string {
	lang, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return lang
}

// of makes the visit one to a tenant's pages.
func (v *visit) of(t tenant.Tenant) error {
	declared, ok := v.p.Profiles.Profile(t.Profile)
	if !ok || t.Operator || t.State != tenant.Open || len(declared.Promises) == 0 {
		return errs.New(errs.NotFound, "portal.tenant.unknown").Do("portal.tenant.unknown.fix")
	}
	v.tenant, v.profile = t, declared
	return nil
}
