package i18n

import (
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n/template"
)

// patternParser reads "{name}" placeholders for go-i18n. It is used instead of
// the library's text templates: no message can call a function or reach into a
// value, and a missing parameter shows itself.
type patternParser struct{}

func (patternParser) Cacheable() bool { return true }

func (patternParser) Parse(src, _, _ string) (template.ParsedTemplate, error) {
	return parsePattern(src)
}

type segment struct {
	text string // literal text, or the name of a parameter
	name bool
}

type pattern []segment

func parsePattern(src string) (pattern, error) {
	var p pattern
	for src != "" {
		open := strings.IndexAny(src, "{}")
		if open < 0 {
			return append(p, segment{text: src}), nil
		}
		if open > 0 {
			p = append(p, segment{text: src[:open]})
		}
		if src[open] == '}' {
			return nil, fmt.Errorf("a closing brace without an opening one")
		}
		end := strings.IndexByte(src[open:], '}')
		if end < 0 {
			return nil, fmt.Errorf("an opening brace without a closing one")
		}
		name := src[open+1 : open+end]
		if !isName(name) {
			return nil, fmt.Errorf("placeholder {%s} must be letters, digits and _", name)
		}
		p = append(p, segment{text: name, name: true})
		src = src[open+end+1:]
	}
	return p, nil
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && c != '_' && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// Execute fills the pattern from a map[string]string made by Printer.write.
func (p pattern) Execute(data any) (string, error) {
	values, _ := data.(map[string]string)
	var b strings.Builder
	for _, s := range p {
		if !s.name {
			b.WriteString(s.text)
			continue
		}
		v, ok := values[s.text]
		if !ok {
			v = "⟦" + s.text + "⟧"
		}
		b.WriteString(v)
	}
	return b.String(), nil
}

func (p pattern) names() map[string]bool {
	out := map[string]bool{}
	for _, s := range p {
		if s.name {
			out[s.text] = true
		}
	}
	return out
}
