package ui

// Lang is the language of a page. It supplies the few words that belong to the
// interface and not to any page.
type Lang string

// The languages of Garant. Any other value reads as English.
const (
	French  Lang = "fr"
	English Lang = "en"
)

// Tag is the language tag for the lang attribute.
func (l Lang) Tag() string {
	if l == French {
		return "fr"
	}
	return "en"
}

// locale is the language with the country that link previews ask for.
func (l Lang) locale() string {
	if l == French {
		return "fr_FR"
	}
	return "en_GB"
}

// words are the interface's own words. A test refuses an empty field.
type words struct {
	Skip, SkipMap                                        string
	Menu, MainMenu, Language, Theme                      string
	ThemeSystem, ThemeLight, ThemeDark                   string
	SignedInAs, SignOut, Tenant                          string
	YouAreHere, Pages, Previous, Next                    string
	ErrorPrefix, ErrorTitle                              string
	Success, Warning, Info                               string
	SortedUp, SortedDown, SortUp, SortDown               string
	Masked, Reveal, Copyable                             string
	Measured, NeverMeasured, History, Evidence, Command  string
	Verify, Details, DataTable, Area, Promise, Reference string
	State, When, Legend                                  string
	Actor, Operation, Object, Purpose, Decision, Proof   string
	Allowed, Refused, Partial                            string
	Total, Change, Filters, Reset, External              string
	None                                                 string
	StageDone, StageNow, StageDue, Since                 string
	Colon                                                string
}

func (l Lang) words() words {
	if l == French {
		return frenchWords()
	}
	return englishWords()
}

func englishWords() words {
	return words{
		Skip: "Skip to content", SkipMap: "Skip the map",
		Menu: "Menu", MainMenu: "Main menu", Language: "Language", Theme: "Appearance",
		ThemeSystem: "As the device", ThemeLight: "Light", ThemeDark: "Dark",
		SignedInAs: "Signed in as", SignOut: "Sign out", Tenant: "Organisation",
		YouAreHere: "You are here", Pages: "Pages of results", Previous: "Previous", Next: "Next",
		ErrorPrefix: "Error:", ErrorTitle: "There is a problem",
		Success: "Success", Warning: "Warning", Info: "Information",
		SortedUp: "sorted ascending", SortedDown: "sorted descending",
		SortUp: "sort ascending", SortDown: "sort descending",
		Masked: "hidden value", Reveal: "Show", Copyable: "Command",
		Measured: "Measured", NeverMeasured: "Not measured yet", History: "Past results",
		Evidence: "Evidence", Command: "Check it yourself",
		Verify: "Verify", Details: "How this is checked", DataTable: "The same, as a table",
		Area: "Area", Promise: "Promise", Reference: "Reference",
		State: "Status", When: "When", Legend: "Legend",
		Actor: "Who", Operation: "Operation", Object: "On what", Purpose: "Purpose",
		Decision: "Decision", Proof: "Proof",
		Allowed: "Allowed", Refused: "Refused", Partial: "In part",
		Total: "in total", Change: "Change", Filters: "Filters", Reset: "Clear filters",
		External: "opens another site", None: "None",
		Colon: ": ", StageDone: "done", StageNow: "now", StageDue: "to come", Since: "since",
	}
}

func frenchWords() words {
	return words{
		Skip: "Aller au contenu", SkipMap: "Passer la carte",
		Menu: "Menu", MainMenu: "Menu principal", Language: "Langue", Theme: "Apparence",
		ThemeSystem: "Comme l’appareil", ThemeLight: "Clair", ThemeDark: "Sombre",
		SignedInAs: "Session de", SignOut: "Se déconnecter", Tenant: "Organisation",
		YouAreHere: "Vous êtes ici", Pages: "Pages de résultats", Previous: "Précédent", Next: "Suivant",
		ErrorPrefix: "Erreur :", ErrorTitle: "Il y a un problème",
		Success: "Succès", Warning: "Attention", Info: "Information",
		SortedUp: "tri croissant", SortedDown: "tri décroissant",
		SortUp: "trier par ordre croissant", SortDown: "trier par ordre décroissant",
		Masked: "valeur masquée", Reveal: "Afficher", Copyable: "Commande",
		Measured: "Mesuré", NeverMeasured: "Pas encore mesuré", History: "Résultats passés",
		Evidence: "Preuve", Command: "Vérifiez vous-même",
		Verify: "Vérifier", Details: "Comment c’est vérifié", DataTable: "La même chose, en tableau",
		Area: "Domaine", Promise: "Promesse", Reference: "Référence",
		State: "État", When: "Quand", Legend: "Légende",
		Actor: "Qui", Operation: "Opération", Object: "Sur quoi", Purpose: "Finalité",
		Decision: "Décision", Proof: "Preuve",
		Allowed: "Autorisé", Refused: "Refusé", Partial: "En partie",
		Total: "au total", Change: "Modifier", Filters: "Filtres", Reset: "Effacer les filtres",
		External: "ouvre un autre site", None: "Aucun",
		Colon: "\u00a0: ", StageDone: "fait", StageNow: "en cours", StageDue: "à venir", Since: "depuis le",
	}
}
