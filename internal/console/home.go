package console

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/internal/web/ui"
)

// home is what a person sees first: what demands attention, then what there is.
func home(v *visit) error {
	p := room{Title: v.t("nav.home"), Kicker: v.tenant.Title, Lede: v.t("home.lede")}
	if v.base == operatorBase {
		p.Lede = v.t("home.operator")
	}
	var list []assurance.Standing
	if v.can(access.List, access.Promise) && v.c.Assurance != nil {
		of := v.tenant.Profile
		if v.base == operatorBase {
			of = "" // the operator answers for all of them
		}
		var err error
		if list, err = v.c.Assurance.Standings(v.r.Context(), of); err != nil {
			return err
		}
	}
	counted, total, err := v.counts()
	if err != nil {
		return err
	}
	p.Body.add(v.tiles(list, counted, total))
	if len(list) > 0 {
		changes, err := v.changes(list)
		if err != nil {
			return err
		}
		p.Body.add(v.redNow(list), changes)
	}
	if v.base != operatorBase && !v.can(access.List, access.Collection) { // whoever came to work on records finds them first
		p.Body.add(v.dataPart(counted))
		counted = nil
	}
	if v.base == operatorBase && v.can(access.List, access.Tenant) {
		p.Body.add(section("tenants", v.t("nav.tenants"), "", ui.Table(v.tenantTable(v.t("nav.tenants"), false))))
	}
	p.Body.add(v.standing(list)...)
	p.Body.add(v.dataPart(counted))
	return v.show(p)
}

// dataPart are collections with how much they hold; nil for none.
func (v *visit) dataPart(counted []counted) templ.Component {
	if len(counted) == 0 {
		return nil
	}
	return section("data", v.t("home.data"), v.t("home.data_lede"), ui.Table(v.collectionTable(counted)))
}

// standing is how promises stand: the tenant's as a map, for the operator a line for
// each profile that leads to its map.
func (v *visit) standing(list []assurance.Standing) (out parts) {
	if len(list) == 0 {
		return nil
	}
	if v.base != operatorBase {
		out.add(ui.PromiseMap(v.lang, v.picture("map", v.t("home.map"), list)))
		return out
	}
	var rows []ui.LedgerRow
	for _, declared := range v.c.Profiles.Set().Profiles() {
		own := ofProfile(list, declared.Name)
		if len(own) == 0 {
			continue
		}
		rows = append(rows, ui.LedgerRow{Title: declared.Title.In(v.say.Lang()), Href: v.at("promises") + "?profile=" + string(declared.Name),
			Text: declared.Summary.In(v.say.Lang()), Counts: countsOf(own), First: v.firstAlarm(own)})
	}
	out.add(section("profiles", v.t("nav.promises"), v.t("home.profiles_lede"), ui.Ledger(v.lang, rows)))
	return out
}

// countsOf counts the statuses that occur, the worst first.
func countsOf(list []assurance.Standing) (out []ui.Count) {
	for _, status := range assurance.Statuses() {
		c := ui.Count{Status: ui.StatusOf(string(status))}
		for _, s := range list {
			if s.Status == status {
				c.N++
			}
		}
		if c.N > 0 {
			out = append(out, c)
		}
	}
	return out
}

// firstAlarm is the worst of the promises that somebody must look at, of two alike
// the one that was found first; nil when all is well.
func (v *visit) firstAlarm(list []assurance.Standing) *ui.LedgerAlarm {
	var first *assurance.Standing
	rank := func(s *assurance.Standing) int { return slices.Index(assurance.Statuses(), s.Status) }
	for i := range list {
		s := &list[i]
		if !s.Status.Red() && s.Status != assurance.Exception {
			continue
		}
		if first == nil || rank(s) < rank(first) || rank(s) == rank(first) && s.Result.At.Before(first.Result.At) {
			first = s
		}
	}
	if first == nil {
		return nil
	}
	return &ui.LedgerAlarm{Status: statusOf(*first), Promise: ui.Link{Text: first.Promise.Title.In(v.say.Lang()), Href: v.promiseHref(first.Promise)}}
}

// counted is a collection with how many records it holds.
type counted struct {
	*vault.Collection
	n int64
}

// counts are the tenant's data in numbers, as far as the visitor may list it.
func (v *visit) counts() (list []counted, total int64, err error) {
	asked := access.Ask{Action: access.List, On: access.Collection}
	open := v.collections()
	if !v.may(asked) {
		if len(open) == 0 {
			return nil, 0, nil
		}
		asked = access.Ask{Action: access.List, On: access.Record, Collection: open[0]}
	}
	permit, err := v.ask(asked)
	if err != nil {
		return nil, 0, err
	}
	schema, err := v.c.Vault.Schema(v.r.Context(), permit)
	if err != nil {
		return nil, 0, err
	}
	for i := range schema.Collections {
		k := counted{Collection: &schema.Collections[i]}
		if asked.On == access.Record && !slices.Contains(open, k.Name) {
			continue
		}
		if k.n, err = v.c.Vault.Count(v.r.Context(), permit, k.Name); err != nil {
			return nil, 0, err
		}
		list, total = append(list, k), total+k.n
	}
	return list, total, nil
}

// collections are those of the tenant's profile in which the visitor may list
// records, whether or not the whole list of collections is open to them.
func (v *visit) collections() (open []id.Name) {
	declared, ok := v.c.Profiles.Set().Profile(v.tenant.Profile)
	if !ok {
		return nil
	}
	for i := range declared.Collection {
		name := declared.Collection[i].Name
		if v.may(access.Ask{Action: access.List, On: access.Record, Collection: name}) {
			open = append(open, name)
		}
	}
	return open
}

// tiles are the figures at the head of the first room.
func (v *visit) tiles(list []assurance.Standing, data []counted, records int64) templ.Component {
	var figures []ui.Figure
	if len(list) > 0 {
		kept, measured, red := 0, 0, 0
		for _, s := range list {
			if s.Status.Green() {
				kept++
			}
			if s.Status.Red() {
				red++
			}
			if s.Status != assurance.Planned && s.Status != assurance.Withdrawn {
				measured++
			}
		}
		figures = append(figures, ui.Figure{Label: v.t("home.kept"), Value: v.say.Number(int64(kept)),
			Note: v.t("home.of", i18n.Params{"all": measured})})
		tone := ui.Neutral
		if red > 0 {
			tone = ui.Danger
		}
		figures = append(figures, ui.Figure{Label: v.t("home.red"), Value: v.say.Number(int64(red)), Tone: tone, Note: v.t("home.red_note")})
	}
	if v.base == operatorBase && v.can(access.List, access.Tenant) {
		figures = append(figures, ui.Figure{Label: v.t("nav.tenants"), Value: v.say.Number(int64(len(v.customers(false)))), Href: v.at("tenants")})
	}
	if len(data) > 0 {
		f := ui.Figure{Label: v.t("home.records"), Value: v.say.Number(records), Note: v.n("home.collections", int64(len(data)))}
		if v.can(access.List, access.Collection) {
			f.Href = v.at("collections")
		}
		figures = append(figures, f)
	}
	if v.can(access.Read, access.Log) {
		figures = append(figures, v.logFigure())
	}
	if len(figures) == 0 {
		return ui.EmptyState(ui.Empty{Icon: ui.IconLock, Title: v.t("home.nothing"), Text: v.t("home.nothing_text")})
	}
	return ui.StatTiles(figures)
}

func (v *visit) logFigure() ui.Figure {
	f := ui.Figure{Label: v.t("home.entries"), Href: v.at("log"), Value: "–"}
	permit, err := v.ask(access.Ask{Action: access.Read, On: access.Log})
	if err != nil {
		return f
	}
	log, release, err := permit.Log(v.r.Context(), tenant.Main)
	if err != nil {
		return f
	}
	defer release()
	if head, err := log.Head(v.r.Context()); err == nil {
		f.Value = v.say.Number(int64(head.Size))
	}
	return f
}

func (v *visit) collectionTable(list []counted) ui.TableData {
	t := ui.TableData{Caption: v.t("home.data"), CaptionHidden: true, Columns: v.columns("collection", "#records", "class", "retention", "about"),
		Empty: v.t("collections.none")}
	for _, k := range list {
		name := ui.Cell{Text: k.Title.In(v.say.Lang()), Strong: true}
		if v.may(access.Ask{Action: access.List, On: access.Record, Collection: k.Name}) {
			name.Href = v.at("collections", string(k.Name))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{name, ui.Text(v.say.Number(k.n)), ui.Text(v.className(k.Class)),
			ui.Text(v.keeps(k.Retention)), ui.Text(v.t("about." + string(k.About)))}})
	}
	return t
}

// className is the name of a class as the profile declares it.
func (v *visit) className(name id.Name) string {
	if declared, ok := v.c.Profiles.Set().Profile(v.tenant.Profile); ok {
		if class, ok := declared.Class(name); ok {
			return class.Title.In(v.say.Lang())
		}
	}
	return string(name)
}

// keeps says how long records live.
func (v *visit) keeps(r vault.Retention) string {
	switch {
	case r.Months > 0 && r.Months%12 == 0:
		return v.n("retention.years", int64(r.Months/12))
	case r.Months > 0:
		return v.n("retention.months", int64(r.Months))
	case r.Days > 0:
		return v.n("retention.days", int64(r.Days))
	}
	return v.t("retention.none")
}

// listCollections shows what is kept and by which rules.
func listCollections(v *visit) error {
	list, _, err := v.counts()
	if err != nil {
		return err
	}
	body := parts{ui.Table(v.collectionTable(list))}
	for _, k := range list {
		body.add(with(ui.Details(k.Title.In(v.say.Lang())+" – "+v.n("collections.fields", int64(len(k.Fields))), false), ui.Table(v.fieldTable(k.Collection))))
	}
	return v.show(room{Title: v.t("nav.collections"), Lede: v.t("collections.lede"), Body: body})
}

func (v *visit) fieldTable(k *vault.Collection) ui.TableData {
	t := ui.TableData{Caption: k.Title.In(v.say.Lang()), CaptionHidden: true, Dense: true, Columns: v.columns("field", "kind", "class", "marks")}
	for _, f := range k.Fields {
		var marks []templ.Component
		mark := func(on bool, key string, tone ui.Tone) {
			if on {
				marks = append(marks, ui.Tag(v.t("mark."+key), tone))
			}
		}
		mark(f.Required, "required", ui.Neutral)
		mark(f.Personal, "personal", ui.Warning)
		mark(f.Open, "open", ui.Success)
		mark(f.Findable != nil, "findable", ui.Info)
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{ui.Text(f.Title.In(v.say.Lang())), ui.Text(v.t("kind." + string(f.Kind))),
			ui.Text(v.className(f.Class)), ui.Content(templ.Join(marks...))}})
	}
	return t
}

func itoa(n int) string { return strconv.Itoa(n) }
