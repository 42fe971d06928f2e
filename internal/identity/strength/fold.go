package strength

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// mostMeasured is how many characters of a password are looked at. What follows
// only makes it stronger.
const mostMeasured = 100

// Fold brings a text into the ASCII in which the lists stand: without accents, each
// character one byte. What has no place there becomes a sign, the same for the
// same character, so that a repeat stays a repeat. Upper case is kept.
func Fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		default:
			b.WriteString(spelled(r))
		}
	}
	return b.String()
}

// spelled writes the letters that do not decompose.
func spelled(r rune) string {
	switch r {
	case 'œ':
		return "oe"
	case 'Œ':
		return "Oe"
	case 'æ':
		return "ae"
	case 'Æ':
		return "Ae"
	case 'ß':
		return "ss"
	case 'ø':
		return "o"
	case 'Ø':
		return "O"
	case '’':
		return "'"
	default:
		return string(signs[int(r)%len(signs)])
	}
}

const signs = "!#$%&()*+,-./:;<=>?[]^_{|}~"

func clip(s string) string { return s[:min(len(s), mostMeasured)] }

// lettered undoes digits and signs that stand for letters; changed says how many.
func lettered(s string) (out string, changed int) {
	b := []byte(s)
	for i, c := range b {
		if at := strings.IndexByte("0134578@$!|", c); at >= 0 {
			b[i] = "oieastbasil"[at]
			changed++
		}
	}
	return string(b), changed
}

func reversed(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}
