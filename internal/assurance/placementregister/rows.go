package placementregister

import (
	"errors"
	"slices"
	"strings"

	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
)

// row is one line of what is allowed. An empty list allows everything.
type row struct {
	country       string
	class, duty   id.Name
	regions       []string
	codes         []string
	jurisdictions []string
	engines       []string
	outside       bool // elsewhere too, when somebody approved it
}

// The duties of a store.
const (
	dutyStructured id.Name = "structured-data"
	dutyCollector  id.Name = "collector"
	dutyEvents     id.Name = "event-store"
	dutyPrimary    id.Name = "primary"
)

var errDuty = errors.New("placementregister: a duty is not known")

// rowsOf reads the parameter.
func rowsOf(p profile.Parameters) ([]row, error) {
	list, err := p.Rows("allowed")
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, one := range list {
		var r row
		for name, at := range map[string]*[]string{"regions": &r.regions, "codes": &r.codes, "jurisdictions": &r.jurisdictions, "engines": &r.engines} {
			if !one.Has(name) {
				continue
			}
			if *at, err = one.Words(name); err != nil {
				return nil, err
			}
		}
		words := map[string]string{}
		for _, name := range []string{"country", "class", "duty", "outside"} {
			if !one.Has(name) {
				continue
			}
			if words[name], err = one.Text(name); err != nil {
				return nil, err
			}
		}
		r.country, r.class, r.duty, r.outside = words["country"], id.Name(words["class"]), id.Name(words["duty"]), words["outside"] == "approved"
		switch r.duty {
		case "", dutyStructured, dutyCollector, dutyEvents, dutyPrimary:
		default:
			return nil, errDuty
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// speaksOf says whether a row is about a store.
func (r row) speaksOf(s store) bool {
	switch {
	case r.country != "" && r.country != s.of.Country:
		return false
	case r.class != "":
		return s.placement.Name == placementOf(s.of, r.class) && !s.keyring
	case r.duty == dutyPrimary:
		return s.placement.Name == tenant.Main
	default:
		return true
	}
}

// placementOf says which placement of a tenant takes a class.
func placementOf(t tenant.Tenant, class id.Name) id.Name {
	for _, p := range t.Placements {
		if slices.Contains(p.Classes, class) {
			return p.Name
		}
	}
	return tenant.Main
}

// allows says whether a store may lie in a region that says of itself what it says.
func (r row) allows(region tenant.Region, says tenant.Metadata) bool {
	in := func(list []string, word string) bool { return len(list) == 0 || slices.Contains(list, word) }
	if !in(r.regions, string(region.Name)) || !in(r.codes, region.Code) || !in(r.codes, says.Code) || !in(r.engines, string(region.Engine)) {
		return false
	}
	if len(r.jurisdictions) == 0 {
		return true
	}
	return slices.Contains(r.jurisdictions, region.Jurisdiction) &&
		slices.ContainsFunc(r.jurisdictions, func(law string) bool { return holds(law, says.Country) })
}

// holds says whether a law holds on the ground of a country: "CA-QC" in CA, "EU" in
// each of its members.
func holds(law, country string) bool {
	if law == "EU" {
		return slices.Contains(union(), country)
	}
	state, _, _ := strings.Cut(law, "-")
	return country != "" && state == country
}

// union is the members of the European Union.
func union() []string {
	return []string{"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT",
		"NL", "PL", "PT", "RO", "SE", "SI", "SK"}
}
