package portal

import (
	"strings"

	"garant.example/internal/assurance"
	"garant.example/internal/i18n"
	"garant.example/internal/web/ui"
)

// hero is the head of the page: what is known, in one sentence, and the counts.
func (v *visit) hero(list []assurance.Standing, before past) ui.Hero {
	n := map[assurance.Status]int64{}
	for _, s := range list {
		n[s.Status]++
	}
	measured := measuredOf(n)
	h := ui.Hero{Kicker: v.say.T("portal.trust.kicker", i18n.Params{"tenant": v.tenant.Title}), Title: v.verdict(n, measured),
		Lede: v.say.T("portal.trust.lede")}
	h.Figures = v.countFigures(n)
	h.Note = v.fresh(list, before)
	return h
}

// measuredOf is how many of the counted promises some check looks at.
func measuredOf(n map[assurance.Status]int64) (measured int64) {
	for status, count := range n {
		if status != assurance.Planned && status != assurance.Withdrawn {
			measured += count
		}
	}
	return measured
}

// countFigures are the counts at the head of a page: what is kept, of how many, and
// beside it whatever is not.
func (v *visit) countFigures(n map[assurance.Status]int64) []ui.Figure {
	figures := []ui.Figure{{Label: v.say.T("portal.count.kept"), Value: v.say.Number(n[assurance.Kept]), Tone: ui.Success,
		Note: v.say.N("portal.count.measured", measuredOf(n), nil)}}
	for _, c := range []struct {
		status assurance.Status
		tone   ui.Tone
	}{{assurance.Failing, ui.Danger}, {assurance.Unknown, ui.Neutral}, {assurance.Stale, ui.Warning}, {assurance.Exception, ui.Warning}, {assurance.Planned, ui.Neutral}} {
		f := ui.Figure{Label: v.say.T("portal.count." + string(c.status)), Value: v.say.Number(n[c.status])}
		if n[c.status] > 0 {
			f.Tone = c.tone
		}
		if n[c.status] > 0 || c.status == assurance.Failing {
			figures = append(figures, f)
		}
	}
	return figures
}

// verdict is the page in one sentence. It is never better than the worst promise.
func (v *visit) verdict(n map[assurance.Status]int64, measured int64) string {
	unsure := n[assurance.Unknown] + n[assurance.Stale] + n[assurance.Exception]
	switch {
	case measured == 0:
		return v.say.T("portal.verdict.none")
	case n[assurance.Failing] > 0:
		return v.say.N("portal.verdict.failing", n[assurance.Failing], nil)
	case unsure > 0:
		return v.say.N("portal.verdict.unsure", unsure, nil)
	}
	return v.say.N("portal.verdict.kept", measured, nil)
}

// fresh says since when there are results, when the last check ran, and where the log
// stood.
func (v *visit) fresh(list []assurance.Standing, before past) string {
	last := newestOf(list).At
	if last.IsZero() {
		return v.say.T("portal.fresh.never")
	}
	notes := []string{v.say.T("portal.fresh.last", i18n.Params{"at": last})}
	if first := before.first(list); !first.IsZero() {
		notes = append(notes, v.say.T("portal.fresh.since", i18n.Params{"day": i18n.Day(first)}))
	}
	if before.Key != "" {
		notes = append(notes, v.say.T("portal.fresh.log", i18n.Params{"size": before.Checkpoint.Size,
			"root": before.Checkpoint.Root.String()[:ui.HashPiece]}))
	}
	return strings.Join(notes, " ")
}
