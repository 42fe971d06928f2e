package i18n

import "golang.org/x/text/language"

const maxAcceptLanguage = 1000 // bytes; real headers stay under 200

// Match returns the language of ours that suits an Accept-Language header best;
// fallback when none does or the header cannot be read.
func (c *Catalog) Match(acceptLanguage, fallback string) string {
	return match(c.matcher, acceptLanguage, fallback)
}

// Match is the same without a catalog, with English as the fallback. It builds
// its tables at each call: servers use the method.
func Match(acceptLanguage string) string {
	return match(newMatcher(), acceptLanguage, English)
}

// newMatcher speaks of the languages in the order of Languages.
func newMatcher() language.Matcher {
	var tags []language.Tag
	for _, lang := range Languages() {
		tags = append(tags, language.Make(lang))
	}
	return language.NewMatcher(tags)
}

func match(m language.Matcher, acceptLanguage, fallback string) string {
	if acceptLanguage == "" || len(acceptLanguage) > maxAcceptLanguage {
		return fallback
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return fallback
	}
	// The index, not the tag: the matcher answers tags such as fr-u-rg-cazzzz,
	// which no lang attribute should carry.
	_, index, confidence := m.Match(wanted...)
	if confidence == language.No {
		return fallback
	}
	return Languages()[index]
}

// Known says whether lang is one of ours.
func Known(lang string) bool { return lang == English || lang == French }
