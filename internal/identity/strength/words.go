package strength

import (
	"compress/gzip"
	_ "embed"
	"io"
	"math"
	"strings"

	"github.com/ccojocar/zxcvbn-go/data"
	"github.com/ccojocar/zxcvbn-go/entropy"
	"github.com/ccojocar/zxcvbn-go/match"
	"github.com/go-json-experiment/json"
)

// french is the list of French words, most frequent first, an empty line, and
// French names, one a line; tools/wordlist makes it.
//
//go:embed words/fr.txt.gz
var french string

// Bounds of the words that are looked for, in characters.
const (
	shortestWord = 3
	longestWord  = 24
)

// ranked reads every list into one: a word has its best rank. A list that cannot
// be read is a program that was built wrongly.
func ranked() map[string]int32 {
	out := make(map[string]int32, 120_000)
	add := func(word string, rank int) {
		if len(word) < shortestWord || len(word) > longestWord {
			return
		}
		if had, ok := out[word]; !ok || int32(rank) < had {
			out[word] = int32(rank)
		}
	}
	words, names := frenchLists()
	for i, w := range words {
		add(w, i+1)
	}
	for _, w := range names { // in no order of frequency: any of them is as likely
		add(w, len(names))
	}
	for _, name := range []string{"Passwords", "English", "FemaleNames", "MaleNames", "Surnames"} {
		for i, w := range asset(name) {
			add(strings.ToLower(Fold(w)), i+1)
		}
	}
	return out
}

func frenchLists() (words, names []string) {
	r, err := gzip.NewReader(strings.NewReader(french))
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	before, after, _ := strings.Cut(string(text), "\n\n")
	return strings.Fields(before), strings.Fields(after)
}

// asset reads one list of zxcvbn-go.
func asset(name string) []string {
	text, err := data.Asset("data/" + name + ".json")
	if err != nil {
		panic(err)
	}
	var list struct{ List []string }
	if err := json.Unmarshal(text, &list); err != nil {
		panic(err)
	}
	return list.List
}

// words finds the words that stand in s: as they are, backwards, and with digits
// and signs for letters.
func (m *Meter) words(s string, own map[string]int32) []match.Match {
	plain, changed := lettered(s)
	matches := m.among(s, own, 0)
	if changed > 0 {
		matches = append(matches, m.among(plain, own, 1)...)
	}
	back := m.among(reversed(s), own, 1)
	for i := range back {
		back[i].I, back[i].J = len(s)-1-back[i].J, len(s)-1-back[i].I
	}
	return append(matches, back...)
}

// among finds words; extra is what their disguise is worth, in bits.
func (m *Meter) among(s string, own map[string]int32, extra float64) (matches []match.Match) {
	lower := strings.ToLower(s)
	for i := range s {
		for j := i + shortestWord; j <= min(len(s), i+max(longestWord, mostMeasured/2)); j++ {
			part := match.Match{I: i, J: j - 1, Token: s[i:j], DictionaryName: "words"}
			rank, isOwn := own[lower[i:j]]
			if part.Pattern = string(Own); !isOwn {
				part.Pattern = string(Words)
				rank = m.ranks[lower[i:j]]
			}
			if rank > 0 {
				part.Entropy = entropy.DictionaryEntropy(part, float64(rank)) + extra
				matches = append(matches, part)
			}
		}
	}
	return matches
}

// bits is the work of a choice among n.
func bits(n float64) float64 { return math.Log2(max(n, 1)) }
