package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// The languages, by the tag that stands in addresses and settings.
const (
	English = "en"
	French  = "fr"
)

//go:embed locales/*/*.json
var locales embed.FS

// Languages returns the languages in which everything can be said.
func Languages() []string { return []string{English, French} }

// Catalog holds all messages of all languages. It does not change after Load
// and is safe for concurrent use.
type Catalog struct {
	printers map[string]*Printer
	keys     map[string][]string // by language, sorted
	matcher  language.Matcher
}

// Load reads the messages that are part of the program. An error means that the
// program was built wrong.
func Load() (*Catalog, error) { return load(locales) }

// Must is Load for tests and small programs; it panics where Load fails.
func Must() *Catalog {
	c, err := Load()
	if err != nil {
		panic(err)
	}
	return c
}

// Printer returns the printer of a language; for a language we do not speak,
// the English one.
func (c *Catalog) Printer(lang string) *Printer {
	if p, ok := c.printers[lang]; ok {
		return p
	}
	return c.printers[English]
}

// Keys returns the sorted keys of a language.
func (c *Catalog) Keys(lang string) []string { return slices.Clone(c.keys[lang]) }

// Has says whether the key exists in every language.
func (c *Catalog) Has(key string) bool {
	for _, lang := range Languages() {
		if _, ok := slices.BinarySearch(c.keys[lang], key); !ok {
			return false
		}
	}
	return true
}

func load(fsys fs.FS) (*Catalog, error) {
	bundle := goi18n.NewBundle(language.English)
	c := &Catalog{printers: map[string]*Printer{}, keys: map[string][]string{}, matcher: newMatcher()}
	for _, lang := range Languages() {
		messages, err := readLanguage(fsys, lang)
		if err != nil {
			return nil, err
		}
		tag := language.Make(lang)
		plain, plurals := map[string]string{}, map[string]bool{}
		for _, m := range messages {
			if err := bundle.AddMessages(tag, m.library(lang)); err != nil {
				return nil, fmt.Errorf("i18n: %s: %w", m.key, err)
			}
			if m.one == "" && !strings.Contains(m.other, "{") {
				plain[m.key] = m.library(lang).Other
			}
			plurals[m.key] = m.one != ""
			c.keys[lang] = append(c.keys[lang], m.key)
		}
		slices.Sort(c.keys[lang])
		c.printers[lang] = newPrinter(lang, plain, plurals)
	}
	for lang, p := range c.printers {
		p.localizer = goi18n.NewLocalizer(bundle, lang)
	}
	return c, nil
}

// message is one entry of a file, before typography.
type message struct {
	key              string
	one, many, other string
}

// isKey is true for lower-case words joined by dots, at least two of them.
func isKey(s string) bool {
	words := strings.Split(s, ".")
	for i, word := range words {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || i == 0 && (word[0] < 'a' || word[0] > 'z') {
			return false
		}
	}
	return len(words) > 1
}

func readLanguage(fsys fs.FS, lang string) ([]message, error) {
	files, err := fs.Glob(fsys, path.Join("locales", lang, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("i18n: %w", err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("i18n: no messages for %q", lang)
	}
	var all []message
	for _, name := range files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("i18n: %w", err)
		}
		messages, err := parseFile(data, strings.TrimSuffix(path.Base(name), ".json"))
		if err != nil {
			return nil, fmt.Errorf("i18n: %s: %w", name, err)
		}
		all = append(all, messages...)
	}
	return all, nil
}

// parseFile reads one flat file. It is strict: an unknown plural form, a key of
// another domain, a key given twice or a malformed placeholder is an error.
func parseFile(data []byte, domain string) ([]message, error) {
	var entries map[string]jsontext.Value
	if err := json.Unmarshal(data, &entries); err != nil {
		return nil, err
	}
	out := make([]message, 0, len(entries))
	for key, raw := range entries {
		if !isKey(key) || !strings.HasPrefix(key, domain+".") {
			return nil, fmt.Errorf("key %q must read %s.words_with_underscores", key, domain)
		}
		m, err := parseMessage(key, raw)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func parseMessage(key string, raw jsontext.Value) (message, error) {
	m := message{key: key}
	if raw.Kind() == '"' {
		if err := json.Unmarshal(raw, &m.other); err != nil {
			return m, fmt.Errorf("%s: %w", key, err)
		}
	} else {
		var forms struct {
			One   string `json:"one"`
			Many  string `json:"many"`
			Other string `json:"other"`
		}
		if err := json.Unmarshal(raw, &forms, json.RejectUnknownMembers(true)); err != nil {
			return m, fmt.Errorf("%s: %w", key, err)
		}
		if forms.One == "" || forms.Other == "" {
			return m, fmt.Errorf("%s: the forms one and other are both needed", key)
		}
		m.one, m.many, m.other = forms.One, forms.Many, forms.Other
	}
	for _, text := range []string{m.one, m.many, m.other} {
		if _, err := parsePattern(text); err != nil {
			return m, fmt.Errorf("%s: %w", key, err)
		}
	}
	return m, nil
}

// library gives the message the shape that go-i18n wants. French has a form
// "many" for whole millions; where it is left out, "other" serves.
func (m message) library(lang string) *goi18n.Message {
	out := &goi18n.Message{ID: m.key, One: m.one, Other: m.other}
	if lang == French {
		if m.one != "" {
			out.Many = m.many
			if out.Many == "" {
				out.Many = m.other
			}
		}
		out.One, out.Many, out.Other = typeset(out.One), typeset(out.Many), typeset(out.Other)
	}
	return out
}
