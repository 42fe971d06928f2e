package api

import (
	"strconv"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/web"
)

// Person is what an account says of its person.
type Person struct {
	Name   string `json:"name"`
	SignIn string `json:"sign_in"`
	Email  string `json:"email,omitzero"`
	Lang   string `json:"lang" enum:"en,fr"`
}

// Account is a person who may sign in.
type Account struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind" enum:"member,staff"`
	Person      Person    `json:"person"`
	Roles       []string  `json:"roles"`
	State       string    `json:"state" enum:"active,disabled"`
	Version     int64     `json:"version"`
	CreatedAt   time.Time `json:"created_at"`
	ChangedAt   time.Time `json:"changed_at"`
	HasPassword bool      `json:"has_password"`
	MustChange  bool      `json:"must_change"`
	PasswordAt  time.Time `json:"password_at,omitzero"`
}

// NewAccount is what is said to invite a person.
type NewAccount struct {
	Person Person   `json:"person"`
	Roles  []string `json:"roles"`
}

// Invitation is an account with the password by which its person begins. It is
// shown once, and has to be changed at the first sign-in.
type Invitation struct {
	Account  Account `json:"account"`
	Password string  `json:"password"`
}

// AccountList is one page of accounts.
type AccountList struct {
	Accounts []Account `json:"accounts"`
	Next     string    `json:"next,omitzero"`
}

// RoleNames are roles to be held.
type RoleNames struct {
	Roles []string `json:"roles"`
}

func accountOf(a identity.Account) Account {
	return Account{ID: a.ID.String(), Kind: a.Kind.String(), Person: Person(a.Person), Roles: words(a.Roles),
		State: string(a.State), Version: a.Version, CreatedAt: a.Created, ChangedAt: a.Changed,
		HasPassword: a.HasPassword, MustChange: a.MustChange, PasswordAt: a.PasswordAt}
}

func listAccounts(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	at, err := c.page("accounts")
	if err != nil {
		return err
	}
	after, err := id.FromBytes(at.position)
	if err != nil {
		after = id.Raw{}
	}
	list, err := c.api.Identity.Accounts(c.r.Context(), p, id.Account{Raw: after}, at.limit+1)
	if err != nil {
		return err
	}
	out := AccountList{Accounts: make([]Account, 0, len(list))}
	for i, a := range list {
		if i == at.limit {
			out.Next, err = at.next(list[i-1].ID.Bytes())
			break
		}
		out.Accounts = append(out.Accounts, accountOf(a))
	}
	if err != nil {
		return err
	}
	return c.answer(out)
}

func readAccount(c *call) error {
	p, account, err := c.account()
	if err != nil {
		return err
	}
	a, err := c.api.Identity.Account(c.r.Context(), p, account)
	if err != nil {
		return err
	}
	return c.account1(a)
}

// account asks the gate and reads the account of the path.
func (c *call) account() (*access.Permit, id.Account, error) {
	p, err := c.enter()
	if err != nil {
		return nil, id.Account{}, err
	}
	account, err := id.ParseAccount(c.segment("account"))
	if err != nil {
		return nil, id.Account{}, errs.New(errs.NotFound, "api.account.unknown")
	}
	return p, account, nil
}

// account1 answers one account with its entity tag.
func (c *call) account1(a identity.Account) error {
	c.w.Header().Set("ETag", web.ETag(strconv.FormatInt(a.Version, 10)))
	return c.answer(accountOf(a))
}

// version reads the one version that If-Match names.
func (c *call) version() (int64, error) {
	tags, err := web.IfMatch(c.r)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(tags[0], 10, 64)
	if err != nil || n < 1 || len(tags) > 1 {
		return 0, errs.New(errs.Stale, "web.if_match.stale").
			At("header/If-Match", "web.if_match.stale", nil).Do("web.if_match.stale.fix")
	}
	return n, nil
}

func inviteAccount(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	return c.once(p, func() error {
		var in NewAccount
		if err := web.ReadJSON(c.r, &in); err != nil {
			return err
		}
		made, initial, err := c.api.Identity.CreateAccount(c.r.Context(), p,
			identity.NewAccount{Person: identity.Person(in.Person), Roles: names(in.Roles)})
		if err != nil {
			return err
		}
		return c.give(identity.Made{Account: made, Initial: initial})
	})
}

func changeAccount(c *call) error {
	return c.edit(func(p *access.Permit, account id.Account, version int64) (identity.Account, error) {
		var in Person
		if err := web.ReadJSON(c.r, &in); err != nil {
			return identity.Account{}, err
		}
		return c.api.Identity.ChangePerson(c.r.Context(), p, account, version, identity.Person(in))
	})
}

func assignRoles(c *call) error {
	return c.edit(func(p *access.Permit, account id.Account, version int64) (identity.Account, error) {
		var in RoleNames
		if err := web.ReadJSON(c.r, &in); err != nil {
			return identity.Account{}, err
		}
		return c.api.Identity.AssignRoles(c.r.Context(), p, account, version, names(in.Roles))
	})
}

func disableAccount(c *call) error {
	return c.edit(func(p *access.Permit, account id.Account, version int64) (identity.Account, error) {
		return c.api.Identity.DisableAccount(c.r.Context(), p, account, version)
	})
}

func enableAccount(c *call) error {
	return c.edit(func(p *access.Permit, account id.Account, version int64) (identity.Account, error) {
		return c.api.Identity.EnableAccount(c.r.Context(), p, account, version)
	})
}

// edit changes one version of one account.
func (c *call) edit(change func(*access.Permit, id.Account, int64) (identity.Account, error)) error {
	p, account, err := c.account()
	if err != nil {
		return err
	}
	version, err := c.version()
	if err != nil {
		return err
	}
	return c.once(p, func() error {
		a, err := change(p, account, version)
		if err != nil {
			return err
		}
		return c.give(identity.Made{Account: a})
	})
}

func resetPassword(c *call) error {
	p, account, err := c.account()
	if err != nil {
		return err
	}
	return c.once(p, func() error {
		initial, err := c.api.Identity.ResetPassword(c.r.Context(), p, account)
		if err != nil {
			return err
		}
		a, err := c.api.Identity.Account(c.r.Context(), p, account)
		if err != nil {
			return err
		}
		return c.give(identity.Made{Account: a, Initial: initial})
	})
}

func unlockAccount(c *call) error {
	p, account, err := c.account()
	if err != nil {
		return err
	}
	return c.once(p, func() error {
		if err := c.api.Identity.Unlock(c.r.Context(), p, account); err != nil {
			return err
		}
		return c.done()
	})
}

func endSessions(c *call) error {
	p, account, err := c.account()
	if err != nil {
		return err
	}
	return c.once(p, func() error {
		if err := c.api.Identity.EndSessions(c.r.Context(), p, account); err != nil {
			return err
		}
		return c.done()
	})
}
