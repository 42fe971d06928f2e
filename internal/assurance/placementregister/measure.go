package placementregister

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Name is the mechanism's name in profiles.
const Name = "placement-register"

// New returns the mechanism.
func New(h *assurance.House) assurance.Mechanism {
	return assurance.Mechanism{Name: Name, Breaks: breaks(),
		Measure: func(ctx context.Context, c assurance.Control, f *assurance.Finding) error {
			return (&run{house: h, control: c, f: f, asked: map[id.Name]answer{}}).measure(ctx)
		}}
}

// run is one measurement.
type run struct {
	house   *assurance.House
	control assurance.Control
	f       *assurance.Finding

	rows    []row
	age     time.Duration // of metadata, at most
	failing bool          // a primary may lie elsewhere while a failover is on record
	asked   map[id.Name]answer
	outside int // stores elsewhere that somebody approved
	refused int // forbidden places that were refused
}

// answer is what a region said, once for a run.
type answer struct {
	says tenant.Metadata
	err  error
}

// store is one database of a tenant.
type store struct {
	of        tenant.Tenant
	placement tenant.Placement
	keyring   bool
}

// culprit is the store by opaque id.
func (s store) culprit() string {
	name := string(s.placement.Name)
	if s.keyring {
		name = "keyring"
	}
	return s.of.ID.String() + "/" + name
}

func storesOf(t tenant.Tenant) []store {
	var list []store
	for _, p := range t.Placements {
		list = append(list, store{of: t, placement: p})
	}
	main, _ := t.Placement(tenant.Main)
	return append(list, store{of: t, placement: main, keyring: true})
}

func (r *run) measure(ctx context.Context) (err error) {
	p := r.control.Parameters()
	if r.rows, err = rowsOf(p); err == nil {
		r.age, err = p.Duration("metadata_age")
	}
	if err == nil {
		r.failing, err = failoverOf(p)
	}
	if err != nil {
		r.f.Miss("assurance.reason.parameter", err)
		return nil
	}
	stores := 0
	for _, t := range r.control.Tenants {
		for _, s := range storesOf(t) {
			rows := slices.DeleteFunc(slices.Clone(r.rows), func(one row) bool { return !one.speaksOf(s) })
			if len(rows) == 0 {
				continue
			}
			stores++
			r.look(ctx, s, rows)
		}
	}
	if err := r.strangers(); err != nil {
		r.f.Miss("placement_register.reason.unlisted", err)
	}
	if err := r.forbidden(); err != nil {
		return err
	}
	if err := r.disclosed(ctx); err != nil {
		return err
	}
	r.tell(stores)
	return nil
}

// tell adds the figures.
func (r *run) tell(stores int) {
	r.f.Measure("stores", float64(stores), "")
	r.f.Measure("places", float64(len(r.asked)), "")
	var cities []string
	for _, a := range r.asked {
		if a.err == nil && a.says.City != "" {
			cities = append(cities, a.says.City+" ("+a.says.Country+")")
		}
	}
	if len(cities) > 0 {
		slices.Sort(cities)
		r.f.Say("ground", strings.Join(slices.Compact(cities), ", "))
	}
	r.f.Measure("refused", float64(r.refused), "")
	if r.outside > 0 {
		r.f.Measure("outside", float64(r.outside), "")
	}
}

// look holds one store against its region, the region against what it says, and
// both against what is allowed.
func (r *run) look(ctx context.Context, s store, rows []row) {
	region, ok := r.house.Tenants.Region(s.placement.Region)
	if !ok {
		r.f.Saw()
		r.f.Fail("placement_register.reason.undeclared", s.culprit())
		return
	}
	if !r.opened(ctx, s, region) {
		r.f.Skipped()
	} else {
		r.f.Saw()
	}
	a := r.ask(ctx, region)
	switch {
	case a.err != nil:
		r.f.Skipped()
		r.f.Miss("placement_register.reason.silent", a.err)
		if !r.labelled(rows, region) { // a wrong label needs no metadata to be wrong
			r.f.Fail("placement_register.reason.elsewhere", s.culprit())
		}
		return
	case !agree(region, a.says):
		r.f.Fail("placement_register.reason.contradicted", s.culprit())
	}
	r.f.Saw()
	r.judge(ctx, s, region, a.says, rows)
}

// labelled says whether every row would allow the region by its label.
func (r *run) labelled(rows []row, region tenant.Region) bool {
	says := tenant.Metadata{Code: region.Code, Country: region.Country}
	return !slices.ContainsFunc(rows, func(one row) bool { return !one.allows(region, says) && !one.outside })
}

func (r *run) judge(ctx context.Context, s store, region tenant.Region, says tenant.Metadata, rows []row) {
	for _, one := range rows {
		switch {
		case one.allows(region, says):
		case one.outside && s.placement.Approval != "":
			r.outside++
		case one.outside:
			r.f.Fail("placement_register.reason.unapproved", s.culprit())
		case one.duty == dutyPrimary && r.failing && r.recorded(ctx, s):
			r.outside++
		default:
			r.f.Fail("placement_register.reason.elsewhere", s.culprit())
		}
	}
}

var errOld = errors.New("placementregister: what a place says of itself is too old")

// ask reads the metadata of a region, once for a run.
func (r *run) ask(ctx context.Context, region tenant.Region) answer {
	if a, ok := r.asked[region.Name]; ok {
		return a
	}
	var a answer
	a.says, a.err = region.Survey(ctx)
	if a.err == nil && !a.says.At.IsZero() && r.house.Clock.Now().Sub(a.says.At) > r.age {
		a.err = errOld
	}
	r.asked[region.Name] = a
	return a
}

// agree says whether a place is what it was declared to be.
func agree(region tenant.Region, says tenant.Metadata) bool {
	same := func(declared, said string) bool { return declared == "" || declared == said }
	law := region.Jurisdiction
	return same(region.Provider, says.Provider) && same(region.Code, says.Code) && region.Country == says.Country &&
		same(region.City, says.City) && holds(law, says.Country)
}
