package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"garant.example/internal/errs"
)

// call is one command being done.
type call struct {
	*program
	command *cobra.Command
	ctx     context.Context
	args    []string
}

// arg is a word of the command line, or nothing.
func (c *call) arg(i int) string {
	if i < len(c.args) {
		return c.args[i]
	}
	return ""
}

// answer prints what a command found: as JSON when that is asked for, else as
// people says it.
func (c *call) answer(v any, people func(w *tabwriter.Writer)) error {
	if c.flags.json {
		return c.printJSON(v)
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	people(w)
	return w.Flush()
}

func (c *call) printJSON(v any) error {
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// say prints a sentence to people, beside what the command found.
func (c *call) say(key string, params ...errs.Params) {
	fmt.Fprintln(c.err, c.words.T(key, params...))
}

// row prints cells of a table; a cell never breaks its line.
func row(w io.Writer, cells ...string) {
	for i, cell := range cells {
		cells[i] = strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f { // nothing that was stored may steer the terminal
				return ' '
			}
			return r
		}, cell)
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

// head prints the headings of a table.
func (c *call) head(w io.Writer, keys ...string) {
	cells := make([]string, len(keys))
	for i, k := range keys {
		cells[i] = strings.ToUpper(c.words.T("cli.head." + k))
	}
	row(w, cells...)
}

// fact prints one line of "what: value".
func (c *call) fact(w io.Writer, key, value string) {
	if value != "" {
		row(w, c.words.T("cli.head."+key), value)
	}
}

func (c *call) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// confirm asks before what cannot be undone. Without a person to ask, --yes must
// have been given.
func (c *call) confirm(yes bool, key string, params errs.Params) error {
	if yes || c.flags.curl {
		return nil
	}
	if !c.terminal {
		return usage(errs.New(errs.Invalid, "cli.confirm.needed").Do("cli.confirm.needed.fix"))
	}
	fmt.Fprint(c.err, c.words.T(key, params)+" "+c.words.T("cli.confirm.question")+" ")
	answer, err := bufio.NewReader(c.in).ReadString('\n')
	if err != nil && answer == "" {
		return errs.New(errs.Conflict, "cli.confirm.no")
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "o", "oui":
		return nil
	}
	return errs.New(errs.Conflict, "cli.confirm.no")
}

// secret asks for a password without showing it; without a terminal it is the next
// line of the input.
func (c *call) secret(in *bufio.Reader, key string) (string, error) {
	if file, ok := c.in.(*os.File); ok && c.terminal && term.IsTerminal(int(file.Fd())) {
		fmt.Fprint(c.err, c.words.T(key)+" ")
		text, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(c.err)
		return string(text), err
	}
	text, err := in.ReadString('\n')
	if err != nil && text == "" {
		return "", usage(errs.New(errs.Invalid, "cli.secret.missing").Do("cli.secret.missing.fix"))
	}
	return strings.TrimRight(text, "\r\n"), nil
}

// destination opens the file of -o, or the output for "" and "-".
func (c *call) destination(name string) (io.WriteCloser, error) {
	if name == "" || name == "-" {
		return nopCloser{c.out}, nil
	}
	// What is written may be personal data: for the owner alone.
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// source opens a file to read, or the input for "-".
func (c *call) source(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(c.in), nil
	}
	return os.Open(name)
}
