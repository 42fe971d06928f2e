package api

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/errs"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
)

// TenantChanges are what is to be changed of a tenant; what is left out stays.
type TenantChanges struct {
	Title    *string   `json:"title,omitzero"`
	Lang     *string   `json:"lang,omitzero" enum:"en,fr"`
	Hosts    *[]string `json:"hosts,omitzero"`
	StartsAt Moment    `json:"starts_at,omitzero"`
	EndsAt   Moment    `json:"ends_at,omitzero"`
}

// Moment is a moment to be set, or with null to be cleared; left out it says nothing.
type Moment struct {
	Said bool
	At   time.Time
}

// UnmarshalJSONFrom reads a moment or null.
func (m *Moment) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	m.Said = true
	return json.UnmarshalDecode(dec, &m.At)
}

func (m Moment) change() *time.Time {
	if !m.Said {
		return nil
	}
	return &m.At
}

// showTenant reads one tenant of the platform.
func showTenant(c *call) error {
	if _, err := c.enter(); err != nil {
		return err
	}
	t, err := c.api.Tenants.Named(c.segment("of"))
	if err != nil {
		return err
	}
	return c.give(t)
}

// changeTenant changes the version of a tenant that If-Match names.
func changeTenant(c *call) error {
	if _, err := c.enter(); err != nil {
		return err
	}
	tags, err := web.IfMatch(c.r)
	if err != nil {
		return err
	}
	if len(tags) > 1 {
		return errs.New(errs.Stale, "web.if_match.stale").
			At("header/If-Match", "web.if_match.stale", nil).Do("web.if_match.stale.fix")
	}
	var in TenantChanges
	if err := web.ReadJSON(c.r, &in); err != nil {
		return err
	}
	t, err := c.api.Tenants.Named(c.segment("of"))
	if err != nil {
		return err
	}
	changed, err := c.api.Tenants.Change(c.r.Context(), t.ID, tags[0], tenant.Change{Title: in.Title, Lang: in.Lang,
		Hosts: in.Hosts, Start: in.StartsAt.change(), End: in.EndsAt.change()})
	if err != nil {
		return err
	}
	return c.give(changed)
}
