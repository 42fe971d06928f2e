package main

import (
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
)

// TokenList is what token list answers.
type TokenList struct {
	Tokens []client.Token `json:"tokens"`
}

func (p *program) tokenCommand() *cobra.Command {
	return p.group("token", p.tokenList(), p.tokenCreate(), p.tokenRevoke())
}

func (p *program) tokenList() *cobra.Command {
	c := p.verb("token.list", "", typeOf[TokenList](), func(c *call) error {
		return c.within(forManage, func(t *client.Tenant) error {
			out := TokenList{Tokens: []client.Token{}}
			for cursor := ""; ; {
				page, err := t.Tokens(c.ctx, cursor)
				if err != nil {
					return err
				}
				out.Tokens = append(out.Tokens, page.Tokens...)
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			return c.answer(out, func(w *tabwriter.Writer) {
				c.head(w, "token", "label", "roles", "ends", "used", "revoked")
				for _, k := range out.Tokens {
					row(w, k.ID, k.Label, strings.Join(k.Roles, " "), c.moment(k.ExpiresAt), day(k.UsedOn), c.moment(k.RevokedAt))
				}
			})
		})
	})
	return p.tenantFlag(c)
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func (p *program) tokenCreate() *cobra.Command {
	var n client.NewToken
	c := p.verb("token.create", "LABEL", typeOf[client.Token](), func(c *call) error {
		n.Label = c.arg(0)
		return c.within(forManage, func(t *client.Tenant) error {
			made, err := t.CreateToken(c.ctx, n)
			if err != nil {
				return err
			}
			return c.answer(made, func(w *tabwriter.Writer) {
				c.fact(w, "token", made.Secret)
				c.fact(w, "id", made.ID)
				c.fact(w, "roles", strings.Join(made.Roles, " "))
				c.fact(w, "ends", c.moment(made.ExpiresAt))
				c.say("cli.shown_once")
			})
		})
	})
	p.tenantFlag(c)
	c.Flags().StringSliceVar(&n.Roles, "role", nil, p.words.T("cli.flag.role"))
	c.Flags().StringSliceVar(&n.Scope, "scope", nil, p.words.T("cli.flag.scope"))
	c.Flags().DurationVar(&n.Life, "life", 0, p.words.T("cli.flag.life"))
	return c
}

func (p *program) tokenRevoke() *cobra.Command {
	var yes bool
	c := p.verb("token.revoke", "TOKEN", nil, func(c *call) error {
		if err := c.confirm(yes, "cli.token.revoke.confirm", errs.Params{"token": c.arg(0)}); err != nil {
			return err
		}
		return c.within(forManage, func(t *client.Tenant) error { return t.RevokeToken(c.ctx, c.arg(0)) })
	})
	p.tenantFlag(c)
	p.yesFlag(c, &yes)
	return c
}
