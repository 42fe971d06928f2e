package story

import (
	"strconv"

	"garant.example/internal/web/ui"
)

const sampleHash = "9f0c1a7be2448d3065c7f1e09b2a6d48e7715fc03a9d2b61840e5f7ac3d19b02"

func (t teller) hero() ui.Hero {
	return ui.Hero{
		Kicker: t.say("Sécurité et données personnelles", "Security and personal data"),
		Title:  t.say("Chaque phrase de cette page est vérifiée.", "Every sentence on this page is checked."),
		Lede:   t.say("Agora Publique héberge des consultations citoyennes. Voici ce que nous promettons, ce que nous avons mesuré ce matin, et comment le vérifier sans nous croire.", "Agora Publique hosts public consultations. Here is what we promise, what we measured this morning, and how to check it without taking our word."),
		Figures: []ui.Figure{
			{Label: t.say("Promesses tenues", "Promises kept"), Value: "84", Unit: t.say("sur 95", "of 95")},
			{Label: t.say("En défaut", "Failing"), Value: "1", Note: t.say("depuis 2 h 10", "for 2 h 10 min")},
			{Label: t.say("Dernière vérification", "Last check"), Value: "7:00", Note: t.say("aujourd’hui", "today")},
			{Label: t.say("Disponibilité, 90 jours", "Availability, 90 days"), Value: t.say("99,98", "99.98"), Unit: "%", Note: t.say("promis : 99,75 %", "promised: 99.75 %")},
		},
		Actions: []ui.LinkButton{
			{Text: t.say("Vérifier vous-même", "Check it yourself"), Href: "#bak-03"},
			{Text: t.say("Télécharger les preuves", "Download the evidence"), Href: t.href("parts"), Kind: ui.Secondary, Icon: ui.IconDownload, Download: true},
		},
	}
}

func (t teller) tiles() []ui.Figure {
	return []ui.Figure{
		{Label: t.say("Promesses en défaut", "Promises failing"), Value: "1", Note: t.say("hébergement", "hosting"), Href: t.href("trust"), Tone: ui.Danger},
		{Label: t.say("Demandes ouvertes", "Open requests"), Value: "3", Note: t.say("la plus ancienne : 6 jours", "oldest: 6 days"), Href: t.href("form"), Tone: ui.Warning},
		{Label: t.say("Fiches", "Records"), Value: t.say("1 204", "1,204"), Note: t.say("12 échéances ce mois-ci", "12 due this month"), Href: t.href("records")},
		{Label: t.say("Accès de l’équipe", "Staff access"), Value: "0", Note: t.say("aucune autorisation ouverte", "no grant is open"), Tone: ui.Success},
	}
}

func (t teller) records() ui.TableData {
	row := func(id, name, state string, consent ui.Cell, due, size string) ui.Row {
		return ui.Row{Cells: []ui.Cell{
			{Text: name, Href: t.href("records")}, ui.Content(ui.HashShort(id)), ui.Text(state), consent, ui.Text(due), ui.Text(size),
		}}
	}
	given := ui.Content(ui.Tag(t.say("Donné", "Given"), ui.Success))
	asked := ui.Content(ui.Tag(t.say("Demandé", "Asked"), ui.Warning))
	taken := ui.Content(ui.Tag(t.say("Retiré", "Withdrawn"), ui.Neutral))
	return ui.TableData{
		Caption: t.say("Participants à la consultation « Place du Marché »", "Participants of the “Market Square” consultation"),
		Columns: []ui.Column{
			{Text: t.say("Participant", "Participant"), Sort: ui.Ascending, SortHref: "?sort=-name"},
			{Text: t.say("Identifiant", "Identifier")},
			{Text: t.say("Étape", "Stage"), SortHref: "?sort=stage"},
			{Text: t.say("Consentement", "Consent")},
			{Text: t.say("Effacement prévu", "Erasure due"), SortHref: "?sort=due"},
			{Text: t.say("Pièces", "Files"), Numeric: true},
		},
		Rows: []ui.Row{
			row("rec_01K9X4M0Q7ZB2", "Amélie Fontanel", t.say("Avis déposé", "Opinion given"), given, t.say("14 mars 2027", "14 March 2027"), "3"),
			row("rec_01K9X4M0R2A9F", "Bastien Œuvrard", t.say("Inscrit", "Enrolled"), asked, t.say("2 janvier 2027", "2 January 2027"), "0"),
			row("rec_01K9X4M0T8K3D", "Chloé Łukasiewicz", t.say("Avis déposé", "Opinion given"), given, t.say("30 juin 2027", "30 June 2027"), "12"),
			row("rec_01K9X4M0V5N7H", "Driss Benhaddou", t.say("Retiré", "Withdrawn"), taken, t.say("dans 3 jours", "in 3 days"), "1"),
		},
	}
}

// days is the log under a heading of the given level.
func (t teller) days(level int) []ui.Day {
	return []ui.Day{
		{Title: t.say("Aujourd’hui, 22 novembre 2026", "Today, 22 November 2026"), Level: level, Entries: []ui.Entry{
			{Time: ui.Moment{ISO: "2026-11-22T08:41:07Z", Text: "09:41:07"}, Actor: "Inès Calvet", Operation: "record.read", Object: ui.Link{Text: "rec_01K9X4M0Q7ZB2", Href: t.href("records")}, Purpose: t.say("réponse à une demande d’accès", "answer to a request for access"), Outcome: ui.Allowed, Reason: t.say("rôle : déléguée", "role: officer"), Leaf: sampleHash, Proof: ui.Link{Text: t.say("preuve", "proof"), Href: t.href("parts")}},
			{Time: ui.Moment{ISO: "2026-11-22T08:12:44Z", Text: "09:12:44"}, Actor: "Marc Oury", ActorKind: t.say("équipe de l’opérateur", "operator’s staff"), Operation: "record.read", Object: ui.Link{Text: "rec_01K9X4M0R2A9F"}, Purpose: t.say("support", "support"), Outcome: ui.Refused, Reason: t.say("aucune autorisation en cours", "no grant in force"), Leaf: sampleHash, Proof: ui.Link{Text: t.say("preuve", "proof"), Href: t.href("parts")}},
		}},
		{Title: t.say("Hier, 21 novembre 2026", "Yesterday, 21 November 2026"), Level: level, Entries: []ui.Entry{
			{Time: ui.Moment{ISO: "2026-11-21T22:00:00Z", Text: "23:00:00"}, Actor: "garant", ActorKind: t.say("tâche planifiée", "scheduled job"), Operation: "retention.purge", Object: ui.Link{Text: t.say("12 fiches", "12 records")}, Outcome: ui.Partial, Reason: t.say("2 sous conservation légale", "2 under legal hold"), Leaf: sampleHash, Proof: ui.Link{Text: t.say("preuve", "proof"), Href: t.href("parts")}},
			{Time: ui.Moment{ISO: "2026-11-21T15:30:12Z", Text: "16:30:12"}, Actor: "Inès Calvet", Operation: "grant.withdraw", Object: ui.Link{Text: t.say("autorisation 12", "grant 12")}, Purpose: t.say("ticket SUP-418 résolu", "ticket SUP-418 solved"), Outcome: ui.Allowed},
		}},
	}
}

func (t teller) facts() []ui.KeyValue {
	return []ui.KeyValue{
		{Key: t.say("Nom", "Name"), Value: "Amélie Fontanel", Action: ui.Link{Text: t.say("Modifier", "Change"), Href: t.href("form")}, ActionFor: t.say("le nom", "the name")},
		{Key: t.say("Adresse électronique", "E-mail address"), Content: ui.MaskedValue(t.lang, ui.Mask{Label: t.say("adresse électronique", "e-mail address"), Tail: "@montfleur.example", Reveal: ui.Link{Text: t.say("Afficher", "Show"), Href: t.href("form")}})},
		{Key: t.say("Téléphone", "Telephone"), Content: ui.MaskedValue(t.lang, ui.Mask{Label: t.say("téléphone", "telephone"), Tail: "42"})},
		{Key: t.say("Classe", "Class"), Content: ui.Tag(t.say("Personnelle", "Personal"), ui.Info)},
		{Key: t.say("Empreinte de la feuille", "Leaf hash"), Content: ui.Hash(sampleHash)},
	}
}

func (t teller) calendar() ui.Calendar {
	c := ui.Calendar{
		ID: "calendar", Title: t.say("À quels moments revenir", "Moments to go back to"),
		Desc: t.say("Chaque jour coloré peut être restauré ; un clic mène au plan.", "Every coloured day can be restored; a click leads to the plan."),
		Legend: []ui.DayLegend{
			{Kind: ui.DayContinuous, Text: t.say("à la seconde près", "to the second")},
			{Kind: ui.DayDaily, Text: t.say("copie du jour", "daily copy")},
			{Kind: ui.DayMonthly, Text: t.say("copie du mois", "monthly copy")},
			{Kind: ui.DayMissing, Text: t.say("copie manquante", "copy missing")},
			{Kind: ui.DayNone, Text: t.say("rien", "nothing")},
		},
	}
	c.Months = []ui.Month{t.month(t.say("Octobre 2026", "October 2026"), 3, 31, 1), t.month(t.say("Novembre 2026", "November 2026"), 6, 30, 32)}
	return c
}

// month lays out sample days; offset counts days since the first of October.
func (t teller) month(name string, blank, days, offset int) ui.Month {
	m := ui.Month{Name: name, Blank: blank}
	for _, w := range [][4]string{{"lu", "lundi", "Mo", "Monday"}, {"ma", "mardi", "Tu", "Tuesday"}, {"me", "mercredi", "We", "Wednesday"}, {"je", "jeudi", "Th", "Thursday"}, {"ve", "vendredi", "Fr", "Friday"}, {"sa", "samedi", "Sa", "Saturday"}, {"di", "dimanche", "Su", "Sunday"}} {
		m.Weekdays = append(m.Weekdays, ui.Weekday{Short: t.say(w[0], w[2]), Long: t.say(w[1], w[3])})
	}
	const today = 53 // 22 November
	for d := 1; d <= days; d++ {
		at := d + offset - 1
		day := ui.CalendarDay{Number: strconv.Itoa(d), Kind: ui.DayNone, Label: t.say("rien", "nothing"), Today: at == today}
		switch {
		case at > today:
			day.Label = t.say("à venir", "to come")
		case at > today-7:
			day.Kind, day.Label, day.Href = ui.DayContinuous, t.say("à la seconde près", "to the second"), "#calendar"
		case at == today-9:
			day.Kind, day.Label = ui.DayMissing, t.say("copie manquante", "copy missing")
		case at > today-21:
			day.Kind, day.Label, day.Href = ui.DayDaily, t.say("copie du jour", "daily copy"), "#calendar"
		case d == 1:
			day.Kind, day.Label, day.Href = ui.DayMonthly, t.say("copie du mois", "monthly copy"), "#calendar"
		}
		m.Days = append(m.Days, day)
	}
	return m
}

func (t teller) life() []ui.Stage {
	return []ui.Stage{
		{Title: t.say("Inscription", "Enrolled"), When: ui.Moment{ISO: "2026-03-14", Text: t.say("14 mars 2026", "14 March 2026")}, State: ui.StageDone},
		{Title: t.say("Consentement", "Consent"), When: ui.Moment{ISO: "2026-03-14", Text: t.say("14 mars 2026", "14 March 2026")}, State: ui.StageDone},
		{Title: t.say("Avis déposé", "Opinion given"), When: ui.Moment{ISO: "2026-04-02", Text: t.say("2 avril 2026", "2 April 2026")}, State: ui.StageNow, Text: t.say("conservé pour la synthèse", "kept for the report")},
		{Title: t.say("Effacement", "Erasure"), When: ui.Moment{ISO: "2027-03-14", Text: t.say("14 mars 2027", "14 March 2027")}, State: ui.StageDue},
		{Title: t.say("Illisible partout", "Unreadable everywhere"), When: ui.Moment{ISO: "2027-04-13", Text: t.say("13 avril 2027", "13 April 2027")}, State: ui.StageDue, Text: t.say("sauvegardes comprises", "backups included")},
	}
}
