package strength

import (
	"strings"
	"sync"
	"unicode"

	"github.com/ccojocar/zxcvbn-go/match"
	"github.com/ccojocar/zxcvbn-go/scoring"
)

// Best is the highest score.
const Best = 4

// Weakness is why a password is easy to guess.
type Weakness string

// The closed list.
const (
	Short   Weakness = "short"   // nothing is wrong with it but its length
	Words   Weakness = "words"   // common words, names or leaked passwords
	Own     Weakness = "own"     // what the person or the tenant is called
	Pattern Weakness = "pattern" // runs, repeats, rows of a keyboard, dates
)

// Weaknesses returns the closed list.
func Weaknesses() []Weakness { return []Weakness{Short, Words, Own, Pattern} }

// Meter measures passwords. The zero value is ready to use.
type Meter struct {
	once  sync.Once
	ranks map[string]int32
}

// Measure returns the score of a password, from 0 to Best, and what makes it easy.
// own are names, addresses and titles, whole; they are cut into words here.
func (m *Meter) Measure(password string, own []string) (score int, why Weakness) {
	m.once.Do(func() { m.ranks = ranked() })
	s := clip(Fold(password))
	if s == "" {
		return 0, Short
	}
	matches := m.words(s, ownRanks(own))
	matches = append(matches, runs(s)...)
	matches = append(matches, repeats(s)...)
	matches = append(matches, dates(s)...)
	found := scoring.MinimumEntropyMatchSequence(s, matches)
	return found.Score, weakness(found.MatchSequence)
}

// weakness names what most of the password is made of; own words come first,
// because they are the first that are tried.
func weakness(parts []match.Match) Weakness {
	covered := map[string]int{}
	for _, p := range parts {
		covered[p.Pattern] += p.J - p.I + 1
	}
	switch words, patterns := covered[string(Words)], covered[string(Pattern)]; {
	case covered[string(Own)] > 0:
		return Own
	case words == 0 && patterns == 0:
		return Short
	case patterns > words:
		return Pattern
	default:
		return Words
	}
}

// shortestOwn is the length of the shortest own word that counts, in characters.
const shortestOwn = 3

// ownRanks gives the own words their ranks, in the order in which they come.
func ownRanks(own []string) map[string]int32 {
	out := map[string]int32{}
	add := func(word string) {
		if _, ok := out[word]; !ok && len(word) >= shortestOwn {
			out[word] = int32(len(out) + 1)
		}
	}
	for _, text := range own {
		folded := strings.ToLower(clip(Fold(text)))
		for _, word := range strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			add(word)
		}
		add(strings.ReplaceAll(folded, " ", ""))
	}
	return out
}
