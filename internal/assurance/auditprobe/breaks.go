package auditprobe

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// rows serves a tenant's records past the log, as a tool that somebody wrote in haste
// would: it knows who is asking, opens the rows and tells nobody.
type rows struct {
	house      *assurance.House
	of         tenant.Tenant
	collection vault.Collection
	kinds      []actor.Kind // who is served
}

// breakExport hands out files without an entry.
func breakExport(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	return past(ctx, c, s, "export", exportPath, actor.Member, actor.Service)
}

// breakList lists records without an entry.
func breakList(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	return past(ctx, c, s, "list", listPath, actor.Member, actor.Service)
}

// breakStaffList adds a tool of the operator's that reaches a tenant's records.
func breakStaffList(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	return past(ctx, c, s, "tool", listPath, actor.Staff)
}

func past(ctx context.Context, c assurance.Control, s *assurance.Stage, hole string, path func(string, id.Name) string, kinds ...actor.Kind) error {
	schema, err := schemaOf(ctx, s.House, c.Canary)
	if err != nil {
		return err
	}
	r := &rows{house: s.House, of: c.Canary, collection: *persons(schema), kinds: kinds}
	return open(s, hole, c.Canary, func(of string) string { return path(of, r.collection.Name) }, r.serve)
}

// open tears a hole under both names of a tenant.
func open(s *assurance.Stage, hole string, t tenant.Tenant, path func(of string) string, handler http.HandlerFunc) error {
	for _, of := range []string{string(t.Slug), t.ID.String()} {
		err := s.Fault(hole+"-"+of, func(name string) error {
			s.Faults.Route(name, http.MethodGet, path(of), handler)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func schemaOf(ctx context.Context, h *assurance.House, t tenant.Tenant) (*vault.Schema, error) {
	p, err := probe.Permit(ctx, h, t, access.Ask{Action: access.Read, On: access.Collection})
	if err != nil {
		return nil, err
	}
	return h.Vault.Schema(ctx, p)
}

// caller says who is asking: a person by the session, a program by its token.
func caller(r *http.Request, h *assurance.House, t id.Tenant) (actor.Actor, error) {
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if who, _, err := h.Identity.Resume(r.Context(), bearer); err == nil {
		return who, nil
	}
	return h.Identity.Authenticate(r.Context(), t, bearer)
}

func (v *rows) serve(w http.ResponseWriter, r *http.Request) {
	who, err := caller(r, v.house, v.of.ID)
	if err != nil || !slices.Contains(v.kinds, who.Kind) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	ctx := r.Context()
	ring, err := v.house.Rings.Open(ctx, v.of.ID)
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Request-Id", id.NewRequest().String())
	var list []jsontext.Value
	for row, err := range v.house.Vault.Stored(ctx, v.of, v.collection.Placement) {
		if err != nil {
			break
		}
		if row.Collection != v.collection.Name {
			continue
		}
		if plain, err := ring.Open(nil, row.Body, row.AD); err == nil {
			list = append(list, plain)
		}
	}
	body, err := json.Marshal(struct {
		Records []jsontext.Value `json:"records"`
	}{list})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(body) // nobody is there any more
}

// breakPurpose has the operator's registers read without their purpose in the entry:
// the reading goes through the audited path, and the reason is lost on the way.
func breakPurpose(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	operator, err := s.House.Tenants.Get(s.House.Tenants.Operator())
	if err != nil {
		return err
	}
	schema, err := schemaOf(ctx, s.House, operator)
	if err != nil {
		return err
	}
	name := register(schema).Name
	return open(s, "purpose", operator, func(of string) string { return listPath(of, name) }, func(w http.ResponseWriter, r *http.Request) {
		who, err := caller(r, s.House, operator.ID)
		if err != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		who.Request = id.NewRequest()
		who.Agent = r.UserAgent()
		w.Header().Set("X-Request-Id", who.Request.String())
		ctx := actor.In(r.Context(), who)
		p, err := s.House.Gate.Enter(ctx, access.Ask{Action: access.List, On: access.Record, Tenant: operator.ID, Collection: name})
		if err != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		page, err := s.House.Vault.List(ctx, p, vault.ListOptions{Limit: vault.MaxPage})
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body := []byte(`{"records":[`)
		for i, rec := range page.Records {
			if i > 0 {
				body = append(body, ',')
			}
			body = vault.AppendJSON(body, rec)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(body, `]}`...)) // nobody is there any more
	})
}
