package profile_test

import (
	"slices"
	"testing"

	"garant.example/internal/profile"
	"garant.example/profiles"
)

func TestNeeds(t *testing.T) {
	set, err := profile.Load(profiles.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range set.Profiles() {
		var countries []string
		for _, n := range p.Needs() {
			for _, c := range n.Countries {
				if p.Residency[c] != n.Region {
					t.Errorf("%s: %s goes to %s, not to %s", p.Name, c, p.Residency[c], n.Region)
				}
			}
			countries = append(countries, n.Countries...)
		}
		if len(countries) != len(p.Residency) || (len(countries) == 0) != p.Operator {
			t.Errorf("%s: %d countries of %d", p.Name, len(countries), len(p.Residency))
		}
	}
	office, _ := set.Profile("back-office")
	civic, _ := set.Profile("civic-engagement")
	if n := office.Needs(); len(n) != 1 || n[0].Region != "quebec" || n[0].Jurisdiction != "CA-QC" || !slices.Equal(n[0].Countries, []string{"CA"}) {
		t.Errorf("%+v", n)
	}
	if n := civic.Needs(); len(n) != 4 || n[3].Region != "sydney" || n[3].Code != "ap-southeast-2" || !slices.Equal(n[3].Countries, []string{"AU", "NZ"}) {
		t.Errorf("%+v", n)
	}
}
