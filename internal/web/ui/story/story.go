package story

import (
	"github.com/a-h/templ"

	"garant.example/internal/web/ui"
)

// Prefix is where the stories are served: Prefix + language + "/" + slug.
const Prefix = "/story/"

// Story is a page of sample components.
type Story struct {
	Slug  string
	Title string
	Page  templ.Component
}

// teller knows what the stories of one language share.
type teller struct {
	lang  ui.Lang
	theme ui.Theme
}

// All is every story in a language. The theme is the reader's choice.
func All(l ui.Lang, theme ui.Theme) []Story {
	t := teller{lang: l, theme: theme}
	return []Story{
		{"trust", t.say("Page de confiance", "Trust page"), trustPage(t)},
		{"console", t.say("Accueil de la console", "Console home"), homePage(t)},
		{"audit", t.say("Journal d’audit", "Audit log"), auditPage(t)},
		{"records", t.say("Fiches", "Records"), recordsPage(t)},
		{"form", t.say("Formulaire", "Form"), formPage(t)},
		{"errors", t.say("Formulaire refusé", "Refused form"), errorsPage(t)},
		{"sign-in", t.say("Connexion", "Sign in"), signInPage(t)},
		{"continuity", t.say("Continuité", "Continuity"), continuityPage(t)},
		{"parts", t.say("Pièces", "Parts"), partsPage(t)},
		{"privacy", t.say("Page simple", "Plain page"), privacyPage(t)},
	}
}

// say picks the sentence of the teller's language.
func (t teller) say(fr, en string) string {
	if t.lang == ui.French {
		return fr
	}
	return en
}

func (t teller) href(slug string) string {
	return Prefix + t.lang.Tag() + "/" + slug
}

func (t teller) page(slug, title string) ui.Page {
	return ui.Page{
		Lang: t.lang, Title: title, Theme: t.theme,
		Description: t.say("Une page d’exemple de Garant.", "A sample page of Garant."),
		Alternates: []ui.Alternate{
			{Lang: ui.French, Name: "Français", Href: Prefix + "fr/" + slug},
			{Lang: ui.English, Name: "English", Href: Prefix + "en/" + slug},
		},
		ThemeAction: "/theme", ThemeReturn: t.href(slug),
		Environment: t.say("Démonstration : les personnes et les chiffres sont inventés.", "Demo: the people and the figures are invented."),
		NoIndex:     true,
	}
}

func (t teller) footer() ui.FooterContent {
	return ui.FooterContent{
		Columns: []ui.FooterColumn{
			{Heading: t.say("Ce service", "This service"), Links: []ui.Link{
				{Text: t.say("Promesses", "Promises"), Href: t.href("trust")},
				{Text: t.say("État du service", "Service status"), Href: t.href("continuity")},
			}},
			{Heading: t.say("Vos droits", "Your rights"), Links: []ui.Link{
				{Text: t.say("Vos données", "Your data"), Href: t.href("privacy")},
				{Text: t.say("Nous écrire", "Write to us"), Href: t.href("form")},
			}},
			{Heading: t.say("Vérifier", "Verify"), Links: []ui.Link{
				{Text: t.say("Clé publique du journal", "Public key of the log"), Href: t.href("parts")},
				{Text: t.say("Format des preuves", "Format of proofs"), Href: "https://c2sp.org/tlog-tiles", External: true},
			}},
		},
		Note:    t.say("Chaque phrase de cette page est liée à une vérification qui a été exécutée.", "Every sentence on this page is bound to a check that ran."),
		Version: "garant 1.0.0 · 4f1c9a07",
	}
}

func (t teller) portal(slug, title string) ui.PortalPage {
	return ui.PortalPage{
		Page: t.page(slug, title), Site: "Agora Publique", Home: t.href("trust"),
		Nav: []ui.NavItem{
			{Text: t.say("Promesses", "Promises"), Href: t.href("trust"), Current: slug == "trust"},
			{Text: t.say("État du service", "Service status"), Href: t.href("continuity"), Current: slug == "continuity"},
			{Text: t.say("Vos données", "Your data"), Href: t.href("privacy"), Current: slug == "privacy"},
		},
		Footer: t.footer(),
	}
}

func (t teller) console(slug, title string) ui.ConsolePage {
	item := func(at, fr, en string, icon ui.Icon, count string) ui.NavItem {
		return ui.NavItem{Text: t.say(fr, en), Href: t.href(at), Icon: icon, Count: count, Current: at == slug}
	}
	return ui.ConsolePage{
		Page: t.page(slug, title), Tenant: t.say("Ville de Montfleur", "Town of Montfleur"), TenantHref: t.href("parts"),
		Person: "Inès Calvet", PersonHref: t.href("form"), Home: t.href("console"),
		Nav: []ui.NavGroup{
			{Items: []ui.NavItem{item("console", "Accueil", "Home", ui.IconShield, "")}},
			{Heading: t.say("Données", "Data"), Items: []ui.NavItem{
				item("records", "Fiches", "Records", ui.IconDatabase, t.say("1 204", "1,204")),
				item("form", "Demandes", "Requests", ui.IconInbox, "3"),
			}},
			{Heading: t.say("Preuves", "Evidence"), Items: []ui.NavItem{
				item("audit", "Journal d’audit", "Audit log", ui.IconHistory, ""),
				item("continuity", "Continuité", "Continuity", ui.IconLock, ""),
				item("parts", "Pièces", "Parts", ui.IconProof, ""),
			}},
		},
		SignOutAction: "/sign-out", Footer: ui.FooterContent{Version: "garant 1.0.0 · 4f1c9a07"},
	}
}
