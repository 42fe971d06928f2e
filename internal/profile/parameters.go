package profile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml/ast"

	"garant.example/internal/errs"
)

// ErrParameter is returned by the accessors of Parameters when a parameter is
// absent or is not of the kind asked for.
var ErrParameter = errors.New("profile: parameter")

// Parameters are what a mechanism is told for one promise. The names and the
// shape of each are those of its mechanism, checked when the profile is read; the
// accessors give typed values.
type Parameters struct{ values Value }

// UnmarshalYAML keeps the map.
func (p *Parameters) UnmarshalYAML(n ast.Node) error { return p.values.UnmarshalYAML(n) }

// MarshalJSONTo writes the map.
func (p Parameters) MarshalJSONTo(enc *jsontext.Encoder) error { return p.values.MarshalJSONTo(enc) }

// Names returns the names of the parameters in the order of the file.
func (p Parameters) Names() []string { return p.values.Names() }

// Get returns a parameter as it was written.
func (p Parameters) Get(name string) Value { return p.values.Get(name) }

// Has says whether a parameter is given.
func (p Parameters) Has(name string) bool { return !p.Get(name).IsAbsent() }

// Text returns a word or a text.
func (p Parameters) Text(name string) (string, error) {
	s, ok := p.Get(name).Text()
	return s, p.must(ok, name, "a word")
}

// Words returns a list of words.
func (p Parameters) Words(name string) ([]string, error) {
	words, ok := p.Get(name).Words()
	return words, p.must(ok, name, "a list of words")
}

// Count returns a whole number.
func (p Parameters) Count(name string) (int64, error) {
	n, ok := p.Get(name).Int()
	return n, p.must(ok, name, "a whole number")
}

// Flag returns true or false.
func (p Parameters) Flag(name string) (bool, error) {
	b, ok := p.Get(name).Flag()
	return b, p.must(ok, name, "true or false")
}

// Span returns a length of time, calendar months included.
func (p Parameters) Span(name string) (Span, error) {
	text, _ := p.Get(name).Text()
	s, err := ParseSpan(text)
	return s, p.must(err == nil, name, "a length of time")
}

// Duration returns a length of time that holds no calendar months.
func (p Parameters) Duration(name string) (time.Duration, error) {
	s, err := p.Span(name)
	if err == nil && s.Months != 0 {
		err = p.must(false, name, "a length of elapsed time")
	}
	return s.Elapsed, err
}

// Spans returns a list of lengths of time.
func (p Parameters) Spans(name string) ([]Span, error) {
	words, err := p.Words(name)
	if err != nil {
		return nil, err
	}
	list := make([]Span, len(words))
	for i, w := range words {
		if list[i], err = ParseSpan(w); err != nil {
			return nil, p.must(false, name, "a list of lengths of time")
		}
	}
	return list, nil
}

// Bytes returns a size in bytes.
func (p Parameters) Bytes(name string) (int64, error) {
	text, _ := p.Get(name).Text()
	n, ok := parseBytes(text)
	return n, p.must(ok, name, "a size")
}

// Bits returns a length of a key.
func (p Parameters) Bits(name string) (int64, error) {
	text, _ := p.Get(name).Text()
	n, ok := parseSuffixed(text, "bit")
	return n, p.must(ok, name, "a number of bits")
}

// Percent returns a share in hundredths: 99.75 for "99.75%".
func (p Parameters) Percent(name string) (float64, error) {
	text, _ := p.Get(name).Text()
	f, ok := parsePercent(text)
	return f, p.must(ok, name, "a percentage")
}

// Table returns a map.
func (p Parameters) Table(name string) (Parameters, error) {
	v := p.Get(name)
	return Parameters{v}, p.must(v.IsMap(), name, "a map")
}

// Rows returns a list of maps.
func (p Parameters) Rows(name string) ([]Parameters, error) {
	items, ok := p.Get(name).List()
	rows := make([]Parameters, 0, len(items))
	for _, item := range items {
		ok = ok && item.IsMap()
		rows = append(rows, Parameters{item})
	}
	return rows, p.must(ok, name, "a list of maps")
}

func (p Parameters) must(ok bool, name, what string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%w %q is not %s: %q", ErrParameter, name, what, p.Get(name).String())
}

func parseSuffixed(s, suffix string) (int64, bool) {
	digits, ok := strings.CutSuffix(s, suffix)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n >= 0
}

// parseBytes reads "16B", "300kB", "10MB", "2GB" (decimal) and "64MiB" (binary,
// as memory is sold).
func parseBytes(s string) (int64, bool) {
	for _, u := range []struct {
		name string
		size int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}} {
		if n, ok := parseSuffixed(s, u.name); ok {
			return n * u.size, n <= (1<<62)/u.size
		}
	}
	return 0, false
}

func parsePercent(s string) (float64, bool) {
	digits, ok := strings.CutSuffix(s, "%")
	if !ok || digits == "" || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(digits, 64)
	return f, err == nil && f <= 100
}

// validate holds the parameters against the shapes of the mechanism.
func (p Parameters) validate(at string, shapes map[string]shape, e *errs.Error) {
	if !p.values.IsMap() {
		e.At(at, "profile.parameter.map", nil)
		return
	}
	for _, name := range p.Names() {
		want, ok := shapes[name]
		if !ok {
			e.At(at+"/"+name, "profile.parameter.unknown", errs.Params{"Name": name})
			continue
		}
		if !want.fits(p.Get(name)) {
			e.At(at+"/"+name, "profile.parameter.shape", errs.Params{"Name": name, "Value": p.Get(name).String()})
		}
	}
}

// shape is what a parameter looks like.
type shape uint8

const (
	aWord shape = iota + 1
	aCount
	aSpan
	aSize
	bits
	percent
	aFlag
	aRatio
	aVersion
	aClock // "18:00-24:00"
	words
	spans
	pixels
	pairs
	aTable
	rows
	aCadence
)

func (s shape) fits(v Value) bool {
	text, isText := v.Text()
	switch s {
	case aTable:
		return v.IsMap()
	case rows, pairs:
		items, ok := v.List()
		return ok && len(items) > 0 && !slices.ContainsFunc(items, func(i Value) bool { return s == rows && !i.IsMap() || s == pairs && !isPair(i) })
	case words, spans, pixels:
		list, ok := v.Words()
		return ok && len(list) > 0 && !slices.ContainsFunc(list, func(w string) bool { return !s.item().fits(Word(w)) })
	case pixel:
		_, ok := parseSuffixed(text, "px")
		return ok
	case aSpan:
		_, err := ParseSpan(text)
		return err == nil
	case aSize:
		_, ok := parseBytes(text)
		return ok
	case bits:
		_, ok := parseSuffixed(text, "bit")
		return ok
	case percent:
		_, ok := parsePercent(text)
		return ok
	case aCount:
		n, ok := v.Int()
		return ok && n >= 0
	case aFlag:
		_, ok := v.Flag()
		return ok
	case aVersion:
		return isText && text != "" && strings.Trim(text, "0123456789.") == ""
	default:
		return isText && text != ""
	}
}

// pixel is the shape of one item of pixels.
const pixel shape = 100

func (s shape) item() shape {
	switch s {
	case spans:
		return aSpan
	case pixels:
		return pixel
	default:
		return aWord
	}
}

func isPair(v Value) bool { w, ok := v.Words(); return ok && len(w) == 2 }
