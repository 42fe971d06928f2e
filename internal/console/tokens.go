package console

import (
	"strconv"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/web/ui"
)

// listTokens shows the programs that may act, without their secrets.
func listTokens(v *visit) error {
	after := id.Token{}
	if text := v.query("after"); text != "" {
		var err error
		if after, err = id.ParseToken(text); err != nil {
			return errs.New(errs.NotFound, "console.token.unknown")
		}
	}
	list, err := v.c.Identity.Tokens(v.r.Context(), v.permit, after, pageSize+1)
	if err != nil {
		return err
	}
	pager := ui.Cursor{}
	if len(list) > pageSize {
		list = list[:pageSize]
		pager.Next = v.at("tokens") + "?after=" + list[pageSize-1].ID.String()
	}
	manage := v.can(access.Manage, access.Token)
	t := ui.TableData{Caption: v.t("nav.tokens"), CaptionHidden: true, Columns: v.columns("label", "roles", "scope", "expires", "used", "state"), Empty: v.t("tokens.none")}
	if manage {
		t.Columns = append(t.Columns, v.columns("act")...)
	}
	for _, k := range list {
		t.Rows = append(t.Rows, v.tokenRow(k, manage))
	}
	p := room{Title: v.t("nav.tokens"), Lede: v.t("tokens.lede"), Body: parts{ui.Table(t), ui.Pagination(v.lang, pager)}}
	if manage {
		p.Does.add(v.link(v.t("tokens.new"), v.at("tokens", "new"), ui.Primary, ""))
	}
	return v.show(p)
}

func (v *visit) tokenRow(k identity.Token, manage bool) ui.Row {
	state, tone, living := "living", ui.Success, true
	switch {
	case !k.Revoked.IsZero():
		state, tone, living = "revoked", ui.Danger, false
	case !v.c.Clock.Now().Before(k.Expires):
		state, tone, living = "expired", ui.Neutral, false
	}
	scope := v.t("tokens.everywhere")
	if len(k.Scope) > 0 {
		scope = v.collectionNames(k.Scope)
	}
	used := ui.Text(v.t("tokens.unused"))
	if !k.Used.IsZero() {
		used = ui.Text(v.say.Date(k.Used))
	}
	cells := []ui.Cell{{Text: k.Label, Strong: true}, ui.Text(v.roleNames(k.Roles)), ui.Text(scope), v.when(k.Expires), used, ui.Content(ui.Tag(v.t("tokens."+state), tone))}
	if manage {
		act := ui.Text("–")
		if living {
			act = ui.Content(v.button(v.at("tokens", k.ID.String(), "revoke"), ui.Button{Text: v.t("tokens.revoke"), Kind: ui.Secondary, Describe: k.Label}))
		}
		cells = append(cells, act)
	}
	return ui.Row{ID: k.ID.String(), Cells: cells}
}

func (v *visit) collectionNames(list []id.Name) string {
	var words []string
	for _, name := range list {
		words = append(words, v.collectionName(name))
	}
	return joined(words)
}

// roleName is a role as the profile declares it.
func (v *visit) roleName(name id.Name) string {
	if declared, ok := v.c.Profiles.Set().Profile(v.tenant.Profile); ok {
		if r, ok := declared.Role(name); ok {
			return r.Title.In(v.say.Lang())
		}
	}
	return string(name)
}

func (v *visit) roleNames(list []id.Name) string {
	var words []string
	for _, name := range list {
		words = append(words, v.roleName(name))
	}
	if len(words) == 0 {
		return v.t("people.no_role")
	}
	return joined(words)
}

// roleChoices are the roles that a kind of actor may hold.
func (v *visit) roleChoices(kind actor.Kind, chosen map[string]bool) ui.Choices {
	c := ui.Choices{ID: "f-roles", Name: "roles", Legend: v.t("column.roles"), Error: v.problem("/roles")}
	for _, r := range v.permit.Matrix().Roles() {
		if !v.permit.Matrix().Holds(r.Name, kind) {
			continue
		}
		o := ui.Option{Value: string(r.Name), Text: v.roleName(r.Name), Selected: chosen[string(r.Name)]}
		if r.Cap > 0 {
			o.Hint = v.n("people.cap", int64(r.Cap))
		}
		c.Options = append(c.Options, o)
	}
	return c
}

// lives are the lengths of life that the form offers, in days.
func lives() []int { return []int{1, 7, 30, 90, 365} }

const day = 24 * time.Hour

func newToken(v *visit) error {
	settings, err := v.c.Identity.Settings(v.r.Context(), v.tenant)
	if err != nil {
		return err
	}
	var life []ui.Option
	for _, days := range lives() {
		if span := time.Duration(days) * day; span <= settings.Token.Most {
			life = append(life, ui.Option{Value: strconv.Itoa(days), Text: v.n("retention.days", int64(days)),
				Selected: v.typed("days") == strconv.Itoa(days) || v.typed("days") == "" && span == settings.Token.Life})
		}
	}
	scope := ui.Choices{ID: "f-scope", Name: "scope", Legend: v.t("column.scope"), Hint: v.t("tokens.scope_hint"), Error: v.problem("/scope")}
	chosen := v.chosen("scope")
	schema, err := v.c.Vault.Schema(v.r.Context(), v.permit)
	if err != nil {
		return err
	}
	for _, k := range schema.Collections {
		scope.Options = append(scope.Options, ui.Option{Value: string(k.Name), Text: k.Title.In(v.say.Lang()), Selected: chosen[string(k.Name)]})
	}
	fields := parts{ui.TextField(v.lang, ui.Field{ID: "f-label", Name: "label", Label: v.t("column.label"), Hint: v.t("tokens.label_hint"), Value: v.typed("label"),
		Error: v.problem("/label"), Width: ui.Width20, Autocomplete: "off"}),
		ui.CheckboxGroup(v.lang, v.roleChoices(actor.Service, v.chosen("roles")))}
	if len(scope.Options) > 0 {
		fields.add(ui.CheckboxGroup(v.lang, scope))
	}
	fields.add(ui.SelectField(v.lang, ui.Field{ID: "f-life", Name: "days", Label: v.t("tokens.life"), Error: v.problem("/life"), Width: ui.Width10}, life),
		actions(ui.PushButton(ui.Button{Text: v.t("tokens.create")}), v.link(v.t("cancel"), v.at("tokens"), ui.Quiet, "")))
	return v.show(room{Title: v.t("tokens.new"), Lede: v.t("tokens.new_lede"), Trail: []ui.Link{{Text: v.t("nav.tokens"), Href: v.at("tokens")}},
		Body: parts{form(ui.Form{Action: v.at("tokens", "new")}, fields...)}})
}

// chosen are the boxes of a name that are ticked.
func (v *visit) chosen(name string) map[string]bool {
	out := map[string]bool{}
	for _, value := range v.r.PostForm[name] {
		out[value] = true
	}
	return out
}

// names are the boxes that are ticked, as names; whoever takes them says which exist.
func (v *visit) names(field string) []id.Name {
	var out []id.Name
	for _, value := range v.r.PostForm[field] {
		out = append(out, id.Name(value))
	}
	return out
}

// createToken makes a token and shows its text, this once.
func createToken(v *visit) error {
	days, err := strconv.Atoi(v.typed("days"))
	if err != nil || days < 0 || days > 10*365 {
		days = 0 // the profile's usual life
	}
	text, made, err := v.c.Identity.CreateToken(v.r.Context(), v.permit, identity.NewToken{Label: v.typed("label"), Roles: v.names("roles"),
		Scope: v.names("scope"), Life: time.Duration(days) * day})
	if err != nil {
		if err := v.again(err); err != nil {
			return err
		}
		return newToken(v)
	}
	return v.show(room{Title: v.t("tokens.made"), Lede: made.Label, Trail: []ui.Link{{Text: v.t("nav.tokens"), Href: v.at("tokens")}}, Body: parts{
		with(ui.Callout(v.t("once.title"), ui.Warning), ui.Paragraph(v.t("tokens.once"))),
		ui.CodeBlock(ui.Code{Label: v.t("tokens.text"), Text: text}),
		ui.Facts(v.lang, []ui.KeyValue{fact(v.t("column.roles"), v.roleNames(made.Roles)), shown(v.t("column.expires"), ui.Time(v.moment(made.Expires)))}),
		actions(v.link(v.t("tokens.back"), v.at("tokens"), ui.Secondary, ""))}})
}

func revokeToken(v *visit) error {
	token, err := id.ParseToken(v.r.PathValue("token"))
	if err != nil {
		return errs.New(errs.NotFound, "console.token.unknown")
	}
	if err := v.c.Identity.RevokeToken(v.r.Context(), v.permit, token); err != nil {
		return err
	}
	v.to(v.at("tokens") + "?done=revoked")
	return nil
}

// shownOnce is a secret that its page shows and nothing keeps.
func (v *visit) shownOnce(title, who, secret string, back ui.Link) error {
	return v.show(room{Title: title, Lede: who, Trail: []ui.Link{back}, Body: parts{
		with(ui.Callout(v.t("once.title"), ui.Warning), ui.Paragraph(v.t("people.once"))),
		ui.CodeBlock(ui.Code{Label: v.t("people.initial"), Text: secret}),
		ui.Paragraph(v.t("people.door", i18n.Params{"path": v.at("sign-in")})),
		actions(v.link(back.Text, back.Href, ui.Secondary, ""))}})
}
