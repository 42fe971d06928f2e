package console

import (
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/tenant"
	"garant.example/internal/web/ui"
)

// draft is what the form of a tenant holds: text, as it was typed.
type draft struct{ title, lang, hosts, start, end string }

// draftOf writes a tenant as it stands into the form.
func draftOf(t tenant.Tenant) draft {
	return draft{title: t.Title, lang: t.Lang, hosts: strings.Join(t.Hosts, " "), start: dayOf(t.Contract.Start), end: dayOf(t.Contract.End)}
}

func dayOf(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.DateOnly)
}

func (v *visit) typedDraft() draft {
	return draft{title: v.typed("title"), lang: v.typed("lang"), hosts: v.typed("hosts"), start: v.typed("start"), end: v.typed("end")}
}

// against is the change that makes a tenant what the draft says. What the draft
// leaves as it is stays to the second: a day of the form is less than a moment.
func (d draft) against(t tenant.Tenant) (c tenant.Change, err error) {
	was := draftOf(t)
	if d.title != was.title {
		c.Title = &d.title
	}
	if d.lang != was.lang {
		c.Lang = &d.lang
	}
	hosts := strings.FieldsFunc(strings.ToLower(d.hosts), func(r rune) bool { return r == ' ' || r == ',' || r == ';' })
	if !slices.Equal(hosts, t.Hosts) {
		c.Hosts = &hosts
	}
	if t.Operator {
		return c, nil // its contract is with itself
	}
	bad := errs.New(errs.Invalid, "console.tenant.change")
	day := func(pointer, text, was string, optional bool) *time.Time {
		if text == was {
			return nil
		}
		at, err := time.Parse(time.DateOnly, text)
		if err != nil && (text != "" || !optional) {
			bad.At(pointer, "console.tenant.end_date", nil)
		}
		return &at
	}
	c.Start, c.End = day("/starts_at", d.start, was.start, false), day("/ends_at", d.end, was.end, true)
	if len(bad.Fields) > 0 {
		return c, bad
	}
	return c, nil
}

// tenantForm shows what may be changed of a tenant, as it stands.
func tenantForm(v *visit) error {
	t, err := v.customer()
	if err != nil {
		return err
	}
	return v.tenantDraft(t, draftOf(t), t.Version(), nil)
}

// changeTenant changes the version of a tenant that the form was opened on. Somebody
// else's change in between is shown beside what was typed, and nothing is lost.
func changeTenant(v *visit) error {
	t, err := v.customer()
	if err != nil {
		return err
	}
	d, version := v.typedDraft(), v.typed("version")
	c, err := d.against(t)
	if err == nil {
		_, err = v.c.Tenants.Change(v.r.Context(), t.ID, version, c)
	}
	if err == nil {
		v.to(v.at("tenants", string(t.Slug)) + "?done=tenant")
		return nil
	}
	if err := v.again(err); err != nil {
		return err
	}
	v.hostProblem()
	if v.failed.Code != errs.Stale {
		return v.tenantDraft(t, d, version, nil)
	}
	if t, err = v.customer(); err != nil {
		return err
	}
	return v.tenantDraft(t, d, t.Version(), v.tenantConflict(t, d))
}

// hostProblem puts what is wrong with one host name beside the control of all.
func (v *visit) hostProblem() {
	for i, f := range v.failed.Fields {
		if strings.HasPrefix(f.Pointer, "/hosts/") {
			v.failed.Fields[i].Pointer = "/hosts"
		}
	}
}

// tenantDraft is the form. version is the one that the change will be of.
func (v *visit) tenantDraft(t tenant.Tenant, d draft, version string, conflict templ.Component) error {
	href := v.at("tenants", string(t.Slug))
	text := func(pointer, name, label, hint, value string) ui.Field {
		return ui.Field{ID: controlID(pointer), Name: name, Label: label, Hint: hint, Value: value, Error: v.problem(pointer), Autocomplete: "off", Width: ui.Width20}
	}
	hosts := text("/hosts", "hosts", v.t("tenants.hosts"), v.t("tenants.hosts_hint"), d.hosts)
	hosts.Exact = true
	lang := text("/lang", "lang", v.t("person.lang"), "", d.lang)
	lang.Width = ui.Width10
	fields := parts{ui.TextField(v.lang, text("/title", "title", v.t("tenants.title"), "", d.title)), ui.SelectField(v.lang, lang, v.languages(d.lang)), ui.TextField(v.lang, hosts)}
	if !t.Operator {
		start := text("/starts_at", "start", v.t("tenants.start"), v.t("tenants.start_hint"), d.start)
		end := text("/ends_at", "end", v.t("tenants.end"), v.t("tenants.end_change_hint"), d.end)
		for _, f := range []ui.Field{start, end} {
			f.Exact, f.Width = true, ui.Width10
			fields.add(ui.TextField(v.lang, f))
		}
	}
	save := ui.Button{Text: v.t("tenants.save")}
	if conflict != nil {
		save = ui.Button{Text: v.t("tenants.save_over"), Kind: ui.Dangerous}
	}
	fields.add(actions(ui.PushButton(save), v.link(v.t("cancel"), href, ui.Quiet, "")))
	p := room{Title: v.t("tenants.change"), Lede: v.t("tenants.change_lede"), Kicker: t.Title,
		Trail: []ui.Link{{Text: v.t("nav.tenants"), Href: v.at("tenants")}, {Text: t.Title, Href: href}}}
	if conflict != nil {
		p.Body.add(conflict)
	}
	p.Body.add(form(ui.Form{Action: href + "/change", Hidden: []ui.Hidden{{Name: "version", Value: version}}}, fields...))
	return v.show(p)
}

// tenantConflict shows what stands now beside what was typed.
func (v *visit) tenantConflict(t tenant.Tenant, d draft) templ.Component {
	now := draftOf(t)
	table := ui.TableData{Caption: v.t("conflict.title"), CaptionHidden: true, Columns: v.columns("field", "stands", "typed"), Empty: v.t("conflict.same")}
	for _, line := range []struct{ label, now, typed string }{{v.t("tenants.title"), now.title, d.title}, {v.t("person.lang"), v.language(now.lang), v.language(d.lang)},
		{v.t("tenants.hosts"), now.hosts, d.hosts}, {v.t("tenants.start"), now.start, d.start}, {v.t("tenants.end"), now.end, d.end}} {
		if line.now != line.typed && (!t.Operator || line.label != v.t("tenants.start") && line.label != v.t("tenants.end")) {
			table.Rows = append(table.Rows, ui.Row{Cells: []ui.Cell{{Text: line.label, Strong: true}, ui.Text(orDash(line.now)), ui.Text(orDash(line.typed))}})
		}
	}
	return section("conflict", v.t("conflict.title"), v.t("conflict.lede"), ui.Table(table),
		actions(v.link(v.t("conflict.again"), v.at("tenants", string(t.Slug), "change"), ui.Secondary, "")),
		ui.Paragraph(v.t("conflict.yours", i18n.Params{"button": v.t("tenants.save_over")})))
}
