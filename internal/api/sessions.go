package api

import (
	"net/http"
	"strings"
	"time"

	"garant.example/internal/actor"
	"garant.example/internal/errs"
	"garant.example/internal/identity"
	"garant.example/internal/web"
)

// SignIn is what a person types.
type SignIn struct {
	Name     string `json:"sign_in"`
	Password string `json:"password"`
}

// Session is a person signed in. The secret is sent as a bearer token.
type Session struct {
	Secret     string    `json:"secret"`
	Account    string    `json:"account"`
	MustChange bool      `json:"must_change"`
	IdleEnd    time.Time `json:"idle_end"`
	End        time.Time `json:"end"`
}

// PasswordChange replaces the own password.
type PasswordChange struct {
	Present string `json:"present"`
	Wanted  string `json:"wanted"`
}

func openSession(c *call) error {
	if err := c.whose(); err != nil {
		return err
	}
	var in SignIn
	if err := web.ReadJSON(c.r, &in); err != nil {
		return err
	}
	signed, err := c.api.Identity.SignIn(actor.In(c.r.Context(), stranger(c.r)),
		identity.Credentials{Tenant: c.tenant.ID, Name: in.Name, Password: in.Password})
	if err != nil {
		return err
	}
	return c.answer(sessionOf(signed))
}

func sessionOf(s identity.SignedIn) Session {
	return Session{Secret: s.Secret, Account: s.Session.Account.String(), MustChange: s.Session.MustChange,
		IdleEnd: s.Session.IdleEnd, End: s.Session.End}
}

func closeSession(c *call) error {
	secret, ok := bearer(c.r)
	if !ok {
		return notSignedIn()
	}
	if err := c.api.Identity.SignOut(actor.In(c.r.Context(), stranger(c.r)), secret); err != nil {
		return err
	}
	return c.done()
}

func changePassword(c *call) error {
	secret, ok := bearer(c.r)
	if !ok {
		return notSignedIn()
	}
	var in PasswordChange
	if err := web.ReadJSON(c.r, &in); err != nil {
		return err
	}
	signed, err := c.api.Identity.ChangePassword(actor.In(c.r.Context(), stranger(c.r)), secret, in.Present, in.Wanted)
	if err != nil {
		return err
	}
	return c.answer(sessionOf(signed))
}

func notSignedIn() error {
	return errs.New(errs.Unauthenticated, "access.unauthenticated").Do("access.unauthenticated.fix")
}

// bearer reads the secret of the Authorization header; the scheme's case does not
// matter (RFC 9110).
func bearer(r *http.Request) (string, bool) {
	scheme, secret, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(secret), ok && strings.EqualFold(scheme, "Bearer")
}
