package main

import (
	"bufio"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
)

// AccountList is what account list answers.
type AccountList struct {
	Accounts []client.Account `json:"accounts"`
}

func (p *program) accountCommand() *cobra.Command {
	return p.group("account", p.accountList(), p.accountInvite(), p.accountSetup(), p.accountRoles(), p.accountDisable())
}

func (p *program) accountList() *cobra.Command {
	c := p.verb("account.list", "", typeOf[AccountList](), func(c *call) error {
		return c.within(forManage, func(t *client.Tenant) error {
			out := AccountList{Accounts: []client.Account{}}
			for cursor := ""; ; {
				page, err := t.Accounts(c.ctx, cursor)
				if err != nil {
					return err
				}
				out.Accounts = append(out.Accounts, page.Accounts...)
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			return c.answer(out, func(w *tabwriter.Writer) {
				c.head(w, "account", "name", "sign_in", "roles", "state")
				for _, a := range out.Accounts {
					row(w, a.ID, a.Person.Name, a.Person.SignIn, strings.Join(a.Roles, " "), a.State)
				}
			})
		})
	})
	return p.tenantFlag(c)
}

func (p *program) accountInvite() *cobra.Command {
	var person client.Person
	var roles []string
	c := p.verb("account.invite", "SIGN-IN", typeOf[client.Invitation](), func(c *call) error {
		person.SignIn = c.arg(0)
		return c.within(forManage, func(t *client.Tenant) error {
			made, err := t.Invite(c.ctx, person, roles...)
			if err != nil {
				return err
			}
			return c.answer(made, func(w *tabwriter.Writer) {
				c.fact(w, "account", made.Account.ID)
				c.fact(w, "sign_in", made.Account.Person.SignIn)
				c.fact(w, "password", made.Password)
				c.say("cli.shown_once")
			})
		})
	})
	p.tenantFlag(c)
	f := c.Flags()
	f.StringVar(&person.Name, "name", "", p.words.T("cli.flag.name"))
	f.StringVar(&person.Email, "email", "", p.words.T("cli.flag.email"))
	f.StringVar(&person.Lang, "person-lang", p.words.Lang(), p.words.T("cli.flag.person_lang"))
	f.StringSliceVar(&roles, "role", nil, p.words.T("cli.flag.role"))
	return c
}

// accountSetup makes the operator's first account.
func (p *program) accountSetup() *cobra.Command {
	var secret string
	var person client.Person
	c := p.verb("account.setup", "SIGN-IN", typeOf[client.Account](), func(c *call) error {
		if secret == "" {
			return missingFlag("secret")
		}
		if strings.TrimSpace(person.Name) == "" {
			return missingFlag("name")
		}
		person.SignIn = c.arg(0)
		conn, err := c.dial("", forData)
		if err != nil {
			return err
		}
		defer conn.close()
		password, err := c.secret(bufio.NewReader(c.in), "cli.password")
		if err != nil {
			return err
		}
		a, err := conn.Setup(c.ctx, secret, person, password)
		if err != nil {
			return printed(err)
		}
		return c.answer(a, func(w *tabwriter.Writer) {
			c.fact(w, "account", a.ID)
			c.fact(w, "sign_in", a.Person.SignIn)
			c.fact(w, "roles", strings.Join(a.Roles, " "))
		})
	})
	c.Flags().StringVar(&secret, "secret", "", p.words.T("cli.flag.secret"))
	c.Flags().StringVar(&person.Name, "name", "", p.words.T("cli.flag.name"))
	c.Flags().StringVar(&person.Email, "email", "", p.words.T("cli.flag.email"))
	c.Flags().StringVar(&person.Lang, "person-lang", p.words.Lang(), p.words.T("cli.flag.person_lang"))
	return c
}

// change reads an account and changes the version that was read.
func (c *call) change(do func(t *client.Tenant, a client.Account) (client.Account, error)) error {
	return c.within(forManage, func(t *client.Tenant) error {
		a, err := t.Account(c.ctx, c.arg(0))
		if err != nil {
			return err
		}
		if a, err = do(t, a); err != nil {
			return err
		}
		return c.answer(a, func(w *tabwriter.Writer) {
			c.fact(w, "account", a.ID)
			c.fact(w, "roles", strings.Join(a.Roles, " "))
			c.fact(w, "state", a.State)
		})
	})
}

func (p *program) accountRoles() *cobra.Command {
	var roles []string
	c := p.verb("account.roles", "ACCOUNT", typeOf[client.Account](), func(c *call) error {
		return c.change(func(t *client.Tenant, a client.Account) (client.Account, error) {
			return t.AssignRoles(c.ctx, a.ID, a.ETag, roles...)
		})
	})
	p.tenantFlag(c)
	c.Flags().StringSliceVar(&roles, "role", nil, p.words.T("cli.flag.role"))
	return c
}

func (p *program) accountDisable() *cobra.Command {
	var yes bool
	c := p.verb("account.disable", "ACCOUNT", typeOf[client.Account](), func(c *call) error {
		if err := c.confirm(yes, "cli.account.disable.confirm", errs.Params{"account": c.arg(0)}); err != nil {
			return err
		}
		return c.change(func(t *client.Tenant, a client.Account) (client.Account, error) {
			return t.Disable(c.ctx, a.ID, a.ETag)
		})
	})
	p.tenantFlag(c)
	p.yesFlag(c, &yes)
	return c
}
