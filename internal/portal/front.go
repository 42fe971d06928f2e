package portal

import (
	"cmp"
	"slices"

	"garant.example/internal/assurance"
	"garant.example/internal/i18n"
	"garant.example/internal/tenant"
	"garant.example/internal/web/ui"
)

func paramsOf(name string, value any) i18n.Params { return i18n.Params{name: value} }

// front is the front page.
type front struct {
	Shell   ui.PortalPage
	Lang    ui.Lang
	Heading string
	Lede    string
	Tenants []shownTenant
	Steps   []ui.KeyValue
	How     string
	HowLede string
}

// shownTenant is a tenant on the front page.
type shownTenant struct {
	Name    string
	Lang    string // of the name
	Href    string
	Profile string
	Summary string
	Counts  []count
}

// count is how many promises have a status.
type count struct {
	Status ui.Status
	N      int
}

// frontPage says what this is; a tenant's own host shows the tenant's trust page
// instead, and only that.
func frontPage(v *visit) error {
	if v.hosted {
		if err := v.of(v.tenant); err != nil {
			return err
		}
		return trustPage(v)
	}
	f := front{Shell: v.frame(v.say.T("portal.front.title"), func(lang string) string { return "/" + lang + "/" }), Lang: v.lang}
	f.Shell.Description = v.say.T("portal.front.lede")
	f.Shell.Footer.Note = v.say.T("portal.foot.note")
	f.Shell.Hero = ui.Masthead(ui.Hero{Kicker: v.say.T("portal.front.kicker"), Title: v.say.T("portal.front.title"), Lede: v.say.T("portal.front.lede")})
	f.How, f.HowLede = v.say.T("portal.front.how"), v.say.T("portal.front.how.lede")
	f.Steps = []ui.KeyValue{
		{Key: v.say.T("portal.front.step.declare"), Value: v.say.T("portal.front.step.declare.text")},
		{Key: v.say.T("portal.front.step.measure"), Value: v.say.T("portal.front.step.measure.text")},
		{Key: v.say.T("portal.front.step.log"), Value: v.say.T("portal.front.step.log.text")},
		{Key: v.say.T("portal.front.step.break"), Value: v.say.T("portal.front.step.break.text")},
	}
	if v.p.Listed {
		f.Heading, f.Lede = v.say.T("portal.front.tenants"), v.say.T("portal.front.tenants.lede")
		var err error
		if f.Tenants, err = v.shown(); err != nil {
			return err
		}
	}
	return v.page(frontView(f))
}

// shown lists the tenants whose pages the front page leads to.
func (v *visit) shown() ([]shownTenant, error) {
	var list []shownTenant
	for _, t := range v.p.Tenants.All() {
		declared, ok := v.p.Profiles.Profile(t.Profile)
		if !ok || t.Operator || t.Canary || t.State != tenant.Open || len(declared.Promises) == 0 {
			continue
		}
		standings, err := v.p.Assurance.Standings(v.r.Context(), t.Profile)
		if err != nil {
			return nil, err
		}
		list = append(list, shownTenant{Name: t.Title, Lang: t.Lang, Href: trustPath(v.say.Lang(), t.Slug, ""),
			Profile: declared.Title.In(v.say.Lang()), Summary: declared.Summary.In(v.say.Lang()), Counts: countsOf(standings)})
	}
	slices.SortFunc(list, func(a, b shownTenant) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// countsOf counts the statuses that occur, the worst first.
func countsOf(list []assurance.Standing) []count {
	var out []count
	for _, status := range assurance.Statuses() {
		n := 0
		for _, s := range list {
			if s.Status == status {
				n++
			}
		}
		if n > 0 {
			out = append(out, count{ui.StatusOf(string(status)), n})
		}
	}
	return out
}
