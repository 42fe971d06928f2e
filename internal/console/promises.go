package console

import (
	"net/http"

	"github.com/a-h/templ"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/internal/web/ui"
)

func statusOf(s assurance.Standing) ui.Status { return ui.StatusOf(string(s.Status)) }

func ofProfile(list []assurance.Standing, name id.Name) []assurance.Standing {
	var out []assurance.Standing
	for _, s := range list {
		if s.Promise.Profile == name {
			out = append(out, s)
		}
	}
	return out
}

// picture is the map of promises, one row for each part of the product.
func (v *visit) picture(mapID, title string, list []assurance.Standing) ui.Map {
	m := ui.Map{ID: "map-" + mapID, Title: title, Desc: v.t("map.desc")}
	for _, slice := range profile.Slices() {
		area := ui.Area{Name: v.t("slice." + string(slice))}
		for _, s := range list {
			if s.Promise.Slice == slice {
				area.Promises = append(area.Promises, ui.MapCell{Reference: string(s.Promise.ID), Title: s.Promise.Title.In(v.say.Lang()),
					Status: statusOf(s), Href: v.promiseHref(s.Promise)})
			}
		}
		if len(area.Promises) > 0 {
			m.Areas = append(m.Areas, area)
		}
	}
	return m
}

// promiseHref is where a promise is told in full: in the operator's rooms with what
// is not for everybody, else on the tenant's public page.
func (v *visit) promiseHref(p profile.Promise) string {
	if v.base == operatorBase {
		return v.at("promises", string(p.ID))
	}
	return "/" + v.say.Lang() + "/trust/" + string(v.tenant.Slug) + "/" + string(p.ID)
}

// redNow lists what somebody has to act on.
func (v *visit) redNow(list []assurance.Standing) templ.Component {
	t := ui.TableData{Caption: v.t("home.now"), CaptionHidden: true, Columns: v.columns("promise", "state", "why", "measured")}
	for _, s := range list {
		if s.Status.Red() || s.Status == assurance.Exception {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{
				{Text: s.Promise.Title.In(v.say.Lang()), Href: v.promiseHref(s.Promise), Strong: true},
				ui.Content(ui.StatusBadge(v.lang, statusOf(s))), ui.Text(v.why(s)), v.when(s.Result.At)}})
		}
	}
	if len(t.Rows) == 0 {
		return with(ui.Callout(v.t("home.calm"), ui.Success), ui.Paragraph(v.t("home.calm_text")))
	}
	return section("now", t.Caption, "", ui.Table(t))
}

// why says in a sentence why a promise is not kept.
func (v *visit) why(s assurance.Standing) string {
	if f := s.Result.Finding; s.Status != assurance.Kept && f.Reason != "" && v.say.Has(f.Reason) {
		return v.say.T(f.Reason)
	}
	return ""
}

// maxChanges is how many of the latest changes a room shows.
const maxChanges = 8

// changes are what turned lately; nil when nothing ever did.
func (v *visit) changes(list []assurance.Standing) (templ.Component, error) {
	journal, err := v.c.Assurance.Journal(v.r.Context())
	if err != nil {
		return nil, err
	}
	known := map[id.Name]profile.Promise{}
	for _, s := range list {
		known[s.Promise.ID] = s.Promise
	}
	t := ui.TableData{Caption: v.t("home.changes"), CaptionHidden: true, Dense: true, Columns: v.columns("promise", "from", "to", "when")}
	for _, c := range journal.Changes {
		p, ok := known[c.Promise]
		if !ok || len(t.Rows) == maxChanges {
			continue
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: p.Title.In(v.say.Lang()), Href: v.promiseHref(p)},
			ui.Content(ui.StatusBadge(v.lang, ui.StatusOf(string(c.From)))), ui.Content(ui.StatusBadge(v.lang, ui.StatusOf(string(c.To)))), v.when(c.At)}})
	}
	if len(t.Rows) == 0 {
		return nil, nil
	}
	return section("changes", t.Caption, v.t("home.changes_lede"), ui.Table(t)), nil
}

// ready refuses while the service that runs controls is not there yet.
func (v *visit) ready() error {
	if v.c.Assurance == nil {
		return errs.New(errs.Unavailable, "console.promises.soon").Do("console.promises.soon.fix")
	}
	return nil
}

// listPromises shows every promise of one profile, or the choice of profiles.
func listPromises(v *visit) error {
	if err := v.ready(); err != nil {
		return err
	}
	p := room{Title: v.t("nav.promises"), Lede: v.t("promises.lede")}
	var tabs []ui.NavItem
	chosen := id.Name(v.query("profile"))
	for _, declared := range v.c.Profiles.Set().Profiles() {
		if len(declared.Promises) == 0 {
			continue
		}
		if chosen == "" {
			chosen = declared.Name
		}
		tabs = append(tabs, ui.NavItem{Text: declared.Title.In(v.say.Lang()), Href: v.at("promises") + "?profile=" + string(declared.Name),
			Count: v.say.Number(int64(len(declared.Promises))), Current: chosen == declared.Name})
	}
	list, err := v.c.Assurance.Standings(v.r.Context(), chosen)
	if err != nil {
		return err
	}
	p.Body.add(ui.Tabs(v.t("promises.tabs"), tabs), ui.PromiseMap(v.lang, v.picture("profile", v.t("home.map"), list)))
	for _, status := range assurance.Statuses() {
		if t := v.statusTable(list, status); len(t.Rows) > 0 {
			p.Body.add(ui.Table(t))
		}
	}
	return v.show(p)
}

// statusTable are the promises that have one status. When a promise was measured is
// told only where some of them was.
func (v *visit) statusTable(list []assurance.Standing, status assurance.Status) ui.TableData {
	t := ui.TableData{Dense: true, Columns: v.columns("promise", "control")}
	measured := status != assurance.Planned
	if measured {
		t.Columns = v.columns("promise", "control", "measured")
	}
	for _, s := range list {
		if s.Status != status {
			continue
		}
		row := ui.Row{Cells: []ui.Cell{{Text: s.Promise.Title.In(v.say.Lang()), Href: v.promiseHref(s.Promise)}, ui.Content(ui.InlineCode(string(s.Promise.Control.Mechanism)))}}
		if measured {
			row.Cells = append(row.Cells, v.when(s.Result.At))
		}
		t.Rows = append(t.Rows, row)
	}
	t.Caption = v.say.Number(int64(len(t.Rows))) + " " + ui.StatusOf(string(status)).Words(v.lang, len(t.Rows))
	return t
}

// showPromise shows one promise with what is for the operator alone: the culprits
// and the detail.
func showPromise(v *visit) error {
	if err := v.ready(); err != nil {
		return err
	}
	s, err := v.c.Assurance.Standing(v.r.Context(), id.Name(v.r.PathValue("promise")))
	if err != nil {
		return err
	}
	results, err := v.c.Assurance.History(v.r.Context(), s.Promise.ID, historyShown)
	if err != nil {
		return err
	}
	lang := v.say.Lang()
	p := room{Title: s.Promise.Title.In(lang), Kicker: string(s.Promise.ID), Badge: ui.StatusBadge(v.lang, statusOf(s)), Lede: s.Promise.Text.In(lang),
		Trail: []ui.Link{{Text: v.t("nav.promises"), Href: v.at("promises") + "?profile=" + string(s.Promise.Profile)}}}
	if v.can(access.Verify, access.Promise) && v.c.Assurance.Built(s.Promise) {
		p.Does.add(v.button(v.at("promises", string(s.Promise.ID), "verify"), ui.Button{Text: v.t("promises.verify"), Icon: ui.IconShield}))
	}
	p.Body.add(ui.Facts(v.lang, v.promiseFacts(s)))
	if s.Promise.Sabotage.EN != "" {
		p.Body.add(with(ui.Callout(v.t("promises.sabotage"), ui.Info), ui.Paragraph(s.Promise.Sabotage.In(lang))))
	}
	t := ui.TableData{Caption: v.t("promises.results"), CaptionHidden: true, Dense: true, Columns: v.columns("when", "state", "#looked", "took", "leaf")}
	for _, r := range results {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{v.when(r.At), ui.Content(ui.StatusBadge(v.lang, ui.StatusOf(string(r.Finding.Outcome)))),
			ui.Text(v.t("promises.looked", i18n.Params{"looked": r.Finding.Looked, "of": r.Finding.Of})), ui.Text(v.say.Duration(r.Took)), v.leafCell(r.Leaf)}})
	}
	t.Empty = v.t("promises.never")
	p.Body.add(section("results", t.Caption, "", ui.Table(t)))
	return v.show(p)
}

const historyShown = 20

// leafCell names an entry of the visitor's own log.
func (v *visit) leafCell(n uint64) ui.Cell {
	c := ui.Text(v.say.T("console.leaf", i18n.Params{"n": n}))
	if v.can(access.Read, access.Log) {
		c.Href = v.at("log", formatSeq(n))
	}
	return c
}

func (v *visit) promiseFacts(s assurance.Standing) []ui.KeyValue {
	f := s.Result.Finding
	facts := []ui.KeyValue{shown(v.t("column.control"), ui.InlineCode(string(s.Promise.Control.Mechanism)))}
	if why := v.why(s); why != "" {
		facts = append(facts, fact(v.t("column.why"), why))
	}
	if !s.Result.At.IsZero() {
		facts = append(facts, shown(v.t("column.measured"), ui.Time(v.moment(s.Result.At))), shown(v.t("promises.until"), ui.Time(v.moment(s.Until))),
			fact(v.t("promises.seen"), v.t("promises.looked", i18n.Params{"looked": f.Looked, "of": f.Of})))
	}
	if len(f.Culprits) > 0 {
		facts = append(facts, shown(v.t("promises.culprits"), ui.Bullets(f.Culprits)))
	}
	if f.Detail != "" {
		facts = append(facts, fact(v.t("promises.detail"), f.Detail))
	}
	return facts
}

// verifyPromise runs the control now.
func verifyPromise(v *visit) error {
	if err := v.ready(); err != nil {
		return err
	}
	promise := id.Name(v.r.PathValue("promise"))
	if _, err := v.c.Assurance.Run(v.r.Context(), promise); err != nil {
		return err
	}
	v.to(v.at("promises", string(promise)) + "?done=verified")
	return nil
}

// demo refuses where nothing may be broken.
func (v *visit) demo() error {
	if err := v.ready(); err != nil {
		return err
	}
	if v.c.Saboteur == nil {
		return errs.New(errs.Forbidden, "console.sabotage.real").Do("console.sabotage.real.fix")
	}
	return nil
}

// listSabotages is the room in which facts are broken and watched, in a demo alone.
func listSabotages(v *visit) error {
	if err := v.demo(); err != nil {
		return err
	}
	list, err := v.c.Assurance.Standings(v.r.Context(), "")
	if err != nil {
		return err
	}
	open := map[id.Name]bool{}
	for _, name := range v.c.Saboteur.Open() {
		open[name] = true
	}
	p := room{Title: v.t("nav.sabotage"), Lede: v.t("sabotage.lede")}
	for _, declared := range v.c.Profiles.Set().Profiles() {
		t := ui.TableData{Caption: declared.Title.In(v.say.Lang()), Columns: v.columns("promise", "does", "state", "act")}
		for _, s := range ofProfile(list, declared.Name) {
			if v.c.Assurance.Sabotaged(s.Promise.ID) {
				t.Rows = append(t.Rows, v.sabotageRow(s, open[s.Promise.ID]))
			}
		}
		if len(t.Rows) > 0 {
			p.Body.add(ui.Table(t))
		}
	}
	if len(p.Body) == 0 {
		p.Body.add(ui.EmptyState(ui.Empty{Icon: ui.IconShield, Title: v.t("sabotage.none"), Text: v.t("sabotage.none_text")}))
	}
	return v.show(p)
}

func (v *visit) sabotageRow(s assurance.Standing, broken bool) ui.Row {
	title := s.Promise.Title.In(v.say.Lang())
	does := ui.Button{Text: v.t("sabotage.break"), Kind: ui.Secondary, Describe: title}
	act := "break"
	if broken {
		does, act = ui.Button{Text: v.t("sabotage.heal"), Kind: ui.Primary, Describe: title}, "heal"
	}
	return ui.Row{ID: "p-" + string(s.Promise.ID), Cells: []ui.Cell{{Text: title, Href: v.promiseHref(s.Promise)},
		ui.Text(s.Promise.Sabotage.In(v.say.Lang())), ui.Content(ui.StatusBadge(v.lang, statusOf(s))),
		ui.Content(v.button(v.at("sabotage", string(s.Promise.ID), act), does))}}
}

func breakPromise(v *visit) error { return v.wound(true) }

func healPromise(v *visit) error { return v.wound(false) }

// wound breaks or heals, and measures at once.
func (v *visit) wound(open bool) error {
	if err := v.demo(); err != nil {
		return err
	}
	promise, act, done := id.Name(v.r.PathValue("promise")), v.c.Saboteur.Heal, "healed"
	if open {
		act, done = v.c.Saboteur.Break, "broken"
	}
	s, err := v.c.Assurance.Standing(v.r.Context(), promise)
	if err != nil {
		return err
	}
	if err := act(v.r.Context(), promise); err != nil {
		return err
	}
	if v.c.Assurance.Built(s.Promise) {
		if _, err := v.c.Assurance.Run(v.r.Context(), promise); err != nil {
			return err
		}
	}
	v.w.Header().Set("Location", v.at("sabotage")+"?done="+done+"#p-"+string(promise))
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}
