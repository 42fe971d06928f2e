package console

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"garant.example/internal/access"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/web/ui"
)

// customers are the tenants but the operator's own: real ones, or the canaries on
// which controls act.
func (v *visit) customers(canaries bool) []tenant.Tenant {
	var out []tenant.Tenant
	for _, t := range v.c.Tenants.All() {
		if !t.Operator && t.Canary == canaries {
			out = append(out, t)
		}
	}
	return out
}

// customer is the tenant that the operator looks at.
func (v *visit) customer() (tenant.Tenant, error) {
	t, err := v.c.Tenants.Named(v.r.PathValue("of"))
	if err != nil {
		return t, errs.New(errs.NotFound, "tenant.unknown").Do("tenant.unknown.fix")
	}
	return t, nil
}

func (v *visit) tenantTable(title string, canaries bool) ui.TableData {
	t := ui.TableData{Caption: title, CaptionHidden: true, Columns: v.columns("tenant", "profile", "country", "region", "state"), Empty: v.t("tenants.none")}
	for _, of := range v.customers(canaries) {
		region, _ := v.c.Tenants.Region(of.Home())
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: of.Title, Href: v.at("tenants", string(of.Slug)), Strong: true}, ui.Text(v.profileName(of.Profile)),
			ui.Text(v.country(of.Country)), ui.Text(region.Title.In(v.say.Lang())), ui.Content(v.contractTag(of))}})
	}
	return t
}

func (v *visit) profileName(name id.Name) string {
	if p, ok := v.c.Profiles.Set().Profile(name); ok {
		return p.Title.In(v.say.Lang())
	}
	return string(name)
}

// contractTag says where a contract stands by the clock of now.
func (v *visit) contractTag(t tenant.Tenant) templ.Component {
	state := v.t("contract." + string(t.State))
	var out parts
	switch {
	case t.State == tenant.Open && t.Serves(v.c.Clock.Now()):
		out.add(ui.Tag(state, ui.Success))
	case t.State == tenant.Open:
		out.add(ui.Tag(v.t("contract.over"), ui.Warning))
	default:
		out.add(ui.Tag(state, ui.Neutral))
	}
	if t.Canary {
		out.add(ui.Tag(v.t("contract.canary"), ui.Info))
	}
	return templ.Join(out...)
}

func listTenants(v *visit) error {
	p := room{Title: v.t("nav.tenants"), Lede: v.t("tenants.lede"), Body: parts{ui.Table(v.tenantTable(v.t("nav.tenants"), false))}}
	if len(v.customers(true)) > 0 {
		p.Body.add(section("canaries", v.t("tenants.canaries"), v.t("tenants.canaries_lede"), ui.Table(v.tenantTable(v.t("tenants.canaries"), true))))
	}
	if v.can(access.Create, access.Tenant) {
		p.Does.add(v.link(v.t("tenants.new"), v.at("tenants", "new"), ui.Primary, ""))
	}
	return v.show(p)
}

func showTenant(v *visit) error {
	t, err := v.customer()
	if err != nil {
		return err
	}
	p := room{Title: t.Title, Kicker: v.profileName(t.Profile), Trail: []ui.Link{{Text: v.t("nav.tenants"), Href: v.at("tenants")}}}
	if v.can(access.Read, access.Profile) {
		p.Does.add(v.link(v.t("tenants.profile"), v.at("tenants", string(t.Slug), "profile"), ui.Secondary, ui.IconFlag))
	}
	if t.State != tenant.Wiped && v.can(access.Manage, access.Tenant) {
		p.Does.add(v.link(v.t("tenants.change"), v.at("tenants", string(t.Slug), "change"), ui.Secondary, ""))
	}
	p.Does.add(v.link(v.t("tenants.trust"), "/"+v.say.Lang()+"/trust/"+string(t.Slug), ui.Quiet, ui.IconShield))
	facts := []ui.KeyValue{shown(v.t("column.state"), v.contractTag(t)), shown(v.t("tenants.slug"), ui.InlineCode(string(t.Slug))), fact(v.t("column.country"), v.country(t.Country)),
		fact(v.t("person.lang"), v.language(t.Lang)), fact(v.t("tenants.hosts"), orDash(strings.Join(t.Hosts, ", "))), shown(v.t("column.created"), ui.Time(v.moment(t.Created)))}
	if !t.Contract.Start.IsZero() {
		facts = append(facts, shown(v.t("tenants.start"), ui.Time(v.moment(t.Contract.Start))))
	}
	if !t.Contract.End.IsZero() {
		facts = append(facts, shown(v.t("tenants.end"), ui.Time(v.moment(t.Contract.End))))
	}
	facts = append(facts, shown(v.t("tenants.door"), ui.TextLink(v.lang, ui.Link{Text: "/t/" + string(t.Slug) + "/sign-in", Href: "/t/" + string(t.Slug) + "/sign-in"})))
	p.Body.add(ui.Facts(v.lang, facts), section("places", v.t("profile.places"), v.t("profile.places_lede"), ui.Table(v.placementTable(t))), v.tenantKeys(t))
	if t.State == tenant.Open && t.Contract.End.IsZero() && !t.Operator && v.can(access.Manage, access.Tenant) {
		p.Body.add(section("end", v.t("tenants.end_title"), v.t("tenants.end_lede"), form(ui.Form{Action: v.at("tenants", string(t.Slug), "end")},
			ui.TextField(v.lang, ui.Field{ID: "f-slug", Name: "slug", Label: v.t("tenants.end_slug", i18n.Params{"slug": string(t.Slug)}), Exact: true, Error: v.problem("/slug"), Width: ui.Width20}),
			ui.TextField(v.lang, ui.Field{ID: "f-at", Name: "at", Label: v.t("tenants.end_at"), Hint: v.t("tenants.end_hint"), Value: v.typed("at"), Exact: true, Error: v.problem("/at"), Width: ui.Width10}),
			actions(ui.PushButton(ui.Button{Text: v.t("tenants.end_button"), Kind: ui.Dangerous})))))
	}
	return v.show(p)
}

// tenantKeys says whether the tenant's keys can be used; nothing of what they seal.
func (v *visit) tenantKeys(t tenant.Tenant) templ.Component {
	s, err := v.c.Rings.Status(v.r.Context(), t.ID)
	if err != nil {
		return with(ui.Callout(v.t("keys.closed"), ui.Danger), ui.Paragraph(v.say.Error(err).Detail))
	}
	return section("keys", v.t("nav.keys"), "", v.keyState(s), ui.Facts(v.lang, v.keyFacts(s)))
}

// endTenant ends a contract at a moment; the short name is typed, so that no other
// tenant is meant.
func endTenant(v *visit) error {
	t, err := v.customer()
	if err != nil {
		return err
	}
	at := v.c.Clock.Now()
	bad := errs.New(errs.Invalid, "console.tenant.end")
	if v.typed("slug") != string(t.Slug) || t.Operator {
		bad.At("/slug", "console.tenant.end_slug", nil)
	}
	if text := v.typed("at"); text != "" {
		if at, err = time.Parse(time.DateOnly, text); err != nil {
			bad.At("/at", "console.tenant.end_date", nil)
		}
		at = at.AddDate(0, 0, 1) // the whole of the last day is within the contract
	}
	if len(bad.Fields) > 0 {
		v.failed = bad
		return showTenant(v)
	}
	if _, err := v.c.Tenants.End(v.r.Context(), t.ID, at); err != nil {
		if err := v.again(err); err != nil {
			return err
		}
		return showTenant(v)
	}
	v.to(v.at("tenants", string(t.Slug)) + "?done=ended")
	return nil
}

func newTenant(v *visit) error {
	text := func(name, pointer, hint string) ui.Field {
		return ui.Field{ID: controlID(pointer), Name: name, Label: v.t("tenants." + name), Hint: hint, Value: v.typed(name), Error: v.problem(pointer), Width: ui.Width20, Autocomplete: "off"}
	}
	person := func(name string) ui.Field {
		return ui.Field{ID: controlID("/" + name), Name: name, Label: v.t("person." + name), Value: v.typed(name), Error: v.problem("/" + name), Width: ui.Width20, Autocomplete: "off"}
	}
	var profiles []ui.Option
	for _, p := range v.c.Profiles.Set().Profiles() {
		if !p.Operator {
			profiles = append(profiles, ui.Option{Value: string(p.Name), Text: p.Title.In(v.say.Lang()), Hint: p.Summary.In(v.say.Lang()), Selected: v.typed("profile") == string(p.Name)})
		}
	}
	lang := v.typed("lang")
	if lang == "" {
		lang = v.say.Lang()
	}
	slug, country := text("slug", "/slug", v.t("tenants.slug_hint")), text("country", "/country", v.t("form.country"))
	slug.Exact, country.Exact, country.Width = true, true, ui.Width4
	return v.show(room{Title: v.t("tenants.new"), Lede: v.t("tenants.new_lede"), Trail: []ui.Link{{Text: v.t("nav.tenants"), Href: v.at("tenants")}},
		Body: parts{form(ui.Form{Action: v.at("tenants", "new")},
			ui.RadioGroup(v.lang, ui.Choices{ID: "f-profile", Name: "profile", Legend: v.t("column.profile"), Hint: v.t("tenants.profile_hint"), Error: v.problem("/profile"), Options: profiles}),
			ui.TextField(v.lang, text("title", "/title", "")), ui.TextField(v.lang, slug), ui.TextField(v.lang, country),
			ui.SelectField(v.lang, ui.Field{ID: "f-lang", Name: "lang", Label: v.t("person.lang"), Width: ui.Width10}, v.languages(lang)),
			ui.TextField(v.lang, text("host", "/hosts", v.t("tenants.host_hint"))),
			section("first", v.t("tenants.first"), v.t("tenants.first_lede"), ui.TextField(v.lang, person("name")), ui.TextField(v.lang, person("sign_in")), ui.TextField(v.lang, person("email"))),
			actions(ui.PushButton(ui.Button{Text: v.t("tenants.open")}), v.link(v.t("cancel"), v.at("tenants"), ui.Quiet, "")))}})
}

// createTenant opens a tenant from a profile, with its first person.
func createTenant(v *visit) error {
	n := tenant.Opening{Slug: id.Name(v.typed("slug")), Title: v.typed("title"), Country: strings.ToUpper(v.typed("country")), Lang: v.typed("lang"), Profile: id.Name(v.typed("profile"))}
	if host := v.typed("host"); host != "" {
		n.Hosts = []string{host}
	}
	first := v.person()
	if err := first.Validate(); err != nil { // before anything is made
		if err := v.again(err); err != nil {
			return err
		}
		return newTenant(v)
	}
	made, err := v.c.OpenTenant(v.r.Context(), n, first)
	if err != nil {
		if errs.Is(err, errs.NotFound) {
			v.failed = errs.Of(err)
			return newTenant(v)
		}
		if err := v.again(err); err != nil {
			return err
		}
		v.hostProblem()
		return newTenant(v)
	}
	p := room{Title: v.t("tenants.opened"), Lede: made.Tenant.Title, Trail: []ui.Link{{Text: v.t("nav.tenants"), Href: v.at("tenants")}}}
	p.Body.add(with(ui.Callout(v.t("once.title"), ui.Warning), ui.Paragraph(v.t("tenants.once"))),
		ui.CodeBlock(ui.Code{Label: v.t("people.initial"), Text: made.Password}))
	if made.Secret != "" {
		p.Body.add(ui.CodeBlock(ui.Code{Label: v.t("tokens.text"), Text: made.Secret}))
	}
	p.Body.add(ui.Facts(v.lang, []ui.KeyValue{fact(v.t("person.sign_in"), made.Account.Person.SignIn),
		shown(v.t("tenants.door"), ui.InlineCode("/t/"+string(made.Tenant.Slug)+"/sign-in"))}),
		actions(v.link(made.Tenant.Title, v.at("tenants", string(made.Tenant.Slug)), ui.Secondary, "")))
	return v.show(p)
}
