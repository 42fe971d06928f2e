package profile

import (
	"maps"
	"slices"
	"strings"

	"garant.example/internal/id"
)

// Need is a region to which a profile sends tenants: the configuration must declare
// it under this very name.
type Need struct {
	Region    id.Name
	Countries []string // whose tenants go there, sorted
	// Jurisdiction and Code are what a promise of the profile binds the region to;
	// empty when none does.
	Jurisdiction string
	Code         string // the provider's own name of the region
}

// Needs lists the regions to which the profile sends tenants, by name. The
// operator's own profile has none: its tenant lies in the first region declared.
func (p *Profile) Needs() []Need {
	found := map[id.Name]*Need{}
	for _, country := range slices.Sorted(maps.Keys(p.Residency)) {
		region := p.Residency[country]
		if found[region] == nil {
			found[region] = &Need{Region: region}
		}
		found[region].Countries = append(found[region].Countries, country)
	}
	for _, promise := range p.Promises {
		rows, err := promise.Control.Parameters.Rows("allowed")
		if promise.Control.Mechanism != "placement-register" || err != nil {
			continue
		}
		for _, row := range rows {
			bind(found, row)
		}
	}
	var list []Need
	for _, name := range slices.SortedFunc(maps.Keys(found), func(a, b id.Name) int { return strings.Compare(string(a), string(b)) }) {
		list = append(list, *found[name])
	}
	return list
}

// bind notes what a row about exactly one region allows as the only thing.
func bind(found map[id.Name]*Need, row Parameters) {
	only := func(name string) string {
		if words, err := row.Words(name); err == nil && len(words) == 1 {
			return words[0]
		}
		return ""
	}
	n := found[id.Name(only("regions"))]
	if n == nil {
		return
	}
	if law := only("jurisdictions"); law != "" {
		n.Jurisdiction = law
	}
	if code := only("codes"); code != "" {
		n.Code = code
	}
}
