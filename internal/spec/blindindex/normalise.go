package blindindex

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Normaliser says when two values are the same.
type Normaliser struct {
	kind    kind
	country string // Phone: calling code for numbers written without one
}

type kind string

const (
	exact  kind = "exact"
	text   kind = "text"
	email  kind = "email"
	phone  kind = "phone"
	digits kind = "digits"
)

// Errors of this file.
var (
	// ErrNormaliser is returned when a name names no normaliser.
	ErrNormaliser = errors.New("blindindex: unknown normaliser")
	// ErrValue is returned when a value cannot be of the kind: no UTF-8, no
	// address, no number, or nothing left.
	ErrValue = errors.New("blindindex: value does not fit the normaliser")
)

// ParseNormaliser reads a name out of a profile:
//
//	exact      the bytes as they are
//	text       NFKC, case folded, white space trimmed and collapsed
//	email      text without any white space, exactly one @ that is neither first nor last
//	phone      E.164: + and digits; 00 reads as +
//	phone:33   the same; a number with a leading 0 and no + gets the calling code 33
//	digits     the digits alone; spaces, dots, hyphens and slashes are dropped
func ParseNormaliser(name string) (Normaliser, error) {
	base, country, has := strings.Cut(name, ":")
	n := Normaliser{kind(base), country}
	switch n.kind {
	case exact, text, email, digits:
		if !has {
			return n, nil
		}
	case phone:
		if !has || len(country) >= 1 && len(country) <= 3 && onlyDigits(country) && country[0] != '0' {
			return n, nil
		}
	}
	return Normaliser{}, ErrNormaliser
}

// String is the name that ParseNormaliser reads.
func (n Normaliser) String() string {
	if n.country != "" {
		return string(n.kind) + ":" + n.country
	}
	return string(n.kind)
}

// Normalise returns the one spelling of a value. It returns ErrValue.
func (n Normaliser) Normalise(value string) (string, error) {
	if !utf8.ValidString(value) {
		return "", ErrValue
	}
	out := ""
	switch n.kind {
	case exact:
		out = value
	case text:
		out = strings.Join(strings.Fields(fold(value)), " ")
	case email:
		out = normaliseEmail(value)
	case phone:
		out = n.normalisePhone(value)
	case digits:
		out = normaliseDigits(value)
	}
	if out == "" {
		return "", ErrValue
	}
	return out, nil
}

// fold applies NFKC and case folding until nothing changes: folding can undo a
// composition, and composing can bring back a letter that folds.
func fold(s string) string {
	if ascii(s) {
		return strings.ToLower(s) // all that folding does to these
	}
	caser := cases.Fold()
	for range 8 {
		next := norm.NFKC.String(caser.String(norm.NFKC.String(s)))
		if next == s {
			break
		}
		s = next
	}
	return s
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func normaliseEmail(value string) string {
	s := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, fold(value))
	at := strings.IndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || strings.Count(s, "@") != 1 {
		return ""
	}
	// A trailing dot makes a domain absolute and names the same mailbox.
	s = strings.TrimRight(s, ".")
	if strings.HasSuffix(s, "@") {
		return ""
	}
	return s
}

const mostPhone = 15 // digits, E.164

func (n Normaliser) normalisePhone(value string) string {
	s := norm.NFKC.String(value)
	s = strings.ReplaceAll(s, "(0)", "") // +33 (0)6 …: written, never dialled
	international := false
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0 && !international:
			international = true
		case unicode.IsSpace(r) || strings.ContainsRune(".-/()‐‑–", r):
		default:
			return ""
		}
	}
	number := b.String()
	if rest, ok := strings.CutPrefix(number, "00"); ok && !international {
		number, international = rest, true
	}
	if rest, ok := strings.CutPrefix(number, "0"); ok && !international && n.country != "" {
		number, international = n.country+rest, true
	}
	if number == "" || len(number) > mostPhone || international && number[0] == '0' {
		return ""
	}
	if international {
		return "+" + number
	}
	return number
}

func normaliseDigits(value string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(value) {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.IsSpace(r) || strings.ContainsRune(".-/‐‑–", r):
		default:
			return ""
		}
	}
	return b.String()
}

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
