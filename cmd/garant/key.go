package main

import (
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
)

func (p *program) keyCommand() *cobra.Command {
	show := p.verb("key.show", "", typeOf[client.KeyStatus](), func(c *call) error {
		return c.within(forManage, func(t *client.Tenant) error {
			s, err := t.Keys(c.ctx)
			if err != nil {
				return err
			}
			return c.answer(s, func(w *tabwriter.Writer) { c.showKeys(w, s) })
		})
	})
	return p.group("key", p.tenantFlag(show), p.keyRotate())
}

func (c *call) showKeys(w *tabwriter.Writer, s client.KeyStatus) {
	c.fact(w, "service", s.Service+" "+s.Key)
	c.fact(w, "version", strconv.Itoa(s.Version))
	c.fact(w, "rotated", c.moment(s.RotatedAt))
	c.fact(w, "wrapped", c.moment(s.WrappedAt))
	c.fact(w, "subject_keys", c.words.Number(s.SubjectKeys))
	c.fact(w, "shredded", c.words.Number(s.Shredded))
	c.fact(w, "old_wrap", c.words.Number(s.OldWrap))
	c.fact(w, "confirmed", c.moment(s.ConfirmedAt))
	if s.Refused != nil {
		c.fact(w, "refused", s.Refused.Detail)
	}
	c.head(w, "key", "version", "kind", "state", "created")
	for _, k := range s.Named {
		row(w, k.Name, strconv.Itoa(k.Version), k.Kind, k.State, c.moment(k.CreatedAt))
	}
}

func (p *program) keyRotate() *cobra.Command {
	var plan, yes bool
	c := p.verb("key.rotate", "", typeOf[client.Rotation](), func(c *call) error {
		if !plan {
			if err := c.confirm(yes, "cli.key.rotate.confirm", errs.Params{"tenant": c.flags.tenant}); err != nil {
				return err
			}
		}
		return c.within(forManage, func(t *client.Tenant) error {
			r, err := t.RotateKeys(c.ctx, plan)
			if err != nil {
				return err
			}
			return c.answer(r, func(w *tabwriter.Writer) {
				c.fact(w, "version", strconv.Itoa(r.From)+" → "+strconv.Itoa(r.To))
				c.fact(w, "blocks", c.words.Number(r.Blocks))
				c.fact(w, "subject_keys", c.words.Number(r.Subjects))
				c.fact(w, "named_keys", c.words.Number(r.Keys))
				c.fact(w, "service", r.Service+" "+r.Key)
				if plan {
					c.say("cli.plan.only")
				}
			})
		})
	})
	p.tenantFlag(c)
	c.Flags().BoolVar(&plan, "plan", false, p.words.T("cli.flag.plan"))
	p.yesFlag(c, &yes)
	return c
}
