package console

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"garant.example/internal/db"
	"garant.example/internal/profile"
)

// country is the name of a country, or of whatever else the code stands for.
func (v *visit) country(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := display.Regions(language.Make(v.say.Lang())).Name(region); name != "" {
		return name
	}
	return code
}

// language is the name of a language, or the code where it has none.
func (v *visit) language(code string) string {
	tag, err := language.Parse(code)
	if err != nil {
		return code
	}
	if name := display.Tags(language.Make(v.say.Lang())).Name(tag); name != "" {
		return name
	}
	return code
}

// detail is what an entry of the log calls a particular, in words.
func (v *visit) detail(name string) string {
	if key := "console.detail." + word(name); v.say.Has(key) {
		return v.say.T(key)
	}
	return name
}

// law is whose law holds in a place: a country's, or with its own code that of a
// part of one.
func (v *visit) law(code string) string {
	country, part, divided := strings.Cut(code, "-")
	name := v.country(country)
	if divided {
		name += " (" + part + ")"
	}
	return name
}

// engineName is what the makers of a database call it.
func engineName(e db.Engine) string {
	switch e {
	case db.SQLite:
		return "SQLite"
	case db.Postgres:
		return "PostgreSQL"
	}
	return string(e)
}

// setting is the name of a setting in words.
func (v *visit) setting(name profile.SettingName) string { return v.t("set." + string(name)) }

// settingValue is the value of a setting in words, as its definition reads it. What
// has no words stands as it was declared.
func (v *visit) settingValue(name profile.SettingName, set profile.Setting) string {
	if yes, ok := set.Value.Flag(); ok {
		if yes {
			return v.t("boolean.true")
		}
		return v.t("boolean.false")
	}
	if words, ok := set.Value.Words(); ok {
		said := make([]string, 0, len(words))
		for _, w := range words {
			said = append(said, v.choice(w))
		}
		return joined(said)
	}
	text, _ := set.Value.Text()
	if d, ok := profile.Define(name); ok && slices.Contains(d.Words, text) {
		return v.choice(text)
	}
	s := profile.Settings{name: {Value: set.Value}} // as if in force: only the words are wanted
	if span, ok := s.Span(name); ok {
		return v.span(span)
	}
	if n, ok := s.Count(name); ok {
		return v.n("unit."+string(name), n)
	}
	return set.Value.String()
}

// choice is a word of a closed list; the names of standards stand for themselves.
func (v *visit) choice(w string) string {
	if key := "console.choice." + word(w); v.say.Has(key) {
		return v.say.T(key)
	}
	return w
}

// span is a length of time as people say it.
func (v *visit) span(s profile.Span) string {
	const day = 24 * 60 * 60 * 1e9
	switch {
	case s.Months > 0 && s.Months%12 == 0:
		return v.n("retention.years", int64(s.Months/12))
	case s.Months > 0:
		return v.n("retention.months", int64(s.Months))
	case s.Elapsed > 0 && s.Elapsed%day == 0:
		return v.n("retention.days", int64(s.Elapsed/day))
	}
	return v.say.Duration(s.Elapsed)
}
