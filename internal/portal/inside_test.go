package portal

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/i18n"
	"garant.example/internal/profile"
	"garant.example/profiles"
)

func TestFiguresInTheLanguageOfThePage(t *testing.T) {
	catalog := i18n.Must()
	cases := []struct {
		figure assurance.Figure
		en, fr string
	}{
		{assurance.Figure{Value: 1212}, "1,212", "1\u202f212"},
		{assurance.Figure{Value: 0.5}, "0.5", "0,5"},
		{assurance.Figure{Value: 41, Unit: "s"}, "41\u00a0s", "41\u00a0s"},
		{assurance.Figure{Value: 89, Unit: "d"}, "89\u00a0d", "89\u00a0j"},
		{assurance.Figure{Value: 0, Unit: "s"}, "0\u00a0s", "0\u00a0s"},
		{assurance.Figure{Value: 1.5, Unit: "h"}, "1\u00a0h 30\u00a0min", "1\u00a0h 30\u00a0min"},
		{assurance.Figure{Value: 18_400_000_000, Unit: "B"}, "18.4\u00a0GB", "18,4\u00a0Go"},
		{assurance.Figure{Value: 99.75, Unit: "%"}, "99.75%", "99,75\u00a0%"},
		{assurance.Figure{Value: 256, Unit: "bit"}, "256 bits", "256 bits"},
		{assurance.Figure{Value: 3, Unit: "px"}, "3\u00a0px", "3\u00a0px"},
		{assurance.Figure{Text: "1.2"}, "1.2", "1.2"},
	}
	for _, c := range cases {
		en, fr := &visit{say: catalog.Printer("en")}, &visit{say: catalog.Printer("fr")}
		if got := en.figureValue(c.figure); got != c.en {
			t.Errorf("%+v in English: %q, want %q", c.figure, got, c.en)
		}
		if got := fr.figureValue(c.figure); got != c.fr {
			t.Errorf("%+v in French: %q, want %q", c.figure, got, c.fr)
		}
	}
}

func TestEveryAreaAndMechanismHasWords(t *testing.T) {
	set, err := profile.Load(profiles.FS)
	if err != nil {
		t.Fatal(err)
	}
	catalog := i18n.Must()
	for _, p := range set.Promises() {
		if key := "portal.area." + word(string(p.Area)); !catalog.Has(key) {
			t.Errorf("%s: %s is missing", p.ID, key)
		}
	}
	for _, m := range profile.Mechanisms() {
		if key := "portal.how." + word(string(m)); !catalog.Has(key) {
			t.Errorf("%s is missing", key)
		}
	}
	for _, k := range profile.Kinds() {
		if key := "portal.kind." + string(k); !catalog.Has(key) {
			t.Errorf("%s is missing", key)
		}
	}
	for _, h := range headings() {
		if key := "portal.heading." + string(h); !catalog.Has(key) || !catalog.Has(key+"_lede") {
			t.Errorf("%s is missing", key)
		}
	}
}

func TestTheVerdictIsNeverBetterThanTheWorst(t *testing.T) {
	v := &visit{say: i18n.Must().Printer("en")}
	kept := v.verdict(map[assurance.Status]int64{assurance.Kept: 9, assurance.Planned: 5}, 9)
	for _, s := range []assurance.Status{assurance.Failing, assurance.Unknown, assurance.Stale, assurance.Exception} {
		if got := v.verdict(map[assurance.Status]int64{assurance.Kept: 9, s: 1}, 10); got == kept {
			t.Errorf("with one %s: %q", s, got)
		}
	}
	if got := v.verdict(map[assurance.Status]int64{assurance.Planned: 5}, 0); got == kept {
		t.Errorf("with nothing measured: %q", got)
	}
}

func TestSpans(t *testing.T) {
	v := &visit{say: i18n.Must().Printer("fr")}
	for text, want := range map[string]string{"25mo": "25 mois", "1h": "1\u00a0h", "31d": "31 jours", "1d": "1 jour", "36h": "1\u00a0j 12\u00a0h"} {
		s, err := profile.ParseSpan(text)
		if got := v.span(s); err != nil || got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
	if m := v.moment(time.Time{}); m.Text != "" {
		t.Errorf("never is %q", m.Text)
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/", "/fr/trust/x?a=b#c", "//evil.example", `/\evil.example`, "https://evil.example", "/\t/evil.example", "/é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := localPath(s)
		u, err := url.Parse(got)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t") {
			t.Fatalf("%q became %q", s, got)
		}
		if err == nil && (u.Host != "" || u.Scheme != "") {
			t.Fatalf("%q leads to %q", s, u.Host)
		}
	})
}
