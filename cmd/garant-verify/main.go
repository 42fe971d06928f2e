package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/mod/sumdb/note"

	"garant.example/internal/audit/casefile"
	"garant.example/internal/i18n"
)

// Exit statuses.
// algorithm is the byte before an Ed25519 key in a verifier key.
const algorithm = 1

const (
	exitHolds = 0
	exitUsage = 1
	exitFails = 2
)

func main() { os.Exit(run(os.Args[1:], os.Getenv("LANG"), os.Stdout, os.Stderr)) }

// options are what the command line asks for.
type options struct {
	trust casefile.Trust
	named string // the log that the key names, when that alone says which log is meant
	json  bool
	files []string
}

// run is the program; it returns the exit status.
func run(args []string, lang string, stdout, stderr io.Writer) int {
	catalog := i18n.Must()
	o, p, problem := parse(args, lang, catalog)
	switch {
	case problem == "help":
		fmt.Fprint(stdout, help(p))
		return exitHolds
	case problem != "":
		fmt.Fprintf(stderr, "%s\n\n%s", problem, help(p))
		return exitUsage
	}
	checks := checkFiles(o.files, o.trust)
	if o.json {
		writeJSON(stdout, checks)
	} else {
		writeText(stdout, p, checks)
		if o.named != "" && slices.ContainsFunc(checks, check.ofOther) {
			fmt.Fprintf(stdout, "\n%s\n", p.T("verify.named", i18n.Params{"log": o.named}))
		}
	}
	return status(checks)
}

func status(checks []check) int {
	switch {
	case slices.ContainsFunc(checks, func(c check) bool { return c.Unreadable }):
		return exitUsage
	case slices.ContainsFunc(checks, func(c check) bool { return !c.Holds }):
		return exitFails
	}
	return exitHolds
}

// parse reads the command line. problem is empty, "help", or a sentence.
func parse(args []string, lang string, catalog *i18n.Catalog) (o options, p *i18n.Printer, problem string) {
	flags := pflag.NewFlagSet("garant-verify", pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	keys := flags.StringArray("key", nil, "")
	origin := flags.String("origin", "", "")
	asked := flags.String("lang", "", "")
	flags.BoolVar(&o.json, "json", false, "")
	help := flags.BoolP("help", "h", false, "")
	err := flags.Parse(args)
	p = catalog.Printer(language(*asked, lang))
	switch {
	case err != nil:
		return o, p, p.T("verify.usage.flag", i18n.Params{"option": unknownOption(args, flags)})
	case *help:
		return o, p, "help"
	case *asked != "" && !i18n.Known(*asked):
		return o, p, p.T("verify.usage.lang")
	case flags.NArg() == 0:
		return o, p, p.T("verify.usage.file")
	case len(*keys) == 0:
		return o, p, p.T("verify.usage.key")
	}
	o.files, o.trust.Origin = flags.Args(), *origin
	for _, text := range *keys {
		key, name, ok := readKey(text)
		if !ok {
			return o, p, p.T("verify.usage.badkey", i18n.Params{"key": text})
		}
		o.trust.Keys = append(o.trust.Keys, key)
		// A key that comes with a name is meant for that log alone.
		if len(*keys) == 1 && o.trust.Origin == "" {
			o.trust.Origin, o.named = name, name
		}
	}
	return o, p, ""
}

// unknownOption finds what the flag parser stumbled over; its own sentence exists
// in English only.
func unknownOption(args []string, flags *pflag.FlagSet) string {
	for _, a := range args {
		name, _, _ := strings.Cut(strings.TrimLeft(a, "-"), "=")
		if strings.HasPrefix(a, "-") && flags.Lookup(name) == nil && name != "h" {
			return a
		}
	}
	if len(args) > 0 {
		return args[len(args)-1]
	}
	return ""
}

func language(asked, environment string) string {
	if i18n.Known(asked) {
		return asked
	}
	if strings.HasPrefix(strings.ToLower(environment), i18n.French) {
		return i18n.French
	}
	return i18n.English
}

// readKey reads a public key: as text of a verifier key or base64, or from a file.
func readKey(text string) (key ed25519.PublicKey, name string, ok bool) {
	if key, name, ok = keyOf(text); ok {
		return key, name, true
	}
	b, err := os.ReadFile(text)
	if err != nil || len(b) > 4096 {
		return nil, "", false
	}
	return keyOf(strings.TrimSpace(string(b)))
}

func keyOf(text string) (ed25519.PublicKey, string, bool) {
	if b, err := base64.StdEncoding.DecodeString(text); err == nil {
		switch {
		case len(b) == ed25519.PublicKeySize:
			return b, "", true
		case len(b) == 1+ed25519.PublicKeySize && b[0] == algorithm: // the last part of a verifier key
			return b[1:], "", true
		}
	}
	// The library checks name and hash; the key itself is the last part, behind the
	// byte of its algorithm.
	v, err := note.NewVerifier(text)
	if err != nil {
		return nil, "", false
	}
	parts := strings.SplitN(text, "+", 3)
	b, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(b) != 1+ed25519.PublicKeySize {
		return nil, "", false
	}
	return b[1:], v.Name(), true
}
