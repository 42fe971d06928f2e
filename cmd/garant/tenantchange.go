package main

import (
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"garant.example/client"
)

// endless is what --ends says of a contract that runs on.
const endless = "none"

// tenantFlags are the things of a tenant that the command line may change.
type tenantFlags struct {
	title, lang, starts, ends, ifMatch string
	hosts                              []string
}

func (p *program) tenantChange() *cobra.Command {
	var f tenantFlags
	c := p.verb("tenant.change", "NAME", typeOf[client.TenantInfo](), func(c *call) error {
		changes, err := f.changes(c.command.Flags())
		if err != nil {
			return err
		}
		return c.above(func(platform *client.Platform) error {
			etag := f.ifMatch
			if etag == "" { // whoever names no version means the one that stands
				now, err := platform.Tenant(c.ctx, c.arg(0))
				if err != nil {
					return err
				}
				etag = now.ETag
			}
			info, err := platform.Change(c.ctx, c.arg(0), etag, changes)
			if err != nil {
				return err
			}
			return c.answer(info, func(w *tabwriter.Writer) { c.showTenant(w, info) })
		})
	})
	flags := c.Flags()
	flags.StringVar(&f.title, "title", "", p.words.T("cli.flag.title"))
	flags.StringVar(&f.lang, "tenant-lang", "", p.words.T("cli.flag.tenant_lang"))
	flags.StringSliceVar(&f.hosts, "host", nil, p.words.T("cli.flag.hosts"))
	flags.StringVar(&f.starts, "starts", "", p.words.T("cli.flag.starts"))
	flags.StringVar(&f.ends, "ends", "", p.words.T("cli.flag.ends_or_none"))
	flags.StringVar(&f.ifMatch, "if-match", "", p.words.T("cli.flag.if_match"))
	return c
}

// changes are the flags that were given; a command without any is a mistake.
func (f *tenantFlags) changes(given *pflag.FlagSet) (client.TenantChanges, error) {
	var out client.TenantChanges
	if given.Changed("title") {
		out.Title = &f.title
	}
	if given.Changed("tenant-lang") {
		out.Lang = &f.lang
	}
	if given.Changed("host") {
		if len(f.hosts) == 1 && f.hosts[0] == endless {
			f.hosts = []string{}
		}
		out.Hosts = &f.hosts
	}
	for _, m := range []struct {
		flag, text string
		to         **time.Time
	}{{"starts", f.starts, &out.StartsAt}, {"ends", f.ends, &out.EndsAt}} {
		if !given.Changed(m.flag) {
			continue
		}
		var at time.Time
		if m.text != endless {
			var err error
			if at, err = moment(m.text); err != nil {
				return out, err
			}
		}
		*m.to = &at
	}
	if out == (client.TenantChanges{}) {
		return out, missingFlag("title")
	}
	return out, nil
}
