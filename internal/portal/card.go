package portal

import (
	"strings"

	"garant.example/internal/assurance"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/internal/web/ui"
)

// cardFigures is how many measured figures a card shows; its own page shows all.
const cardFigures = 3

// card is a promise as the trust page shows it.
func (v *visit) card(s assurance.Standing, before past) ui.Promise {
	lang := v.say.Lang()
	c := ui.Promise{ID: "p-" + string(s.Promise.ID), Reference: string(s.Promise.ID), Title: s.Promise.Title.In(lang),
		Href: v.here(string(s.Promise.ID)), Sentence: s.Promise.Text.In(lang), Status: statusOf(s), Note: v.note(s, before),
		Measured: v.moment(s.Result.At), Figures: v.figures(s, cardFigures), How: v.how(s.Promise)}
	if marks := before.Marks[s.Promise.ID]; len(marks) > 0 {
		c.History = v.strip(marks)
	}
	c.Evidence = ui.Link{Text: v.say.T("portal.card.page"), Href: c.Href}
	if !s.Result.Run.IsZero() {
		c.Evidence.Text = v.say.T("portal.card.proof", i18n.Params{"leaf": s.Result.Leaf})
	}
	return c
}

// note explains a status that is not kept.
func (v *visit) note(s assurance.Standing, before past) string {
	switch s.Status {
	case assurance.Failing, assurance.Exception:
		notes := []string{v.reason(s)}
		if n := len(s.Result.Finding.Culprits); n >= assurance.MaxCulprits {
			notes = append(notes, v.say.T("portal.culprits.many", i18n.Params{"most": assurance.MaxCulprits}))
		} else if n > 0 {
			notes = append(notes, v.say.N("portal.culprits", int64(n), nil))
		}
		if at := before.since(s.Promise.ID); !at.IsZero() {
			notes = append(notes, v.say.T("portal.failing.since", i18n.Params{"at": at}))
		}
		return strings.Join(notes, " ")
	case assurance.Stale:
		return v.say.T("portal.stale", i18n.Params{"until": s.Until})
	case assurance.Unknown:
		if s.Result.Run.IsZero() {
			return v.say.T("portal.never")
		}
		return v.reason(s)
	case assurance.Withdrawn:
		return v.say.T("portal.withdrawn")
	}
	return ""
}

// how says in a sentence how a promise is checked.
func (v *visit) how(p profile.Promise) string {
	if key := "portal.how." + word(string(p.Control.Mechanism)); v.say.Has(key) {
		return v.say.T(key)
	}
	return v.say.T("portal.how")
}

// wideStrip is from how many results two dates have room below the strip.
const wideStrip = 45

// strip draws past results.
func (v *visit) strip(marks []assurance.Mark) ui.History {
	h := ui.History{Title: v.say.N("portal.strip.title", int64(len(marks)), nil)}
	kept := 0
	for _, m := range marks {
		if m.Outcome == assurance.OutcomeKept {
			kept++
		}
		h.Points = append(h.Points, ui.Point{Status: ui.StatusOf(string(m.Outcome)), When: v.say.DateTime(m.At)})
	}
	h.Desc = v.say.T("portal.strip.desc", i18n.Params{"kept": kept, "of": len(marks)})
	h.From, h.To = v.say.Date(marks[0].At), v.say.Date(marks[len(marks)-1].At)
	if h.From == h.To { // all on one day
		h.From, h.To = v.say.DateTime(marks[0].At), v.say.Time(marks[len(marks)-1].At)
		if v.say.Time(marks[0].At) == h.To {
			h.To = ""
		}
	}
	if len(marks) < wideStrip && h.To != "" { // the strip is too short for two words below it
		h.From, h.To = h.From+" – "+h.To, ""
	}
	return h
}

// changed is a change with the promise it is of.
type changed struct {
	assurance.Change
	promise profile.Promise
}

// ofProfile picks the latest changes of these promises.
func ofProfile(all []assurance.Change, list []assurance.Standing, most int) []changed {
	known := map[id.Name]profile.Promise{}
	for _, s := range list {
		known[s.Promise.ID] = s.Promise
	}
	var out []changed
	for _, c := range all {
		if p, ok := known[c.Promise]; ok && len(out) < most {
			out = append(out, changed{c, p})
		}
	}
	return out
}
