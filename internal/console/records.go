package console

import (
	"encoding/binary"
	"net/url"

	"github.com/a-h/templ"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/access"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/vault"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
)

// ownBusiness is the purpose under which records about nobody are shown: no person
// is in them, and the log says so.
const ownBusiness id.Name = "about-nobody"

// Sizes of a page.
const (
	pageSize   = 25
	listFields = 4 // columns of fields; the record's own page shows all
)

// collection is the one of the address.
func (v *visit) collection() (*vault.Collection, error) {
	schema, err := v.c.Vault.Schema(v.r.Context(), v.permit)
	if err != nil {
		return nil, err
	}
	return schema.Collection(id.Name(v.r.PathValue("collection")))
}

// within asks the gate for something else in the same collection.
func (v *visit) within(a access.Action) bool { return v.may(access.Ask{Action: a, On: access.Record}) }

// inCollection is the address of something in the collection.
func (v *visit) inCollection(k *vault.Collection, path string) string {
	at := v.at("collections", string(k.Name))
	if path != "" {
		at += "/" + path
	}
	return at
}

func (v *visit) recordHref(k *vault.Collection, rec id.Record) string {
	return v.inCollection(k, "records/"+rec.String())
}

// trail leads back to the collection.
func (v *visit) trail(k *vault.Collection) []ui.Link {
	return append(v.toCollections(), ui.Link{Text: k.Title.In(v.say.Lang()), Href: v.inCollection(k, "")})
}

// toCollections leads to the room of all collections, for those to whom it is open.
func (v *visit) toCollections() []ui.Link {
	if !v.can(access.List, access.Collection) {
		return nil
	}
	return []ui.Link{{Text: v.t("nav.collections"), Href: v.at("collections")}}
}

// listRecords pages through a collection. What is personal stays hidden.
func listRecords(v *visit) error {
	k, err := v.collection()
	if err != nil {
		return err
	}
	opt, filters := v.narrowed(k)
	list := web.ListOf{Tenant: v.tenant.ID.String(), Collection: "console/" + string(k.Name), Filter: filters.Encode()}
	if cursor := v.query("cursor"); cursor != "" {
		position, err := v.c.Cursors.Open(list, cursor)
		if err != nil {
			return err
		}
		if len(position) != 8 {
			return errs.New(errs.Invalid, "web.cursor.invalid").Do("web.cursor.fix")
		}
		opt.After = int64(binary.BigEndian.Uint64(position))
	}
	page, err := v.c.Vault.List(v.r.Context(), v.permit, opt)
	if err != nil {
		return err
	}
	count, err := v.c.Vault.Count(v.r.Context(), v.permit, k.Name)
	if err != nil {
		return err
	}
	pager := ui.Cursor{Summary: v.n("records.count", count)}
	if page.Next != 0 {
		cursor, err := v.c.Cursors.Seal(list, binary.BigEndian.AppendUint64(nil, uint64(page.Next)))
		if err != nil {
			return err
		}
		next := cloned(filters)
		next.Set("cursor", cursor)
		pager.Next = v.inCollection(k, "") + "?" + next.Encode()
	}
	if opt.After != 0 {
		pager.Previous = v.inCollection(k, "") + "?" + filters.Encode() // back to the beginning: cursors lead forward
	}
	lede := v.t("records.masked")
	if k.About == vault.AboutNobody {
		lede = v.t("records.plain")
	}
	p := room{Title: k.Title.In(v.say.Lang()), Lede: lede, Does: v.recordActs(k), Trail: v.toCollections()}
	p.Body.add(v.filterBar(k, filters), ui.Table(v.recordTable(k, page.Records)), ui.Pagination(v.lang, pager))
	return v.show(p)
}

// narrowed reads the filters of the address.
func (v *visit) narrowed(k *vault.Collection) (vault.ListOptions, url.Values) {
	opt := vault.ListOptions{Limit: pageSize, State: id.Name(v.query("state")), Open: map[id.Name]string{}}
	if k.About == vault.AboutNobody {
		opt.Purpose = ownBusiness
		if len(k.Purposes) > 0 {
			opt.Purpose = k.Purposes[0].Name
		}
	}
	filters := url.Values{}
	if opt.State != "" {
		filters.Set("state", string(opt.State))
	}
	for _, f := range filterable(k) {
		if text := v.query("f." + string(f.Name)); text != "" {
			opt.Open[f.Name] = text
			filters.Set("f."+string(f.Name), text)
		}
	}
	return opt, filters
}

func cloned(q url.Values) url.Values {
	out := url.Values{}
	for name, values := range q {
		out[name] = values
	}
	return out
}

// recordActs are what the visitor may do in a collection.
func (v *visit) recordActs(k *vault.Collection) (does parts) {
	if v.within(access.Find) && len(findable(k)) > 0 {
		does.add(v.link(v.t("records.find"), v.inCollection(k, "find"), ui.Secondary, ui.IconSearch))
	}
	if v.within(access.Export) {
		does.add(v.link(v.t("records.export"), v.inCollection(k, "export"), ui.Secondary, ui.IconDownload))
	}
	if v.within(access.Create) && k.About != vault.AboutSubject {
		does.add(v.link(v.t("records.new"), v.inCollection(k, "new"), ui.Primary, ""))
	}
	return does
}

// filterable are the fields by which a list may be narrowed with a choice.
func filterable(k *vault.Collection) []*vault.Field {
	var out []*vault.Field
	for i := range k.Fields {
		if f := &k.Fields[i]; f.Open && (f.Kind == vault.Enum || f.Kind == vault.Boolean) {
			out = append(out, f)
		}
	}
	return out
}

func findable(k *vault.Collection) []*vault.Field {
	var out []*vault.Field
	for i := range k.Fields {
		if k.Fields[i].Findable != nil {
			out = append(out, &k.Fields[i])
		}
	}
	return out
}

// filterBar narrows the list by state and by open fields.
func (v *visit) filterBar(k *vault.Collection, chosen url.Values) templ.Component {
	var fields parts
	choice := func(name, label string, options []ui.Option) {
		all := []ui.Option{{Text: v.t("filter.all")}}
		fields.add(ui.SelectField(v.lang, ui.Field{ID: controlID("/" + name), Name: name, Label: label, Value: chosen.Get(name)}, append(all, options...)))
	}
	if k.Life != nil {
		var options []ui.Option
		for _, s := range k.Life.States {
			options = append(options, ui.Option{Value: string(s.Name), Text: s.Title.In(v.say.Lang()), Selected: chosen.Get("state") == string(s.Name)})
		}
		choice("state", v.t("column.state"), options)
	}
	for _, f := range filterable(k) {
		if !v.permit.Sees(f.Class) {
			continue
		}
		name := "f." + string(f.Name)
		choice(name, f.Title.In(v.say.Lang()), v.options(k, f, map[string]bool{chosen.Get(name): true}))
	}
	if len(fields) == 0 {
		return nil
	}
	bar := ui.Filter{Action: v.inCollection(k, ""), Submit: v.t("filter.button")}
	if len(chosen) > 0 {
		bar.Reset = v.inCollection(k, "")
	}
	return with(ui.FilterBar(v.lang, bar), fields...)
}

// recordTable shows records: the fields that may be seen, the state, the times.
func (v *visit) recordTable(k *vault.Collection, list []vault.Record) ui.TableData {
	t := ui.TableData{Caption: k.Title.In(v.say.Lang()), CaptionHidden: true, Empty: v.t("records.none")}
	if v.r.Method == "GET" && v.r.URL.RawQuery == "" { // nothing was asked for
		t.Empty = v.t("records.empty")
	}
	fields, restricted := v.columnsOf(k, list), false
	for _, r := range list {
		restricted = restricted || r.Restricted
	}
	// What is not open is shown only when it was asked for: then its first field
	// names the record better than a reference.
	named := len(fields) > 0 && !fields[0].Open
	if !named {
		t.Columns = append(t.Columns, v.columns("record")...)
	}
	for _, f := range fields {
		t.Columns = append(t.Columns, ui.Column{Text: f.Title.In(v.say.Lang()), Numeric: f.Kind == vault.Integer || f.Kind == vault.Decimal})
	}
	if k.Life != nil {
		t.Columns = append(t.Columns, v.columns("state")...)
	}
	t.Columns = append(t.Columns, v.columns("changed")...)
	if restricted {
		t.Columns = append(t.Columns, v.columns("marks")...)
	}
	for _, r := range list {
		values := valuesOf(r)
		var cells []ui.Cell
		if !named {
			cells = append(cells, ui.Cell{Text: shortID(r.ID)})
		}
		for _, f := range fields {
			cells = append(cells, ui.Text(v.value(k, f, values[string(f.Name)])))
		}
		cells[0].Href = v.recordHref(k, r.ID)
		if k.Life != nil {
			cells = append(cells, ui.Text(v.stateName(k, r.State)))
		}
		cells = append(cells, v.when(r.Updated))
		if restricted {
			cells = append(cells, v.marks(r))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return t
}

// columnsOf chooses the fields that a list shows: those of which some record shows a
// value, in the declared order.
func (v *visit) columnsOf(k *vault.Collection, list []vault.Record) []*vault.Field {
	seen := map[string]bool{}
	for _, r := range list {
		for name := range valuesOf(r) {
			seen[name] = true
		}
	}
	var out []*vault.Field
	for i := range k.Fields {
		if f := &k.Fields[i]; seen[string(f.Name)] && len(out) < listFields {
			out = append(out, f)
		}
	}
	return out
}

// marks are what is particular about a record.
func (v *visit) marks(r vault.Record) ui.Cell {
	if r.Restricted {
		return ui.Content(ui.Tag(v.t("mark.restricted"), ui.Danger))
	}
	return ui.Text("–")
}

// shortID is as much of an opaque id as fits in a table; the last characters differ
// most.
func shortID(rec id.Record) string {
	s := rec.String()
	if len(s) <= 14 {
		return s
	}
	return "…\u2060" + s[len(s)-8:] // a word joiner: a table must not break after the dots
}

func (v *visit) stateName(k *vault.Collection, state id.Name) string {
	if k.Life != nil {
		for _, s := range k.Life.States {
			if s.Name == state {
				return s.Title.In(v.say.Lang())
			}
		}
	}
	return string(state)
}

// valuesOf reads the fields that a record shows. The vault wrote them.
func valuesOf(r vault.Record) map[string]jsontext.Value {
	out := map[string]jsontext.Value{}
	if len(r.Fields) > 0 {
		if err := json.Unmarshal(r.Fields, &out); err != nil {
			return map[string]jsontext.Value{}
		}
	}
	return out
}

// purposes are the declared reasons for reading a collection, as a control of a
// form; nil when it needs none.
func (v *visit) purposes(k *vault.Collection, chosen string) templ.Component {
	if len(k.Purposes) == 0 {
		return nil
	}
	c := ui.Choices{ID: "f-purpose", Name: "purpose", Legend: v.t("purpose.legend"), Hint: v.t("purpose.hint"), Error: v.problem("header/Purpose")}
	for _, p := range k.Purposes {
		hint := v.t("basis." + word(p.Basis))
		if p.DespiteRestriction {
			hint += " · " + v.t("purpose.despite")
		}
		c.Options = append(c.Options, ui.Option{Value: string(p.Name), Text: p.Title.In(v.say.Lang()), Hint: hint, Selected: chosen == string(p.Name)})
	}
	return ui.RadioGroup(v.lang, c)
}

// purposeName is a purpose in words.
func (v *visit) purposeName(k *vault.Collection, name string) string {
	for _, p := range k.Purposes {
		if string(p.Name) == name {
			return p.Title.In(v.say.Lang())
		}
	}
	if name == string(ownBusiness) {
		return v.t("about.nobody")
	}
	return name
}

func findForm(v *visit) error {
	k, err := v.collection()
	if err != nil {
		return err
	}
	return v.findPage(k, nil, false)
}

// findPage shows the search and what it found.
func (v *visit) findPage(k *vault.Collection, found []vault.Record, searched bool) error {
	var options []ui.Option
	for _, f := range findable(k) {
		if v.permit.Sees(f.Class) {
			options = append(options, ui.Option{Value: string(f.Name), Text: f.Title.In(v.say.Lang()), Selected: v.typed("field") == string(f.Name)})
		}
	}
	p := room{Title: v.t("find.title"), Kicker: k.Title.In(v.say.Lang()), Lede: v.t("find.lede"), Trail: v.trail(k)}
	if len(options) == 0 {
		p.Body.add(ui.EmptyState(ui.Empty{Icon: ui.IconSearch, Title: v.t("find.nothing"), Text: v.t("find.nothing_text")}))
		return v.show(p)
	}
	if searched && v.failed == nil {
		p.Body.add(section("found", v.n("find.found", int64(len(found))), v.t("find.logged"), ui.Table(v.recordTable(k, found))))
	}
	fields := parts{ui.SelectField(v.lang, ui.Field{ID: "f-field", Name: "field", Label: v.t("find.field"), Error: v.problem("/field"), Width: ui.Width20}, options),
		ui.TextField(v.lang, ui.Field{ID: "f-value", Name: "value", Label: v.t("find.value"), Value: v.typed("value"), Exact: true,
			Autocomplete: "off", Error: v.problem("/value"), Width: ui.Width20})}
	fields.add(v.purposes(k, v.typed("purpose")), actions(ui.PushButton(ui.Button{Text: v.t("find.button"), Icon: ui.IconSearch})))
	p.Body.add(form(ui.Form{Action: v.inCollection(k, "find")}, fields...))
	return v.show(p)
}

// findRecords searches. What is searched for travels in the body, never in an address.
func findRecords(v *visit) error {
	k, err := v.collection()
	if err != nil {
		return err
	}
	found, err := v.c.Vault.Find(v.r.Context(), v.permit, id.Name(v.typed("field")), v.typed("value"), id.Name(v.typed("purpose")))
	if err != nil {
		if err := v.again(err); err != nil {
			return err
		}
	}
	return v.findPage(k, found, true)
}

func exportForm(v *visit) error {
	k, err := v.collection()
	if err != nil {
		return err
	}
	return v.exportPage(k)
}

func (v *visit) exportPage(k *vault.Collection) error {
	fields := parts{ui.RadioGroup(v.lang, ui.Choices{ID: "f-format", Name: "format", Legend: v.t("export.format"), Inline: true, Options: []ui.Option{
		{Value: string(vault.CSV), Text: "CSV", Selected: true}, {Value: string(vault.NDJSON), Text: "NDJSON"}}})}
	fields.add(v.purposes(k, v.typed("purpose")), actions(ui.PushButton(ui.Button{Text: v.t("export.button"), Icon: ui.IconDownload})))
	return v.show(room{Title: v.t("export.title"), Kicker: k.Title.In(v.say.Lang()), Lede: v.t("export.lede"), Trail: v.trail(k),
		Body: parts{form(ui.Form{Action: v.inCollection(k, "export")}, fields...)}})
}

// exportRecords streams the collection. Before its first byte a refusal is a page.
func exportRecords(v *visit) error {
	k, err := v.collection()
	if err != nil {
		return err
	}
	out := &download{v: v, kind: "text/csv; charset=utf-8", name: string(v.tenant.Slug) + "-" + string(k.Name) + ".csv"}
	format := vault.Format(v.typed("format"))
	if format == vault.NDJSON {
		out.kind, out.name = "application/x-ndjson", string(v.tenant.Slug)+"-"+string(k.Name)+".ndjson"
	} else {
		format = vault.CSV
	}
	_, err = v.c.Vault.Export(v.r.Context(), v.permit, id.Name(v.typed("purpose")), format, out)
	if err != nil && !out.begun {
		if err := v.again(err); err != nil {
			return err
		}
		return v.exportPage(k)
	}
	return out.end(err)
}
