package strength

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMeasure(t *testing.T) {
	var m Meter
	own := []string{"Marguerite Dupont", "mdupont4", "Ville de Québec", "quebec.example"}
	for _, c := range []struct {
		password string
		low, top int
		why      Weakness
	}{
		{"", 0, 0, Short},
		{"xkq7", 0, 0, Short},
		{"password", 0, 0, Words},
		{"P@ssw0rd2026", 0, 1, Words},
		{"motdepasse", 0, 1, Words},
		{"Bonjour-Soleil", 0, 2, Words},
		{"Été-à-Québec", 0, 2, Own},
		{"Marguerite1987", 0, 1, Own},
		{"etireugraM1987", 0, 1, Own},
		{"azertyuiop123456", 0, 1, Pattern},
		{"Abcdefghijk1", 0, 1, Pattern},
		{"aaaaaaaaaaaaaaaa", 0, 1, Pattern},
		{"14/07/1989", 0, 1, Pattern},
		{"Tremblay2024!", 0, 1, Words},
		{"xkq7xkq7xkq7xkq7", 0, 2, Pattern},
		{"Qwxz-Rtvb-5678", 4, 4, ""},
		{"Zwölf-Boxkämpfer-9182", 4, 4, ""},
		{"cheval correct pile agrafe ciel", 3, 4, ""},
		{"Les-Quatre-7-Saisons", 3, 4, ""},
		{"абвг-Ждуклм-93", 3, 4, ""},
	} {
		score, why := m.Measure(c.password, own)
		if score < c.low || score > c.top {
			t.Errorf("%q: score %d (%s), want %d to %d", c.password, score, why, c.low, c.top)
		}
		if c.why != "" && why != c.why {
			t.Errorf("%q: %s, want %s", c.password, why, c.why)
		}
	}
}

// French words count as English ones do, and accents do not hide them.
func TestFrench(t *testing.T) {
	var m Meter
	for _, word := range []string{"grenouille", "Écureuil", "FORÊT", "ouvrière", "bibliothèque"} {
		if score, why := m.Measure(word+"12", nil); score > 1 || why != Words {
			t.Errorf("%q: %d, %s", word, score, why)
		}
	}
	words, names := frenchLists()
	if len(words) < 20_000 || len(names) < 5_000 {
		t.Errorf("%d words and %d names", len(words), len(names))
	}
	for _, w := range slices.Concat(words, names) {
		if strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Fatalf("%q is not folded", w)
		}
	}
}

// Own words weigh only for whom they are own.
func TestOwn(t *testing.T) {
	var m Meter
	const password = "Zrtwxk-49-bpl"
	if score, _ := m.Measure(password, nil); score != Best {
		t.Errorf("a stranger: %d", score)
	}
	if score, why := m.Measure(password, []string{"Zrtwxk Bpl"}); score > 2 || why != Own {
		t.Errorf("its owner: %d, %s", score, why)
	}
}

// A long password costs no more to measure than its first hundred characters, and
// is not weaker for what follows.
func TestLong(t *testing.T) {
	var m Meter
	head := strings.Repeat("w9$Kz!", 17)[:100]
	a, _ := m.Measure(head, nil)
	b, _ := m.Measure(head+strings.Repeat("0@!1|5$7", 200), nil)
	if a != b {
		t.Errorf("%d and %d", a, b)
	}
}

func TestFold(t *testing.T) {
	for from, want := range map[string]string{"Été": "Ete", "cœur": "coeur", "ﬁn": "fin", "l’été": "l'ete", "Straße": "Strasse"} {
		if got := Fold(from); got != want {
			t.Errorf("%q: %q, want %q", from, got, want)
		}
	}
}

func FuzzMeasure(f *testing.F) {
	for _, s := range []string{"", "password", "Été-à-Québec", "14/07/1989", "aaaa", "\xff\xfe", "1qaz2wsx", "4@8({[<3691!|0$5+7%2", strings.Repeat("7", 300)} {
		f.Add(s, "Marguerite Dupont")
	}
	var m Meter
	f.Fuzz(func(t *testing.T, password, own string) {
		score, why := m.Measure(password, []string{own})
		if score < 0 || score > Best || !slices.Contains(Weaknesses(), why) {
			t.Fatalf("%d, %q", score, why)
		}
		if folded := Fold(password); !utf8.ValidString(folded) || len(folded) != utf8.RuneCountInString(folded) {
			t.Fatalf("%q is not ASCII", folded)
		}
		if more, _ := m.Measure(password, []string{own, password}); more > score && len(password) <= mostMeasured {
			t.Fatalf("%q became stronger (%d, %d) by being known", password, score, more)
		}
	})
}

func BenchmarkMeasure(b *testing.B) {
	var m Meter
	m.Measure("x", nil)
	for b.Loop() {
		m.Measure("Zwölf-Boxkämpfer-9182", []string{"Marguerite Dupont", "mdupont4"})
	}
}
