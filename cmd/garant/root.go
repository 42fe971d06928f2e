package main

import (
	"reflect"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"garant.example/internal/errs"
)

// groups are the nouns, in the order of help: those of every day first.
func (p *program) commands() []*cobra.Command {
	return []*cobra.Command{
		p.demoCommand(), p.serveCommand(), p.verifyCommand(), p.sabotageCommand(),
		p.tenantCommand(), p.collectionCommand(), p.recordCommand(), p.importCommand(), p.exportCommand(),
		p.auditCommand(), p.promisesCommand(), p.accountCommand(), p.tokenCommand(), p.keyCommand(), p.profileCommand(),
		p.loginCommand(), p.logoutCommand(), p.doctorCommand(), p.configCommand(), p.benchCommand(), p.previewCommand(), p.completionCommand(), p.versionCommand(),
	}
}

func (p *program) root() *cobra.Command {
	root := p.group("garant", p.commands()...)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true // ours speaks both languages
	root.SetOut(p.out)
	root.SetErr(p.err)
	root.SetIn(p.in)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return p.flagError(c, err) })
	root.SetHelpCommand(&cobra.Command{Use: "help", Hidden: true, Short: p.words.T("cli.help"), Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			found, _, err := c.Root().Find(args)
			if err != nil {
				return p.unknown(c.Root(), args)
			}
			return found.Help()
		}})
	root.SetUsageTemplate(p.template())
	root.SetHelpTemplate("{{with or .Long .Short}}{{. | trimTrailingWhitespaces}}\n\n{{end}}{{.UsageString}}")
	f := root.PersistentFlags()
	f.StringVar(&p.flags.data, "data", "", p.words.T("cli.flag.data"))
	f.StringVar(&p.flags.config, "config", "", p.words.T("cli.flag.config"))
	f.StringVar(&p.flags.server, "server", "", p.words.T("cli.flag.server"))
	f.StringVar(&p.flags.token, "token", "", p.words.T("cli.flag.token"))
	f.StringVar(&p.flags.ca, "ca", "", p.words.T("cli.flag.ca"))
	f.StringVar(&p.flags.lang, "lang", "", p.words.T("cli.flag.lang"))
	f.BoolVar(&p.flags.json, "json", false, p.words.T("cli.flag.json"))
	f.BoolVar(&p.flags.explain, "explain-permission", false, p.words.T("cli.flag.explain_permission"))
	f.BoolVar(&p.flags.curl, "print-curl", false, p.words.T("cli.flag.print_curl"))
	completeValues(root)
	return root
}

// template is how usage is laid out; its words are the catalogue's.
func (p *program) template() string {
	t := p.words.T
	return t("cli.usage") + `
  {{.UseLine}}{{if .HasAvailableSubCommands}}

` + t("cli.commands") + `{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasExample}}

` + t("cli.examples") + `
{{.Example}}{{end}}{{if .HasAvailableLocalFlags}}

` + t("cli.flags") + `
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

` + t("cli.flags.all") + `
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}

` + t("cli.exits") + "\n"
}

// group is a command that holds others and does nothing itself.
func (p *program) group(name string, verbs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: name + " " + p.words.T("cli.word.command"), Short: p.words.T("cli." + name), Args: cobra.ArbitraryArgs, DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return p.unknown(c, args)
			}
			return c.Help()
		}}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(verbs...)
	p.helpFlag(c)
	return c
}

// helpFlag is cobra's own, in words of ours.
func (p *program) helpFlag(c *cobra.Command) {
	c.Flags().BoolP("help", "h", false, p.words.T("cli.help"))
}

// outputs are what commands print as JSON, by the name of the command.
type outputs map[string]reflect.Type

// verb makes a command. name is its key in the catalogue, use its arguments: one
// word each, "[WORD]" when it may be left out.
func (p *program) verb(name, use string, out reflect.Type, do func(*call) error) *cobra.Command {
	_, verb, found := strings.Cut(name, ".")
	if !found {
		verb = name
	}
	c := &cobra.Command{Use: strings.TrimSpace(strings.ReplaceAll(verb, "_", "-") + " " + use), Short: p.words.T("cli." + name),
		DisableFlagsInUseLine: true, Args: p.arguments(use)}
	if p.words.Has("cli." + name + ".long") {
		c.Long = c.Short + "\n\n" + p.words.T("cli."+name+".long")
	}
	if p.words.Has("cli." + name + ".example") {
		c.Example = "  " + strings.ReplaceAll(p.words.T("cli."+name+".example"), "\n", "\n  ")
	}
	if out != nil {
		if p.outputs == nil {
			p.outputs = outputs{}
		}
		p.outputs[name] = out
	}
	p.helpFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		return do(&call{program: p, command: c, ctx: c.Context(), args: args})
	}
	return c
}

// arguments checks how many words a command got.
func (p *program) arguments(use string) cobra.PositionalArgs {
	words := strings.Fields(use)
	least := 0
	for _, w := range words {
		if !strings.HasPrefix(w, "[") {
			least++
		}
	}
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage(errs.New(errs.Invalid, "cli.argument.missing").With("word", words[len(args)]).Do("cli.usage.fix"))
		case len(args) > len(words):
			return usage(errs.New(errs.Invalid, "cli.argument.extra").With("word", args[len(words)]).Do("cli.usage.fix"))
		}
		return nil
	}
}

// unknown says that there is no such command, and what may have been meant.
func (p *program) unknown(c *cobra.Command, args []string) error {
	e := errs.New(errs.Invalid, "cli.command.unknown").With("word", args[0]).With("command", c.CommandPath())
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		return usage(e.Do("cli.command.near").With("near", c.CommandPath()+" "+near[0]))
	}
	return usage(e.Do("cli.command.unknown.fix"))
}

// flagError puts what is wrong with a flag into words.
func (p *program) flagError(c *cobra.Command, err error) error {
	e := errs.New(errs.Invalid, "cli.flag.invalid").With("command", c.CommandPath()).Do("cli.flag.fix").Cause(err)
	switch err := err.(type) {
	case *pflag.NotExistError:
		e.Key = "cli.flag.unknown"
		e.With("flag", dashed(err.GetSpecifiedName()))
	case *pflag.ValueRequiredError:
		e.Key = "cli.flag.value"
		e.With("flag", dashed(err.GetSpecifiedName()))
	case *pflag.InvalidValueError:
		e.Key = "cli.flag.bad"
		e.With("flag", dashed(err.GetFlag().Name))
	}
	return usage(e)
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }
