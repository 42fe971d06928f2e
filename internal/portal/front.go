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
	Tenants []ui.LedgerRow
	Steps   []ui.KeyValue
	How     string
	HowLede string
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
	hero := ui.Hero{Kicker: v.say.T("portal.front.kicker"), Title: v.say.T("portal.front.title"), Lede: v.say.T("portal.front.lede")}
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
		hero.Figures = v.countFigures(sumOf(f.Tenants))
	}
	f.Shell.Hero = ui.Masthead(hero)
	return v.page(frontView(f))
}

// shown lists the tenants whose pages the front page leads to.
func (v *visit) shown() ([]ui.LedgerRow, error) {
	var list []ui.LedgerRow
	for _, t := range v.p.Tenants.All() {
		declared, ok := v.p.Profiles.Profile(t.Profile)
		if !ok || t.Operator || t.Canary || t.State != tenant.Open || len(declared.Promises) == 0 {
			continue
		}
		standings, err := v.p.Assurance.Standings(v.r.Context(), t.Profile)
		if err != nil {
			return nil, err
		}
		list = append(list, ui.LedgerRow{Title: t.Title, Lang: t.Lang, Href: trustPath(v.say.Lang(), t.Slug, ""),
			Kicker: declared.Title.In(v.say.Lang()), Text: declared.Summary.In(v.say.Lang()), Counts: countsOf(standings)})
	}
	slices.SortFunc(list, func(a, b ui.LedgerRow) int { return cmp.Compare(a.Title, b.Title) })
	return list, nil
}

// sumOf counts the promises of all the tenants by status.
func sumOf(rows []ui.LedgerRow) map[assurance.Status]int64 {
	n := map[assurance.Status]int64{}
	for _, r := range rows {
		for _, c := range r.Counts {
			n[assurance.Status(c.Status.Name())] += int64(c.N)
		}
	}
	return n
}

// countsOf counts the statuses that occur, the worst first.
func countsOf(list []assurance.Standing) []ui.Count {
	var out []ui.Count
	for _, status := range assurance.Statuses() {
		n := 0
		for _, s := range list {
			if s.Status == status {
				n++
			}
		}
		if n > 0 {
			out = append(out, ui.Count{Status: ui.StatusOf(string(status)), N: n})
		}
	}
	return out
}
