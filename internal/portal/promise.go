package portal

import (
	"garant.example/internal/assurance"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/internal/web/ui"
)

// historyShown is how many past results the page of a promise reads.
const historyShown = 60

// single is the page of one promise.
type single struct {
	Shell    ui.PortalPage
	Lang     ui.Lang
	Trail    []ui.Link
	Heading  ui.Heading
	Status   ui.Status
	Tone     ui.Tone
	Note     string
	Measured part
	Figures  []ui.Figure
	Facts    []ui.KeyValue
	Past     part
	Strip    ui.History
	Results  ui.TableData
	Summary  string // of the fold around Results
	How      part
	Settings []ui.KeyValue
	Chosen   string // title of Settings
	Fail     part
	Break    ui.Code
	Proof    proofPart
}

// standing finds the promise of the path among those of the tenant: another
// profile's promise is not found here.
func (v *visit) standing(name string) (assurance.Standing, error) {
	list, err := v.p.Assurance.Standings(v.r.Context(), v.tenant.Profile)
	if err != nil {
		return assurance.Standing{}, err
	}
	for _, s := range list {
		if s.Promise.ID == id.Name(name) {
			return s, nil
		}
	}
	return assurance.Standing{}, errs.New(errs.NotFound, "portal.promise.unknown").Do("portal.promise.unknown.fix")
}

// promisePage tells all that is known of one promise.
func promisePage(v *visit) error {
	s, err := v.standing(v.r.PathValue("promise"))
	if err != nil {
		return err
	}
	before := v.pastOf(v.r.Context())
	p, lang := s.Promise, v.say.Lang()
	one := single{Lang: v.lang, Shell: v.tenantFrame(p.Title.In(lang), string(p.ID)), Status: statusOf(s), Note: v.note(s, before), Tone: toneOf(s.Status)}
	one.Shell.Description = p.Text.In(lang)
	one.Trail = []ui.Link{{Text: v.say.T("portal.trust.crumb"), Href: v.here("")},
		{Text: v.say.T("portal.heading." + string(headingOf(p.Area))), Href: v.here("") + "#" + string(headingOf(p.Area))}, {Text: string(p.ID)}}
	one.Heading = ui.Heading{Badge: ui.StatusBadge(v.lang, one.Status), Kicker: v.area(p), Title: p.Title.In(lang), Lede: p.Text.In(lang)}
	if s.Status == assurance.Planned {
		one.Note = v.say.T("portal.planned.note")
	}
	v.measured(&one, s, before)
	if err := v.history(&one, s); err != nil {
		return err
	}
	v.explained(&one, p)
	one.Proof = v.proof(s, before)
	return v.page(promiseView(one))
}

func (v *visit) area(p profile.Promise) string {
	if key := "portal.area." + word(string(p.Area)); v.say.Has(key) {
		return v.say.T(key)
	}
	return v.say.T("portal.heading." + string(headingOf(p.Area)))
}

func toneOf(s assurance.Status) ui.Tone {
	switch s {
	case assurance.Failing:
		return ui.Danger
	case assurance.Stale, assurance.Exception:
		return ui.Warning
	case assurance.Kept:
		return ui.Success
	}
	return ui.Info
}

// measured fills in what the last run found, and when the next one is due.
func (v *visit) measured(one *single, s assurance.Standing, before past) {
	r, c := s.Result, s.Promise.Control
	one.Measured = part{ID: "measured", Title: v.say.T("portal.measured.title")}
	if r.Run.IsZero() {
		one.Measured.Lede = v.say.T("portal.measured.never")
	}
	for _, f := range r.Finding.Figures {
		one.Figures = append(one.Figures, ui.Figure{Label: v.figureName(s.Promise, f), Value: v.figureValue(f)})
	}
	add := func(key, value string) {
		if value != "" {
			one.Facts = append(one.Facts, ui.KeyValue{Key: v.say.T(key), Value: value})
		}
	}
	add("portal.looked", v.looked(r.Finding))
	if n := len(r.Finding.Culprits); n > 0 {
		add("portal.fact.culprits", v.say.Number(int64(n)))
	}
	if !r.Run.IsZero() {
		one.Facts = append(one.Facts, ui.KeyValue{Key: v.say.T("portal.fact.at"), Content: ui.Time(v.moment(r.At))})
		if r.Took > 0 {
			add("portal.fact.took", v.say.Duration(r.Took))
		}
		one.Facts = append(one.Facts, ui.KeyValue{Key: v.say.T("portal.fact.until"), Content: ui.Time(v.moment(s.Until))})
		one.Facts = append(one.Facts, ui.KeyValue{Key: v.say.T("portal.fact.next"), Content: ui.Time(v.moment(c.Interval().After(r.At)))})
	}
	add("portal.fact.every", v.span(c.Interval()))
	if first, ok := before.Since[s.Promise.ID]; ok {
		one.Facts = append(one.Facts, ui.KeyValue{Key: v.say.T("portal.fact.since"), Content: ui.Time(v.moment(first))})
	}
	add("portal.fact.kind", v.say.T("portal.kind."+string(s.Promise.Kind)))
}

// history fills in past results, as a picture and as a table.
func (v *visit) history(one *single, s assurance.Standing) error {
	if s.Result.Run.IsZero() {
		return nil
	}
	list, err := v.p.Assurance.History(v.r.Context(), s.Promise.ID, historyShown)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return nil
	}
	var marks []assurance.Mark
	one.Results = ui.TableData{Caption: v.say.T("portal.history.title"), CaptionHidden: true, Dense: true, Columns: []ui.Column{
		{Text: v.say.T("portal.history.when")}, {Text: v.say.T("portal.history.state")}, {Text: v.say.T("portal.history.why")}, {Text: v.say.T("portal.history.leaf"), Numeric: true}}}
	for i, r := range list {
		marks = append(marks, assurance.Mark{At: list[len(list)-1-i].At, Outcome: list[len(list)-1-i].Finding.Outcome})
		why := v.looked(r.Finding)
		if r.Finding.Outcome != assurance.OutcomeKept {
			why = v.reason(assurance.Standing{Result: r})
		}
		one.Results.Rows = append(one.Results.Rows, ui.Row{Cells: []ui.Cell{ui.Content(ui.Time(v.moment(r.At))),
			ui.Content(ui.StatusBadge(v.lang, ui.StatusOf(string(r.Finding.Outcome)))), ui.Text(why), ui.Text(v.say.Number(int64(r.Leaf)))}})
	}
	one.Past = part{ID: "history", Title: v.say.T("portal.history.title"), Lede: v.say.T("portal.history.lede")}
	one.Strip, one.Summary = v.strip(marks), v.say.N("portal.history.all", int64(len(list)), nil)
	return nil
}

// explained fills in how the check works, and how it is known to be able to fail.
func (v *visit) explained(one *single, p profile.Promise) {
	one.How = part{ID: "how", Title: v.say.T("portal.how.title"), Lede: v.how(p), Note: v.say.T("portal.how.settings.note")}
	one.Chosen = v.say.T("portal.how.settings")
	for _, name := range p.Control.Parameters.Names() {
		one.Settings = append(one.Settings, ui.KeyValue{Key: name, Content: ui.InlineCode(p.Control.Parameters.Get(name).String())})
	}
	if g := p.Control.Allowance(); !g.IsZero() {
		one.Settings = append(one.Settings, ui.KeyValue{Key: "grace", Content: ui.InlineCode(g.String())})
	}
	sabotage := p.Sabotage.In(v.say.Lang())
	if sabotage == "" {
		return
	}
	one.Fail = part{ID: "sabotage", Title: v.say.T("portal.sabotage.title"), Lede: v.say.T("portal.sabotage.lede"), Note: sabotage}
	if v.p.Demo && v.p.Assurance.Sabotaged(p.ID) {
		one.Break = ui.Code{Label: v.say.T("portal.sabotage.try"), Text: "garant sabotage run " + string(p.ID), Shell: true}
	}
	if !v.p.Assurance.Sabotaged(p.ID) {
		one.Fail.Lede = v.say.T("portal.sabotage.planned")
	}
}
