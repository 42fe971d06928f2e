package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"garant.example/internal/i18n"
)

// TestDocument holds docs/cli.md and docs/cli.fr.md against the commands. They are
// made from them: go test ./cmd/garant -run Document -update
func TestDocument(t *testing.T) {
	for lang, file := range map[string]string{i18n.English: "../../docs/cli.md", i18n.French: "../../docs/cli.fr.md"} {
		d := &document{t: t, p: &program{words: i18n.Must().Printer(lang)}, kinds: map[string]bool{}}
		want := d.write()
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the commands say: go test ./cmd/garant -run Document -update", file)
		}
		if bytes.Contains(want, []byte("⟦")) {
			i := bytes.Index(want, []byte("⟦"))
			t.Errorf("%s: words are missing: %.60s", file, want[i:])
		}
		t.Logf("%s: %d commands, %d types", lang, d.commands, len(d.kinds))
	}
}

var update = flag.Bool("update", false, "write the documents anew")

// document writes what every command takes and answers.
type document struct {
	t        *testing.T
	p        *program
	out      bytes.Buffer
	types    []reflect.Type
	kinds    map[string]bool
	commands int
}

func (d *document) line(format string, args ...any) { fmt.Fprintf(&d.out, format+"\n", args...) }

func (d *document) say(key string) string { return d.p.words.T("cli.document." + key) }

func (d *document) write() []byte {
	root := d.p.root()
	d.line("# %s\n", d.say("title"))
	d.line("%s\n", d.say("head"))
	d.line("%s\n", d.p.words.T("cli.exits"))
	d.line("## %s\n", d.say("flags_all"))
	d.flags(root.PersistentFlags())
	d.walk(root)
	d.line("## %s\n", d.say("types"))
	d.line("%s\n", d.say("types_head"))
	for i := 0; i < len(d.types); i++ {
		d.kind(d.types[i])
	}
	return d.out.Bytes()
}

func (d *document) walk(c *cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Hidden || sub.Name() == "help" || sub.Name() == "completion" {
			continue
		}
		if sub.HasSubCommands() {
			d.walk(sub)
			continue
		}
		d.command(sub)
	}
}

func (d *document) command(c *cobra.Command) {
	d.commands++
	text := c.Long
	if text == "" {
		text = c.Short
	}
	d.line("## %s\n", c.CommandPath())
	d.line("%s\n", text)
	d.line("```\n%s\n```\n", c.UseLine())
	if c.Example != "" {
		d.line("```\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(c.Example, "  "), "\n  ", "\n"))
	}
	d.flags(c.LocalNonPersistentFlags())
	name := strings.ReplaceAll(strings.TrimPrefix(c.CommandPath(), "garant "), " ", ".")
	if out, ok := d.p.outputs[name]; ok {
		d.line("`--json`: [%s](#%s)\n", out.Name(), strings.ToLower(out.Name()))
		d.note(out)
	}
}

func (d *document) flags(f *pflag.FlagSet) {
	d.line("| %s | %s |\n|---|---|", d.say("flag"), d.say("meaning"))
	f.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" {
			return
		}
		short := ""
		if f.Shorthand != "" {
			short = "`-" + f.Shorthand + "` "
		}
		preset := ""
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" && f.DefValue != "0s" {
			preset = " (`" + f.DefValue + "`)"
		}
		d.line("| %s`--%s` | %s%s |", short, f.Name, strings.ReplaceAll(f.Usage, "|", `\|`), preset)
	})
	d.line("")
}

// note remembers a type to be described.
func (d *document) note(t reflect.Type) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() || d.kinds[t.Name()] {
		return
	}
	d.kinds[t.Name()] = true
	d.types = append(d.types, t)
}

func (d *document) kind(t reflect.Type) {
	d.line("### %s\n", t.Name())
	d.line("| %s | %s | %s |\n|---|---|---|", d.say("field"), d.say("type"), d.say("meaning"))
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || f.Anonymous {
			continue
		}
		maybe := ""
		if strings.Contains(options, "omit") {
			maybe = "?"
		}
		d.note(f.Type)
		d.line("| `%s`%s | %s | %s |", name, maybe, typeName(f.Type), d.meaning(t, name))
	}
	d.line("")
}

// meaning finds the words of a field: those of the API where it has them.
func (d *document) meaning(t reflect.Type, name string) string {
	kind := snakeCase(strings.TrimSuffix(t.Name(), "Info"))
	for _, key := range []string{"cli.field." + kind + "." + name, "api.field." + kind + "." + name, "api.field." + kind + "_info." + name,
		"cli.field." + name, "api.field." + name} {
		if d.p.words.Has(key) {
			return d.p.words.T(key)
		}
	}
	return d.p.words.T("cli.field." + name)
}

func snakeCase(s string) string {
	var b strings.Builder
	for i, r := range s {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func typeName(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "date-time"
	case t.Name() == "RawMessage":
		return "object"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Slice:
		return "[" + typeName(t.Elem()) + "]"
	case reflect.Map:
		return "{" + typeName(t.Elem()) + "}"
	case reflect.Struct:
		return "[" + t.Name() + "](#" + strings.ToLower(t.Name()) + ")"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "integer"
	case reflect.Bool:
		return "boolean"
	}
	return "string"
}
