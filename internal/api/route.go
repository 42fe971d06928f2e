package api

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
)

// Scope says whose route it is.
type Scope string

// The scopes.
const (
	Anyone   Scope = "anyone"   // no account: what is published
	Tenant   Scope = "tenant"   // people and programs of the tenant in the path
	Operator Scope = "operator" // people and programs of the operator
)

// Route is one operation of the API, as data.
type Route struct {
	Name    string // operation id, and key of its words: "api.<name>"
	Method  string
	Path    string // of net/http patterns; a last segment may end in ":verb"
	Scope   Scope
	Action  access.Action   // what it needs; none for Anyone
	On      access.Resource //
	In, Out reflect.Type    // JSON bodies; nil for none
	Body    string          // media type of a body that is not JSON
	Answer  string          // media type of an answer that is not JSON
	Status  int             // of success
	Headers []string        // request headers it reads: Purpose, If-Match, Idempotency-Key
	Query   []string        // query parameters it reads; "*" stands for open fields of the collection
	Stream  bool            // long bodies and answers, with their own time
	serve   func(*call) error
}

// reads says whether the route reads a query parameter.
func (r *Route) reads(name string) bool {
	return slices.Contains(r.Query, name) || slices.Contains(r.Query, "*")
}

// call is one request on its way through a handler.
type call struct {
	api    *API
	route  *Route
	w      http.ResponseWriter
	r      *http.Request
	tenant tenant.Tenant // the tenant of the path, or the operator's

	attempted *attempt // of a request that acts once
}

// enter asks the gate for what the route needs.
func (c *call) enter() (*access.Permit, error) { return c.ask(access.Ask{}) }

// ask fills in the route's action and the tenant, and asks the gate.
func (c *call) ask(a access.Ask) (*access.Permit, error) {
	a.Action, a.On, a.Tenant = c.route.Action, c.route.On, c.tenant.ID
	if err := c.explain(a); err != nil {
		return nil, err
	}
	return c.api.Gate.Enter(c.r.Context(), a)
}

// collection asks the gate for an action on records of the collection in the path.
func (c *call) collection() (*access.Permit, error) {
	return c.ask(access.Ask{Collection: id.Name(c.r.PathValue("collection"))})
}

// record reads the record id of the path, without its verb.
func (c *call) record() (id.Record, error) {
	text, _, _ := strings.Cut(c.r.PathValue("record"), ":")
	rec, err := id.ParseRecord(text)
	if err != nil {
		return id.Record{}, errs.New(errs.NotFound, "vault.record.unknown").Do("vault.record.unknown.fix")
	}
	return rec, nil
}

// purpose is the declared reason for reading.
func (c *call) purpose() id.Name { return id.Name(strings.TrimSpace(c.r.Header.Get("Purpose"))) }

// answer writes v with the route's status.
func (c *call) answer(v any) error { return web.WriteJSON(c.w, c.route.Status, v) }

// done answers without a body.
func (c *call) done() error {
	c.w.WriteHeader(c.route.Status)
	return nil
}

// open finds the tenant of the path and who is asking.
func (a *API) open(route *Route) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		c := &call{api: a, route: route, w: w, r: r}
		if err := c.strict(); err != nil {
			return err
		}
		if !slices.Contains(route.Headers, onceHeader) {
			if err := web.NotOnce(r); err != nil {
				return err
			}
		}
		if route.Scope == Anyone {
			return route.serve(c)
		}
		if err := c.whose(); err != nil {
			return err
		}
		who, err := a.who(r, c.tenant.ID)
		if err != nil {
			return err
		}
		c.r = web.Act(r, who)
		return route.serve(c)
	}
}

// whose resolves the tenant. A host that belongs to a tenant serves that tenant
// alone: another's name in the path is not found there.
func (c *call) whose() (err error) {
	tenants := c.api.Tenants
	if c.route.Scope == Operator {
		c.tenant, err = tenants.Get(tenants.Operator())
		return err
	}
	if !c.api.Identity.Ready() {
		return errs.New(errs.Setup, "api.setup").Do("api.setup.fix")
	}
	if c.tenant, err = tenants.Named(c.r.PathValue("tenant")); err != nil {
		return err
	}
	if host, ok := tenants.Hosted(web.HostOf(c.r)); ok && host.ID != c.tenant.ID {
		return errs.New(errs.NotFound, "tenant.unknown").Do("tenant.unknown.fix")
	}
	return nil
}

// stranger is whoever sends a request, before anybody is known.
func stranger(r *http.Request) actor.Actor {
	ctx := r.Context()
	return actor.Actor{Address: web.Address(ctx), Request: web.RequestID(ctx), Agent: agent(r), Lang: web.Printer(ctx).Lang()}
}

// who reads the bearer: the token of a program, or the session of a person.
// Without one nobody is asking, and the gate says so.
func (a *API) who(r *http.Request, t id.Tenant) (actor.Actor, error) {
	if r.Header.Get("Authorization") == "" {
		return stranger(r), nil
	}
	secret, ok := bearer(r)
	if !ok {
		return actor.Actor{}, notSignedIn()
	}
	ctx := actor.In(r.Context(), stranger(r))
	if _, person := identity.HomeOf(secret); person {
		who, _, err := a.Identity.Resume(ctx, secret)
		return who, err
	}
	return a.Identity.Authenticate(ctx, t, secret)
}

const maxAgent = 80 // bytes of the client's own name that the log keeps

func agent(r *http.Request) string {
	s := r.UserAgent()
	if len(s) > maxAgent {
		s = s[:maxAgent]
	}
	return strings.ToValidUTF8(s, "?")
}
