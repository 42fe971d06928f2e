package console

import (
	"net/http"
	"net/url"
	"strings"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
)

// visit is one request on its way through a room.
type visit struct {
	c       *Console
	route   *Route
	w       http.ResponseWriter
	r       *http.Request
	say     *i18n.Printer
	lang    ui.Lang
	tenant  tenant.Tenant // of the path; zero outside of a tenant
	base    string        // where the tenant's rooms begin; empty outside of a tenant
	secret  string        // of the session
	who     actor.Actor   // Anonymous until somebody is known
	session identity.Session
	permit  *access.Permit    // the gate's yes to what the route needs; nil for Anyone and Own
	failed  *errs.Error       // what was wrong with the form that is shown again
	labels  map[string]string // of controls by pointer: what a summary names them
}

// open leads a request to its room: language, tenant, person, gate, handler.
func (c *Console) open(route *Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{c: c, route: route, w: w, r: r}
		v.speak("")
		if v.chooseLanguage() {
			return
		}
		gone, err := v.enter()
		if err == nil && !gone {
			err = route.serve(v)
		}
		if err != nil {
			v.fault(err)
		}
	})
}

// enter finds the tenant, the person and the permit. gone says that the visitor was
// sent elsewhere.
func (v *visit) enter() (gone bool, err error) {
	if err := v.whose(); err != nil {
		return false, err
	}
	if v.r.Method == post {
		if err := v.r.ParseForm(); err != nil {
			return false, errs.New(errs.Invalid, "console.form.unreadable").Cause(err)
		}
	}
	v.r = v.r.WithContext(actor.In(v.r.Context(), v.stranger()))
	if v.base == "" {
		return false, nil
	}
	known := v.known()
	if v.route.Scope == Anyone {
		return false, nil
	}
	switch {
	case !known && v.r.Method != post:
		v.to(v.base + "/sign-in?" + url.Values{"to": {v.r.URL.RequestURI()}}.Encode())
		return true, nil
	case !known:
		return false, errs.New(errs.Unauthenticated, "console.session.over").Do("console.session.over.fix")
	case v.session.MustChange && !strings.HasSuffix(v.route.Path, "/password"):
		v.to(v.base + "/password")
		return true, nil
	case v.route.Scope == Own:
		return false, nil
	}
	v.permit, err = v.ask(access.Ask{Action: v.route.Action, On: v.route.On})
	return false, err
}

// whose resolves the tenant of the path. The operator has its own address, and a
// host that belongs to a tenant shows that tenant alone.
func (v *visit) whose() (err error) {
	tenants := v.c.Tenants
	host, hosted := tenants.Hosted(web.HostOf(v.r))
	unknown := errs.New(errs.NotFound, "tenant.unknown").Do("tenant.unknown.fix")
	switch name := v.r.PathValue("tenant"); {
	case strings.HasPrefix(v.route.Path, operatorBase):
		if hosted {
			return unknown
		}
		v.base = operatorBase
		v.tenant, err = tenants.Get(tenants.Operator())
		return err
	case name == "":
		return nil
	case !v.c.Identity.Ready():
		return errs.New(errs.Setup, "console.setup.first").Do("console.setup.first.fix")
	default:
		if v.tenant, err = tenants.Named(name); err != nil {
			return unknown
		}
		if v.tenant.Operator || string(v.tenant.Slug) != name || hosted && host.ID != v.tenant.ID {
			return unknown
		}
		v.base = "/t/" + name
		return nil
	}
}

// stranger is whoever sends a request, before anybody is known.
func (v *visit) stranger() actor.Actor {
	ctx := v.r.Context()
	return actor.Actor{Address: web.Address(ctx), Request: web.RequestID(ctx), Agent: agent(v.r), Lang: v.say.Lang()}
}

const maxAgent = 80 // bytes of the browser's own name that the log keeps

func agent(r *http.Request) string {
	s := r.UserAgent()
	if len(s) > maxAgent {
		s = s[:maxAgent]
	}
	return strings.ToValidUTF8(s, "?")
}

// known resumes the session of the cookie. A session that is over is nobody's.
func (v *visit) known() bool {
	secret, ok := v.sessionCookie()
	if !ok {
		return false
	}
	if home, ok := identity.HomeOf(secret); !ok || home != v.tenant.ID {
		return false
	}
	who, session, err := v.c.Identity.Resume(v.r.Context(), secret)
	if err != nil || session.Tenant != v.tenant.ID {
		return false
	}
	v.secret, v.who, v.session = secret, who, session
	v.speak(who.Lang)
	v.who.Lang = v.say.Lang()
	v.r = web.Act(v.r, v.who)
	return true
}

// ask fills in the tenant, the collection and the transition of the request, and
// asks the gate.
func (v *visit) ask(a access.Ask) (*access.Permit, error) {
	v.fill(&a)
	return v.c.Gate.Enter(v.r.Context(), a)
}

// may says whether the visitor could do something here, for pages.
func (v *visit) may(a access.Ask) bool {
	v.fill(&a)
	return v.c.Gate.May(v.r.Context(), a)
}

// can is may for what is not about records.
func (v *visit) can(a access.Action, on access.Resource) bool {
	return v.may(access.Ask{Action: a, On: on})
}

func (v *visit) fill(a *access.Ask) {
	a.Tenant = v.tenant.ID
	if a.On == access.Record && a.Collection == "" {
		a.Collection = id.Name(v.r.PathValue("collection"))
	}
	if a.Action == access.Transition && a.Edge == (access.Edge{}) {
		a.Edge = access.Edge{From: id.Name(v.typed("from")), To: id.Name(v.typed("into"))}
	}
}

// typed is what a field of the form holds.
func (v *visit) typed(name string) string { return strings.TrimSpace(v.r.PostForm.Get(name)) }

// query is a parameter of the address.
func (v *visit) query(name string) string { return strings.TrimSpace(v.r.URL.Query().Get(name)) }

// to sends the visitor to another room.
func (v *visit) to(path string) {
	v.w.Header().Set("Location", localPath(path, "/"))
	v.w.WriteHeader(http.StatusSeeOther)
}

// at is the address of a room of this tenant.
func (v *visit) at(parts ...string) string { return v.base + "/" + strings.Join(parts, "/") }

// localPath lets through a path of this server and nothing else: a browser reads
// "//host" and "/\host" as another server.
func localPath(s, otherwise string) string {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") {
		return otherwise
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || c == '\\' {
			return otherwise
		}
	}
	return s
}
