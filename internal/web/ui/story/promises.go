package story

import (
	"strconv"

	"garant.example/internal/web/ui"
)

// history is a strip in which the given results, counted from the newest,
// differ from kept.
func (t teller) history(n int, others map[int]ui.Status) ui.History {
	h := ui.History{
		Title: t.say("Les "+strconv.Itoa(n)+" derniers résultats", "The last "+strconv.Itoa(n)+" results"),
		Desc:  t.say("Une barre par jour ; une barre entière est une promesse tenue.", "One bar a day; a whole bar is a promise kept."),
		From:  t.say("il y a deux mois", "two months ago"), To: t.say("aujourd’hui", "today"),
	}
	for i := n - 1; i >= 0; i-- {
		s := ui.Kept
		if other, ok := others[i]; ok {
			s = other
		}
		h.Points = append(h.Points, ui.Point{Status: s})
	}
	return h
}

func (t teller) promises() []ui.Promise {
	return []ui.Promise{t.region(), t.training(), t.root(), t.backups(), t.encryption(), t.planned(), t.withdrawn()}
}

func (t teller) backups() ui.Promise {
	return ui.Promise{
		ID: "bak-03", Reference: "CE-BAK-03", Status: ui.Kept,
		Title:    t.say("Quatorze copies par jour, douze par mois", "Fourteen daily copies, twelve monthly"),
		Sentence: t.say("Nous gardons 14 sauvegardes quotidiennes et 12 mensuelles, hors du pays d’hébergement, et nous en restaurons une chaque semaine pour être sûrs.", "We keep 14 daily and 12 monthly backups, outside the hosting country, and restore one every week to be sure."),
		Measured: ui.Moment{ISO: "2026-11-22T04:12:00Z", Text: t.say("aujourd’hui à 5 h 12", "today at 05:12")},
		Figures: []ui.KeyValue{
			{Key: t.say("Quotidiennes", "Daily"), Value: "14"}, {Key: t.say("Mensuelles", "Monthly"), Value: "12"},
			{Key: t.say("Dernière restauration", "Last restore test"), Value: t.say("il y a 3 jours", "3 days ago")},
			{Key: t.say("Durée", "Duration"), Value: "41 s"},
		},
		How:      t.say("Chaque nuit, la liste des sauvegardes est relue depuis le magasin distant, une par une, et leurs empreintes comparées au manifeste.", "Every night the list of backups is read back from the remote store, one by one, and their digests compared with the manifest."),
		History:  t.history(60, map[int]ui.Status{17: ui.Failing, 16: ui.Failing, 31: ui.Stale}),
		Evidence: ui.Link{Text: t.say("Voir la preuve, feuille 40 211", "See the evidence, leaf 40,211"), Href: t.href("audit")},
		Command:  "garant-verify evidence CE-BAK-03 --log https://agora.example/log",
	}
}

func (t teller) region() ui.Promise {
	return ui.Promise{
		ID: "loc-01", Reference: "CE-LOC-01", Status: ui.Failing,
		Title:    t.say("Vos données restent en France", "Your data stays in France"),
		Sentence: t.say("Les données des participants sont hébergées en France, sauvegardes comprises.", "Participants’ data is hosted in France, backups included."),
		Note:     t.say("En défaut depuis 2 h 10 : une copie a été trouvée dans la région eu-central-1. L’astreinte est prévenue.", "Failing for 2 h 10 min: a copy was found in region eu-central-1. Staff on call have been told."),
		Measured: ui.Moment{ISO: "2026-11-22T06:00:00Z", Text: t.say("aujourd’hui à 7 h 00", "today at 07:00")},
		Figures:  []ui.KeyValue{{Key: t.say("Emplacements", "Placements"), Value: "7"}, {Key: t.say("Hors de France", "Outside France"), Value: "1"}},
		How:      t.say("L’emplacement de chaque base et de chaque fichier est demandé au fournisseur.", "The provider is asked for the location of every database and file."),
		History:  t.history(60, map[int]ui.Status{0: ui.Failing}),
	}
}

func (t teller) training() ui.Promise {
	return ui.Promise{
		ID: "hum-07", Reference: "CE-HUM-07", Status: ui.Stale,
		Title:    t.say("Toute l’équipe est formée chaque année", "Everyone is trained each year"),
		Sentence: t.say("Chaque personne ayant accès aux données suit une formation à la sécurité une fois par an.", "Everyone with access to data takes a security course once a year."),
		Note:     t.say("L’attestation a expiré le 2 novembre. Une nouvelle est attendue de la responsable sécurité.", "The attestation expired on 2 November. A new one is due from the head of security."),
		Measured: ui.Moment{ISO: "2025-11-02T09:00:00Z", Text: t.say("le 2 novembre 2025", "on 2 November 2025")},
		Figures:  []ui.KeyValue{{Key: t.say("Personnes formées", "People trained"), Value: "38 / 41"}},
	}
}

func (t teller) encryption() ui.Promise {
	return ui.Promise{
		ID: "cry-02", Reference: "CE-CRY-02", Status: ui.Kept,
		Title:    t.say("Rien n’est écrit en clair", "Nothing is written in the clear"),
		Sentence: t.say("Ce que vous écrivez est chiffré avec une clé qui n’appartient qu’à vous avant de toucher un disque.", "What you write is encrypted under a key of your own before it touches a disk."),
		Measured: ui.Moment{ISO: "2026-11-22T05:40:00Z", Text: t.say("aujourd’hui à 6 h 40", "today at 06:40")},
		Figures:  []ui.KeyValue{{Key: t.say("Octets relus", "Bytes scanned"), Value: t.say("18,4 Go", "18.4 GB")}, {Key: t.say("Marqueurs trouvés", "Markers found"), Value: "0"}},
		Command:  "garant-verify plaintext --folder /var/lib/garant",
	}
}

func (t teller) root() ui.Promise {
	return ui.Promise{
		ID: "adm-04", Reference: "CE-ADM-04", Status: ui.Exception,
		Title:    t.say("Aucun accès permanent de notre équipe", "No standing access for our staff"),
		Sentence: t.say("Notre équipe ne voit vos données que si vous l’autorisez, pour une durée et un motif donnés.", "Our staff see your data only when you allow it, for a given time and reason."),
		Note:     t.say("Exception jusqu’au 1er décembre, décidée par la direction technique : migration du support.", "Exception until 1 December, decided by the head of engineering: support migration."),
		Limit:    t.say("Un administrateur du serveur pourrait lire la mémoire : cela se détecte, mais ne s’empêche pas.", "An administrator of the server could read its memory: that can be detected, not prevented."),
		Measured: ui.Moment{ISO: "2026-11-22T05:00:00Z", Text: t.say("aujourd’hui à 6 h 00", "today at 06:00")},
	}
}

func (t teller) planned() ui.Promise {
	return ui.Promise{
		ID: "kms-09", Reference: "CE-KMS-09", Status: ui.Planned,
		Title:    t.say("Vos propres clés", "Your own keys"),
		Sentence: t.say("À partir de mars 2027, vous pourrez garder vous-même la clé maîtresse.", "From March 2027 you will be able to hold the master key yourselves."),
	}
}

func (t teller) withdrawn() ui.Promise {
	return ui.Promise{
		ID: "sup-02", Reference: "CE-SUP-02", Status: ui.Withdrawn,
		Title:    t.say("Réponse en une heure la nuit", "An answer within an hour at night"),
		Sentence: t.say("Toute demande reçue la nuit avait une réponse en moins d’une heure.", "Every request received at night was answered within an hour."),
		Note:     t.say("Retirée le 4 mai 2026 : l’astreinte de nuit ne couvre plus que les incidents.", "Withdrawn on 4 May 2026: night cover is for incidents only."),
		Measured: ui.Moment{ISO: "2026-05-04T09:00:00Z", Text: t.say("le 4 mai 2026", "on 4 May 2026")},
	}
}

func (t teller) promiseMap() ui.Map {
	areas := []struct {
		fr, en, code string
		n            int
		others       map[int]ui.Status
	}{
		{"Hébergement", "Hosting", "LOC", 9, map[int]ui.Status{0: ui.Failing, 6: ui.Planned}},
		{"Chiffrement et clés", "Encryption and keys", "CRY", 14, map[int]ui.Status{8: ui.Planned, 9: ui.Planned}},
		{"Accès", "Access", "ADM", 21, map[int]ui.Status{3: ui.Exception, 17: ui.Unknown}},
		{"Journal et preuves", "Log and proofs", "LOG", 11, nil},
		{"Sauvegardes et reprise", "Backups and recovery", "BAK", 13, map[int]ui.Status{10: ui.Stale}},
		{"Droits des personnes", "Rights of persons", "RGT", 10, nil},
		{"Équipe et fournisseurs", "Staff and suppliers", "HUM", 17, map[int]ui.Status{6: ui.Stale, 7: ui.Stale, 12: ui.Unknown, 15: ui.Withdrawn}},
	}
	m := ui.Map{ID: "map", Title: t.say("La carte des promesses", "The map of promises"), Desc: t.say("Une case par promesse. La lettre, le motif et la couleur disent la même chose ; chaque case mène à la phrase et à sa preuve.", "One cell per promise. Letter, pattern and colour say the same; each cell leads to the sentence and its evidence.")}
	for _, a := range areas {
		area := ui.Area{Name: t.say(a.fr, a.en)}
		for i := range a.n {
			s := ui.Kept
			if other, ok := a.others[i]; ok {
				s = other
			}
			ref := "CE-" + a.code + "-" + strconv.Itoa(i+1)
			area.Promises = append(area.Promises, ui.MapCell{Reference: ref, Title: t.say("Promesse d’exemple ", "Sample promise ") + strconv.Itoa(i+1), Status: s, Href: "#bak-03"})
		}
		m.Areas = append(m.Areas, area)
	}
	return m
}

// ledger is three profiles, of which one needs somebody.
func (t teller) ledger() []ui.LedgerRow {
	return []ui.LedgerRow{
		{Title: t.say("Participation citoyenne", "Civic engagement"), Href: t.href("trust"), Kicker: "Ville de Montfleur",
			Text:   t.say("Sites de consultation d’organismes publics.", "Consultation sites of public bodies."),
			Counts: []ui.Count{{Status: ui.Failing, N: 1}, {Status: ui.Kept, N: 84}, {Status: ui.Planned, N: 6}},
			First: &ui.LedgerAlarm{Status: ui.Failing, Promise: ui.Link{Text: t.say("Vos données restent en France", "Your data stays in France"), Href: t.href("trust")},
				Since: ui.Moment{ISO: "2026-11-22T04:50:00Z", Text: t.say("22 novembre 2026, 4 h 50", "22 November 2026, 04:50")}}},
		{Title: t.say("Formation numérique", "Digital training"), Href: t.href("trust"), Counts: []ui.Count{{Status: ui.Kept, N: 39}}},
		{Title: t.say("Assurance", "Insurance"), Lang: t.say("fr", "en"), Href: t.href("trust"), Counts: []ui.Count{{Status: ui.Exception, N: 1}, {Status: ui.Withdrawn, N: 2}}},
	}
}

func (t teller) steps() []ui.KeyValue {
	return []ui.KeyValue{{Key: t.say("Déclarée", "Declared"), Value: t.say("Une phrase, avec ses chiffres.", "A sentence, with its figures.")},
		{Key: t.say("Mesurée", "Measured"), Value: t.say("Par une vérification, encore et encore.", "By a check, again and again.")}}
}
