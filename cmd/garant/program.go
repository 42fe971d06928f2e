package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"

	"garant.example/internal/clock"
	"garant.example/internal/i18n"
)

// The exit statuses.
const (
	exitDone   = 0
	exitUsage  = 1 // the command line was wrong
	exitFailed = 2 // a check failed, or the server refused
)

// surroundings are what a program stands in; tests give their own.
type surroundings struct {
	in       io.Reader
	out, err io.Writer
	env      []string
	clock    clock.Clock
	terminal bool // a person sits in front of it
}

func system() surroundings {
	return surroundings{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Environ(), clock: clock.System(),
		terminal: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd()))}
}

// program is one run of the command line.
type program struct {
	surroundings
	words *i18n.Printer
	flags flags
	// shown is what the last command printed as JSON, for the document made from
	// the commands.
	outputs outputs
}

// flags are those of every command.
type flags struct {
	data, config, lang, server, token, ca, tenant string
	json, curl, explain                           bool
}

// run does what the arguments say and returns the exit status.
func run(args []string, s surroundings) int {
	p := &program{surroundings: s}
	catalog, err := i18n.Load()
	if err != nil { // the program was built wrong
		_, _ = io.WriteString(s.err, err.Error()+"\n")
		return exitFailed
	}
	p.words = catalog.Printer(p.language(args))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	root := p.root()
	root.SetArgs(args)
	root.SetContext(ctx)
	return p.fail(root.ExecuteContext(ctx))
}

// language is decided before anything is printed: the flag, GARANT_LANG, then what
// the system's variables say.
func (p *program) language(args []string) string {
	for i, a := range args {
		if value, ok := strings.CutPrefix(a, "--lang="); ok {
			return value
		}
		if a == "--lang" && i+1 < len(args) {
			return args[i+1]
		}
		if a == "--" {
			break
		}
	}
	for _, name := range []string{"GARANT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := p.getenv(name); value != "" {
			if strings.HasPrefix(strings.ToLower(value), i18n.French) {
				return i18n.French
			}
			return i18n.English
		}
	}
	return i18n.English
}

func (p *program) getenv(name string) string {
	for i := len(p.env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(p.env[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// own are the variables that only the command line reads.
func own() []string {
	return []string{"GARANT_SERVER", "GARANT_TOKEN", "GARANT_TENANT", "GARANT_CA", "GARANT_CONFIG"}
}

// configEnv is the environment without the command line's own variables: to the
// configuration, which refuses what it does not know, they are none of its own.
func (p *program) configEnv() []string {
	var out []string
	for _, e := range p.env {
		name, _, _ := strings.Cut(e, "=")
		mine := false
		for _, o := range own() {
			mine = mine || name == o
		}
		if !mine {
			out = append(out, e)
		}
	}
	return out
}
