package i18n

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"garant.example/internal/errs"
)

// files reads every message of a language as it is written in the files.
func files(t *testing.T, lang string) map[string]message {
	t.Helper()
	all, err := readLanguage(locales, lang)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]message{}
	for _, m := range all {
		if _, twice := out[m.key]; twice {
			t.Errorf("%s: %s is given in two files", lang, m.key)
		}
		out[m.key] = m
	}
	return out
}

func TestBothLanguagesAreEquallyComplete(t *testing.T) {
	en, fr := files(t, English), files(t, French)
	if len(en) < 10 {
		t.Fatalf("only %d messages were read", len(en))
	}
	for key, e := range en {
		f, ok := fr[key]
		if !ok {
			t.Errorf("%s is missing in French", key)
			continue
		}
		if (e.one == "") != (f.one == "") {
			t.Errorf("%s has plural forms in one language only", key)
		}
	}
	for key := range fr {
		if _, ok := en[key]; !ok {
			t.Errorf("%s is missing in English", key)
		}
	}
	enFiles, frFiles := localeFiles(t, English), localeFiles(t, French)
	if !slices.Equal(enFiles, frFiles) {
		t.Errorf("files differ: en %v, fr %v", enFiles, frFiles)
	}
	t.Logf("%d messages in %d files, twice", len(en), len(enFiles))
}

func localeFiles(t *testing.T, lang string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("locales", lang))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestPlaceholdersAreEqual(t *testing.T) {
	en, fr := files(t, English), files(t, French)
	for key, e := range en {
		want := placeholders(t, key, e)
		if got := placeholders(t, key, fr[key]); !maps.Equal(got, want) {
			t.Errorf("%s: placeholders differ: en %v, fr %v", key, want, got)
		}
		if e.one != "" && !want["count"] {
			t.Errorf("%s: a message with plural forms must show {count} in its form other", key)
		}
	}
}

// placeholders are those of the form other: "one" may do without {count}.
func placeholders(t *testing.T, key string, m message) map[string]bool {
	t.Helper()
	main, err := parsePattern(m.other)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	names := main.names()
	for _, form := range []string{m.one, m.many} {
		p, err := parsePattern(form)
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		for name := range p.names() {
			if !names[name] {
				t.Errorf("%s: {%s} stands in one form only", key, name)
			}
		}
	}
	return names
}

func TestNoValueIsEmptyOrRagged(t *testing.T) {
	for _, lang := range Languages() {
		for key, m := range files(t, lang) {
			for _, s := range []string{m.one, m.many, m.other} {
				if s != strings.TrimSpace(s) || strings.Contains(s, "  ") {
					t.Errorf("%s %s: stray spaces in %q", lang, key, s)
				}
			}
			if m.other == "" {
				t.Errorf("%s %s is empty", lang, key)
			}
		}
	}
}

func TestEveryCodeHasItsTitle(t *testing.T) {
	c := Must()
	codes := []errs.Code{errs.Invalid, errs.Unauthenticated, errs.Forbidden, errs.NotFound, errs.Conflict,
		errs.Stale, errs.Precondition, errs.TooLarge, errs.TooMany, errs.Restricted, errs.Erased, errs.Sealed,
		errs.LogUnavailable, errs.Unavailable, errs.Corrupt, errs.Setup, errs.Config, errs.Internal}
	for _, code := range codes {
		if !c.Has("error." + string(code)) {
			t.Errorf("error.%s is missing", code)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	cases := map[string]string{
		"key of another domain": `{"other.key": "x"}`,
		"key without domain":    `{"x": "x"}`,
		"upper case key":        `{"d.Key": "x"}`,
		"key twice":             `{"d.a": "x", "d.a": "y"}`,
		"unknown form":          `{"d.a": {"one": "x", "other": "y", "few": "z"}}`,
		"form missing":          `{"d.a": {"other": "y"}}`,
		"not text":              `{"d.a": 3}`,
		"open brace":            `{"d.a": "{name"}`,
		"close brace":           `{"d.a": "name}"}`,
		"bad placeholder":       `{"d.a": "{Na me}"}`,
		"nested":                `{"d.a": {"b": {"other": "x"}}}`,
		"not JSON":              `{`,
	}
	for name, body := range cases {
		fsys := fstest.MapFS{
			"locales/en/d.json": {Data: []byte(body)},
			"locales/fr/d.json": {Data: []byte(body)},
		}
		if _, err := load(fsys); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := load(fstest.MapFS{}); err == nil {
		t.Error("no language at all: accepted")
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add([]byte(`{"d.a": "x {y}", "d.b": {"one": "{count} a", "other": "{count} b"}}`))
	f.Add([]byte(`{"d.a": "}{"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		messages, err := parseFile(data, "d")
		if err != nil {
			return
		}
		for _, m := range messages {
			p, err := parsePattern(m.other)
			if err != nil {
				t.Fatalf("accepted %q, whose pattern is refused: %v", m.key, err)
			}
			values := map[string]string{}
			var want strings.Builder
			for _, s := range p {
				if s.name {
					values[s.text] = "{" + s.text + "}"
					want.WriteString("{" + s.text + "}")
				} else {
					want.WriteString(s.text)
				}
			}
			if got, _ := p.Execute(values); got != want.String() || got != m.other {
				t.Fatalf("filling %q with itself gave %q", m.other, got)
			}
		}
	})
}
