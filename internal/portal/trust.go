package portal

import (
	"slices"

	"garant.example/internal/assurance"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/web/ui"
)

// trust is a tenant's trust page.
type trust struct {
	Shell   ui.PortalPage
	Lang    ui.Lang
	Alarms  part
	Map     ui.Map
	Changes part
	Table   ui.TableData // of changes
	Parts   []part
	Planned part
	Later   []later
	Relaxed part
	Loose   []ui.KeyValue
	Check   part
	Log     []ui.KeyValue
	Command ui.Code
}

// part is a titled part of the page. One without a title is left out.
type part struct {
	ID, Title, Lede string
	Cards           []ui.Promise
	Notes           []ui.Link // what of this part stands elsewhere, and where
	Note            string
}

// later is the promises under one heading that nothing measures yet.
type later struct {
	ID      string
	Summary string
	Table   ui.TableData
}

// trustPage shows every promise of the tenant's profile with its state.
func trustPage(v *visit) error {
	list, err := v.p.Assurance.Standings(v.r.Context(), v.tenant.Profile)
	if err != nil {
		return err
	}
	before := v.pastOf(v.r.Context())
	t := trust{Lang: v.lang, Shell: v.tenantFrame(v.say.T("portal.trust.title"), "")}
	t.Shell.Description = v.say.T("portal.trust.lede")
	t.Shell.Hero = ui.Masthead(v.hero(list, before))
	t.Alarms = v.alarms(list, before)
	t.Map = v.picture(list)
	t.Changes, t.Table = v.changes(list, before)
	for _, h := range headings() {
		if p := v.part(h, list, before); p.Title != "" {
			t.Parts = append(t.Parts, p)
		}
	}
	t.Planned, t.Later = v.planned(list)
	t.Relaxed, t.Loose = v.loose()
	t.Check, t.Log, t.Command = v.check(list, before)
	return v.page(trustView(t))
}

// alarming says whether somebody must look at a promise.
func alarming(s assurance.Standing) bool {
	return s.Status.Red() || s.Status == assurance.Exception || s.Status == assurance.Unknown && !s.Result.Run.IsZero()
}

// worstFirst sorts by status, in each status as the profile has it.
func worstFirst(list []assurance.Standing) []assurance.Standing {
	rank := func(s assurance.Standing) int { return slices.Index(assurance.Statuses(), s.Status) }
	return slices.SortedStableFunc(slices.Values(list), func(a, b assurance.Standing) int { return rank(a) - rank(b) })
}

// alarms are shown first, the worst before.
func (v *visit) alarms(list []assurance.Standing, before past) part {
	p := part{ID: "now"}
	for _, s := range worstFirst(list) {
		if alarming(s) {
			p.Cards = append(p.Cards, v.card(s, before))
		}
	}
	if len(p.Cards) > 0 {
		p.Title, p.Lede = v.say.T("portal.now.title"), v.say.T("portal.now.lede")
	}
	return p
}

// part is what stands under one heading: what is measured, in the order of the
// profile, and a word on what stands elsewhere.
func (v *visit) part(h heading, list []assurance.Standing, before past) part {
	p := part{ID: string(h)}
	var alarms, planned int64
	for _, s := range list {
		switch {
		case headingOf(s.Promise.Area) != h:
			continue
		case s.Status == assurance.Planned:
			planned++
		case alarming(s):
			alarms++
		default:
			p.Cards = append(p.Cards, v.card(s, before))
		}
		p.Title = v.say.T("portal.heading." + string(h))
		p.Lede = v.say.T("portal.heading." + string(h) + "_lede")
	}
	if alarms > 0 {
		p.Notes = append(p.Notes, ui.Link{Text: v.say.N("portal.part.alarms", alarms, nil), Href: "#now"})
	}
	if planned > 0 {
		p.Notes = append(p.Notes, ui.Link{Text: v.say.N("portal.part.planned", planned, nil), Href: "#" + plannedID(h)})
	}
	return p
}

func plannedID(h heading) string { return "planned-" + string(h) }

// planned are the promises that nothing measures yet: apart, and not counted.
func (v *visit) planned(list []assurance.Standing) (part, []later) {
	var groups []later
	n := 0
	for _, h := range headings() {
		t := ui.TableData{CaptionHidden: true, Columns: []ui.Column{{Text: v.say.T("portal.planned.promise")}, {Text: v.say.T("portal.planned.how")}}}
		for _, s := range list {
			if s.Status != assurance.Planned || headingOf(s.Promise.Area) != h {
				continue
			}
			t.Rows = append(t.Rows, ui.Row{ID: "p-" + string(s.Promise.ID), Cells: []ui.Cell{
				ui.Content(pledgeView(pledge{Title: s.Promise.Title.In(v.say.Lang()), Href: v.here(string(s.Promise.ID)),
					Text: s.Promise.Text.In(v.say.Lang()), Reference: string(s.Promise.ID)})),
				ui.Text(v.how(s.Promise))}})
		}
		if len(t.Rows) > 0 {
			n += len(t.Rows)
			title := v.say.T("portal.heading." + string(h))
			t.Caption = title
			groups = append(groups, later{plannedID(h), v.say.N("portal.planned.group", int64(len(t.Rows)), i18n.Params{"heading": title}), t})
		}
	}
	if n == 0 {
		return part{}, nil
	}
	return part{ID: "planned", Title: v.say.T("portal.planned.title"), Lede: v.say.N("portal.planned.lede", int64(n), nil)}, groups
}

// pledge is a promise in a line or two.
type pledge struct{ Title, Href, Text, Reference string }

// picture is the map of promises, one row for each heading.
func (v *visit) picture(list []assurance.Standing) ui.Map {
	m := ui.Map{ID: "map", Title: v.say.T("portal.map.title"), Desc: v.say.T("portal.map.desc")}
	for _, h := range headings() {
		area := ui.Area{Name: v.say.T("portal.heading." + string(h)), Href: "#" + string(h)}
		for _, s := range worstFirst(list) {
			if headingOf(s.Promise.Area) == h {
				area.Promises = append(area.Promises, ui.MapCell{Reference: string(s.Promise.ID), Title: s.Promise.Title.In(v.say.Lang()),
					Status: statusOf(s), Href: v.here(string(s.Promise.ID))})
			}
		}
		if len(area.Promises) > 0 {
			m.Areas = append(m.Areas, area)
		}
	}
	return m
}

func statusOf(s assurance.Standing) ui.Status { return ui.StatusOf(string(s.Status)) }

// maxChanges is how many of the latest changes the page shows.
const maxChanges = 6

// changes are what turned lately.
func (v *visit) changes(list []assurance.Standing, before past) (part, ui.TableData) {
	t := ui.TableData{Caption: v.say.T("portal.changes.title"), CaptionHidden: true, Dense: true, Columns: []ui.Column{
		{Text: v.say.T("portal.changes.when")}, {Text: v.say.T("portal.changes.promise")}, {Text: v.say.T("portal.changes.to")}}}
	for _, c := range ofProfile(before.Changes, list, maxChanges) {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{ui.Content(ui.Time(v.moment(c.At))),
			{Text: c.promise.Title.In(v.say.Lang()), Href: v.here(string(c.Promise))},
			ui.Content(turnView(v.lang, ui.StatusOf(string(c.From)), ui.StatusOf(string(c.To)), v.say.T("portal.changes.became")))}})
	}
	if len(t.Rows) == 0 {
		return part{}, t
	}
	return part{ID: "changes", Title: t.Caption, Lede: v.say.T("portal.changes.lede")}, t
}

// loose are the rules that the operator relaxed.
func (v *visit) loose() (part, []ui.KeyValue) {
	var list []ui.KeyValue
	if v.p.Relaxed == nil {
		return part{}, nil
	}
	for _, r := range v.p.Relaxed() {
		key := "portal.relaxed." + word(r.Name)
		list = append(list, ui.KeyValue{Key: v.say.T(key), Value: v.say.T(key+"_text", i18n.Params{"value": r.Value})})
	}
	if len(list) == 0 {
		return part{}, nil
	}
	return part{ID: "relaxed", Title: v.say.T("portal.relaxed"), Lede: v.say.T("portal.relaxed.lede")}, list
}

// check says how anybody may check the page.
func (v *visit) check(list []assurance.Standing, before past) (part, []ui.KeyValue, ui.Code) {
	p := part{ID: "verify", Title: v.say.T("portal.check.title"), Lede: v.say.T("portal.check.lede")}
	if before.Key == "" {
		return p, nil, ui.Code{}
	}
	facts := []ui.KeyValue{
		{Key: v.say.T("portal.check.log"), Content: ui.InlineCode(before.Origin)},
		{Key: v.say.T("portal.check.size"), Value: v.say.N("portal.leaves", int64(before.Checkpoint.Size), nil)},
		{Key: v.say.T("portal.check.root"), Content: ui.Hash(before.Checkpoint.Root.String())},
		{Key: v.say.T("portal.check.signed"), Content: ui.Time(v.moment(before.Checkpoint.At))},
		{Key: v.say.T("portal.check.key"), Content: ui.InlineCode(before.Key)},
	}
	var example id.Name
	for _, s := range list {
		if !s.Result.Run.IsZero() && (example == "" || s.Status == assurance.Failing) {
			example = s.Promise.ID
		}
	}
	if example == "" {
		return p, facts, ui.Code{}
	}
	return p, facts, v.command(example, before.Key)
}

// command is what checks a promise's evidence without this server.
func (v *visit) command(promise id.Name, key string) ui.Code {
	file := string(promise) + ".json"
	return ui.Code{Label: v.say.T("portal.check.command"), Shell: true,
		Text: "curl -O " + v.absolute("evidence/"+file) + " &&\n  garant-verify " + file + " --key \\\n  '" + key + "'"}
}
