package i18n

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"garant.example/internal/errs"
)

func sample(t *testing.T) *Catalog {
	t.Helper()
	c, err := load(fstest.MapFS{
		"locales/en/d.json": {Data: []byte(`{"d.plain": "Hello", "d.fill": "{who}: {n} at {when}",
			"d.rows": {"one": "{count} row of {file}", "other": "{count} rows of {file}"}, "d.only_en": "x"}`)},
		"locales/fr/d.json": {Data: []byte(`{"d.plain": "Bonjour : « ça » va ? Oui ; oui !", "d.fill": "{who} : {n} le {when}",
			"d.rows": {"one": "{count} ligne de {file}", "many": "{count} de lignes de {file}", "other": "{count} lignes de {file}"}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestT(t *testing.T) {
	c := sample(t)
	en, fr := c.Printer("en"), c.Printer("fr")
	when := time.Date(2026, 11, 22, 6, 4, 5, 0, time.UTC)
	params := Params{"who": "A", "n": 12345, "when": when}
	cases := []struct{ got, want string }{
		{en.T("d.plain"), "Hello"},
		{fr.T("d.plain"), "Bonjour\u00a0: «\u00a0ça\u00a0» va\u202f? Oui\u202f; oui\u202f!"},
		{en.T("d.fill", params), "A: 12,345 at 22\u00a0November 2026, 06:04"},
		{fr.T("d.fill", params), "A\u00a0: 12\u202f345 le 22\u00a0novembre 2026, 6\u00a0h\u00a004"},
		{en.T("d.fill", Params{"who": Size(1500), "n": Ratio(0.5), "when": Day(when)}),
			"1.5\u00a0kB: 50% at 22\u00a0November 2026"},
		{en.T("d.fill"), "⟦who⟧: ⟦n⟧ at ⟦when⟧"},
		{en.T("d.nothing"), "⟦d.nothing⟧"},
		{en.T("d.rows"), "⟦d.rows⟧"},
		{fr.T("d.only_en"), "⟦d.only_en⟧"},
		{en.N("d.rows", 1, Params{"file": "f"}), "1 row of f"},
		{en.N("d.rows", 0, Params{"file": "f"}), "0 rows of f"},
		{fr.N("d.rows", 0, Params{"file": "f"}), "0 ligne de f"},
		{fr.N("d.rows", 1234, Params{"file": "f"}), "1\u202f234 lignes de f"},
		{fr.N("d.rows", 1000000, Params{"file": "f"}), "1\u202f000\u202f000 de lignes de f"},
		{en.N("d.plain", 2, nil), "⟦d.plain⟧"},
		{c.Printer("de").T("d.plain"), "Hello"},
	}
	for _, k := range cases {
		if k.got != k.want {
			t.Errorf("got %q, want %q", k.got, k.want)
		}
	}
	if params["n"] != 12345 || len(params) != 3 {
		t.Error("the caller's parameters were changed")
	}
}

func TestError(t *testing.T) {
	c := Must()
	secret := errors.New("dial tcp 10.0.0.1: refused")
	for _, lang := range Languages() {
		shown := c.Printer(lang).Error(fmt.Errorf("while reading: %w", secret))
		if shown.Detail != c.Printer(lang).T("error.internal") || shown.Fix == "" || shown.Title == "" {
			t.Errorf("%s: %+v", lang, shown)
		}
	}
	e := errs.New(errs.Invalid, "error.invalid").At("/name", "error.too_large", nil)
	shown := c.Printer(French).Error(e)
	if len(shown.Fields) != 1 || shown.Fields[0] != (ShownField{"/name", "C’est trop volumineux"}) {
		t.Errorf("fields: %+v", shown.Fields)
	}
	if got := c.Printer(French).Error(nil); got.Title != "" {
		t.Errorf("nil error: %+v", got)
	}
}

func TestFormats(t *testing.T) {
	c := Must()
	en, fr := c.Printer(English), c.Printer(French)
	paris := time.FixedZone("", 3600)
	first := time.Date(2026, 2, 28, 23, 30, 0, 0, time.UTC)
	cases := []struct{ got, want string }{
		{fr.Date(first.AddDate(0, 0, 1)), "1er\u00a0mars 2026"},
		{fr.In(paris).DateTime(first), "1er\u00a0mars 2026, 0\u00a0h\u00a030"},
		{en.DateTime(first), "28\u00a0February 2026, 23:30"},
		{en.Date(time.Time{}) + en.Time(time.Time{}) + en.DateTime(time.Time{}), ""},
		{en.Number(-1234567), "−1,234,567"},
		{fr.Number(123456), "123\u202f456"},
		{fr.Number(999), "999"},
		{en.Decimal(1234.50, 2), "1,234.5"},
		{fr.Decimal(-0.004, 2), "0"},
		{fr.Decimal(-1.25, 2), "−1,25"},
		{fr.Percent(0.9975, 2), "99,75\u00a0%"},
		{en.Percent(1, 2), "100%"},
		{fr.Bytes(1_500_000), "1,5\u00a0Mo"},
		{en.Bytes(999_999), "1\u00a0MB"},
		{en.Bytes(512), "512\u00a0B"},
		{fr.Duration(76 * time.Hour), "3\u00a0j 4\u00a0h"},
		{en.Duration(48 * time.Hour), "2\u00a0d"},
		{en.Duration(125 * time.Second), "2\u00a0min 5\u00a0s"},
		{en.Duration(41_900 * time.Millisecond), "41\u00a0s"},
		{en.Duration(120 * time.Millisecond), "120\u00a0ms"},
		{en.Duration(0), "0\u00a0s"},
		{fr.Duration(-time.Minute), "−1\u00a0min"},
	}
	for _, k := range cases {
		if k.got != k.want {
			t.Errorf("got %q, want %q", k.got, k.want)
		}
	}
}

func TestMatch(t *testing.T) {
	cases := map[string]string{
		"":                            English,
		"fr":                          French,
		"fr-CA,fr;q=0.9,en;q=0.8":     French,
		"de,fr;q=0.5":                 French,
		"en-GB;q=0.4, fr-BE;q=0.9":    French,
		"ja":                          English,
		"*":                           English,
		"fr;q=x":                      English,
		"en-US,en;q=0.5,fr-FR;q=0.25": English,
	}
	for header, want := range cases {
		if got := Match(header); got != want {
			t.Errorf("Match(%q) = %q, want %q", header, got, want)
		}
	}
	if got := Must().Match("ja", French); got != French {
		t.Errorf("fallback = %q", got)
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("fr-CA,fr;q=0.9,en;q=0.8")
	c := Must()
	f.Fuzz(func(t *testing.T, header string) {
		if got := c.Match(header, English); !Known(got) {
			t.Fatalf("Match(%q) = %q", header, got)
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	c := sample(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := range int64(200) {
				if got := c.Printer(French).N("d.rows", n+2, Params{"file": "f"}); got == "" {
					t.Error("empty")
				}
			}
		})
	}
	wg.Wait()
}
