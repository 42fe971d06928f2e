package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"garant.example/internal/i18n"
)

// leaves visits every command that does something.
func leaves(c *cobra.Command, visit func(*cobra.Command)) {
	for _, sub := range c.Commands() {
		switch {
		case sub.Name() == "help":
		case sub.HasSubCommands():
			leaves(sub, visit)
		default:
			visit(sub)
		}
	}
}

// words splits an example as a shell does, up to a redirection.
func words(line string) []string {
	var out []string
	var word strings.Builder
	quoted, begun := false, false
	for _, r := range line + " " {
		switch {
		case r == '"':
			quoted, begun = !quoted, true
		case r == ' ' && !quoted:
			if begun {
				out = append(out, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if i := slices.IndexFunc(out, func(w string) bool { return w == "<" || w == ">" }); i >= 0 {
		out = out[:i]
	}
	return out
}

// Every command shows in both languages how it is used, in a line that it accepts.
func TestExamples(t *testing.T) {
	for _, lang := range i18n.Languages() {
		p := &program{words: i18n.Must().Printer(lang)}
		seen := 0
		leaves(p.root(), func(c *cobra.Command) {
			if c.Example == "" {
				t.Errorf("%s: %s shows no example", lang, c.CommandPath())
			}
			for line := range strings.Lines(c.Example) {
				w := words(strings.TrimSpace(line))
				fresh := &program{words: p.words}
				found, rest, err := fresh.root().Find(w[1:])
				if err != nil || found.CommandPath() != c.CommandPath() {
					t.Errorf("%s: %s is no %s", lang, line, c.CommandPath())
					continue
				}
				if err := found.ParseFlags(rest); err != nil {
					t.Errorf("%s: %s: %v", lang, line, err)
				} else if err := found.ValidateArgs(found.Flags().Args()); err != nil {
					t.Errorf("%s: %s: %v", lang, line, err)
				}
				seen++
			}
		})
		t.Logf("%s: %d examples", lang, seen)
	}
}

// A shell completes commands, flags and values; what it reads is on the output, and
// what is wrong on the error output.
func TestCompletion(t *testing.T) {
	ask := func(args ...string) (int, string, string) {
		var out, said bytes.Buffer
		status := run(args, surroundings{in: strings.NewReader(""), out: &out, err: &said, env: []string{"GARANT_LANG=fr"}})
		return status, out.String(), said.String()
	}
	for _, shell := range shells() {
		if status, out, said := ask("completion", shell); status != exitDone || len(out) < 500 || said != "" {
			t.Errorf("%s: %d, %d bytes, %s", shell, status, len(out), said)
		}
	}
	if status, out, said := ask("completion", "tcsh"); status != exitUsage || out != "" || !strings.Contains(said, "bash") {
		t.Errorf("another shell: %d %q %s", status, out, said)
	}
	for begun, want := range map[string]string{"tenant\x00cr": "create", "tenant\x00create\x00--profile\x00civ": "civic-engagement",
		"serve\x00--lang\x00f": "fr", "completion\x00z": "zsh", "export\x00--format\x00": "ndjson", "login\x00--for\x00a": "audit"} {
		if status, out, _ := ask(append([]string{"__complete"}, strings.Split(begun, "\x00")...)...); status != exitDone || !strings.Contains(out, want) {
			t.Errorf("%q: %d %s", begun, status, out)
		}
	}
}
