package console

import (
	"encoding/binary"
	"net/url"
	"strconv"
	"strings"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
)

const mainPlacement = tenant.Main

// entriesShown is how many entries of the log a page shows.
const entriesShown = 30

func formatSeq(n uint64) string { return strconv.FormatUint(n, 10) }

// placement is the one whose log is meant; each database has its own.
func (v *visit) placement() id.Name {
	if name := v.r.FormValue("placement"); name != "" {
		return id.Name(name)
	}
	return mainPlacement
}

// log opens the log of the placement that was asked for.
func (v *visit) log() (*audit.Log, func(), error) {
	return v.permit.Log(v.r.Context(), v.placement())
}

// reader names people in the log by their accounts, as far as the visitor may list
// them.
type reader struct {
	v     *visit
	names map[string]string
}

// maxNames bounds how many accounts are read to put names into a page of the log.
const maxNames = 200

func (v *visit) reader() (*reader, error) {
	r := &reader{v: v, names: map[string]string{v.who.Ref(): v.session.Name}}
	if !v.can(access.List, access.Account) {
		return r, nil
	}
	permit, err := v.ask(access.Ask{Action: access.List, On: access.Account})
	if err != nil {
		return nil, err
	}
	list, err := v.c.Identity.Accounts(v.r.Context(), permit, id.Account{}, maxNames)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		r.names[a.ID.String()] = a.Person.Name
	}
	return r, nil
}

// actor is who acted, in words.
func (r *reader) actor(a audit.Actor) string {
	if name, ok := r.names[a.Ref]; ok && a.Ref != "" {
		return name
	}
	switch a.Kind {
	case actor.System:
		return r.v.t("actor.system", i18n.Params{"component": a.Ref})
	case actor.Anonymous:
		return r.v.t("actor.anonymous")
	}
	return r.v.t("actor."+a.Kind.String()) + " " + shortRef(a.Ref)
}

func shortRef(s string) string {
	if len(s) <= 12 {
		return s
	}
	return "…" + s[len(s)-8:]
}

// showLog shows the log by day, newest first. Reading it is itself an entry.
func showLog(v *visit) error {
	q, filters, err := v.logQuery()
	if err != nil {
		return err
	}
	log, release, err := v.log()
	if err != nil {
		return err
	}
	defer release()
	list := web.ListOf{Tenant: v.tenant.ID.String(), Collection: "console/log", Filter: filters.Encode()}
	if cursor := v.query("cursor"); cursor != "" {
		position, err := v.c.Cursors.Open(list, cursor)
		if err != nil {
			return err
		}
		if len(position) != 8 {
			return errs.New(errs.Invalid, "web.cursor.invalid").Do("web.cursor.fix")
		}
		q.To = binary.BigEndian.Uint64(position)
	}
	page, err := log.Entries(v.r.Context(), q)
	if err != nil {
		return err
	}
	seen := v.permit.Entry(audit.LogRead)
	seen.Count = int64(len(page.Entries))
	if _, err := log.Append(v.r.Context(), seen); err != nil {
		return err
	}
	names, err := v.reader()
	if err != nil {
		return err
	}
	pager, err := v.logPager(list, page, filters)
	if err != nil {
		return err
	}
	p := room{Title: v.t("nav.log"), Lede: v.t("log.lede"), Does: v.logActs()}
	p.Body.add(with(ui.Details(v.t("log.what_proof"), false), ui.Paragraph(v.t("proof.meaning")), ui.Paragraph(v.t("proof.limit"))),
		v.placementTabs(), v.logFilter(filters, names))
	if days := names.days(page.Entries); len(days) > 0 {
		p.Body.add(ui.Timeline(v.lang, days))
	} else {
		p.Body.add(ui.EmptyState(ui.Empty{Icon: ui.IconHistory, Title: v.t("log.none"), Text: v.t("log.none_text")}))
	}
	p.Body.add(ui.Pagination(v.lang, pager))
	if takes := v.logTakes(); len(takes) > 0 {
		p.Body.add(section("take", v.t("log.take"), v.t("log.take_lede"), actions(takes...)))
	}
	return v.show(p)
}

// logPager leads to older entries, and back to the newest.
func (v *visit) logPager(list web.ListOf, page audit.Page, filters url.Values) (ui.Cursor, error) {
	pager := ui.Cursor{Summary: v.n("log.size", int64(page.Size))}
	if v.query("cursor") != "" {
		pager.Previous = v.at("log") + "?" + filters.Encode()
	}
	if !page.More {
		return pager, nil
	}
	cursor, err := v.c.Cursors.Seal(list, binary.BigEndian.AppendUint64(nil, page.Next))
	if err != nil {
		return pager, err
	}
	next := cloned(filters)
	next.Set("cursor", cursor)
	pager.Next = v.at("log") + "?" + next.Encode()
	return pager, nil
}

// logActs reads the whole log again.
func (v *visit) logActs() (does parts) {
	if v.can(access.Verify, access.Log) {
		does.add(v.button(v.at("log", "verify"), ui.Button{Text: v.t("log.verify"), Icon: ui.IconShield}, ui.Hidden{Name: "placement", Value: string(v.placement())}))
	}
	return does
}

// logTakes are what may leave as a file, to be checked elsewhere.
func (v *visit) logTakes() (does parts) {
	place := ui.Hidden{Name: "placement", Value: string(v.placement())}
	if v.can(access.Export, access.Log) {
		does.add(v.button(v.at("log", "bundle"), ui.Button{Text: v.t("log.bundle"), Kind: ui.Secondary, Icon: ui.IconDownload}, place))
	}
	if v.can(access.Prove, access.Log) {
		does.add(v.link(v.t("log.checkpoint"), v.at("log", "checkpoint")+placementQuery(v.placement()), ui.Quiet, ui.IconProof))
	}
	return does
}

// logQuery reads the filters of the address; what is not understood is refused, so
// that a filter never widens what is shown.
func (v *visit) logQuery() (audit.Query, url.Values, error) {
	q := audit.Query{NewestFirst: true, Limit: entriesShown}
	filters := url.Values{}
	bad := func(name string) error {
		return errs.New(errs.Invalid, "console.log.filter").At("query/"+name, "console.log.filter", nil)
	}
	for _, name := range []string{"placement", "operation", "actor", "object", "outcome", "since", "until", "request"} {
		text := v.query(name)
		if text == "" {
			continue
		}
		filters.Set(name, text)
		var ok bool
		switch name {
		case "placement":
			_, ok = v.tenant.Placement(id.Name(text))
		case "operation":
			op := audit.Operation(text)
			q.Operations, ok = []audit.Operation{op}, op.Known()
		case "actor":
			q.Actor, ok = text, true
		case "object":
			q.Object, ok = parseObject(text)
		case "outcome":
			q.Outcome, ok = parseOutcome(text)
		case "since", "until":
			at, err := time.Parse(time.DateOnly, text)
			if ok = err == nil; name == "since" {
				q.Since = at
			} else {
				q.Until = at.AddDate(0, 0, 1) // the whole of that day
			}
		case "request":
			var err error
			q.Request, err = id.ParseRequest(text)
			ok = err == nil
		}
		if !ok {
			return q, nil, bad(name)
		}
	}
	return q, filters, nil
}

func parseOutcome(text string) (audit.Outcome, bool) {
	for _, o := range []audit.Outcome{audit.Done, audit.Refused, audit.Failed} {
		if o.String() == text {
			return o, true
		}
	}
	return 0, false
}

// parseObject reads an id of any kind.
func parseObject(text string) (id.Raw, bool) {
	if r, err := id.ParseRecord(text); err == nil {
		return r.Raw, true
	}
	if r, err := id.ParseAccount(text); err == nil {
		return r.Raw, true
	}
	if r, err := id.ParseToken(text); err == nil {
		return r.Raw, true
	}
	if r, err := id.ParseSubject(text); err == nil {
		return r.Raw, true
	}
	if r, err := id.ParseTenant(text); err == nil {
		return r.Raw, true
	}
	return id.Raw{}, false
}

// placementTabs choose among the logs of a tenant that has several databases.
func (v *visit) placementTabs() templComponent {
	if len(v.tenant.Placements) < 2 {
		return nil
	}
	var items []ui.NavItem
	for _, p := range v.tenant.Placements {
		items = append(items, ui.NavItem{Text: v.placementName(p.Name), Href: v.at("log") + "?placement=" + string(p.Name), Current: p.Name == v.placement()})
	}
	return ui.Tabs(v.t("log.placements"), items)
}

func (v *visit) placementName(name id.Name) string {
	if name == mainPlacement {
		return v.t("placement.main")
	}
	return string(name)
}

func (v *visit) logFilter(filters url.Values, names *reader) templComponent {
	operations := []ui.Option{{Text: v.t("filter.all")}}
	for _, op := range audit.Operations() {
		operations = append(operations, ui.Option{Value: string(op), Text: v.operation(op), Selected: filters.Get("operation") == string(op)})
	}
	outcomes := []ui.Option{{Text: v.t("filter.all")}}
	for _, o := range []audit.Outcome{audit.Done, audit.Refused, audit.Failed} {
		outcomes = append(outcomes, ui.Option{Value: o.String(), Text: v.t("outcome." + o.String()), Selected: filters.Get("outcome") == o.String()})
	}
	field := func(name string) templComponent {
		f := ui.Field{ID: "q-" + name, Name: name, Label: v.t("filter." + name), Value: filters.Get(name), Exact: true}
		if name != "object" {
			f.Type = "date"
		}
		return ui.TextField(v.lang, f)
	}
	bar := ui.Filter{Action: v.at("log"), Submit: v.t("filter.button")}
	if len(filters) > 0 {
		bar.Reset = v.at("log") + placementQuery(v.placement())
	}
	if v.placement() != mainPlacement {
		bar.Hidden = []ui.Hidden{{Name: "placement", Value: string(v.placement())}}
	}
	return with(ui.FilterBar(v.lang, bar),
		ui.SelectField(v.lang, ui.Field{ID: "q-operation", Name: "operation", Label: v.t("filter.operation")}, operations),
		ui.SelectField(v.lang, ui.Field{ID: "q-outcome", Name: "outcome", Label: v.t("filter.outcome")}, outcomes),
		names.filter(filters.Get("actor")), field("object"), field("since"), field("until"))
}

// filter chooses an actor: by name where names are known, else by reference.
func (r *reader) filter(chosen string) templComponent {
	v := r.v
	if len(r.names) < 2 {
		return ui.TextField(v.lang, ui.Field{ID: "q-actor", Name: "actor", Label: v.t("filter.actor"), Value: chosen, Exact: true})
	}
	options := []ui.Option{{Text: v.t("filter.all")}}
	known := chosen == ""
	for _, ref := range sortedBy(r.names) {
		options = append(options, ui.Option{Value: ref, Text: r.names[ref], Selected: ref == chosen})
		known = known || ref == chosen
	}
	if !known {
		options = append(options, ui.Option{Value: chosen, Text: shortRef(chosen), Selected: true})
	}
	return ui.SelectField(v.lang, ui.Field{ID: "q-actor", Name: "actor", Label: v.t("filter.actor")}, options)
}

// operation is an operation in words.
func (v *visit) operation(op audit.Operation) string {
	return v.t("operation." + word(string(op)))
}

// told is what an entry tells, in words: a list without fields is not a reading.
func (v *visit) told(e audit.Entry) string {
	if e.Operation == audit.RecordList && e.Detail["fields"] == "masked" {
		return v.t("operation.record_list_masked")
	}
	return v.operation(e.Operation)
}

// days groups entries by the day on which they were written.
func (r *reader) days(list []audit.Record) []ui.Day {
	var out []ui.Day
	for _, e := range list {
		title := r.v.say.Date(e.Entry.At)
		if len(out) == 0 || out[len(out)-1].Title != title {
			out = append(out, ui.Day{Title: title, Level: 2})
		}
		day := &out[len(out)-1]
		day.Entries = append(day.Entries, r.entry(e))
	}
	return out
}

// entry is a line of the timeline.
func (r *reader) entry(e audit.Record) ui.Entry {
	v := r.v
	out := ui.Entry{ID: "e-" + formatSeq(e.Seq), Time: ui.Moment{ISO: e.Entry.At.UTC().Format(time.RFC3339Nano), Text: v.say.Time(e.Entry.At)},
		Actor: r.actor(e.Entry.Actor), Operation: v.told(e.Entry), Object: r.object(e.Entry), Reason: v.reason(e.Entry.Reason),
		Purpose: v.purposeOf(e.Entry),
		Proof:   ui.Link{Text: v.t("leaf", i18n.Params{"n": e.Seq}), Href: v.at("log", formatSeq(e.Seq)) + placementQuery(v.placement())}}
	if e.Entry.Operation == audit.ControlRun {
		out.Reason = ui.StatusOf(e.Entry.Reason).Word(v.lang) // what the control found
	}
	switch e.Entry.Outcome {
	case audit.Done:
		out.Outcome = ui.Allowed
	case audit.Refused:
		out.Outcome = ui.Refused
	default:
		out.Outcome = ui.Partial
	}
	return out
}

// reason is the code of a decision or of a failure in words.
func (v *visit) reason(code string) string {
	if code == "" {
		return ""
	}
	if key := "console.reason." + word(code); v.say.Has(key) {
		return v.say.T(key)
	}
	if key := "error." + code; v.say.Has(key) { // a failure's code
		return v.say.T(key)
	}
	return code
}

// purposeOf is the purpose of an entry in words, where its collection declares it.
func (v *visit) purposeOf(e audit.Entry) string {
	if e.Purpose == string(ownBusiness) {
		return v.t("about.nobody")
	}
	if declared, ok := v.c.Profiles.Set().Profile(v.tenant.Profile); ok {
		if c, ok := declared.Declared(e.Collection); ok {
			for _, p := range c.Purposes {
				if string(p.Name) == e.Purpose {
					return p.Title.In(v.say.Lang())
				}
			}
		}
	}
	return e.Purpose
}

// object is what was touched: a record or an account leads to its room.
func (r *reader) object(e audit.Entry) ui.Link {
	v, where := r.v, ""
	if e.Collection != "" {
		where = v.collectionName(e.Collection)
	}
	text, href := objectID(e.Kind, e.Object), ""
	switch {
	case e.Object.IsZero(), text == e.Actor.Ref: // what somebody did to the own account names nobody else
		text = ""
	case e.Kind == access.Promise.String():
		text = e.Detail["promise"]
		if v.base == operatorBase && v.can(access.Read, access.Promise) {
			href = v.at("promises", text)
		}
		return ui.Link{Text: text, Href: href}
	case e.Kind == access.Record.String() && e.Collection != "":
		href = v.at("collections", string(e.Collection), "records", text)
		if !v.may(access.Ask{Action: access.Read, On: access.Record, Collection: e.Collection}) {
			href = ""
		}
	case e.Kind == access.Account.String(), e.Kind == "session":
		if name, ok := r.names[text]; ok {
			return ui.Link{Text: name, Href: v.at("people", text)}
		}
	}
	if e.Count > 1 {
		where = strings.TrimSpace(where + " × " + v.say.Number(e.Count))
	}
	return ui.Link{Text: strings.TrimSpace(where + " " + shortRef(text)), Href: href}
}

func (v *visit) collectionName(name id.Name) string {
	if declared, ok := v.c.Profiles.Set().Profile(v.tenant.Profile); ok {
		if c, ok := declared.Declared(name); ok {
			return c.Title.In(v.say.Lang())
		}
	}
	return string(name)
}

// objectID writes the id of an object of a kind.
func objectID(kind string, raw id.Raw) string {
	switch kind {
	case access.Record.String():
		return id.Record{Raw: raw}.String()
	case access.Account.String(), "session": // a session is told by whose it is
		return id.Account{Raw: raw}.String()
	case access.Promise.String():
		return id.Run{Raw: raw}.String()
	case access.Token.String():
		return id.Token{Raw: raw}.String()
	case access.Tenant.String():
		return id.Tenant{Raw: raw}.String()
	}
	return id.Subject{Raw: raw}.String()
}
