package i18n

import (
	"fmt"
	"strings"
	"time"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"

	"garant.example/internal/errs"
)

// Params fill the placeholders of a message, by name.
type Params = errs.Params

// Size is a parameter that is written as Printer.Bytes writes it.
type Size int64

// Day is a parameter that is written as Printer.Date writes it.
type Day time.Time

// Ratio is a parameter that is written as a percentage with two decimals.
type Ratio float64

// Printer says things in one language. It is immutable and safe for concurrent
// use; the pages of one request share one.
type Printer struct {
	lang      string
	zone      *time.Location
	plain     map[string]string // messages that need no work, the most of them
	plurals   map[string]bool   // every key; true when it has plural forms
	localizer *goi18n.Localizer
}

func newPrinter(lang string, plain map[string]string, plurals map[string]bool) *Printer {
	return &Printer{lang: lang, zone: time.UTC, plain: plain, plurals: plurals}
}

// Lang is "fr" or "en", fit for the lang attribute of a page.
func (p *Printer) Lang() string { return p.lang }

// In returns the same printer with times shown in a zone. Without it they are
// shown in UTC.
func (p *Printer) In(zone *time.Location) *Printer {
	q := *p
	q.zone = zone
	return &q
}

// Has says whether the key exists in the printer's language.
func (p *Printer) Has(key string) bool {
	_, ok := p.plurals[key]
	return ok
}

// T returns the message of a key with its parameters filled in. A key that does
// not exist shows as ⟦key⟧.
func (p *Printer) T(key string, params ...Params) string {
	if s, ok := p.plain[key]; ok {
		return s
	}
	if plural, ok := p.plurals[key]; !ok || plural {
		return "⟦" + key + "⟧" // a plural message without its number is a hole too
	}
	return p.localize(&goi18n.LocalizeConfig{
		MessageID: key, TemplateData: p.write(params...), TemplateParser: patternParser{},
	})
}

// N returns the message of a key in the plural form of count, which fills
// {count}. Other parameters may be nil.
func (p *Printer) N(key string, count int64, params Params) string {
	if !p.plurals[key] {
		return "⟦" + key + "⟧"
	}
	values := p.write(params)
	values["count"] = p.Number(count)
	return p.localize(&goi18n.LocalizeConfig{
		MessageID: key, PluralCount: count, TemplateData: values, TemplateParser: patternParser{},
	})
}

func (p *Printer) localize(c *goi18n.LocalizeConfig) string {
	s, err := p.localizer.Localize(c)
	if err != nil {
		return "⟦" + c.MessageID + "⟧"
	}
	return s
}

// Shown is an error as a person reads it.
type Shown struct {
	Title  string // what kind of thing happened
	Detail string // what happened
	Fix    string // the next step; empty when there is none
	Fields []ShownField
}

// ShownField is one place of the input that is wrong.
type ShownField struct{ Pointer, Detail string }

// Error puts an error into words. The cause never appears.
func (p *Printer) Error(err error) Shown {
	e := errs.Of(err)
	if e == nil {
		return Shown{}
	}
	out := Shown{Title: p.T("error." + string(e.Code)), Detail: p.T(e.Key, e.Params)}
	if e.Fix != "" {
		out.Fix = p.T(e.Fix, e.Params)
	}
	for _, f := range e.Fields {
		out.Fields = append(out.Fields, ShownField{f.Pointer, p.T(f.Key, f.Params)})
	}
	return out
}

// write turns parameters into text of the printer's language.
func (p *Printer) write(params ...Params) map[string]string {
	out := map[string]string{}
	for _, m := range params {
		for name, value := range m {
			out[name] = p.value(value)
		}
	}
	return out
}

func (p *Printer) value(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return p.Number(int64(v))
	case int64:
		return p.Number(v)
	case int32:
		return p.Number(int64(v))
	case uint32:
		return p.Number(int64(v))
	case uint64:
		return p.group(fmt.Sprintf("%d", v))
	case float64:
		return p.Decimal(v, 2)
	case time.Time:
		return p.DateTime(v)
	case time.Duration:
		return p.Duration(v)
	case []string:
		return strings.Join(v, ", ")
	case Size:
		return p.Bytes(int64(v))
	case Day:
		return p.Date(time.Time(v))
	case Ratio:
		return p.Percent(float64(v), 2)
	default:
		return fmt.Sprint(v)
	}
}
