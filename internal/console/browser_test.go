package console_test

import (
	"net/url"
	"os"
	"testing"

	"garant.example/testkit/browser"
	"garant.example/testkit/house"
)

// TestBrowserConsole looks at the rooms in a real browser. Pictures go to the folder
// that GARANT_SHOTS names, if it names one.
func TestBrowserConsole(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	record := store(t, h, of, "participants", `{"email":"zm@example.org","display_name":"Zoé","standing":"registered","locale":"fr"}`)
	manager, auditor, staff := person(t, h, of, "administrator"), person(t, h, of, "auditor"), admin(t, h)
	pages := []browser.Page{{Name: "sign-in", URL: h.URL() + "/t/agora/sign-in?lang=fr"}, {Name: "missing", URL: h.URL() + "/t/nobody/sign-in", Status: 404}}
	add := func(b *visitor, lang string, paths map[string]string) {
		b.language(lang)
		for name, path := range paths {
			pages = append(pages, browser.Page{Name: name + "-" + lang, URL: b.address(path), Cookies: b.cookies()})
		}
	}
	add(manager, "fr", map[string]string{"home": "/", "collections": "/collections", "records": "/collections/participants", "record": record,
		"find": "/collections/participants/find", "new": "/collections/participants/new", "keys": "/keys", "people": "/people", "token": "/tokens/new", "profile": "/profile"})
	add(auditor, "en", map[string]string{"log": "/log", "entry": "/log/3"})
	add(staff, "fr", map[string]string{"operator": "/", "tenants": "/tenants", "tenant": "/tenants/agora", "tenant-new": "/tenants/new", "tenant-change": "/tenants/agora/change", "platform": "/platform", "sabotage": "/sabotage"})
	add(staff, "en", map[string]string{"tenant-change": "/tenants/agora/change"})
	browser.Check(t, pages, browser.Options{Shots: os.Getenv("GARANT_SHOTS"), Widths: []int{360, 1440}})
}

// cookies are what the browser would send.
func (b *visitor) cookies() (out []browser.Cookie) {
	at, err := url.Parse(b.h.URL())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.c.Jar.Cookies(at) {
		out = append(out, browser.Cookie{Name: c.Name, Value: c.Value})
	}
	return out
}
