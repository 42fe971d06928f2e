package i18n

import "strings"

const (
	nbsp  = "\u00a0" // before ':' and '%', inside « », between a number and its unit
	nnbsp = "\u202f" // before ';', '!', '?', between groups of three digits
)

// typeset replaces the plain spaces of a French sentence by the unbreakable
// ones that its punctuation wants, so that no line begins with a colon.
func typeset(s string) string {
	if !strings.ContainsAny(s, ":%«»;!?") { // most sentences: making a replacer costs more than the rest of Load
		return s
	}
	return strings.NewReplacer(
		" :", nbsp+":",
		" %", nbsp+"%",
		"« ", "«"+nbsp,
		" »", nbsp+"»",
		" ;", nnbsp+";",
		" !", nnbsp+"!",
		" ?", nnbsp+"?",
	).Replace(s)
}
