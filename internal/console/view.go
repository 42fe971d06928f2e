package console

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/web/ui"
)

// with puts parts into a component that takes children.
func with(shell templ.Component, parts ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return shell.Render(templ.WithChildren(ctx, templ.Join(parts...)), w)
	})
}

// parts gathers what a page is made of; nil parts are left out.
type parts []templ.Component

func (p *parts) add(list ...templ.Component) {
	for _, c := range list {
		if c != nil {
			*p = append(*p, c)
		}
	}
}

func section(id, title, lede string, list ...templ.Component) templ.Component {
	return with(ui.Section(id, title, lede), list...)
}

func actions(list ...templ.Component) templ.Component { return with(ui.Actions(), list...) }

func form(f ui.Form, list ...templ.Component) templ.Component { return with(ui.FormBox(f), list...) }

// button sends a form of one button, with hidden values.
func (v *visit) button(action string, b ui.Button, hidden ...ui.Hidden) templ.Component {
	return form(ui.Form{Action: action, Hidden: hidden}, ui.PushButton(b))
}

func (v *visit) link(text, href string, kind ui.ButtonKind, icon ui.Icon) templ.Component {
	return ui.LinkAsButton(ui.LinkButton{Text: text, Href: href, Kind: kind, Icon: icon})
}

// t is a sentence of the console.
func (v *visit) t(key string, params ...i18n.Params) string {
	return v.say.T("console."+key, params...)
}

// n is one in the plural form of count.
func (v *visit) n(key string, count int64) string { return v.say.N("console."+key, count, nil) }

// moment is a time for people and for machines.
func (v *visit) moment(t time.Time) ui.Moment {
	if t.IsZero() {
		return ui.Moment{}
	}
	return ui.Moment{ISO: t.UTC().Format(time.RFC3339), Text: v.say.DateTime(t)}
}

// when is a cell with a time; empty for none.
func (v *visit) when(t time.Time) ui.Cell {
	if t.IsZero() {
		return ui.Text("–")
	}
	return ui.Content(ui.Time(v.moment(t)))
}

// fact is a line of a list of facts.
func fact(key, value string) ui.KeyValue { return ui.KeyValue{Key: key, Value: value} }

func shown(key string, c templ.Component) ui.KeyValue { return ui.KeyValue{Key: key, Content: c} }

// columns makes the heads of a table of message keys under "console.column."; a
// name with a leading # is a number's.
func (v *visit) columns(names ...string) []ui.Column {
	out := make([]ui.Column, 0, len(names))
	for _, name := range names {
		if name[0] == '#' {
			out = append(out, ui.Column{Text: v.t("column." + name[1:]), Numeric: true})
			continue
		}
		out = append(out, ui.Column{Text: v.t("column." + name)})
	}
	return out
}

// room is a page of somebody who is signed in.
type room struct {
	Title  string
	Kicker string
	Badge  templ.Component // a status beside it
	Lede   string
	Trail  []ui.Link // above this page; home comes first by itself
	Does   parts     // buttons beside the title
	Body   parts
	Status int
}

// show answers with a room.
func (v *visit) show(p room) error {
	page := v.frame(p.Title)
	var all parts
	if v.failed != nil {
		page.HasError = true
		all.add(v.summary())
	}
	trail := []ui.Link{{Text: v.t("nav.home"), Href: v.at("")}}
	trail = append(append(trail, p.Trail...), ui.Link{Text: p.Title})
	if p.Title != v.t("nav.home") {
		all.add(ui.Breadcrumb(v.lang, trail))
	}
	if done := v.query("done"); done != "" && v.say.Has("console.done."+done) {
		all.add(ui.NotificationBanner(v.lang, ui.Notice{Tone: ui.Success, Title: v.say.T("console.done." + done)}))
	}
	all.add(with(ui.PageHeading(ui.Heading{Kicker: p.Kicker, Badge: p.Badge, Title: p.Title, Lede: p.Lede}), p.Does...))
	all.add(p.Body...)
	return v.html(p.Status, with(ui.Console(page), all...))
}

// html answers with a page. Whatever a reader saw is never kept by a browser or a
// cache: web.Kit says no-store.
func (v *visit) html(status int, page templ.Component) error {
	var b bytes.Buffer
	if err := page.Render(v.r.Context(), &b); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.say.Lang())
	h.Set("Content-Security-Policy", policy)
	h.Add("Vary", "Cookie")
	if status == 0 {
		status = http.StatusOK
		if v.failed != nil {
			status = webStatus(v.failed.Code)
		}
	}
	v.w.WriteHeader(status)
	_, err := v.w.Write(b.Bytes())
	return gone(err)
}

// policy is stricter than the toolkit's: nothing here runs a script or speaks to
// anybody.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

// summary tells everything that is wrong with the form, each with a link.
func (v *visit) summary() templ.Component {
	said := v.say.Error(v.failed)
	var list []ui.FormError
	for _, f := range said.Fields {
		text := f.Detail
		if label := v.labels[f.Pointer]; label != "" {
			text = v.t("form.error", i18n.Params{"field": label, "problem": f.Detail})
		}
		list = append(list, ui.FormError{Text: text, Target: controlID(f.Pointer)})
	}
	if len(list) == 0 {
		list = append(list, ui.FormError{Text: said.Detail + " " + said.Fix, Target: "main"})
	}
	return ui.ErrorSummary(v.lang, list)
}

// problem is what is wrong with one control.
func (v *visit) problem(pointer string) string {
	if v.failed == nil {
		return ""
	}
	for _, f := range v.failed.Fields {
		if f.Pointer == pointer {
			return v.say.T(f.Key, f.Params)
		}
	}
	return ""
}

// controlID is the id of the control behind a pointer.
func controlID(pointer string) string {
	var b []byte
	for _, c := range []byte(pointer) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c == '_', c == '-':
			b = append(b, c)
		case len(b) > 0:
			b = append(b, '-')
		}
	}
	return "f-" + string(b)
}

// again keeps what was wrong with a form, so that it can be shown again; any other
// error passes.
func (v *visit) again(err error) error {
	e := errs.Of(err)
	switch e.Code {
	case errs.Invalid, errs.Conflict, errs.Precondition, errs.Stale, errs.TooMany, errs.Restricted:
		v.failed = e
		return nil
	case errs.Forbidden:
		if len(e.Fields) > 0 {
			v.failed = e
			return nil
		}
	}
	return err
}

// word is the last part of a message key for a name of another package.
func word(name string) string { return strings.NewReplacer(".", "_", "-", "_").Replace(name) }
