package blindindex_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"garant.example/internal/spec/blindindex"
)

func TestNormalise(t *testing.T) {
	for _, c := range []struct{ with, in, want string }{
		{"exact", " Été ", " Été "},
		{"text", "  Éloïse \t DUPONT\n", "éloïse dupont"},
		{"text", "E\u0301loi\u0308se dupont", "éloïse dupont"},
		{"text", "STRASSE", "strasse"},
		{"text", "Straße", "strasse"},
		{"text", "ｆｕｌｌ", "full"},
		{"text", "İstanbul", "i̇stanbul"},
		{"email", " Jean.Dupont@Exemple.FR. ", "jean.dupont@exemple.fr"},
		{"email", "jean", ""},
		{"email", "@exemple.fr", ""},
		{"email", "a@b@c", ""},
		{"email", "a@.", ""},
		{"phone", "+33 (0)6 12 34 56 78", "+33612345678"},
		{"phone", "0033 6.12.34.56.78", "+33612345678"},
		{"phone:33", "06 12 34 56 78", "+33612345678"},
		{"phone:1", "(514) 555-0199", "5145550199"},
		{"phone", "06 12 34 56 78", "0612345678"},
		{"phone", "06 12 CALL", ""},
		{"phone", "+0612345678", ""},
		{"phone", "1234567890123456", ""},
		{"digits", "756.1234.5678.97", "7561234567897"},
		{"digits", "１２３", "123"},
		{"digits", "12a", ""},
		{"digits", "--", ""},
		{"text", "\xff", ""},
		{"text", "   ", ""},
	} {
		n, err := blindindex.ParseNormaliser(c.with)
		if err != nil {
			t.Fatal(c.with, err)
		}
		if n.String() != c.with {
			t.Errorf("%s prints as %s", c.with, n)
		}
		got, err := n.Normalise(c.in)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s(%q) = %q, %v; want %q", c.with, c.in, got, err, c.want)
		}
		if err != nil && !errors.Is(err, blindindex.ErrValue) {
			t.Errorf("%s(%q): %v", c.with, c.in, err)
		}
	}
	for _, bad := range []string{"", "lower", "text:1", "phone:", "phone:033", "phone:12345", "phone:x"} {
		if _, err := blindindex.ParseNormaliser(bad); !errors.Is(err, blindindex.ErrNormaliser) {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// The tags below were computed by another program: python3 -c 'import hmac …' over
// the same length-prefixed parts. They must never change.
func TestTagsAreStable(t *testing.T) {
	key := make([]byte, blindindex.KeySize)
	for i := range key {
		key[i] = byte(i)
	}
	k, err := blindindex.NewKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ collection, field, value, want string }{
		{"participants", "email", "jean.dupont@exemple.fr", "a3a8eda9e4062cd7bcad"},
		{"participants", "emai", "ljean.dupont@exemple.fr", "1ebd389888b7d78a2901"},
		{"", "", "", "2efee49176708ff49079"},
	} {
		tag := k.Tag(c.collection, c.field, c.value)
		if got := hex.EncodeToString(tag[:]); got != c.want {
			t.Errorf("Tag(%q, %q, %q) = %s, want %s", c.collection, c.field, c.value, got, c.want)
		}
	}
	if fmt.Sprint(k) != "**redacted**" || fmt.Sprintf("%#v", k) != "**redacted**" {
		t.Error("a key prints itself")
	}
	if _, err := blindindex.NewKey(key[:31]); !errors.Is(err, blindindex.ErrKey) {
		t.Error("a short key was accepted")
	}
}

func TestGuessableFieldsAreRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		domain blindindex.Domain
		want   blindindex.Refusal
	}{
		{"sex", blindindex.Domain{Enum: 3}, blindindex.Enumeration},
		{"consent", blindindex.Domain{Boolean: true}, blindindex.Boolean},
		{"birth date", blindindex.Domain{Calendar: true}, blindindex.Calendar},
		{"postcode", blindindex.Domain{Digits: 5}, blindindex.SmallDomain},
		{"age", blindindex.Domain{Bounded: true, Min: 0, Max: 130}, blindindex.SmallDomain},
		{"country code", blindindex.Domain{Length: 2}, blindindex.SmallDomain},
		{"hex pair", blindindex.Domain{Length: 4, Alphabet: 16}, blindindex.SmallDomain},
		{"telephone", blindindex.Domain{Digits: 15}, blindindex.Fine},
		{"email", blindindex.Domain{Length: 254}, blindindex.Fine},
		{"customer number", blindindex.Domain{Bounded: true, Min: 0, Max: 1 << 40}, blindindex.Fine},
		{"free text", blindindex.Domain{}, blindindex.Fine},
	} {
		if got := c.domain.Check(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for _, c := range []struct {
		m    blindindex.Measured
		want blindindex.Refusal
	}{
		{blindindex.Measured{Rows: 100, Distinct: 1, Largest: 100}, blindindex.Fine},
		{blindindex.Measured{Rows: 100_000, Distinct: 500, Largest: 400}, blindindex.TooFew},
		{blindindex.Measured{Rows: 100_000, Distinct: 60_000, Largest: 9_000}, blindindex.TooFrequent},
		{blindindex.Measured{Rows: 100_000, Distinct: 30_000, Largest: 900}, blindindex.Fine},
	} {
		if got := c.m.Check(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.m, got, c.want)
		}
	}
}

func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"Jean.Dupont@Exemple.fr", "+33 (0)6 12", "Straße", "İ", "\xff", "00", "(0)", "ΐ", "ŉ"} {
		for which := range 5 {
			f.Add(s, which)
		}
	}
	names := []string{"exact", "text", "email", "phone:33", "digits"}
	f.Fuzz(func(t *testing.T, value string, which int) {
		n, err := blindindex.ParseNormaliser(names[uint(which)%uint(len(names))])
		if err != nil {
			t.Fatal(err)
		}
		once, err := n.Normalise(value)
		if err != nil {
			return
		}
		twice, err := n.Normalise(once)
		if err != nil || twice != once {
			t.Errorf("%s: %q → %q → %q, %v", n, value, once, twice, err)
		}
	})
}

func BenchmarkTag(b *testing.B) {
	k, _ := blindindex.NewKey(make([]byte, blindindex.KeySize))
	b.ReportAllocs()
	for b.Loop() {
		k.Tag("participants", "email", "jean.dupont@exemple.fr")
	}
}

// Folding what is ASCII the short way is folding it.
func TestFoldOfASCII(t *testing.T) {
	text, err := blindindex.ParseNormaliser("text")
	if err != nil {
		t.Fatal(err)
	}
	for r := range rune(128) {
		s := "a" + string(r) + "Z"
		want := strings.Join(strings.Fields(norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))), " ")
		if got, err := text.Normalise(s); err != nil || got != want {
			t.Errorf("%q: %q, want %q: %v", s, got, want, err)
		}
	}
}

// One key makes tags for many at once.
func TestTagsTogether(t *testing.T) {
	key := func() *blindindex.Key {
		k, err := blindindex.NewKey(make([]byte, blindindex.KeySize))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	want := map[string]blindindex.Tag{}
	for i := range 50 {
		value := strconv.Itoa(i)
		want[value] = key().Tag("c", "f", value)
	}
	shared := key()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for value, tag := range want {
				if shared.Tag("c", "f", value) != tag {
					t.Errorf("%s has another tag", value)
				}
			}
		})
	}
	all.Wait()
}
