package markerscan

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"

	"garant.example/internal/id"
	"garant.example/internal/vault"
)

// newToken is 128 random bits as text. Hexadecimal digits pass every rule for text.
func newToken() string {
	b := make([]byte, 16)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// newCode is twenty random digits, 66 bits: for fields that take nothing else.
func newCode() string {
	b := make([]byte, 20)
	rand.Read(b)
	for i := range b {
		b[i] = '0' + b[i]%10
	}
	return string(b)
}

// values fills the fields of a record: a token wherever words may stand, the
// simplest sound value where one is needed. known are records to refer to. It says
// which of the tokens found a place.
func values(c *vault.Collection, tokens []string, known map[id.Name]id.Record) (out map[string]any, used []string) {
	out = map[string]any{}
	for i := range c.Fields {
		f := &c.Fields[i]
		if v, token := first(f, tokens); v != "" {
			out[string(f.Name)] = v
			if !slices.Contains(used, token) {
				used = append(used, token)
			}
			continue
		}
		if v := simple(f, known); v != nil && (f.Required || f.Kind == vault.Ref) {
			out[string(f.Name)] = v
		}
	}
	return out, used
}

// first is the field's value with the first token that fits in it.
func first(f *vault.Field, tokens []string) (value, token string) {
	for _, t := range tokens {
		if v := worded(f, t); v != "" {
			return v, t
		}
	}
	return "", ""
}

// worded is a text of the field with the token in it; empty when none fits.
func worded(f *vault.Field, token string) string {
	var s string
	switch f.Kind {
	case vault.Text:
		s = token
	case vault.Email:
		s = token + "@marker.invalid"
	case vault.URL:
		s = "https://marker.invalid/" + token
	default:
		return ""
	}
	if !f.Fits(s) {
		return ""
	}
	return s
}

// simple is a sound value of a field that holds no words; nil when none is known.
func simple(f *vault.Field, known map[id.Name]id.Record) any {
	switch f.Kind {
	case vault.Enum:
		return f.Options[0]
	case vault.Choices:
		return f.Options[:1]
	case vault.Integer, vault.Decimal:
		if f.Min != nil {
			return *f.Min
		}
		return 0
	case vault.Boolean:
		return true
	case vault.Date:
		return "2000-01-01"
	case vault.Moment:
		return "2000-01-01T00:00:00Z"
	case vault.Country:
		return "CA"
	case vault.Language:
		return "fr"
	case vault.Phone:
		return "+15145550100"
	case vault.Ref:
		if r, ok := known[f.Of]; ok {
			return r.String()
		}
		return nil
	default:
		return code(f)
	}
}

// code tries short codes against a pattern that no token fits.
func code(f *vault.Field) any {
	for _, shape := range []string{"%06d", "%010d", "AB-%06d", "AB%06d", "ref-%06d"} {
		if s := fmt.Sprintf(shape, 4711); f.Fits(s) {
			return s
		}
	}
	return nil
}
