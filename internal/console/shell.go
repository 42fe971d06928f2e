package console

import (
	"net/url"
	"strings"

	"garant.example/internal/access"
	"garant.example/internal/web/ui"
)

// frame is what every page tells its shell.
func (v *visit) frame(title string) ui.ConsolePage {
	page := ui.ConsolePage{Page: ui.Page{Lang: v.lang, Title: title, Theme: v.theme(), ThemeAction: themePath, ThemeReturn: v.here(),
		NoIndex: true, Alternates: []ui.Alternate{
			{Lang: ui.French, Name: "Français", Href: v.in("fr")},
			{Lang: ui.English, Name: "English", Href: v.in("en")},
		}}, Home: "/"}
	if v.c.Demo {
		page.Environment = v.t("demo")
	}
	page.Footer.Note, page.Footer.Version = v.t("foot"), v.c.Version
	if v.base == "" {
		return page
	}
	page.Home, page.Tenant = v.at(""), v.tenant.Title
	if v.secret == "" {
		return page
	}
	page.Person, page.PersonHref, page.SignOutAction = v.session.Name, v.at("password"), v.at("sign-out")
	if !v.session.MustChange {
		page.Nav = v.nav()
	}
	return page
}

// here is a room that can be asked for again after the appearance or the language
// changed: this one, or behind a form the last one that was not.
func (v *visit) here() string {
	if v.r.Method == get {
		return v.r.URL.RequestURI()
	}
	path := v.r.URL.EscapedPath()
	if secret := v.typed("secret"); path == "/setup" && secret != "" { // its form shows itself again
		return path + "?" + url.Values{"secret": {secret}}.Encode()
	}
	for _, ends := range []string{"/sign-in", "/password", "/setup", "/new", "/find", "/export", "/delete", "/profile"} {
		if strings.HasSuffix(path, ends) {
			return path
		}
	}
	if at := strings.LastIndexByte(path, '/'); at > 0 {
		return path[:at]
	}
	return path
}

// in is the same room in another language.
func (v *visit) in(lang string) string {
	path, query, _ := strings.Cut(v.here(), "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		q = url.Values{}
	}
	q.Set("lang", lang)
	return path + "?" + q.Encode()
}

// nav is the menu: what the visitor may open.
func (v *visit) nav() []ui.NavGroup {
	var groups []ui.NavGroup
	add := func(heading string, items ...ui.NavItem) {
		var kept []ui.NavItem
		for _, it := range items {
			if it.Href != "" {
				kept = append(kept, it)
			}
		}
		if len(kept) > 0 {
			groups = append(groups, ui.NavGroup{Heading: heading, Items: kept})
		}
	}
	add("", v.item("home", "", ui.IconShield, true))
	if v.base == operatorBase {
		add(v.t("nav.customers"), v.item("tenants", "tenants", ui.IconGlobe, v.can(access.List, access.Tenant)),
			v.item("promises", "promises", ui.IconCheckCircle, v.can(access.List, access.Promise)))
		add(v.t("nav.machine"), v.item("platform", "platform", ui.IconScreen, v.can(access.Read, access.Platform)),
			v.item("sabotage", "sabotage", ui.IconAlertOctagon, v.c.Saboteur != nil && v.can(access.Manage, access.Platform)))
	}
	add(v.t("nav.data"), append(v.dataItems(), v.item("profile", "profile", ui.IconFlag, v.can(access.Read, access.Profile)))...)
	add(v.t("nav.evidence"), v.item("log", "log", ui.IconHistory, v.can(access.Read, access.Log)),
		v.item("keys", "keys", ui.IconLock, v.can(access.Read, access.Key)))
	add(v.t("nav.access"), v.item("people", "people", ui.IconUser, v.can(access.List, access.Account)),
		v.item("tokens", "tokens", ui.IconTerminal, v.can(access.List, access.Token)))
	return groups
}

// dataItems lead to the room of all collections, or for somebody who works in a few
// of them to each of these.
func (v *visit) dataItems() []ui.NavItem {
	if v.can(access.List, access.Collection) {
		return []ui.NavItem{v.item("collections", "collections", ui.IconDatabase, true)}
	}
	var items []ui.NavItem
	for _, name := range v.collections() {
		href := v.at("collections", string(name))
		items = append(items, ui.NavItem{Text: v.collectionName(name), Href: href, Icon: ui.IconDatabase,
			Current: v.r.URL.Path == href || strings.HasPrefix(v.r.URL.Path, href+"/")})
	}
	return items
}

// item is an entry of the menu; without an address when it may not be opened.
func (v *visit) item(name, path string, icon ui.Icon, may bool) ui.NavItem {
	if !may {
		return ui.NavItem{}
	}
	href := v.at(path)
	here := v.r.URL.Path
	return ui.NavItem{Text: v.t("nav." + name), Href: href, Icon: icon,
		Current: here == href || path != "" && strings.HasPrefix(here, href+"/")}
}
