package portal

import (
	"garant.example/internal/id"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
)

// trustPath is the address of a tenant's trust page in a language, with what lies
// below it.
func trustPath(lang string, slug id.Name, below string) string {
	path := "/" + lang + "/trust/" + string(slug)
	if below != "" {
		path += "/" + below
	}
	return path
}

// here is the address of something below the tenant's trust page.
func (v *visit) here(below string) string { return trustPath(v.say.Lang(), v.tenant.Slug, below) }

// absolute is the same for somebody who is not on the page.
func (v *visit) absolute(below string) string { return v.p.URL() + v.here(below) }

// frame is what every page of the portal tells its shell. in gives the address of
// the same page in another language.
func (v *visit) frame(title string, in func(lang string) string) ui.PortalPage {
	page := ui.PortalPage{Site: v.say.T("portal.site"), Home: "/" + v.say.Lang() + "/", Page: ui.Page{
		Lang: v.lang, Title: title, Theme: v.theme, ThemeAction: "/theme", ThemeReturn: in(v.say.Lang()),
		Alternates: []ui.Alternate{
			{Lang: ui.French, Name: "Français", Href: in("fr")},
			{Lang: ui.English, Name: "English", Href: in("en")},
		},
		NoIndex: v.p.Demo,
	}}
	if !v.hosted { // under a tenant's own name the address is the tenant's affair
		page.Canonical = v.p.URL() + in(v.say.Lang())
	}
	if v.p.Demo {
		page.Environment = v.say.T("portal.demo")
	}
	page.Footer.Version = v.p.Version
	return page
}

// tenantFrame is the frame of a page below a tenant's trust page.
func (v *visit) tenantFrame(title, below string) ui.PortalPage {
	page := v.frame(title, func(lang string) string { return trustPath(lang, v.tenant.Slug, below) })
	page.Site, page.Home = v.tenant.Title, v.here("")
	page.Feed = ui.Link{Text: v.say.T("portal.feed.title", paramsOf("tenant", v.tenant.Title)), Href: v.here("changes.atom")}
	page.Footer.Columns = []ui.FooterColumn{
		{Heading: v.say.T("portal.foot.page"), Links: []ui.Link{
			{Text: v.say.T("portal.foot.promises"), Href: v.here("")},
			{Text: v.say.T("portal.foot.changes"), Href: v.here("changes.atom")},
		}},
		{Heading: v.say.T("portal.foot.programs"), Links: []ui.Link{
			{Text: v.say.T("portal.foot.json"), Href: v.here("promises.json")},
			{Text: v.say.T("portal.foot.checkpoint"), Href: v.here("checkpoint")},
			{Text: v.say.T("portal.foot.key"), Href: v.here("key")},
		}},
	}
	page.Footer.Note = v.say.T("portal.foot.note")
	return page
}

// fault is an error as a page.
type fault struct {
	Shell   ui.PortalPage
	Heading ui.Heading
	Fix     string
	Back    ui.LinkButton
	Request string
}

func (v *visit) faultOf(p web.Problem) fault {
	shell := v.frame(p.Title, func(lang string) string { return "/" + lang + "/" })
	shell.Canonical, shell.NoIndex = "", true
	shell.ThemeAction = ""
	return fault{Shell: shell, Heading: ui.Heading{Kicker: p.Title, Title: p.Detail}, Fix: p.Fix,
		Back: ui.LinkButton{Text: v.say.T("portal.fault.back"), Href: "/"}, Request: v.say.T("portal.fault.request", paramsOf("id", p.RequestID))}
}
