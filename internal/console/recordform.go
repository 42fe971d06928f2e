package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/access"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/vault"
	"garant.example/internal/web/ui"
)

// value is a field's value in words.
func (v *visit) value(k *vault.Collection, f *vault.Field, raw jsontext.Value) string {
	if len(raw) == 0 {
		return "–"
	}
	switch f.Kind {
	case vault.Boolean:
		return v.t("boolean." + string(raw))
	case vault.Choices:
		var words []string
		for _, w := range listOf(raw) {
			words = append(words, v.option(k, f, w))
		}
		return strings.Join(words, ", ")
	case vault.Enum:
		return v.option(k, f, textOf(raw))
	case vault.Language:
		return v.language(textOf(raw))
	case vault.Country:
		return v.country(textOf(raw))
	case vault.Date:
		if at, err := time.Parse(time.DateOnly, textOf(raw)); err == nil {
			return v.say.Date(at)
		}
	case vault.Moment:
		if at, err := time.Parse(time.RFC3339Nano, textOf(raw)); err == nil {
			return v.say.DateTime(at)
		}
	}
	return textOf(raw)
}

// option is a value of an enumeration in words, as the profile declares them.
func (v *visit) option(k *vault.Collection, f *vault.Field, value string) string {
	if declared, ok := v.c.Profiles.Set().Profile(v.tenant.Profile); ok {
		if c, ok := declared.Declared(k.Name); ok {
			if field, ok := c.Field(f.Name); ok {
				if o, ok := field.Option(value); ok {
					return o.Text().In(v.say.Lang())
				}
			}
		}
	}
	if f.Kind == vault.Boolean {
		return v.t("boolean." + value)
	}
	return value
}

// options are the values of an enumeration, for a control.
func (v *visit) options(k *vault.Collection, f *vault.Field, chosen map[string]bool) []ui.Option {
	values := f.Options
	if f.Kind == vault.Boolean {
		values = []string{"true", "false"}
	}
	out := make([]ui.Option, 0, len(values))
	for _, value := range values {
		out = append(out, ui.Option{Value: value, Text: v.option(k, f, value), Selected: chosen[value]})
	}
	return out
}

func textOf(raw jsontext.Value) string {
	if raw.Kind() != '"' {
		return string(raw)
	}
	s, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return ""
	}
	return string(s)
}

func listOf(raw jsontext.Value) []string {
	var out []string
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil
	}
	return out
}

// Names of the controls of a field: what it is to hold, and what it held when the
// form was shown, so that only what was changed is sent on.
func wanted(f *vault.Field) string { return "v." + string(f.Name) }
func before(f *vault.Field) string { return "was." + string(f.Name) }

// control is the control of one field.
func (v *visit) control(k *vault.Collection, f *vault.Field, typed []string) templ.Component {
	pointer := "/" + string(f.Name)
	one := strings.Join(typed, "")
	if v.labels == nil {
		v.labels = map[string]string{}
	}
	v.labels[pointer] = f.Title.In(v.say.Lang())
	c := ui.Field{ID: controlID(pointer), Name: wanted(f), Label: f.Title.In(v.say.Lang()), Value: one, Error: v.problem(pointer), Autocomplete: "off"}
	if !f.Required {
		c.Label += " " + v.t("form.optional")
	}
	chosen := map[string]bool{}
	for _, value := range typed {
		chosen[value] = true
	}
	switch f.Kind {
	case vault.Enum, vault.Boolean:
		options := append([]ui.Option{{Text: v.t("form.none"), Selected: one == ""}}, v.options(k, f, chosen)...)
		c.Width = ui.Width20
		return ui.SelectField(v.lang, c, options)
	case vault.Choices:
		return ui.CheckboxGroup(v.lang, ui.Choices{ID: c.ID, Name: c.Name, Legend: c.Label, Error: c.Error, Options: v.options(k, f, chosen)})
	case vault.Text:
		if f.MaxLength == 0 || f.MaxLength > longText {
			return ui.TextArea(v.lang, c, 4)
		}
	}
	return ui.TextField(v.lang, v.narrow(f, c))
}

// longText is the length, in bytes, from which a text gets several lines.
const longText = 200

// narrow fits a text control to the kind of its field.
func (v *visit) narrow(f *vault.Field, c ui.Field) ui.Field {
	switch f.Kind {
	case vault.Email:
		c.Type, c.Exact = "email", true
	case vault.Phone:
		c.Type, c.Width = "tel", ui.Width20
	case vault.URL:
		c.Type, c.Exact = "url", true
	case vault.Integer, vault.Decimal:
		c.InputMode, c.Width = "decimal", ui.Width10
	case vault.Date:
		c.Hint, c.Width, c.Exact = v.t("form.date"), ui.Width10, true // a date picker speaks the browser's language, not the page's
	case vault.Moment:
		c.Hint, c.Width, c.Exact = v.t("form.moment"), ui.Width20, true
	case vault.Country:
		c.Hint, c.Width, c.Exact = v.t("form.country"), ui.Width4, true
	case vault.Language:
		c.Hint, c.Width, c.Exact = v.t("form.language"), ui.Width10, true
	case vault.Ref:
		c.Hint, c.Exact = v.t("form.reference"), true
	default:
		c.Width = ui.Width20
	}
	return c
}

// recordForm is the form of a record: the fields that the permit lets change. held
// are the values when the form was first shown; nil for a new record.
func (v *visit) recordForm(k *vault.Collection, permit *access.Permit, action string, held map[string]jsontext.Value, hidden ...ui.Hidden) templ.Component {
	var fields parts
	for i := range k.Fields {
		f := &k.Fields[i]
		if !permit.Changes(f.Class) {
			continue
		}
		typed := v.r.PostForm[wanted(f)]
		if held != nil {
			raw, ok := held[string(f.Name)]
			was := ""
			if ok {
				was = string(raw)
			}
			if !v.r.PostForm.Has(before(f)) { // shown for the first time
				typed = shownAs(f, raw)
			} else {
				was = v.r.PostForm.Get(before(f))
			}
			hidden = append(hidden, ui.Hidden{Name: before(f), Value: was})
		}
		fields.add(v.control(k, f, typed))
	}
	fields.add(actions(ui.PushButton(ui.Button{Text: v.t("form.save")}), v.link(v.t("cancel"), v.cancelHref(k), ui.Quiet, "")))
	return form(ui.Form{Action: action, Hidden: hidden}, fields...)
}

func (v *visit) cancelHref(k *vault.Collection) string {
	if rec, err := v.record(); err == nil {
		return v.recordHref(k, rec)
	}
	return v.inCollection(k, "")
}

// shownAs is a stored value as its control shows it.
func shownAs(f *vault.Field, raw jsontext.Value) []string {
	switch {
	case len(raw) == 0:
		return nil
	case f.Kind == vault.Choices:
		return listOf(raw)
	}
	return []string{textOf(raw)}
}

// entered is what a control holds, as the vault takes it; nil for nothing.
func entered(f *vault.Field, typed []string) (jsontext.Value, error) {
	if f.Kind == vault.Choices {
		if len(typed) == 0 {
			return nil, nil
		}
		return json.Marshal(typed)
	}
	text := strings.ReplaceAll(strings.Join(typed, ""), "\r\n", "\n")
	if f.Kind != vault.Text {
		text = strings.TrimSpace(text)
	}
	switch {
	case strings.TrimSpace(text) == "":
		return nil, nil
	case f.Kind == vault.Boolean && (text == "true" || text == "false"):
		return jsontext.Value(text), nil
	case f.Kind == vault.Integer, f.Kind == vault.Decimal:
		number := jsontext.Value(strings.ReplaceAll(text, ",", "."))
		if _, err := strconv.ParseFloat(string(number), 64); err == nil && number.IsValid() {
			return number, nil
		}
	}
	return jsontext.AppendQuote(nil, text) // the vault says what is wrong with it
}

// body gathers what the form says as the JSON object that the vault takes. Of an
// existing record only what was changed is in it.
func (v *visit) body(k *vault.Collection, permit *access.Permit, changes bool) ([]byte, error) {
	out := map[string]jsontext.Value{}
	for i := range k.Fields {
		f := &k.Fields[i]
		if !permit.Changes(f.Class) {
			continue
		}
		now, err := entered(f, v.r.PostForm[wanted(f)])
		if err != nil {
			return nil, errs.New(errs.Invalid, "console.form.unreadable").At("/"+string(f.Name), "vault.text.nul", nil).Cause(err)
		}
		switch was := v.r.PostForm.Get(before(f)); {
		case changes && was == string(now):
		case now != nil:
			out[string(f.Name)] = now
		case changes:
			out[string(f.Name)] = jsontext.Value("null")
		}
	}
	return json.Marshal(out, json.Deterministic(true))
}

func newRecord(v *visit) error {
	k, err := v.collection()
	if err != nil {
		return err
	}
	return v.newPage(k)
}

func (v *visit) newPage(k *vault.Collection) error {
	p := room{Title: v.t("new.title"), Kicker: k.Title.In(v.say.Lang()), Lede: v.t("new.lede"), Trail: v.trail(k)}
	hidden := ui.Hidden{Name: "once", Value: v.once()}
	box := v.recordForm(k, v.permit, v.inCollection(k, "new"), nil, hidden)
	if k.About == vault.AboutSubject {
		p.Body.add(form(ui.Form{Method: "get", Action: v.inCollection(k, "new")}, ui.TextField(v.lang, ui.Field{ID: "f-subject", Name: "subject",
			Label: v.t("new.subject"), Hint: v.t("new.subject_hint"), Value: v.subject(), Exact: true, Error: v.problem("/subject")}),
			actions(ui.PushButton(ui.Button{Text: v.t("new.choose"), Kind: ui.Secondary}))))
		if v.subject() == "" {
			return v.show(p)
		}
		box = v.recordForm(k, v.permit, v.inCollection(k, "new"), nil, hidden, ui.Hidden{Name: "subject", Value: v.subject()})
	}
	p.Body.add(box)
	return v.show(p)
}

// subject is the person that a new record is to be about: an opaque id.
func (v *visit) subject() string {
	if s := v.typed("subject"); s != "" {
		return s
	}
	return v.query("subject")
}

// once makes sending the same form twice store one record.
func (v *visit) once() string {
	if s := v.typed("once"); s != "" {
		return s
	}
	return id.NewRequest().String()
}

func createRecord(v *visit) error {
	k, err := v.collection()
	if err != nil {
		return err
	}
	opt := vault.CreateOptions{IdempotencyKey: v.typed("once")}
	if s := v.subject(); s != "" {
		if opt.Subject, err = id.ParseSubject(s); err != nil {
			v.failed = errs.New(errs.Invalid, "vault.subject.unknown").At("/subject", "vault.subject.unknown", nil)
			return v.newPage(k)
		}
	}
	body, err := v.body(k, v.permit, false)
	if err != nil {
		return err
	}
	rec, err := v.c.Vault.Create(v.r.Context(), v.permit, body, opt)
	if err != nil {
		if err := v.again(err); err != nil {
			return err
		}
		return v.newPage(k)
	}
	if !v.within(access.Read) {
		v.to(v.at("collections") + "?done=created")
		return nil
	}
	return v.done(k, rec.ID, "created")
}

// editRecord opens the form of a record that is shown already.
func editRecord(v *visit) error {
	k, rec, err := v.place()
	if err != nil {
		return err
	}
	return v.openForm(k, rec, v.typed("purpose"))
}

// openForm reads a record for a purpose and shows the form that changes it.
func (v *visit) openForm(k *vault.Collection, rec id.Record, purpose string) error {
	reading, err := v.ask(access.Ask{Action: access.Read, On: access.Record})
	if err != nil {
		return err
	}
	changing, err := v.ask(access.Ask{Action: access.Update, On: access.Record})
	if err != nil {
		return err
	}
	r, err := v.c.Vault.Get(v.r.Context(), reading, rec, id.Name(purpose))
	if err != nil {
		return v.hiddenAgain(k, rec, err)
	}
	return v.editPage(k, changing, rec, valuesOf(r), r.ETag())
}

func (v *visit) editPage(k *vault.Collection, permit *access.Permit, rec id.Record, held map[string]jsontext.Value, etag string) error {
	trail := append(v.trail(k), ui.Link{Text: v.t("record.title", i18n.Params{"id": shortID(rec)}), Href: v.recordHref(k, rec)})
	return v.show(room{Title: v.t("edit.title"), Kicker: k.Title.In(v.say.Lang()), Lede: v.t("edit.lede"), Trail: trail,
		Body: parts{v.recordForm(k, permit, v.recordHref(k, rec)+"/update", held, ui.Hidden{Name: "version", Value: etag})}})
}

// updateRecord changes what was changed in the form, of the version it was made from.
func updateRecord(v *visit) error {
	k, rec, err := v.place()
	if err != nil {
		return err
	}
	body, err := v.body(k, v.permit, true)
	if err != nil {
		return err
	}
	if string(body) == "{}" {
		return v.done(k, rec, "unchanged")
	}
	if _, err := v.c.Vault.Update(v.r.Context(), v.permit, rec, v.typed("version"), body); err != nil {
		if err := v.again(err); err != nil {
			return err
		}
		return v.editPage(k, v.permit, rec, map[string]jsontext.Value{}, v.typed("version"))
	}
	return v.done(k, rec, "updated")
}
