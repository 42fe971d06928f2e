package story

import "garant.example/internal/web/ui"

func (t teller) trustShell() ui.PortalPage {
	p := t.portal("trust", t.say("Nos promesses", "Our promises"))
	p.Hero = ui.Masthead(t.hero())
	return p
}

func (t teller) refused() ui.ConsolePage {
	p := t.console("errors", t.say("Nouvelle demande", "New request"))
	p.HasError = true
	return p
}

// bare is the console before anyone has signed in.
func (t teller) bare(slug, title string) ui.ConsolePage {
	return ui.ConsolePage{Page: t.page(slug, title), Home: t.href("console"), Footer: ui.FooterContent{Version: "garant 1.0.0"}}
}

func (t teller) drill() []ui.Figure {
	return []ui.Figure{
		{Label: t.say("Perte de données au pire", "Data loss at worst"), Value: "4", Unit: "s", Note: t.say("promis : 60 s", "promised: 60 s")},
		{Label: t.say("Temps de reprise", "Time to recover"), Value: "41", Unit: "s", Note: t.say("promis : 5 min", "promised: 5 min")},
		{Label: t.say("Dernier essai", "Last drill"), Value: "3", Unit: t.say("jours", "days")},
	}
}
