package console

import (
	"net/http"
	"time"

	"garant.example/internal/i18n"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
)

// The cookies. A session has one for each tenant, so that a person of two
// organisations may work in both, and none is ever sent as another's.
const (
	sessionCookie  = "garant."
	languageCookie = "lang"
	themeCookie    = "theme"
	choiceLife     = 365 * 24 * time.Hour
)

// sessionName is the cookie's name. Browsers accept the prefix from TLS alone, for
// this host alone; the loopback window without TLS has to do without.
func (v *visit) sessionName() string {
	name := sessionCookie + string(v.tenant.Slug)
	if web.Secure(v.r.Context()) {
		return "__Host-" + name
	}
	return name
}

func (v *visit) sessionCookie() (secret string, ok bool) {
	c, err := v.r.Cookie(v.sessionName())
	if err != nil {
		return "", false
	}
	return c.Value, true
}

// setSession gives the browser a session's secret; an empty one takes it away. It
// ends with the browser, and before that with the session.
func (v *visit) setSession(secret string) {
	c := v.cookie(v.sessionName(), secret)
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(v.w, c)
}

func (v *visit) cookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: web.Secure(v.r.Context())}
}

// keep remembers a choice of the reader; an empty one is forgotten.
func (v *visit) keep(name, value string) {
	c := v.cookie(name, value)
	c.MaxAge = int(choiceLife / time.Second)
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(v.w, c)
}

func (v *visit) theme() ui.Theme {
	c, err := v.r.Cookie(themeCookie)
	if err != nil {
		return ui.ThemeSystem
	}
	return ui.ThemeOf(c.Value)
}

// chooseTheme keeps the appearance and leads back.
func chooseTheme(v *visit) error {
	v.keep(themeCookie, string(ui.ThemeOf(v.typed("theme"))))
	v.to(v.typed("return"))
	return nil
}

// chooseLanguage keeps "?lang=fr" and leads to the same room without it.
func (v *visit) chooseLanguage() (gone bool) {
	q := v.r.URL.Query()
	lang := q.Get("lang")
	if v.r.Method != get || !i18n.Known(lang) {
		return false
	}
	v.keep(languageCookie, lang)
	q.Del("lang")
	path := v.r.URL.EscapedPath()
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	v.to(path)
	return true
}

// speak chooses the language: what the reader chose, else what the account says,
// else what the browser asks for.
func (v *visit) speak(account string) {
	ctx := v.r.Context()
	if i18n.Known(account) {
		web.SetLang(ctx, account)
	}
	if c, err := v.r.Cookie(languageCookie); err == nil && i18n.Known(c.Value) {
		web.SetLang(ctx, c.Value)
	}
	v.say = web.Printer(ctx)
	if v.say == nil { // outside web.Kit
		v.say = v.c.Catalog.Printer(i18n.English)
	}
	v.lang = ui.Lang(v.say.Lang())
}
