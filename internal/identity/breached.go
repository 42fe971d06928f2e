package identity

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// breachedList is the sorted first eight bytes of the SHA-256 of every listed
// word; tools/breachlist makes it. Hashes, so that no list of insults and names
// stands in the program; eight bytes, so that no good password is refused by
// chance.
//
//go:embed breached/list.bin
var breachedList string

const prefixSize = 8

// BreachedCore is the length, in characters, of the shortest words of the list.
const BreachedCore = 6

// BreachedPrefix is what the list keeps of a word, whatever its case.
func BreachedPrefix(word string) uint64 {
	sum := sha256.Sum256([]byte(fold(word)))
	return binary.BigEndian.Uint64(sum[:])
}

// Breached says whether a password stands in the list of breached passwords and
// common words, or is one of them dressed up: with digits and signs around it
// that make up no more than half of it ("Password2026!").
func Breached(password string) bool {
	if listed(password) {
		return true
	}
	core := strings.TrimFunc(password, func(r rune) bool { return !unicode.IsLetter(r) })
	n := utf8.RuneCountInString(core)
	return n >= BreachedCore && 2*n >= utf8.RuneCountInString(password) && listed(core)
}

func listed(word string) bool {
	want := BreachedPrefix(word)
	n := len(breachedList) / prefixSize
	i := sort.Search(n, func(i int) bool { return entryAt(i) >= want })
	return i < n && entryAt(i) == want
}

func entryAt(i int) uint64 {
	at := breachedList[i*prefixSize : (i+1)*prefixSize]
	var v uint64
	for j := range prefixSize {
		v = v<<8 | uint64(at[j])
	}
	return v
}

// BreachedEntries is how many words the list holds.
func BreachedEntries() int { return len(breachedList) / prefixSize }
