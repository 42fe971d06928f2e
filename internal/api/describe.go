package api

import (
	"maps"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/internal/web"
)

// describe answers the document in the language of the request: whole to nobody in
// particular; to whoever sends a token, what that token may do.
func describe(c *call) error {
	p := web.Printer(c.r.Context())
	v, err := c.view()
	if err != nil {
		return err
	}
	data, err := json.Marshal(describeFor(p, v), json.Deterministic(true))
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Language", p.Lang())
	h.Set("Vary", "Authorization, Accept-Language")
	if v.allows != nil {
		h.Set("Cache-Control", "no-store")
	}
	return c.raw(data)
}

// view is which part of the API is described. Its zero value is the whole.
type view struct {
	allows func(*Route) bool
	fields []fieldsOf // of the tenant's collections, as far as they may be used
}

// fieldsOf is what a caller may do with the fields of a collection.
type fieldsOf struct {
	collection  *vault.Collection
	sees, gives func(class id.Name) bool
}

// view finds out what the caller may do; without a token nothing is left out.
func (c *call) view() (view, error) {
	if c.r.Header.Get("Authorization") == "" {
		return view{}, nil
	}
	t, err := c.describedTenant()
	if err != nil {
		return view{}, err
	}
	who, err := c.api.who(c.r, t.ID)
	if err != nil {
		return view{}, err
	}
	if who.Tenant != t.ID { // a session of another tenant than the one that was named
		return view{}, errs.New(errs.NotFound, "tenant.unknown").Do("tenant.unknown.fix")
	}
	ctx := actor.In(c.r.Context(), who)
	m, err := c.api.Gate.Matrix(ctx, t)
	if err != nil {
		return view{}, err
	}
	serves := t.Serves(c.api.Tenants.Clock().Now())
	may := func(a access.Action, r access.Resource, k id.Name) access.Decision {
		if !serves {
			return access.Decision{}
		}
		return m.DecideAnyEdge(&who, access.Ask{Action: a, On: r, Tenant: t.ID, Collection: k})
	}
	out := view{}
	names := m.Collections()
	out.allows = func(r *Route) bool {
		switch {
		case r.Scope == Anyone:
			return true
		case r.Scope == Operator && !t.Operator:
			return false
		case r.On != access.Record:
			return may(r.Action, r.On, "").Allowed
		}
		return slices.ContainsFunc(names, func(k id.Name) bool { return may(r.Action, r.On, k).Allowed })
	}
	out.fields, err = c.fields(t, who, m, may)
	return out, err
}

// describedTenant is the tenant that the token is said to belong to: by the session
// itself, by the host, or by the parameter.
func (c *call) describedTenant() (tenant.Tenant, error) {
	tenants := c.api.Tenants
	if name := c.r.URL.Query().Get("tenant"); name != "" {
		return tenants.Named(name)
	}
	if secret, ok := bearer(c.r); ok {
		if home, person := identity.HomeOf(secret); person {
			return tenants.Get(home)
		}
	}
	if t, ok := tenants.Hosted(web.HostOf(c.r)); ok {
		return t, nil
	}
	return tenant.Tenant{}, badQuery("tenant", "api.openapi.tenant", nil)
}

// fields are the collections of which the caller may see or give something.
func (c *call) fields(t tenant.Tenant, who actor.Actor, m *access.Matrix, may func(access.Action, access.Resource, id.Name) access.Decision) ([]fieldsOf, error) {
	var out []fieldsOf
	for _, name := range slices.Sorted(slices.Values(m.Collections())) {
		var see, change access.Decision
		for _, a := range []access.Action{access.Read, access.List, access.Find, access.Export} {
			d := may(a, access.Record, name)
			see.See |= d.See
			see.Allowed = see.Allowed || d.Allowed
		}
		var asked access.Action
		for _, a := range []access.Action{access.Create, access.Update, access.Import} {
			if d := may(a, access.Record, name); d.Allowed {
				change.Change |= d.Change
				change.Allowed, asked = true, a
			}
		}
		if !see.Allowed && !change.Allowed {
			continue
		}
		if !change.Allowed {
			asked = firstAllowed(may, name)
		}
		p, err := c.api.Gate.Enter(actor.In(c.r.Context(), who), access.Ask{Action: asked, On: access.Record, Tenant: t.ID, Collection: name})
		if err != nil {
			return nil, err
		}
		schema, err := c.api.Vault.Schema(c.r.Context(), p)
		if err != nil {
			return nil, err
		}
		k, err := schema.Collection(name)
		if err != nil {
			return nil, err
		}
		out = append(out, fieldsOf{k,
			func(class id.Name) bool { return see.Allowed && m.Sees(see, class) },
			func(class id.Name) bool { return change.Allowed && m.Changes(change, class) }})
	}
	return out, nil
}

func firstAllowed(may func(access.Action, access.Resource, id.Name) access.Decision, k id.Name) access.Action {
	for _, a := range []access.Action{access.Read, access.List, access.Find, access.Export} {
		if may(a, access.Record, k).Allowed {
			return a
		}
	}
	return access.NoAction
}

// describeFor makes the document of a view.
func describeFor(p *i18n.Printer, v view) Document {
	doc := Describe(p)
	if v.allows == nil {
		return doc
	}
	for _, r := range Routes() {
		if !v.allows(&r) {
			doc.leave(&r)
		}
	}
	doc.own(p, v.fields)
	doc.prune()
	return doc
}

// leave takes an operation out of the document.
func (d *Document) leave(r *Route) {
	path := documented(r.Path)
	delete(d.Paths[path], methodOf(r))
	if len(d.Paths[path]) == 0 {
		delete(d.Paths, path)
	}
}

// own adds the fields of collections, and says in the bodies of records that they are
// what stands there.
func (d *Document) own(p *i18n.Printer, fields []fieldsOf) {
	var given, seen []*Schema
	for _, f := range fields {
		name := "fields." + string(f.collection.Name)
		d.Components.Schemas[name] = f.schema(p)
		ref := &Schema{Ref: "#/components/schemas/" + name}
		for _, field := range f.collection.Fields {
			if f.gives(field.Class) {
				given = append(given, ref)
				break
			}
		}
		seen = append(seen, ref)
	}
	for name, refs := range map[string][]*Schema{"NewRecord": given, "Changes": given, "Record": seen} {
		s := d.Components.Schemas[name]
		if s == nil || s.Properties["fields"] == nil || len(refs) == 0 {
			continue
		}
		fields := *s.Properties["fields"]
		fields.AnyOf = refs
		s.Properties["fields"] = &fields
	}
}

// prune drops tags and schemas that nothing refers to any more.
func (d *Document) prune() {
	tags, used := map[string]bool{}, map[string]bool{}
	for _, item := range d.Paths {
		for _, op := range item {
			for _, tag := range op.Tags {
				tags[tag] = true
			}
			op.schemas(func(s *Schema) { d.reach(s, used) })
		}
	}
	d.Tags = slices.DeleteFunc(d.Tags, func(t Tag) bool { return !tags[t.Name] })
	maps.DeleteFunc(d.Components.Schemas, func(name string, _ *Schema) bool { return !used[name] })
}

// schemas calls visit for every schema of an operation.
func (op *Operation) schemas(visit func(*Schema)) {
	for _, p := range op.Parameters {
		visit(p.Schema)
	}
	if op.RequestBody != nil {
		for _, m := range op.RequestBody.Content {
			visit(m.Schema)
		}
	}
	for _, r := range op.Responses {
		for _, m := range r.Content {
			visit(m.Schema)
		}
	}
}

// reach marks what a schema refers to.
func (d *Document) reach(s *Schema, used map[string]bool) {
	if s == nil {
		return
	}
	if name := s.refers(); name != "" && !used[name] {
		used[name] = true
		d.reach(d.Components.Schemas[name], used)
	}
	d.reach(s.Items, used)
	for _, p := range s.Properties {
		d.reach(p, used)
	}
	for _, a := range s.AnyOf {
		d.reach(a, used)
	}
	if s.AdditionalProperties != nil {
		d.reach(s.AdditionalProperties.Schema, used)
	}
}

func methodOf(r *Route) string {
	switch r.Method {
	case http.MethodGet:
		return "get"
	case http.MethodPost:
		return "post"
	case http.MethodPut:
		return "put"
	case http.MethodPatch:
		return "patch"
	default:
		return "delete"
	}
}
