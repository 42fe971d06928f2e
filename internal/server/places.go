package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
)

// placed adds to an opening where its profile wants it, and refuses what this
// platform has no place for: errs.Invalid for a country that the profile does not
// serve, errs.Config for a region that the configuration does not declare, or not
// for this country.
func (h *House) placed(n tenant.Opening) (tenant.Opening, error) {
	residency, placements, err := h.Profiles.Places(n.Profile)
	if err != nil {
		return n, err
	}
	n.Residency, n.Placements = residency, placements
	if err := n.Validate(); err != nil {
		return n, err
	}
	params := errs.Params{"Profile": string(n.Profile), "Country": n.Country}
	name, ok := residency[n.Country]
	if !ok && residency["*"] == "" {
		params["Countries"] = strings.Join(slices.Sorted(maps.Keys(residency)), ", ")
		return n, refusal(errs.Invalid, "server.country.unserved", "/country", params)
	}
	if !ok {
		name = residency["*"]
	}
	params["Region"] = string(name)
	if _, declared := h.Tenants.Region(name); !declared {
		return n, refusal(errs.Config, "server.region.lacking", "/regions/"+string(name), params)
	}
	if only := h.Opt.Countries[name]; len(only) > 0 && !slices.Contains(only, n.Country) {
		params["Countries"] = strings.Join(only, ", ")
		return n, refusal(errs.Config, "server.region.closed", "/country", params)
	}
	return n, nil
}

// refusal is an error whose one fault is the error itself.
func refusal(code errs.Code, key, pointer string, params errs.Params) error {
	e := errs.New(code, key).Do(key+".fix").At(pointer, key, params)
	for name, value := range params {
		e.With(name, value)
	}
	return e
}

// possible finds every fault of an opening before anything is made: a tenant whose
// first person is refused must not stand there half open.
func (h *House) possible(n tenant.Opening, first identity.Person, alone bool) error {
	n, err := h.placed(n)
	if err == nil {
		_, err = h.Tenants.Where(n)
	}
	if err != nil || alone {
		return err
	}
	err = first.Validate()
	var faults *errs.Error
	if errors.As(err, &faults) {
		for i := range faults.Fields {
			faults.Fields[i].Pointer = "/admin" + faults.Fields[i].Pointer
		}
	}
	return err
}

// accompany opens the canary of a profile beside its first tenant and returns its
// name; it does nothing when there is one. The controls act on it: without one the
// profile's promises stay unknown.
func (h *House) accompany(ctx context.Context, n tenant.Opening) (id.Name, error) {
	h.canaries.Lock()
	defer h.canaries.Unlock()
	for _, t := range h.Tenants.All() {
		if t.Canary && t.Profile == n.Profile && t.State == tenant.Open {
			return "", nil
		}
	}
	p, ok := h.Profiles.Set().Profile(n.Profile)
	if !ok {
		return "", nil // placed said so already
	}
	opening := tenant.Opening{Slug: "canary-" + n.Profile, Country: n.Country, Lang: n.Lang, Profile: n.Profile, Canary: true,
		Title: h.Catalog.Printer(n.Lang).T("server.canary.title", errs.Params{"Profile": p.Title.In(n.Lang)})}
	for again := 2; ; again++ { // the name of one that ended stays taken
		if _, err := h.Tenants.Named(string(opening.Slug)); err != nil {
			break
		}
		opening.Slug = id.Name(fmt.Sprintf("canary-%s-%d", n.Profile, again))
	}
	_, err := h.OpenTenant(ctx, opening)
	return opening.Slug, err
}
