package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/audit/casefile"
	"garant.example/internal/i18n"
)

func writeJSON(w io.Writer, checks []check) {
	out := struct {
		Holds bool    `json:"holds"`
		Files []check `json:"files"`
	}{status(checks) == exitHolds, checks}
	b, err := json.Marshal(out, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		b = []byte(`{"holds":false}`)
	}
	fmt.Fprintf(w, "%s\n", b)
}

func writeText(w io.Writer, p *i18n.Printer, checks []check) {
	for i, c := range checks {
		if i > 0 {
			fmt.Fprintln(w)
		}
		writeCheck(w, p, c)
	}
}

func writeCheck(w io.Writer, p *i18n.Printer, c check) {
	title := "verify.fails"
	if c.Holds {
		title = "verify.holds"
	}
	fmt.Fprintln(w, p.T(title, i18n.Params{"file": c.File}))
	if c.Unreadable {
		fmt.Fprintln(w, "  "+p.T("verify.unreadable"))
		return
	}
	if c.Kind != "" {
		fmt.Fprintln(w, "  "+p.T("verify.kind."+c.Kind))
	}
	if c.Origin != "" {
		fmt.Fprintln(w, "  "+p.T("verify.log", i18n.Params{"origin": c.Origin, "size": c.Size}))
	}
	if c.Entries > 0 || c.Kind == "bundle" {
		fmt.Fprintln(w, "  "+p.N("verify.entries", int64(c.Entries), nil))
		fmt.Fprintln(w, "  "+p.T("verify.contents", i18n.Params{"contents": c.Contents, "disclosed": c.Disclosed}))
	}
	if c.Entry != nil { // words of the log, the same in every language
		fmt.Fprintf(w, "  %s · %s %s · %s\n", c.Entry.Operation, c.Entry.Actor.Kind, c.Entry.Actor.Ref, c.Entry.Outcome)
	}
	switch {
	case !c.First.IsZero() && c.Kind == "bundle":
		fmt.Fprintln(w, "  "+p.T("verify.times", i18n.Params{"first": c.First, "last": c.Last}))
	case !c.First.IsZero():
		fmt.Fprintln(w, "  "+p.T("verify.at", i18n.Params{"at": c.First}))
	}
	if c.Former {
		fmt.Fprintln(w, "  "+p.T("verify.former"))
	}
	if c.OpenStart {
		fmt.Fprintln(w, "  "+p.T("verify.open.start"))
	}
	if c.OpenEnd {
		fmt.Fprintln(w, "  "+p.T("verify.open.end"))
	}
	for _, f := range c.Findings {
		fmt.Fprintln(w, "  ✗ "+finding(p, f))
	}
	if c.More > 0 {
		fmt.Fprintln(w, "  "+p.N("verify.more", int64(c.More), nil))
	}
}

func finding(p *i18n.Printer, f casefile.Finding) string {
	text := p.T("verify.finding." + string(f.Code))
	if f.Seq != nil {
		text = p.T("verify.number", i18n.Params{"number": *f.Seq, "finding": text})
	}
	return text
}

// usageLine is the same in every language.
const usageLine = "garant-verify --key KEY [--origin LOG] [--json] [--lang fr|en] FILE …"

// helpWidth is where lines of the help are broken, in characters.
const helpWidth = 80

func help(p *i18n.Printer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n", p.T("verify.help.usage", i18n.Params{"line": usageLine}), wrap(p.T("verify.help.what"), ""))
	for _, o := range [...]struct{ flag, key string }{
		{"--key KEY", "verify.help.key"}, {"--origin LOG", "verify.help.origin"}, {"--json", "verify.help.json"}, {"--lang fr|en", "verify.help.lang"},
	} {
		fmt.Fprintf(&b, "  %s\n%s", o.flag, wrap(p.T(o.key), "      "))
	}
	fmt.Fprintf(&b, "\n%s", wrap(p.T("verify.help.exit"), ""))
	return b.String()
}

// wrap breaks a text at spaces and indents it. Unbreakable spaces stay.
func wrap(text, indent string) string {
	var b strings.Builder
	line := indent
	for _, word := range strings.Split(text, " ") {
		if line != indent && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > helpWidth {
			b.WriteString(line + "\n")
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	return b.String() + line + "\n"
}
