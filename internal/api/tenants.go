package api

import (
	"context"
	"time"

	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
)

// Opened is what the opening of a tenant gave. Password and Secret are shown once
// and stored nowhere.
type Opened struct {
	Tenant   tenant.Tenant
	Account  identity.Account // of the first person, who may invite the others
	Password string           // by which that person begins
	Token    identity.Token   // of the first program
	Secret   string
	Canary   id.Name // the profile's canary, when it was opened beside this tenant
}

// OpenTenant opens a tenant with its profile in force, its first person and the
// token of its first program.
type OpenTenant func(ctx context.Context, n tenant.Opening, first identity.Person) (Opened, error)

// TenantList is one page of the tenants of the platform, by slug.
type TenantList struct {
	Tenants []TenantInfo `json:"tenants"`
	Next    string       `json:"next,omitzero"`
}

// TenantInfo is a tenant as the API shows it.
type TenantInfo struct {
	ID         string          `json:"id"`
	Slug       string          `json:"slug"`
	Title      string          `json:"title"`
	Country    string          `json:"country"`
	Lang       string          `json:"lang"`
	Profile    string          `json:"profile"`
	Hosts      []string        `json:"hosts"`
	State      string          `json:"state" enum:"building,open,ended,wiped"`
	StartsAt   time.Time       `json:"starts_at,omitzero"`
	EndsAt     time.Time       `json:"ends_at,omitzero"`
	CreatedAt  time.Time       `json:"created_at"`
	Canary     bool            `json:"canary,omitzero"`
	Operator   bool            `json:"operator,omitzero"`
	Placements []PlacementInfo `json:"placements"`
}

// PlacementList is the databases of a tenant.
type PlacementList struct {
	Placements []PlacementInfo `json:"placements"`
}

// PlacementInfo says where one database of a tenant lies.
type PlacementInfo struct {
	Name         string   `json:"name"`
	Region       string   `json:"region"`
	Title        Text     `json:"title"`
	Jurisdiction string   `json:"jurisdiction"`
	Country      string   `json:"country"`
	City         string   `json:"city,omitzero"`
	Engine       string   `json:"engine"`
	Classes      []string `json:"classes"`
	Approval     string   `json:"approval,omitzero"`
}

// NewTenant is what an operator says to open a tenant.
type NewTenant struct {
	Slug     string    `json:"slug"`
	Title    string    `json:"title"`
	Country  string    `json:"country"`
	Lang     string    `json:"lang" enum:"en,fr"`
	Profile  string    `json:"profile"`
	Hosts    []string  `json:"hosts,omitzero"`
	StartsAt time.Time `json:"starts_at,omitzero"`
	EndsAt   time.Time `json:"ends_at,omitzero"`
	Canary   bool      `json:"canary,omitzero" doc:"on which the controls of the profile act; its data are made up"`
	Admin    Person    `json:"admin"`
}

// OpenedTenant is a new tenant with what its first person and its first program
// need; a canary opened without a person has neither. Password and secret are
// shown this once.
type OpenedTenant struct {
	Tenant TenantInfo `json:"tenant"`
	Admin  Invitation `json:"admin,omitzero"`
	Token  Token      `json:"token,omitzero"`
	Canary string     `json:"canary,omitzero" doc:"short name of the canary that was opened as well, beside the first tenant of a profile"`
}

// ContractEnd says when a contract ends.
type ContractEnd struct {
	At time.Time `json:"at,omitzero"`
}

func (a *API) tenantOf(t tenant.Tenant) TenantInfo {
	out := TenantInfo{ID: t.ID.String(), Slug: string(t.Slug), Title: t.Title, Country: t.Country, Lang: t.Lang,
		Profile: string(t.Profile), Hosts: t.Hosts, State: string(t.State), StartsAt: t.Contract.Start,
		EndsAt: t.Contract.End, CreatedAt: t.Created, Canary: t.Canary, Operator: t.Operator, Placements: a.placements(t)}
	if out.Hosts == nil {
		out.Hosts = []string{}
	}
	return out
}

func (a *API) placements(t tenant.Tenant) []PlacementInfo {
	out := make([]PlacementInfo, 0, len(t.Placements))
	for _, p := range t.Placements {
		r, _ := a.Tenants.Region(p.Region)
		out = append(out, PlacementInfo{Name: string(p.Name), Region: string(p.Region), Title: textOf(r.Title),
			Jurisdiction: r.Jurisdiction, Country: r.Country, City: r.City, Engine: string(r.Engine),
			Classes: words(p.Classes), Approval: p.Approval})
	}
	return out
}

func listTenants(c *call) error {
	if _, err := c.enter(); err != nil {
		return err
	}
	at, err := c.page("tenants")
	if err != nil {
		return err
	}
	out := TenantList{Tenants: []TenantInfo{}}
	for _, t := range c.api.Tenants.All() {
		if string(t.Slug) <= string(at.position) {
			continue
		}
		if len(out.Tenants) == at.limit {
			if out.Next, err = at.next([]byte(out.Tenants[at.limit-1].Slug)); err != nil {
				return err
			}
			break
		}
		out.Tenants = append(out.Tenants, c.api.tenantOf(t))
	}
	return c.answer(out)
}

func readTenant(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	return c.give(p.Tenant())
}

func listPlacements(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	return c.answer(PlacementList{Placements: c.api.placements(p.Tenant())})
}

func createTenant(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	return c.once(p, c.openTenant)
}

func (c *call) openTenant() error {
	var in NewTenant
	if err := web.ReadJSON(c.r, &in); err != nil {
		return err
	}
	made, err := c.api.OpenTenant(c.r.Context(), tenant.Opening{Slug: id.Name(in.Slug), Title: in.Title,
		Country: in.Country, Lang: in.Lang, Profile: id.Name(in.Profile), Hosts: in.Hosts, Canary: in.Canary,
		Contract: tenant.Contract{Start: in.StartsAt, End: in.EndsAt}}, identity.Person(in.Admin))
	if err != nil {
		return err
	}
	return c.finish(made)
}

// openedOf shows what the opening of a tenant gave.
func (a *API) openedOf(made Opened) OpenedTenant {
	out := OpenedTenant{Tenant: a.tenantOf(made.Tenant), Canary: string(made.Canary)}
	if made.Password != "" {
		out.Admin = Invitation{Account: accountOf(made.Account), Password: made.Password}
	}
	if made.Secret != "" {
		out.Token = tokenOf(made.Token)
		out.Token.Secret = made.Secret
	}
	return out
}

func endTenant(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	return c.once(p, c.endContract)
}

func (c *call) endContract() error {
	var in ContractEnd
	if err := web.ReadJSON(c.r, &in); err != nil {
		return err
	}
	if in.At.IsZero() {
		in.At = c.api.Tenants.Clock().Now()
	}
	found, err := c.api.Tenants.Named(c.segment("of"))
	if err != nil {
		return err
	}
	ended, err := c.api.Tenants.End(c.r.Context(), found.ID, in.At)
	if err != nil {
		return err
	}
	return c.give(ended)
}
