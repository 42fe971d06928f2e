package vault

import (
	"bytes"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/language"

	"garant.example/internal/errs"
	"garant.example/internal/id"
)

const (
	maxEmail   = 254 // bytes, RFC 5321 as read by RFC 3696 erratum 1690
	maxURL     = 2000
	maxDigits  = 34 // of a decimal, as IEEE 754 decimal128
	maxChoices = 500
)

// check returns the canonical form of a raw value, or the key of what is wrong.
func (f *Field) check(raw jsontext.Value) (jsontext.Value, string, errs.Params) {
	switch f.Kind {
	case Integer:
		return f.checkInteger(raw)
	case Decimal:
		return f.checkDecimal(raw)
	case Boolean:
		if k := raw.Kind(); k != 't' && k != 'f' {
			return nil, "vault.type.boolean", nil
		}
		return bytes.Clone(raw), "", nil
	case Choices:
		return f.checkChoices(raw)
	}
	if raw.Kind() != '"' {
		return nil, "vault.type.text", nil
	}
	if bytes.IndexByte(raw, '\\') < 0 { // the usual text stands as it was read, and cannot hold a NUL
		inner := string(raw[1 : len(raw)-1])
		s, key, params := f.checkText(inner)
		switch {
		case key != "":
			return nil, key, params
		case s == inner:
			return bytes.Clone(raw), "", nil
		}
		return quote(s), "", nil
	}
	unquoted, err := jsontext.AppendUnquote(nil, raw)
	if err != nil || !utf8.Valid(unquoted) || bytes.IndexByte(unquoted, 0) >= 0 {
		return nil, "vault.text.nul", nil
	}
	s, key, params := f.checkText(string(unquoted))
	if key != "" {
		return nil, key, params
	}
	return quote(s), "", nil
}

func quote(s string) jsontext.Value {
	q, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		return jsontext.Value(`""`) // only for invalid UTF-8, which was refused before
	}
	return q
}

// checkText returns the canonical text of the kinds that are texts.
func (f *Field) checkText(s string) (string, string, errs.Params) {
	if limit := f.maxLength(); len(s) > limit {
		return "", "vault.text.long", errs.Params{"Max": limit}
	}
	if f.re != nil && !f.re.MatchString(s) {
		return "", "vault.text.pattern", nil
	}
	switch f.Kind {
	case Email:
		return checkEmail(s)
	case Phone:
		return checkPhone(s)
	case URL:
		return checkURL(s)
	case Enum:
		if !slices.Contains(f.Options, s) {
			return "", "vault.option.unknown", nil
		}
	case Date:
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return "", "vault.date.malformed", nil
		}
	case Moment:
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return "", "vault.datetime.malformed", nil
		}
		return t.UTC().Format(time.RFC3339Nano), "", nil
	case Country:
		if r, err := language.ParseRegion(s); err != nil || !r.IsCountry() || len(s) != 2 || strings.ToUpper(s) != s {
			return "", "vault.country.unknown", nil
		}
	case Language:
		if !knownLanguage(s) {
			return "", "vault.language.unknown", nil
		}
	case Ref:
		if _, err := id.ParseRecord(s); err != nil {
			return "", "vault.reference.malformed", nil
		}
	}
	return s, "", nil
}

// knownLanguage says whether s is a tag of BCP 47 with parts that exist. Two letters
// are looked up and not taken apart.
func knownLanguage(s string) bool {
	if len(s) == 2 {
		_, err := language.ParseBase(s)
		return err == nil
	}
	_, err := language.Parse(s)
	return err == nil
}

func checkEmail(s string) (string, string, errs.Params) {
	addr, err := mail.ParseAddress(s)
	if err != nil || addr.Address != s || addr.Name != "" || len(s) > maxEmail {
		return "", "vault.email.malformed", nil
	}
	return s, "", nil
}

// checkPhone keeps a leading + and digits; spaces, dots, hyphens and brackets go.
func checkPhone(s string) (string, string, errs.Params) {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9', r == '+' && i == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" .-()/\u00a0\u202f", r):
		default:
			return "", "vault.phone.malformed", nil
		}
	}
	digits := strings.TrimPrefix(b.String(), "+")
	if len(digits) < 4 || len(digits) > 15 { // ITU-T E.164: at most 15
		return "", "vault.phone.malformed", nil
	}
	return b.String(), "", nil
}

func checkURL(s string) (string, string, errs.Params) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || len(s) > maxURL {
		return "", "vault.url.malformed", nil
	}
	return s, "", nil
}

func (f *Field) checkInteger(raw jsontext.Value) (jsontext.Value, string, errs.Params) {
	if raw.Kind() != '0' {
		return nil, "vault.type.integer", nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return nil, "vault.type.integer", nil
	}
	if f.Min != nil && n < *f.Min || f.Max != nil && n > *f.Max {
		return nil, "vault.integer.range", nil
	}
	return strconv.AppendInt(nil, n, 10), "", nil
}

// checkDecimal keeps a number as it was written, without exponent: amounts must
// not pass through binary fractions.
func (f *Field) checkDecimal(raw jsontext.Value) (jsontext.Value, string, errs.Params) {
	if raw.Kind() != '0' || bytes.ContainsAny(raw, "eE") || len(raw) > maxDigits+2 {
		return nil, "vault.type.decimal", nil
	}
	return bytes.Clone(raw), "", nil
}

func (f *Field) checkChoices(raw jsontext.Value) (jsontext.Value, string, errs.Params) {
	if raw.Kind() != '[' {
		return nil, "vault.type.list", nil
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(raw))
	if _, err := dec.ReadToken(); err != nil {
		return nil, "vault.type.list", nil
	}
	chosen := map[string]bool{}
	for dec.PeekKind() != ']' {
		tok, err := dec.ReadToken()
		if err != nil || tok.Kind() != '"' {
			return nil, "vault.type.list", nil
		}
		s := tok.String()
		if !slices.Contains(f.Options, s) || chosen[s] || len(chosen) == maxChoices {
			return nil, "vault.option.unknown", nil
		}
		chosen[s] = true
	}
	out := []byte{'['}
	for _, option := range f.Options { // the declared order is the canonical one
		if chosen[option] {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(out, quote(option)...)
		}
	}
	return append(out, ']'), "", nil
}
