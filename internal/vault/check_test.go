package vault

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"garant.example/internal/errs"
	"garant.example/internal/tenant"
)

func both(s string) tenant.Text { return tenant.Text{EN: s, FR: s} }

// sample has a field of every kind.
func sample(t testing.TB) *Collection {
	t.Helper()
	one, hundred := int64(1), int64(100)
	c := &Collection{Name: "sample", Number: 1, Title: both("Sample"), Class: "c", About: AboutNobody}
	for _, f := range []Field{
		{Name: "text", Kind: Text, MaxLength: 10}, {Name: "code", Kind: Text, Pattern: "[A-Z]{2}[0-9]+"}, {Name: "email", Kind: Email},
		{Name: "phone", Kind: Phone}, {Name: "url", Kind: URL}, {Name: "enum", Kind: Enum, Options: []string{"a", "b"}, Open: true},
		{Name: "choices", Kind: Choices, Options: []string{"x", "y", "z"}}, {Name: "integer", Kind: Integer, Min: &one, Max: &hundred},
		{Name: "decimal", Kind: Decimal}, {Name: "boolean", Kind: Boolean}, {Name: "date", Kind: Date}, {Name: "moment", Kind: Moment},
		{Name: "country", Kind: Country}, {Name: "language", Kind: Language}, {Name: "ref", Kind: Ref, Of: "sample"}, {Name: "needed", Kind: Text, Required: true},
	} {
		f.Title, f.Class = both(string(f.Name)), "c"
		c.Fields = append(c.Fields, f)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestValues(t *testing.T) {
	c := sample(t)
	for _, v := range []struct{ field, in, out, fault string }{
		{"text", `"été"`, `"été"`, ""}, {"text", `"12345678901"`, "", "vault.text.long"}, {"text", `"a\u0000b"`, "", "vault.text.nul"}, {"text", `5`, "", "vault.type.text"},
		{"code", `"AB12"`, `"AB12"`, ""}, {"code", `"AB12 "`, "", "vault.text.pattern"},
		{"email", `"a@example.org"`, `"a@example.org"`, ""}, {"email", `"A <a@example.org>"`, "", "vault.email.malformed"}, {"email", `"a@"`, "", "vault.email.malformed"},
		{"phone", `"+33 6 39-98.00 01"`, `"+33639980001"`, ""}, {"phone", `"call me"`, "", "vault.phone.malformed"}, {"phone", `"1234567890123456"`, "", "vault.phone.malformed"},
		{"url", `"https://example.org/é"`, `"https://example.org/é"`, ""}, {"url", `"javascript:alert(1)"`, "", "vault.url.malformed"}, {"url", `"https://u:p@example.org"`, "", "vault.url.malformed"},
		{"enum", `"a"`, `"a"`, ""}, {"enum", `"c"`, "", "vault.option.unknown"},
		{"choices", `["z","x"]`, `["x","z"]`, ""}, {"choices", `["x","x"]`, "", "vault.option.unknown"}, {"choices", `["q"]`, "", "vault.option.unknown"}, {"choices", `"x"`, "", "vault.type.list"},
		{"integer", `100`, `100`, ""}, {"integer", `101`, "", "vault.integer.range"}, {"integer", `0`, "", "vault.integer.range"}, {"integer", `1.5`, "", "vault.type.integer"}, {"integer", `99999999999999999999`, "", "vault.type.integer"},
		{"decimal", `-0.10`, `-0.10`, ""}, {"decimal", `1e9`, "", "vault.type.decimal"},
		{"boolean", `true`, `true`, ""}, {"boolean", `"true"`, "", "vault.type.boolean"},
		{"date", `"2024-02-29"`, `"2024-02-29"`, ""}, {"date", `"2023-02-29"`, "", "vault.date.malformed"},
		{"moment", `"2026-11-22T06:04:00+01:00"`, `"2026-11-22T05:04:00Z"`, ""}, {"moment", `"2026-11-22"`, "", "vault.datetime.malformed"},
		{"country", `"CA"`, `"CA"`, ""}, {"country", `"ca"`, "", "vault.country.unknown"}, {"country", `"XX"`, "", "vault.country.unknown"},
		{"language", `"fr-CA"`, `"fr-CA"`, ""}, {"language", `"not a tag"`, "", "vault.language.unknown"},
		{"ref", `"r_1"`, "", "vault.reference.malformed"},
	} {
		got, fault, _ := c.Fields[c.field(v.field)].check(jsontext.Value(v.in))
		if fault != v.fault || string(got) != v.out && v.fault == "" {
			t.Errorf("%s %s: %q %q, want %q %q", v.field, v.in, got, fault, v.out, v.fault)
		}
	}
}

func TestEveryFaultAtOnce(t *testing.T) {
	_, err := sample(t).Decode([]byte(`{"text":"far too long a text","nobody":1,"integer":0,"a/b~c":2}`), false)
	e := errs.Of(err)
	want := map[string]string{"/text": "vault.text.long", "/nobody": "vault.field.unknown", "/integer": "vault.integer.range",
		"/needed": "vault.field.required", "/a~1b~0c": "vault.field.unknown"}
	if e == nil || len(e.Fields) != len(want) {
		t.Fatalf("%v", err)
	}
	for _, f := range e.Fields {
		if want[f.Pointer] != f.Key {
			t.Errorf("%s: %s, want %s", f.Pointer, f.Key, want[f.Pointer])
		}
	}
}

func TestMalformed(t *testing.T) {
	c := sample(t)
	for name, body := range map[string]string{"nothing": ``, "a list": `[]`, "cut": `{"needed":"x"`, "two": `{"needed":"x"}{}`, "twice": `{"needed":"x","needed":"y"}`,
		"UTF-8": "{\"needed\":\"\xff\"}", "deep": `{"needed":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, "garbage": "\x00\x01"} {
		if _, err := c.Decode([]byte(body), false); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Decode(make([]byte, MaxBody+1), false); !errs.Is(err, errs.TooLarge) {
		t.Errorf("too large: %v", err)
	}
}

func TestGuessableFieldsAreRefused(t *testing.T) {
	c := &Collection{Name: "c", Title: both("c"), Class: "c", About: AboutNobody, Fields: []Field{
		{Name: "sex", Title: both("s"), Kind: Enum, Class: "c", Options: []string{"f", "m"}, Findable: &Findable{Normalise: "exact"}},
		{Name: "born", Title: both("b"), Kind: Date, Class: "c", Findable: &Findable{Normalise: "exact"}},
		{Name: "pin", Title: both("p"), Kind: Text, Class: "c", Findable: &Findable{Normalise: "digits", Digits: 4}},
		{Name: "words", Title: both("w"), Kind: Text, Class: "c", Open: true},
	}}
	e := errs.Of(c.Validate())
	if e == nil || len(e.Fields) != 4 {
		t.Fatalf("%v", e)
	}
}

func TestFormulasComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("'=+-@\t\rab é"))).Draw(rt, "cell")
		safe := Neutralise(s)
		if safe != "" && strings.ContainsRune(formulaStarts, rune(safe[0])) {
			rt.Fatalf("%q is still a formula", safe)
		}
		if back := Restore(safe); back != s {
			rt.Fatalf("%q came back as %q", s, back)
		}
	})
}

// Whatever is sent, what is accepted reads back the same, and nothing else happens.
func FuzzDecode(f *testing.F) {
	f.Add(`{"needed":"x","choices":["z","x"],"moment":"2026-11-22T06:04:00+01:00"}`)
	f.Add(`{"needed":null,"text":"\ud83d\ude00"}`)
	f.Add(`{"n\u0065eded":"x"}`)
	c := sample(f)
	f.Fuzz(func(t *testing.T, body string) {
		values, err := c.Decode([]byte(body), false)
		if err != nil {
			return
		}
		stored := c.append(nil, values, all)
		if !utf8.Valid(stored) {
			t.Fatalf("%q", stored)
		}
		back, err := c.parse(stored)
		if err != nil {
			t.Fatal(err)
		}
		if again := c.append(nil, back, all); string(again) != string(stored) {
			t.Fatalf("%s read back as %s", stored, again)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	c := sample(b)
	c.Fields[0].MaxLength = 1000
	body := []byte(`{"text":"` + strings.Repeat("Préfère être jointe le matin. ", 25) + `","email":"a@example.org","phone":"+14185550100","enum":"a","needed":"x"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Decode(body, false); err != nil {
			b.Fatal(err)
		}
	}
}

// The short way for a text without escapes gives what the long way gives.
func TestTextStandsAsItWasRead(t *testing.T) {
	f := &Field{Name: "text", Kind: Text, Class: "c", Title: both("Text")}
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Map(func(r rune) rune {
			if r < ' ' {
				return -1
			}
			return r
		}, rapid.StringN(0, 40, 200).Draw(t, "s"))
		raw := jsontext.Value(quote(s))
		got, key, _ := f.check(raw)
		if key != "" || string(got) != string(raw) {
			t.Fatalf("%s became %s (%s)", raw, got, key)
		}
	})
}

// Two letters are a language whether they are looked up or taken apart.
func TestKnownLanguage(t *testing.T) {
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			s := string([]rune{a, b})
			if _, err := language.Parse(s); knownLanguage(s) != (err == nil) || knownLanguage(strings.ToUpper(s)) != (err == nil) {
				t.Errorf("%s: %v", s, err)
			}
		}
	}
	for s, want := range map[string]bool{"fr-CA": true, "zh-Hant-TW": true, "": false, "é": false, "1a": false, "f": false, "français": false} {
		if knownLanguage(s) != want {
			t.Errorf("%q: want %v", s, want)
		}
	}
}
