package console

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/web/ui"
)

func joined(words []string) string { return strings.Join(words, ", ") }

// personKind is the kind of the tenant's persons.
func (v *visit) personKind() actor.Kind {
	if v.tenant.Operator {
		return actor.Staff
	}
	return actor.Member
}

// listPeople shows who may sign in.
func listPeople(v *visit) error {
	after := id.Account{}
	if text := v.query("after"); text != "" {
		var err error
		if after, err = id.ParseAccount(text); err != nil {
			return errs.New(errs.NotFound, "console.account.unknown")
		}
	}
	list, err := v.c.Identity.Accounts(v.r.Context(), v.permit, after, pageSize+1)
	if err != nil {
		return err
	}
	pager := ui.Cursor{}
	if len(list) > pageSize {
		list = list[:pageSize]
		pager.Next = v.at("people") + "?after=" + list[pageSize-1].ID.String()
	}
	t := ui.TableData{Caption: v.t("nav.people"), CaptionHidden: true, Columns: v.columns("person", "sign_in", "roles", "state", "created"), Empty: v.t("people.none")}
	open := v.can(access.Read, access.Account)
	for _, a := range list {
		name := ui.Cell{Text: a.Person.Name, Strong: true}
		if open {
			name.Href = v.at("people", a.ID.String())
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{name, ui.Text(a.Person.SignIn), ui.Text(v.roleNames(a.Roles)), ui.Content(v.accountState(a)), v.when(a.Created)}})
	}
	p := room{Title: v.t("nav.people"), Lede: v.t("people.lede"), Body: parts{ui.Table(t), ui.Pagination(v.lang, pager)}}
	if v.can(access.Manage, access.Account) {
		p.Does.add(v.link(v.t("people.new"), v.at("people", "new"), ui.Primary, ""))
	}
	if v.can(access.List, access.Roles) {
		p.Body.add(section("roles", v.t("people.roles"), v.t("people.roles_lede"), v.matrixTables()...))
	}
	return v.show(p)
}

func (v *visit) accountState(a identity.Account) templ.Component {
	switch {
	case a.State == identity.Disabled:
		return ui.Tag(v.t("people.disabled"), ui.Danger)
	case a.MustChange:
		return ui.Tag(v.t("people.invited"), ui.Warning)
	}
	return ui.Tag(v.t("people.active"), ui.Success)
}

// matrixTables say what each role may do, a fold for each.
func (v *visit) matrixTables() (out parts) {
	for _, r := range v.permit.Matrix().Roles() {
		t := ui.TableData{Caption: v.roleName(r.Name), CaptionHidden: true, Dense: true, Columns: v.columns("resource", "actions", "where")}
		for _, rule := range r.Rules {
			var words []string
			for _, a := range rule.Allow {
				words = append(words, v.say.T(a.Key()))
			}
			where := v.t("people.anywhere")
			if len(rule.Collections) > 0 {
				where = v.collectionNames(rule.Collections)
			}
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{ui.Text(v.say.T(rule.On.Key())), ui.Text(joined(words)), ui.Text(where)}})
		}
		out.add(with(ui.Details(v.roleName(r.Name)+" – "+v.t("holders."+string(r.Holders)), false), ui.Table(t)))
	}
	return out
}

func newPerson(v *visit) error {
	text := func(name, auto string) ui.Field {
		return ui.Field{ID: controlID("/" + name), Name: name, Label: v.t("person." + name), Value: v.typed(name), Error: v.problem("/" + name),
			Autocomplete: auto, Width: ui.Width20}
	}
	lang := v.typed("lang")
	if lang == "" {
		lang = v.tenant.Lang
	}
	email := text("email", "off")
	email.Type = "email"
	return v.show(room{Title: v.t("people.new"), Lede: v.t("people.new_lede"), Trail: []ui.Link{{Text: v.t("nav.people"), Href: v.at("people")}},
		Body: parts{form(ui.Form{Action: v.at("people", "new")}, ui.TextField(v.lang, text("name", "off")), ui.TextField(v.lang, text("sign_in", "off")),
			ui.TextField(v.lang, email), ui.SelectField(v.lang, ui.Field{ID: "f-lang", Name: "lang", Label: v.t("person.lang"), Width: ui.Width10}, v.languages(lang)),
			ui.CheckboxGroup(v.lang, v.roleChoices(v.personKind(), v.chosen("roles"))),
			actions(ui.PushButton(ui.Button{Text: v.t("people.invite")}), v.link(v.t("cancel"), v.at("people"), ui.Quiet, "")))}})
}

// invitePerson makes an account; its initial password is shown this once.
func invitePerson(v *visit) error {
	made, initial, err := v.c.Identity.CreateAccount(v.r.Context(), v.permit, identity.NewAccount{Person: v.person(), Roles: v.names("roles")})
	if err != nil {
		if err := v.again(err); err != nil {
			return err
		}
		return newPerson(v)
	}
	return v.shownOnce(v.t("people.made"), made.Person.Name, initial, ui.Link{Text: v.t("nav.people"), Href: v.at("people")})
}

// account reads the id of the address.
func (v *visit) account() (id.Account, error) {
	a, err := id.ParseAccount(v.r.PathValue("account"))
	if err != nil {
		return a, errs.New(errs.NotFound, "console.account.unknown")
	}
	return a, nil
}

func showPerson(v *visit) error {
	who, err := v.account()
	if err != nil {
		return err
	}
	a, err := v.c.Identity.Account(v.r.Context(), v.permit, who)
	if err != nil {
		return err
	}
	p := room{Title: a.Person.Name, Trail: []ui.Link{{Text: v.t("nav.people"), Href: v.at("people")}}}
	p.Body.add(ui.Facts(v.lang, []ui.KeyValue{shown(v.t("column.state"), v.accountState(a)), fact(v.t("person.sign_in"), a.Person.SignIn),
		fact(v.t("person.email"), orDash(a.Person.Email)), fact(v.t("column.roles"), v.roleNames(a.Roles)),
		shown(v.t("column.created"), ui.Time(v.moment(a.Created))), shown(v.t("people.password_at"), ui.Time(v.moment(a.PasswordAt))),
		shown(v.t("people.id"), ui.InlineCode(a.ID.String()))}))
	if v.can(access.Manage, access.Account) {
		manage, err := v.ask(access.Ask{Action: access.Manage, On: access.Account})
		if err != nil {
			return err
		}
		sessions, err := v.c.Identity.Sessions(v.r.Context(), manage, who)
		if err != nil {
			return err
		}
		p.Body.add(v.roleBox(a), v.personActs(a, len(sessions)))
	}
	return v.show(p)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// roleBox changes the roles of an account.
func (v *visit) roleBox(a identity.Account) templ.Component {
	held := map[string]bool{}
	for _, r := range a.Roles {
		held[string(r)] = true
	}
	if v.r.Method == post {
		held = v.chosen("roles")
	}
	return section("roles", v.t("people.change_roles"), v.t("people.change_roles_lede"),
		form(ui.Form{Action: v.at("people", a.ID.String(), "roles"), Hidden: []ui.Hidden{v.version(a)}},
			ui.CheckboxGroup(v.lang, v.roleChoices(a.Kind, held)), actions(ui.PushButton(ui.Button{Text: v.t("people.assign"), Kind: ui.Secondary}))))
}

func (v *visit) version(a identity.Account) ui.Hidden {
	return ui.Hidden{Name: "version", Value: strconv.FormatInt(a.Version, 10)}
}

// personActs are what may be done with an account.
func (v *visit) personActs(a identity.Account, sessions int) templ.Component {
	href := v.at("people", a.ID.String())
	var does parts
	does.add(v.button(href+"/reset", ui.Button{Text: v.t("people.reset"), Kind: ui.Secondary}),
		v.button(href+"/unlock", ui.Button{Text: v.t("people.unlock"), Kind: ui.Secondary}))
	if sessions > 0 {
		does.add(v.button(href+"/sessions", ui.Button{Text: v.n("people.end_sessions", int64(sessions)), Kind: ui.Secondary}))
	}
	if a.State == identity.Active {
		does.add(v.button(href+"/state", ui.Button{Text: v.t("people.disable"), Kind: ui.Dangerous}, v.version(a), ui.Hidden{Name: "into", Value: string(identity.Disabled)}))
	} else {
		does.add(v.button(href+"/state", ui.Button{Text: v.t("people.enable"), Kind: ui.Secondary}, v.version(a), ui.Hidden{Name: "into", Value: string(identity.Active)}))
	}
	return section("acts", v.t("record.acts"), "", actions(does...))
}

// edit changes an account, then shows it again.
func (v *visit) edit(done string, change func(id.Account, int64) error) error {
	who, err := v.account()
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(v.typed("version"), 10, 64)
	if err != nil || version < 1 {
		version = 0
	}
	if err := change(who, version); err != nil {
		if err := v.again(err); err != nil {
			return err
		}
		return showPerson(v)
	}
	v.to(v.at("people", who.String()) + "?done=" + done)
	return nil
}

// known version: an act that compares one is refused without it.
func stated(version int64) error {
	if version == 0 {
		return errs.New(errs.Stale, "web.if_match.stale").Do("web.if_match.stale.fix")
	}
	return nil
}

func assignRoles(v *visit) error {
	return v.edit("roles", func(who id.Account, version int64) error {
		if err := stated(version); err != nil {
			return err
		}
		_, err := v.c.Identity.AssignRoles(v.r.Context(), v.permit, who, version, v.names("roles"))
		return err
	})
}

func changeState(v *visit) error {
	into := identity.State(v.typed("into"))
	return v.edit(string(into), func(who id.Account, version int64) error {
		if err := stated(version); err != nil {
			return err
		}
		var err error
		switch into {
		case identity.Disabled:
			_, err = v.c.Identity.DisableAccount(v.r.Context(), v.permit, who, version)
		case identity.Active:
			_, err = v.c.Identity.EnableAccount(v.r.Context(), v.permit, who, version)
		default:
			err = errs.New(errs.Invalid, "console.form.unreadable")
		}
		return err
	})
}

func unlockPerson(v *visit) error {
	return v.edit("unlocked", func(who id.Account, _ int64) error { return v.c.Identity.Unlock(v.r.Context(), v.permit, who) })
}

func endSessions(v *visit) error {
	return v.edit("sessions", func(who id.Account, _ int64) error { return v.c.Identity.EndSessions(v.r.Context(), v.permit, who) })
}

// resetPassword gives an account an initial password, which is shown this once.
func resetPassword(v *visit) error {
	who, err := v.account()
	if err != nil {
		return err
	}
	initial, err := v.c.Identity.ResetPassword(v.r.Context(), v.permit, who)
	if err != nil {
		return err
	}
	a, err := v.c.Identity.Account(v.r.Context(), v.permit, who)
	if err != nil {
		return err
	}
	return v.shownOnce(v.t("people.reset_done"), a.Person.Name, initial, ui.Link{Text: a.Person.Name, Href: v.at("people", who.String())})
}
