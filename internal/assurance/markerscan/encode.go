package markerscan

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// Encodings that a profile can ask for.
const (
	plain      = "plain"
	utf16      = "utf-16"
	hexadecim  = "hex"
	base64s    = "base64"
	compressed = "compressed" // streams are opened and searched; see streams.go
)

// encode writes a token as it may turn up in the encodings asked for.
func encode(token string, encodings []string) ([][]byte, error) {
	var out [][]byte
	for _, e := range encodings {
		switch e {
		case plain:
			out = append(out, []byte(token), []byte(strings.ToUpper(token)))
		case utf16:
			out = append(out, wide(token, 0), wide(token, 1))
		case hexadecim:
			low := hex.EncodeToString([]byte(token))
			out = append(out, []byte(low), []byte(strings.ToUpper(low)))
		case base64s:
			for before := range 3 {
				out = append(out, aligned(token, before))
			}
		case compressed:
		default:
			return nil, fmt.Errorf("encoding %q is not known", e)
		}
	}
	return out, nil
}

// wide writes ASCII as UTF-16: low byte first with at 0, high byte first with 1.
func wide(token string, at int) []byte {
	out := make([]byte, 2*len(token))
	for i := range len(token) {
		out[2*i+at] = token[i]
	}
	return out
}

// aligned is the part of the base64 of a longer text that tells of the token alone,
// when so many bytes stand before it. The letters are those both alphabets share,
// as long as the token is of hexadecimal digits.
func aligned(token string, before int) []byte {
	text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + token))
	first := (before*8 + 5) / 6           // the letter after the last that holds other bits
	last := (before + len(token)) * 8 / 6 // the last letter may hold bits of what follows
	return []byte(text[first:last])
}
