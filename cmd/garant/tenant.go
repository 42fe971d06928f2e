package main

import (
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
)

// tenantFlag adds --tenant to a command.
func (p *program) tenantFlag(c *cobra.Command) *cobra.Command {
	c.Flags().StringVar(&p.flags.tenant, "tenant", "", p.words.T("cli.flag.tenant"))
	return c
}

// tenant is the tenant that a command is about.
func (c *call) tenant() (string, error) {
	if c.flags.tenant != "" {
		return c.flags.tenant, nil
	}
	if t := c.getenv("GARANT_TENANT"); t != "" {
		return t, nil
	}
	return "", missingFlag("tenant")
}

func missingFlag(name string) error {
	return usage(errs.New(errs.Invalid, "cli.flag.missing").With("flag", "--"+name).Do("cli.usage.fix"))
}

// within reaches the server for the tenant of the command and does its work.
func (c *call) within(n need, do func(*client.Tenant) error) error {
	tenant, err := c.tenant()
	if err != nil {
		return err
	}
	conn, err := c.dial(tenant, n)
	if err != nil {
		return err
	}
	defer conn.close()
	return printed(do(conn.Tenant(tenant)))
}

// above does the same for the operator.
func (c *call) above(do func(*client.Platform) error) error {
	conn, err := c.dial(operatorSlug, forManage)
	if err != nil {
		return err
	}
	defer conn.close()
	return printed(do(conn.Platform()))
}

// TenantList is what tenant list answers.
type TenantList struct {
	Tenants []client.TenantInfo `json:"tenants"`
}

func (p *program) tenantCommand() *cobra.Command {
	return p.group("tenant", p.tenantList(), p.tenantCreate(), p.tenantShow(), p.tenantChange(), p.tenantEnd())
}

func (p *program) tenantList() *cobra.Command {
	return p.verb("tenant.list", "", typeOf[TenantList](), func(c *call) error {
		return c.above(func(platform *client.Platform) error {
			out := TenantList{Tenants: []client.TenantInfo{}}
			for cursor := ""; ; {
				page, err := platform.Tenants(c.ctx, cursor)
				if err != nil {
					return err
				}
				out.Tenants = append(out.Tenants, page.Tenants...)
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			return c.answer(out, func(w *tabwriter.Writer) {
				c.head(w, "tenant", "title", "profile", "country", "region", "state")
				for _, t := range out.Tenants {
					row(w, t.Slug, t.Title, t.Profile, t.Country, regionOf(t), t.State)
				}
			})
		})
	})
}

func regionOf(t client.TenantInfo) string {
	for _, p := range t.Placements {
		if p.Name == "main" {
			return p.Region
		}
	}
	return ""
}

// period reads two moments of the command line.
func (c *call) period(since *time.Time, a string, until *time.Time, b string) (err error) {
	if *since, err = moment(a); err != nil {
		return err
	}
	*until, err = moment(b)
	return err
}

// moment reads a day or a moment; nothing is the zero time.
func moment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage(errs.New(errs.Invalid, "cli.moment").With("text", s).Do("cli.moment.fix"))
}

func (p *program) tenantShow() *cobra.Command {
	c := p.verb("tenant.show", "", typeOf[client.TenantInfo](), func(c *call) error {
		return c.within(forManage, func(t *client.Tenant) error {
			info, err := t.Info(c.ctx)
			if err != nil {
				return err
			}
			return c.answer(info, func(w *tabwriter.Writer) { c.showTenant(w, info) })
		})
	})
	return p.tenantFlag(c)
}

func (c *call) showTenant(w *tabwriter.Writer, t client.TenantInfo) {
	c.fact(w, "tenant", t.Slug+" ("+t.ID+")")
	c.fact(w, "title", t.Title)
	c.fact(w, "profile", t.Profile)
	c.fact(w, "state", t.State)
	c.fact(w, "country", t.Country)
	c.fact(w, "hosts", strings.Join(t.Hosts, " "))
	c.fact(w, "ends", c.moment(t.EndsAt))
	for _, p := range t.Placements {
		c.fact(w, "placement", strings.Join([]string{p.Name, p.Region, p.Jurisdiction, p.Engine}, "  "))
	}
}

func (p *program) tenantEnd() *cobra.Command {
	var at string
	var yes bool
	c := p.verb("tenant.end", "NAME", typeOf[client.TenantInfo](), func(c *call) error {
		when, err := moment(at)
		if err != nil {
			return err
		}
		if err := c.confirm(yes, "cli.tenant.end.confirm", errs.Params{"tenant": c.arg(0)}); err != nil {
			return err
		}
		return c.above(func(platform *client.Platform) error {
			info, err := platform.End(c.ctx, c.arg(0), when)
			if err != nil {
				return err
			}
			return c.answer(info, func(w *tabwriter.Writer) { c.showTenant(w, info) })
		})
	})
	c.Flags().StringVar(&at, "at", "", p.words.T("cli.flag.at"))
	p.yesFlag(c, &yes)
	return c
}

func (p *program) yesFlag(c *cobra.Command, yes *bool) {
	c.Flags().BoolVar(yes, "yes", false, p.words.T("cli.flag.yes"))
}
