package console

import (
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/identity"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
)

// hostDoor leads from the sign-in of a tenant's own host to its rooms. Any other
// host has no tenant to sign in to.
func hostDoor(v *visit) error {
	t, ok := v.c.Tenants.Hosted(web.HostOf(v.r))
	if !ok {
		return errs.New(errs.NotFound, "console.sign_in.nowhere").Do("console.sign_in.nowhere.fix")
	}
	v.to("/t/" + string(t.Slug) + "/sign-in")
	return nil
}

// addSlash leads to the first room.
func addSlash(v *visit) error {
	v.to(v.at(""))
	return nil
}

func signInForm(v *visit) error {
	if v.secret != "" {
		v.to(v.at(""))
		return nil
	}
	return v.signInPage("", v.query("to"))
}

// signInPage shows the form. name is what was typed before; the password never is.
func (v *visit) signInPage(name, to string) error {
	page := v.frame(v.t("sign_in.title"))
	var all parts
	if v.failed != nil {
		page.HasError = true
		all.add(v.summary())
	}
	if v.query("done") == "signed_out" {
		all.add(ui.NotificationBanner(v.lang, ui.Notice{Tone: ui.Success, Title: v.t("done.signed_out")}))
	}
	all.add(ui.PageHeading(ui.Heading{Kicker: v.tenant.Title, Title: v.t("sign_in.title"), Lede: v.t("sign_in.lede")}),
		form(ui.Form{Action: v.at("sign-in"), Hidden: []ui.Hidden{{Name: "to", Value: localPath(to, v.at(""))}}},
			ui.TextField(v.lang, ui.Field{ID: "f-name", Name: "name", Label: v.t("sign_in.name"), Value: name,
				Autocomplete: "username", Exact: true, Required: true, Width: ui.Width20}),
			ui.PasswordField(v.lang, ui.Field{ID: "f-password", Name: "password", Label: v.t("sign_in.password"),
				Autocomplete: "current-password", Required: true, Width: ui.Width20}),
			actions(ui.PushButton(ui.Button{Text: v.t("sign_in.button"), Icon: ui.IconLock}))))
	return v.html(0, with(ui.Console(page), all...))
}

// signIn opens a session with a fresh secret, whatever cookie the browser sent; the
// session that cookie named is over.
func signIn(v *visit) error {
	if old, ok := v.sessionCookie(); ok {
		if err := v.c.Identity.SignOut(v.r.Context(), old); err != nil && !errs.Is(err, errs.Unauthenticated) {
			return err
		}
	}
	v.secret = ""
	in, err := v.c.Identity.SignIn(v.r.Context(), identity.Credentials{Tenant: v.tenant.ID, Name: v.typed("name"),
		Password: v.r.PostForm.Get("password")})
	if errs.Is(err, errs.Unauthenticated) || errs.Is(err, errs.TooMany) {
		v.failed = errs.Of(err)
		return v.signInPage(v.typed("name"), v.typed("to"))
	}
	if err != nil {
		return err
	}
	v.setSession(in.Secret)
	if in.Session.MustChange {
		v.to(v.at("password"))
		return nil
	}
	v.to(localPath(v.typed("to"), v.at("")))
	return nil
}

// signOut ends the session; whoever holds the cookie may.
func signOut(v *visit) error {
	if secret, ok := v.sessionCookie(); ok {
		if err := v.c.Identity.SignOut(v.r.Context(), secret); err != nil && !errs.Is(err, errs.Unauthenticated) {
			return err
		}
	}
	v.setSession("")
	v.to(v.at("sign-in") + "?done=signed_out")
	return nil
}

func passwordForm(v *visit) error {
	settings, err := v.c.Identity.Settings(v.r.Context(), v.tenant)
	if err != nil {
		return err
	}
	lede := v.t("password.lede")
	if v.session.MustChange {
		lede = v.t("password.first")
	}
	field := func(name, pointer, auto, hint string) ui.Field {
		return ui.Field{ID: controlID(pointer), Name: name, Label: v.t("password." + name), Autocomplete: auto, Hint: hint,
			Error: v.problem(pointer), Required: true, Width: ui.Width20}
	}
	return v.show(room{Title: v.t("password.title"), Lede: lede, Body: parts{
		form(ui.Form{Action: v.at("password")},
			ui.PasswordField(v.lang, field("present", "/present", "current-password", "")),
			ui.PasswordField(v.lang, field("wanted", "/password", "new-password", v.t("password.rule", i18n.Params{"length": settings.Password.Length}))),
			actions(ui.PushButton(ui.Button{Text: v.t("password.button")}))),
		section("session", v.t("password.session"), "", ui.Facts(v.lang, []ui.KeyValue{
			shown(v.t("password.opened"), ui.Time(v.moment(v.session.Opened))),
			shown(v.t("password.idle"), ui.Time(v.moment(v.session.IdleEnd))),
			shown(v.t("password.end"), ui.Time(v.moment(v.session.End)))}))}})
}

// changePassword ends every session of the account and opens a new one.
func changePassword(v *visit) error {
	in, err := v.c.Identity.ChangePassword(v.r.Context(), v.secret, v.r.PostForm.Get("present"), v.r.PostForm.Get("wanted"))
	if err != nil {
		if err := v.again(err); err != nil {
			return err
		}
		return passwordForm(v)
	}
	v.setSession(in.Secret)
	v.to(v.at("") + "?done=password")
	return nil
}

// setupForm shows the form behind the one-time link of the first start.
func setupForm(v *visit) error {
	open, err := v.c.Identity.NeedsSetup(v.r.Context())
	if err != nil {
		return err
	}
	if !open {
		return errs.New(errs.NotFound, "console.setup.over").Do("console.setup.over.fix")
	}
	return v.setupPage(v.query("secret"))
}

func (v *visit) setupPage(secret string) error {
	page := v.frame(v.t("setup.title"))
	var all parts
	if v.failed != nil {
		page.HasError = true
		all.add(v.summary())
	}
	text := func(name, pointer, auto string) ui.Field {
		return ui.Field{ID: controlID(pointer), Name: name, Label: v.t("person." + name), Value: v.typed(name), Autocomplete: auto,
			Error: v.problem(pointer), Required: true, Width: ui.Width20}
	}
	password := text("password", "/password", "new-password")
	password.Label = v.t("sign_in.password")
	all.add(ui.PageHeading(ui.Heading{Title: v.t("setup.title"), Lede: v.t("setup.lede")}),
		form(ui.Form{Action: "/setup", Hidden: []ui.Hidden{{Name: "secret", Value: secret}}},
			ui.TextField(v.lang, text("name", "/name", "name")),
			ui.TextField(v.lang, text("sign_in", "/sign_in", "username")),
			ui.TextField(v.lang, text("email", "/email", "email")),
			ui.SelectField(v.lang, ui.Field{ID: "f-lang", Name: "lang", Label: v.t("person.lang"), Width: ui.Width10}, v.languages(v.say.Lang())),
			ui.PasswordField(v.lang, password),
			actions(ui.PushButton(ui.Button{Text: v.t("setup.button"), Icon: ui.IconLock}))))
	return v.html(0, with(ui.Console(page), all...))
}

// languages are the options of a choice of language.
func (v *visit) languages(chosen string) []ui.Option {
	return []ui.Option{{Value: "fr", Text: "Français", Selected: chosen == "fr"}, {Value: "en", Text: "English", Selected: chosen == "en"}}
}

// finishSetup makes the operator's first account.
func finishSetup(v *visit) error {

	_, err := v.c.Identity.FinishSetup(v.r.Context(), v.typed("secret"), identity.First{Person: v.person(), Password: v.r.PostForm.Get("password")})
	if err == nil {
		v.to(operatorBase + "/sign-in")
		return nil
	}
	if errs.Is(err, errs.Unauthenticated) {
		v.failed = errs.Of(err)
	} else if err := v.again(err); err != nil {
		return err
	}
	return v.setupPage(v.typed("secret"))
}

// person reads what a form says of a person.
func (v *visit) person() identity.Person {
	return identity.Person{Name: v.typed("name"), SignIn: v.typed("sign_in"), Email: v.typed("email"), Lang: v.typed("lang")}
}
