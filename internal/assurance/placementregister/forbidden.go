package placementregister

import (
	"context"
	"fmt"
	"html"
	"strings"

	"garant.example/internal/assurance/probe"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// forbidden tries to open tenants where none may be: as a dry run, through the rule
// that decides for every new tenant. Each refusal counts only after an opening that
// must be accepted was.
func (r *run) forbidden() error {
	residency, placements, err := r.house.Profiles.Places(r.control.Promise.Profile)
	if err != nil {
		return err
	}
	opening := tenant.Opening{Slug: id.Name("dry-run-" + probe.Marker()[:12]), Title: "Dry run", Country: r.control.Canary.Country, Lang: "en",
		Profile: r.control.Promise.Profile, Residency: residency, Placements: placements}
	if _, err := r.house.Tenants.Where(opening); err != nil {
		r.f.Miss("placement_register.reason.no_opening", err)
		return nil
	}
	r.countries(opening)
	for _, one := range r.rows {
		if one.class != "" || one.duty == dutyCollector {
			r.abroad(opening, one)
		}
	}
	return nil
}

// countries holds the rule against what is allowed, and asks for a country that it
// does not know.
func (r *run) countries(opening tenant.Opening) {
	asked := false
	for _, one := range r.rows {
		if one.country == "" {
			continue
		}
		asked = true
		opening.Country = one.country
		made, err := r.house.Tenants.Where(opening)
		if err != nil {
			r.f.Miss("placement_register.reason.no_opening", err)
			continue
		}
		region, _ := r.house.Tenants.Region(made.Home())
		if !one.allows(region, tenant.Metadata{Code: region.Code, Country: region.Country}) {
			r.f.Fail("placement_register.reason.rule", "country/"+one.country)
		}
	}
	if !asked {
		return
	}
	opening.Country = "AQ" // nobody's: no rule can name it
	r.mustRefuse(opening, "country/AQ")
}

// abroad tries to place what a row speaks of in each region that it forbids.
func (r *run) abroad(opening tenant.Opening, one row) {
	for _, region := range r.house.Tenants.Regions() {
		if one.allows(region, tenant.Metadata{Code: region.Code, Country: region.Country}) {
			continue
		}
		name := id.Name("collector")
		if one.class != "" {
			name = one.class
		}
		tried := opening
		tried.Placements = []tenant.Placement{{Name: name, Region: region.Name, Classes: []id.Name{name}}}
		r.mustRefuse(tried, "place/"+string(name)+"/"+string(region.Name))
	}
}

func (r *run) mustRefuse(opening tenant.Opening, culprit string) {
	_, err := r.house.Tenants.Where(opening)
	switch {
	case err == nil:
		r.f.Fail("placement_register.reason.accepted", culprit)
	case !errs.Is(err, errs.Invalid):
		r.f.Miss("placement_register.reason.no_opening", err)
	default:
		r.refused++
	}
}

// disclosedOnSite is the approval that a promise asks for when it places people
// outside their country: it has to be said on the page that they read.
const disclosedOnSite = "disclosed-on-site"

// disclosed reads the trust pages of the tenants that the promise places abroad, in
// both languages, and looks for its sentence there.
func (r *run) disclosed(ctx context.Context) error {
	if wanted, err := r.control.Parameters().Text("approval"); err != nil || wanted != disclosedOnSite {
		return nil
	}
	door := probe.NewDoor(r.house)
	defer door.Close()
	for _, t := range r.control.Tenants {
		if !r.speaksOf(t) {
			continue
		}
		for _, lang := range []string{"en", "fr"} {
			page, err := door.Must(ctx, probe.Call{Method: "GET", Path: trustPage(t, lang)})
			if err != nil {
				r.f.Skipped()
				r.f.Miss("placement_register.reason.no_page", err)
				continue
			}
			r.f.Saw()
			if !strings.Contains(plain(string(page.Body)), plain(r.control.Promise.Text.In(lang))) {
				r.f.Fail("placement_register.reason.undisclosed", t.ID.String()+"/"+lang)
			}
		}
	}
	return nil
}

func (r *run) speaksOf(t tenant.Tenant) bool {
	for _, one := range r.rows {
		if one.country == t.Country {
			return true
		}
	}
	return false
}

func trustPage(t tenant.Tenant, lang string) string {
	return fmt.Sprintf("/%s/trust/%s", lang, t.Slug)
}

// plain is a text as a reader sees it: without escapes, and every space alike.
func plain(s string) string { return strings.Join(strings.Fields(html.UnescapeString(s)), " ") }
