package profile

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// clone copies what a profile declares, through the form in which it is kept.
func clone(tb testing.TB, p *Profile) *Profile {
	tb.Helper()
	text, err := json.Marshal(p, json.Deterministic(true))
	check(tb, err)
	out := &Profile{}
	check(tb, json.Unmarshal(text, out))
	return out
}

// What is kept of an applied profile says the same as the file.
func TestDeclaredSurvivesJSON(t *testing.T) {
	for _, p := range load(t).Profiles() {
		plan, err := Compare(p, clone(t, p))
		check(t, err)
		if plan.From != plan.To || !plan.IsEmpty() {
			t.Errorf("%s: %v", p.Name, plan.Changes)
		}
	}
}

func TestDigestIsOfWhatIsInForce(t *testing.T) {
	s := load(t)
	p, _ := s.Profile("insurance")
	before, err := p.Digest()
	check(t, err)
	other := edited(t, s, "insurance", func(p *Profile) { p.Promises = nil })
	if after, _ := other.Digest(); after != before {
		t.Error("promises are part of the digest")
	}
	other.Roles[0].Rules[0].Allow = other.Roles[0].Rules[0].Allow[1:]
	if after, _ := other.Digest(); after == before {
		t.Error("a right taken away does not change the digest")
	}
}

func TestCompare(t *testing.T) {
	s := load(t)
	field := func(p *Profile, collection, name id.Name) *Field {
		i := slices.IndexFunc(p.Collection, func(c Collection) bool { return c.Name == collection })
		j := slices.IndexFunc(p.Collection[i].Fields, func(f Field) bool { return f.Name == name })
		return &p.Collection[i].Fields[j]
	}
	for _, c := range []struct {
		name   string
		change func(*Profile)
		want   string // act area name harm
	}{
		{"setting stricter", func(p *Profile) { p.Settings["password_length"] = Setting{Value: Word("16 characters")} }, "changed setting password_length none"},
		{"setting weaker", func(p *Profile) { p.Settings["session_idle"] = Setting{Value: Word("2h")} }, "changed setting session_idle weakens"},
		{"setting only planned", func(p *Profile) { p.Settings["tls_min"] = Setting{Value: Word("1.2"), Planned: true} }, "changed setting tls_min weakens"},
		{"setting dropped", func(p *Profile) { delete(p.Settings, "password_length") }, "removed setting password_length weakens"},
		{"planned setting dropped", func(p *Profile) { delete(p.Settings, "mfa_staff") }, "removed setting mfa_staff none"},
		{"country added", func(p *Profile) { p.Residency["US"] = "quebec" }, "added residency US none"},
		{"class lowered", func(p *Profile) { p.Classes[2].Level = Internal }, "changed class file-content weakens"},
		{"class let out", func(p *Profile) { p.Classes[1].Outside = Approved }, "changed class identity weakens"},
		{"role removed", func(p *Profile) { p.Roles = slices.DeleteFunc(p.Roles, func(r Role) bool { return r.Name == "clerk" }) }, "removed role clerk cuts"},
		{"right given", func(p *Profile) { p.Roles[2].Rules[1].Allow = append(p.Roles[2].Rules[1].Allow, "delete") }, "changed role clerk weakens"},
		{"right taken", func(p *Profile) { p.Roles[2].Rules[1].Allow = []string{"read"} }, "changed role clerk cuts"},
		{"more auditors", func(p *Profile) { p.Roles[4].Cap = 9 }, "changed role auditor weakens"},
		{"collection removed", func(p *Profile) { p.Collection = p.Collection[:2]; p.Roles[3].Rules = p.Roles[3].Rules[1:] }, "removed collection employees destroys"},
		{"field added", func(p *Profile) {
			p.Collection[0].Fields = append(p.Collection[0].Fields, Field{Name: "x", Title: tenant.Text{EN: "X", FR: "X"}, Kind: "text"})
		}, "added field clients/x none"},
		{"field removed", func(p *Profile) { p.Collection[0].Fields = p.Collection[0].Fields[:7] }, "removed field clients/notes destroys"},
		{"field of another kind", func(p *Profile) { field(p, "files", "due_on").Kind = "datetime" }, "changed field files/due_on refused"},
		{"field opened", func(p *Profile) { field(p, "employees", "terms").Open = false }, "changed field employees/terms none"},
		{"field no longer findable", func(p *Profile) { field(p, "clients", "phone").Findable = nil }, "changed field clients/phone destroys"},
		{"field less sensitive", func(p *Profile) { field(p, "clients", "notes").Class = "identity" }, "changed field clients/notes weakens"},
		{"option removed", func(p *Profile) { f := field(p, "files", "urgency"); f.Options = f.Options[1:] }, "changed field files/urgency destroys"},
		{"option added", func(p *Profile) {
			f := field(p, "files", "urgency")
			f.Options = append(f.Options, Option{"top", "Top", "Extrême"})
		}, "changed field files/urgency none"},
		{"kept shorter", func(p *Profile) { p.Collection[0].Retention.Keep = "12mo" }, "changed collection clients/retention destroys"},
		{"kept longer", func(p *Profile) { p.Collection[0].Retention.Keep = "96mo" }, "changed collection clients/retention weakens"},
		{"purpose added", func(p *Profile) {
			p.Collection[0].Purposes = append(p.Collection[0].Purposes, Purpose{Name: "statistics", Title: tenant.Text{EN: "S", FR: "S"}, Basis: "legitimate-interest"})
		}, "added purpose clients/statistics weakens"},
		{"state removed", func(p *Profile) { p.Collection[2].Life.States = p.Collection[2].Life.States[:2] }, "removed state employees/left destroys"},
		{"moved to another placement", func(p *Profile) {
			p.Placements = []Placement{{Name: "staff", Title: tenant.Text{EN: "Staff", FR: "Personnel"}, Classes: []id.Name{"employment"}}}
		}, "changed placement employees refused"},
		{"words", func(p *Profile) { p.Collection[0].Title.FR = "Clientèle" }, "changed collection clients none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, _ := s.Profile("back-office")
			plan, err := Compare(p, edited(t, s, "back-office", c.change))
			check(t, err)
			var got []string
			for _, x := range plan.Changes {
				got = append(got, strings.Join([]string{string(x.Act), string(x.Area), x.Name, x.Harm.String()}, " "))
			}
			if !slices.Contains(got, c.want) {
				t.Errorf("got %q, want %q among them", got, c.want)
			}
		})
	}
}

// A first application changes everything and harms nobody.
func TestCompareWithNothing(t *testing.T) {
	for _, p := range load(t).Profiles() {
		plan, err := Compare(nil, p)
		check(t, err)
		if plan.Harm() != Harmless || plan.From != "" || len(plan.Changes) == 0 {
			t.Errorf("%s: %+v", p.Name, plan)
		}
	}
}

// A collection that comes under a rule for all of them is a right given.
func TestCompareSeesWhatARuleForAllGains(t *testing.T) {
	s := load(t)
	p, _ := s.Profile("back-office")
	plan, err := Compare(p, edited(t, s, "back-office", func(p *Profile) {
		extra := p.Collection[0]
		extra.Name = "prospects"
		p.Collection = append(p.Collection, extra)
	}))
	check(t, err)
	i := slices.IndexFunc(plan.Changes, func(c Change) bool { return c.Area == AreaRole && c.Name == "administrator" })
	if i < 0 || !strings.Contains(plan.Changes[i].To, "record/prospects/read") || plan.Changes[i].Harm != Weakens {
		t.Errorf("changes %+v", plan.Changes)
	}
}

func TestChangesAreSentences(t *testing.T) {
	catalog := i18n.Must()
	for _, lang := range i18n.Languages() {
		p := catalog.Printer(lang)
		for _, act := range []Act{Added, Removed, Changed} {
			for _, area := range []Area{AreaProfile, AreaSetting, AreaResidency, AreaPlacement, AreaClass, AreaRole, AreaCollection, AreaField, AreaPurpose, AreaState} {
				for harm := Harmless; harm <= Refused; harm++ {
					c := Change{act, area, "name", "from", "to", harm}
					if s := c.In(p) + c.HarmIn(p); strings.Contains(s, "⟦") || !strings.Contains(s, "name") {
						t.Errorf("%s: %s", lang, s)
					}
				}
			}
		}
	}
	c := Change{Changed, AreaSetting, "session_idle", "30min", "2h", Weakens}
	if got, want := c.In(catalog.Printer("fr")), "Réglage «\u00a0session_idle\u00a0»\u00a0: de 30min à 2h."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
