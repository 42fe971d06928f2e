package tenant

import (
	"maps"
	"slices"
	"strings"
	"time"

	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Main is the placement that every tenant has.
const Main id.Name = "main"

// State is where a tenant's contract stands.
type State string

// The states of a contract's life.
const (
	Building State = "building" // databases and keys are being made; nobody may enter
	Open     State = "open"
	Ended    State = "ended" // the contract is over; data waits for export and wipe
	Wiped    State = "wiped" // nothing remains but the ledger
)

// Tenant is a customer of the operator.
type Tenant struct {
	ID         id.Tenant   `json:"id"`
	Slug       id.Name     `json:"slug"`
	Title      string      `json:"title"`
	Country    string      `json:"country"` // ISO 3166-1 alpha-2
	Lang       string      `json:"lang"`    // the language its people read first
	Profile    id.Name     `json:"profile"`
	Hosts      []string    `json:"hosts"`
	Placements []Placement `json:"placements"`
	Contract   Contract    `json:"contract"`
	State      State       `json:"state"`
	Canary     bool        `json:"canary"`
	Operator   bool        `json:"operator"`
	Created    time.Time   `json:"created"`
}

// Contract is when the tenant's contract runs. A zero End runs on.
type Contract struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Placement is one database of a tenant.
type Placement struct {
	Name     id.Name   `json:"name"`
	Region   id.Name   `json:"region"`
	Classes  []id.Name `json:"classes"`  // classes that live here; empty for main: all that no other placement takes
	Approval string    `json:"approval"` // reference of the approval, when it lies outside the tenant's region
}

// Placement returns the placement of a name.
func (t Tenant) Placement(name id.Name) (Placement, bool) {
	i := slices.IndexFunc(t.Placements, func(p Placement) bool { return p.Name == name })
	if i < 0 {
		return Placement{}, false
	}
	return t.Placements[i], true
}

// Home is the region of the main placement, where the keyring lies too.
func (t Tenant) Home() id.Name {
	p, _ := t.Placement(Main)
	return p.Region
}

// Serves says whether the tenant's people and programs may act at a moment.
func (t Tenant) Serves(now time.Time) bool {
	return t.State == Open && (t.Contract.End.IsZero() || now.Before(t.Contract.End))
}

// Opening is what an operator says to open a tenant.
type Opening struct {
	Slug     id.Name
	Title    string
	Country  string
	Lang     string
	Profile  id.Name
	Hosts    []string
	Contract Contract
	Canary   bool
	Operator bool
	// Residency is the profile's rule: which region for which country.
	Residency map[string]id.Name
	// Placements are the profile's placements; the main one is implied.
	// A placement without a region lies in the tenant's home region.
	Placements []Placement
}

const maxTitle = 200 // bytes

// Validate tells everything that is wrong at once.
func (n Opening) Validate() error {
	e := errs.New(errs.Invalid, "tenant.invalid").Do("tenant.invalid.fix")
	if _, err := id.ParseName(string(n.Slug)); err != nil || strings.Contains(string(n.Slug), "_") {
		e.At("/slug", "tenant.slug.malformed", nil)
	}
	if strings.TrimSpace(n.Title) == "" || len(n.Title) > maxTitle {
		e.At("/title", "tenant.title.length", errs.Params{"Max": maxTitle})
	}
	if len(n.Country) != 2 || strings.ToUpper(n.Country) != n.Country {
		e.At("/country", "tenant.country.malformed", nil)
	}
	if n.Lang != "fr" && n.Lang != "en" {
		e.At("/lang", "tenant.lang.unknown", nil)
	}
	faultyHosts(e, n.Hosts)
	if !n.Contract.End.IsZero() && !n.Contract.End.After(n.Contract.Start) {
		e.At("/ends_at", "tenant.contract.order", nil)
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// region says where the tenant's home is by the profile's rule.
func (n Opening) region(regions map[id.Name]Region) (Region, error) {
	name, ok := n.Residency[n.Country]
	if !ok {
		name, ok = n.Residency["*"]
	}
	if !ok {
		return Region{}, errs.New(errs.Invalid, "tenant.country.unmapped").
			With("Country", n.Country).Do("tenant.country.unmapped.fix").
			At("/country", "tenant.country.unmapped", errs.Params{"Country": n.Country})
	}
	r, ok := regions[name]
	if !ok {
		return Region{}, errs.New(errs.Config, "tenant.region.unknown").With("Region", string(name)).
			Do("tenant.region.unknown.fix")
	}
	return r, nil
}

// outside refuses a placement in a region to which the profile sends nobody, unless
// somebody approved it.
func (n Opening) outside(p Placement, home id.Name) error {
	if p.Region == home || p.Approval != "" || slices.Contains(slices.Collect(maps.Values(n.Residency)), p.Region) {
		return nil
	}
	return errs.New(errs.Invalid, "tenant.placement.outside").With("Placement", string(p.Name)).With("Region", string(p.Region)).
		Do("tenant.placement.outside.fix")
}

// place says where a placement's database is.
func (t Tenant) place(r Region, name id.Name) db.Place { return r.place(t.ID, db.Placement, name) }
