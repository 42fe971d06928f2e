package identity

import (
	"crypto/rand"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"garant.example/internal/errs"
	"garant.example/internal/identity/strength"
	"garant.example/internal/tenant"
)

// maxPassword bounds what is hashed: long enough for any sentence, short enough
// that nobody makes the server hash megabytes.
const maxPassword = 1024 // bytes

// prepare brings a password into the form that is hashed (RFC 8265 OpaqueString):
// the same password typed on another keyboard gives the same bytes. ok is false
// for what cannot be a password: empty, too long, control characters, not UTF-8.
func prepare(password string) (prepared string, ok bool) {
	if len(password) > maxPassword || !utf8.ValidString(password) {
		return "", false
	}
	prepared, err := precis.OpaqueString.String(password)
	return prepared, err == nil && prepared != ""
}

// makeup counts what a password is made of.
type makeup struct{ total, upper, lower, digit, special int }

func makeupOf(password string) (m makeup) {
	for _, r := range password {
		m.total++
		switch {
		case unicode.IsUpper(r) || unicode.IsTitle(r):
			m.upper++
		case unicode.IsLower(r):
			m.lower++
		case unicode.IsDigit(r):
			m.digit++
		case !unicode.IsLetter(r):
			m.special++
		}
	}
	return m
}

// check tells every rule that a new password breaks, all at once, and returns its
// prepared form. own is what the person is called: a password must not hold it. What
// the tenant is called may stand in a password, and makes it easier to guess.
func (s *Service) check(t tenant.Tenant, rules PasswordRules, password string, own []string) (string, error) {
	e := errs.New(errs.Invalid, "identity.password.invalid").Do("identity.password.invalid.fix")
	prepared, ok := prepare(password)
	if !ok {
		return "", e.At("/password", "identity.password.unusable", errs.Params{"max": maxPassword})
	}
	m := makeupOf(prepared)
	for _, need := range []struct {
		have, want int
		key        string
	}{
		{m.total, rules.Length, "identity.password.length"},
		{m.upper, rules.Upper, "identity.password.upper"},
		{m.lower, rules.Lower, "identity.password.lower"},
		{m.digit, rules.Digit, "identity.password.digit"},
		{m.special, rules.Special, "identity.password.special"},
		{m.digit + m.special, rules.DigitOrSpecial, "identity.password.digit_or_special"},
	} {
		if need.have < need.want {
			e.At("/password", need.key, errs.Params{"min": need.want})
		}
	}
	if holdsOwn(prepared, own) {
		e.At("/password", "identity.password.own", nil)
	}
	if rules.Breached && Breached(prepared) {
		e.At("/password", "identity.password.breached", nil)
	}
	if rules.Score > 0 { // the lists are not even read where nobody asks for a score
		if score, why := s.meter.Measure(prepared, slices.Concat(own, called(t))); score < rules.Score {
			e.At("/password", weakKey(why), errs.Params{"score": score, "min": rules.Score})
		}
	}
	if len(e.Fields) > 0 {
		return "", e
	}
	return prepared, nil
}

// called is what a tenant is called, in the words that its people know.
func called(t tenant.Tenant) []string { return append([]string{string(t.Slug), t.Title}, t.Hosts...) }

// weakKey says why a password is too easy to guess, without repeating any of it.
func weakKey(why strength.Weakness) string {
	switch why {
	case strength.Own:
		return "identity.password.weak.own"
	case strength.Words:
		return "identity.password.weak.words"
	case strength.Pattern:
		return "identity.password.weak.pattern"
	default:
		return "identity.password.weak.short"
	}
}

// minOwn is the shortest word of a person's own names that a password must not
// hold; shorter ones stand in too many good passwords by chance.
const minOwn = 4

// holdsOwn says whether a password holds a word of what the person is called.
func holdsOwn(password string, own []string) bool {
	folded := fold(password)
	for _, name := range own {
		for _, word := range strings.FieldsFunc(fold(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(word) >= minOwn && strings.Contains(folded, word) {
				return true
			}
		}
	}
	return false
}

// Alphabets of passwords made here: no characters that look alike.
const (
	upperChars   = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	lowerChars   = "abcdefghijkmnpqrstuvwxyz"
	digitChars   = "23456789"
	specialChars = "-+=#%*"
	initialChars = 20 // more than 110 bits
)

// initialPassword makes a password that keeps the rules and that nobody chose.
func initialPassword(rules PasswordRules) string {
	need := []struct {
		n     int
		chars string
	}{
		{max(rules.Upper, 1), upperChars},
		{max(rules.Lower, 1), lowerChars},
		{max(rules.Digit, rules.DigitOrSpecial, 1), digitChars},
		{max(rules.Special, 1), specialChars},
	}
	var out []byte
	for _, k := range need {
		for range k.n {
			out = append(out, pick(k.chars))
		}
	}
	for len(out) < max(initialChars, rules.Length) {
		out = append(out, pick(upperChars+lowerChars+digitChars))
	}
	// The rules' characters must not all stand in front.
	for i := len(out) - 1; i > 0; i-- {
		j := below(i + 1)
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}

func pick(chars string) byte { return chars[below(len(chars))] }

// below is a uniform number from 0 to n-1; rand.Reader never fails.
func below(n int) int {
	v, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err)
	}
	return int(v.Int64())
}
