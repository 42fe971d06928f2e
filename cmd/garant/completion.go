package main

import (
	"strings"

	"github.com/spf13/cobra"

	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/profile"
	"garant.example/profiles"
)

// shells are those that commands can be completed in.
func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

func (p *program) completionCommand() *cobra.Command {
	c := p.verb("completion", "SHELL", nil, func(c *call) error {
		root := c.command.Root()
		switch shell := c.arg(0); shell {
		case "bash":
			return root.GenBashCompletionV2(c.out, true)
		case "zsh":
			return root.GenZshCompletion(c.out)
		case "fish":
			return root.GenFishCompletion(c.out, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(c.out)
		default:
			return usage(errs.New(errs.Invalid, "cli.completion.shell").With("shell", shell).Do("cli.usage.fix"))
		}
	})
	c.ValidArgs = shells()
	return c
}

// completeValues offers the values of the flags that have a closed list of them.
func completeValues(c *cobra.Command) {
	lists := map[string]func() []string{"lang": i18n.Languages, "tenant-lang": i18n.Languages, "person-lang": i18n.Languages,
		"profile": profileNames, "outcome": func() []string { return []string{"done", "refused", "failed"} },
		"for": func() []string { return []string{string(forAudit), string(forManage)} }}
	if c.Name() == "export" {
		lists["format"] = func() []string { return []string{"csv", "ndjson"} }
	}
	for name, list := range lists {
		if c.Flags().Lookup(name) == nil && c.PersistentFlags().Lookup(name) == nil || name == "for" && c.Name() != "login" {
			continue
		}
		// It fails only for a flag that is not there, or was registered before.
		_ = c.RegisterFlagCompletionFunc(name, func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
			var fit []string
			for _, v := range list() {
				if strings.HasPrefix(v, begun) {
					fit = append(fit, v)
				}
			}
			return fit, cobra.ShellCompDirectiveNoFileComp
		})
	}
	for _, sub := range c.Commands() {
		completeValues(sub)
	}
}

// profileNames are the profiles that a tenant can have.
func profileNames() (names []string) {
	set, err := profile.Load(profiles.FS)
	if err != nil {
		return nil // then nothing is offered
	}
	for _, p := range set.Profiles() {
		if !p.Operator {
			names = append(names, string(p.Name))
		}
	}
	return names
}
