package placementregister

import (
	"context"
	"errors"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// breaks are the sabotages: a place that says it stands elsewhere, a tenant or one of
// its stores declared where it may not be, a notice that is hidden.
func breaks() map[id.Name]assurance.Break {
	return map[id.Name]assurance.Break{
		"ehq-relational":    move("", tenant.Main, "undeclared"),
		"ehq-region-rule":   move("", tenant.Main, "paris"),
		"ehq-region-au":     says("sydney", map[string]string{"region": "ap-southeast-4"}),
		"ehq-region-nz":     hideNotice,
		"ehq-region-ca":     copied("CA", "backup", "california"),
		"ehq-region-uk":     copied("GB", "replica", "paris"),
		"ehq-region-us":     says("california", map[string]string{"region": "us-east-1"}),
		"abt-eu-collect":    collectorAbroad,
		"weg-class-outside": move("", "recordings", "california"),
		"aso-primary-qc":    move("", tenant.Main, "alberta"),
	}
}

var (
	errNobody  = errors.New("placementregister: no tenant of that country is there")
	errNoCloud = errors.New("placementregister: the demo has no provider that could say something else")
)

// of picks the tenant that a break acts on: the canary, or another of a country; a
// canary before a customer.
func of(c assurance.Control, country string) (tenant.Tenant, error) {
	if country == "" || c.Canary.Country == country {
		return c.Canary, nil
	}
	list := slices.DeleteFunc(slices.Clone(c.Tenants), func(t tenant.Tenant) bool { return t.Country != country })
	slices.SortStableFunc(list, func(a, b tenant.Tenant) int { return rank(a) - rank(b) })
	if len(list) == 0 {
		return tenant.Tenant{}, errNobody
	}
	return list[0], nil
}

func rank(t tenant.Tenant) int {
	if t.Canary {
		return 0
	}
	return 1
}

// move declares a placement of a tenant in another region, or one more there, and
// nobody approved it.
func move(country string, placement, to id.Name) assurance.Break {
	return func(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
		t, err := of(c, country)
		if err != nil {
			return err
		}
		t.Placements = slices.Clone(t.Placements)
		i := slices.IndexFunc(t.Placements, func(p tenant.Placement) bool { return p.Name == placement })
		if i < 0 {
			t.Placements = append(t.Placements, tenant.Placement{Name: placement})
			i = len(t.Placements) - 1
		}
		t.Placements[i].Region, t.Placements[i].Approval = to, ""
		return s.Tenant(ctx, t)
	}
}

// copied leaves a copy of a tenant's database in the folder of another region, as a
// backup or a replica that was sent to the wrong place does. Where that region's
// databases lie on a server, the register is made to say so instead.
func copied(country string, name, to id.Name) assurance.Break {
	return func(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
		t, err := of(c, country)
		if err != nil {
			return err
		}
		from, err := s.House.Tenants.PlacementPlace(t, tenant.Main)
		if err != nil {
			return err
		}
		region, ok := s.House.Tenants.Region(to)
		if !ok || region.Engine != db.SQLite || from.Engine != db.SQLite {
			return move(country, name, to)(ctx, c, s)
		}
		body, err := os.ReadFile(from.Path)
		if err != nil {
			return err
		}
		return s.File(filepath.Join(region.Dir, "tenants", t.ID.String(), string(name)+".db"), body)
	}
}

// says lets a region say something else of itself.
func says(region id.Name, what map[string]string) assurance.Break {
	return func(_ context.Context, _ assurance.Control, s *assurance.Stage) error {
		return s.Fault("metadata", func(name string) error {
			cloud := s.Faults.Cloud()
			if cloud == nil {
				return errNoCloud
			}
			cloud.Place(name, region, what)
			return nil
		})
	}
}

// collectorAbroad lets the region of the canary say that it stands in the United
// States.
func collectorAbroad(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	return says(c.Canary.Home(), map[string]string{"region": "us-east-1"})(ctx, c, s)
}

// hideNotice serves the trust pages of a tenant in New Zealand without the sentence
// that says where it is hosted.
func hideNotice(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	t, err := of(c, "NZ")
	if err != nil {
		return err
	}
	door := probe.NewDoor(s.House)
	defer door.Close()
	for _, lang := range []string{"en", "fr"} {
		page, err := door.Must(ctx, probe.Call{Method: "GET", Path: trustPage(t, lang)})
		if err != nil {
			return err
		}
		sentence := html.EscapeString(c.Promise.Text.In(lang))
		body := []byte(strings.ReplaceAll(string(page.Body), sentence, ""))
		err = s.Fault("notice "+lang, func(name string) error {
			s.Faults.Route(name, http.MethodGet, trustPage(t, lang), func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = w.Write(body) // whoever asked may have gone
			})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
