package i18n

import "golang.org/x/text/language"

const maxAcceptLanguage = 1000 // bytes; real headers stay under 200

// Match returns the language of ours that suits an Accept-Language header best;
// English when none does or the header cannot be read.
func Match(acceptLanguage string) string { return MatchOr(acceptLanguage, English) }

// MatchOr is Match with the language to take when none suits.
func MatchOr(acceptLanguage, fallback string) string {
	if acceptLanguage == "" || len(acceptLanguage) > maxAcceptLanguage {
		return fallback
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return fallback
	}
	// The index, not the tag: the matcher answers tags such as fr-u-rg-cazzzz,
	// which no lang attribute should carry.
	matcher := language.NewMatcher([]language.Tag{language.English, language.French})
	_, index, confidence := matcher.Match(wanted...)
	if confidence == language.No {
		return fallback
	}
	return Languages()[index]
}

// Known says whether lang is one of ours.
func Known(lang string) bool { return lang == English || lang == French }
