package server_test

import (
	"context"

	"garant.example/internal/access"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/testkit/house"
)

const ownPassword = "Zwölf-Boxkämpfer-9182"

// onAccount is a verb that acts on an account of its own.
func (w *world) onAccount(name string, a access.Action, do func(ctx context.Context, p *access.Permit, who identity.Account) error) verb {
	return verb{name, func() func() error {
		who := w.account("")
		p := w.permit(a, access.Account, "")
		return func() error { return do(house.Platform(), p, who) }
	}}
}

func (w *world) peopleVerbs() []verb {
	s := w.h.House.Identity
	return append([]verb{
		w.onAccount("account create", access.Manage, func(ctx context.Context, p *access.Permit, _ identity.Account) error {
			mail, _ := w.fields()
			_, _, err := s.CreateAccount(ctx, p, identity.NewAccount{Person: identity.Person{Name: "T", SignIn: mail, Email: mail, Lang: "en"}, Roles: []id.Name{"reader"}})
			return err
		}),
		w.onAccount("account change", access.Manage, func(ctx context.Context, p *access.Permit, a identity.Account) error {
			a.Person.Name = "Other"
			_, err := s.ChangePerson(ctx, p, a.ID, a.Version, a.Person)
			return err
		}),
		w.onAccount("account roles", access.Manage, func(ctx context.Context, p *access.Permit, a identity.Account) error {
			_, err := s.AssignRoles(ctx, p, a.ID, a.Version, []id.Name{"reader"})
			return err
		}),
		w.onAccount("account disable", access.Manage, func(ctx context.Context, p *access.Permit, a identity.Account) error {
			_, err := s.DisableAccount(ctx, p, a.ID, a.Version)
			return err
		}),
		w.onAccount("account reset", access.Manage, func(ctx context.Context, p *access.Permit, a identity.Account) error {
			_, err := s.ResetPassword(ctx, p, a.ID)
			return err
		}),
		w.onAccount("account sign out", access.Manage, func(ctx context.Context, p *access.Permit, a identity.Account) error {
			return s.EndSessions(ctx, p, a.ID)
		}),
		w.onAccount("account read", access.Read, func(ctx context.Context, p *access.Permit, a identity.Account) error {
			out, err := s.Account(ctx, p, a.ID)
			return hidden(err, len(out.Person.Name))
		}),
		w.onAccount("account list", access.List, func(ctx context.Context, p *access.Permit, _ identity.Account) error {
			list, err := s.Accounts(ctx, p, id.Account{}, 10)
			return hidden(err, len(list))
		}),
	}, w.secretVerbs()...)
}

func (w *world) secretVerbs() []verb {
	s := w.h.House.Identity
	tokens := func(a access.Action) *access.Permit { return w.permit(a, access.Token, "") }
	return []verb{
		{"sign in", func() func() error {
			a := w.account(ownPassword)
			return func() error {
				in, err := s.SignIn(house.Platform(), identity.Credentials{Tenant: w.t.ID, Name: a.Person.SignIn, Password: ownPassword})
				return hidden(err, len(in.Secret))
			}
		}},
		{"password change", func() func() error {
			a := w.account(ownPassword)
			in, err := s.SignIn(house.Platform(), identity.Credentials{Tenant: w.t.ID, Name: a.Person.SignIn, Password: ownPassword})
			if err != nil {
				w.Fatal(err)
			}
			return func() error {
				_, err := s.ChangePassword(house.Platform(), in.Secret, ownPassword, ownPassword+"-2")
				return err
			}
		}},
		{"sign out", func() func() error {
			a := w.account(ownPassword)
			in, err := s.SignIn(house.Platform(), identity.Credentials{Tenant: w.t.ID, Name: a.Person.SignIn, Password: ownPassword})
			if err != nil {
				w.Fatal(err)
			}
			return func() error { return s.SignOut(house.Platform(), in.Secret) }
		}},
		{"token create", func() func() error {
			p := tokens(access.Manage)
			return func() error {
				text, _, err := s.CreateToken(house.Platform(), p, identity.NewToken{Label: "t", Roles: []id.Name{"site"}})
				return hidden(err, len(text))
			}
		}},
		{"token revoke", func() func() error {
			p := tokens(access.Manage)
			_, made, err := s.CreateToken(house.Platform(), p, identity.NewToken{Label: "t", Roles: []id.Name{"site"}})
			if err != nil {
				w.Fatal(err)
			}
			return func() error { return s.RevokeToken(house.Platform(), p, made.ID) }
		}},
	}
}
