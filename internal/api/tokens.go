package api

import (
	"time"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/web"
)

// Token is a program's key. Its secret is shown once, when it is made.
type Token struct {
	ID        string    `json:"id"`
	Label     string    `json:"label"`
	Roles     []string  `json:"roles"`
	Scope     []string  `json:"scope"`
	By        string    `json:"by"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
	UsedOn    time.Time `json:"used_on,omitzero"`
	Secret    string    `json:"secret,omitzero"`
}

// NewToken is what is said to make a token.
type NewToken struct {
	Label string   `json:"label"`
	Roles []string `json:"roles"`
	Scope []string `json:"scope,omitzero"`
	Life  int64    `json:"life,omitzero"`
}

// TokenList is one page of tokens.
type TokenList struct {
	Tokens []Token `json:"tokens"`
	Next   string  `json:"next,omitzero"`
}

func tokenOf(t identity.Token) Token {
	return Token{ID: t.ID.String(), Label: t.Label, Roles: words(t.Roles), Scope: words(t.Scope), By: t.By,
		CreatedAt: t.Created, ExpiresAt: t.Expires, RevokedAt: t.Revoked, UsedOn: t.Used}
}

func listTokens(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	at, err := c.page("tokens")
	if err != nil {
		return err
	}
	after, err := id.FromBytes(at.position)
	if err != nil {
		after = id.Raw{}
	}
	list, err := c.api.Identity.Tokens(c.r.Context(), p, id.Token{Raw: after}, at.limit+1)
	if err != nil {
		return err
	}
	out := TokenList{Tokens: make([]Token, 0, len(list))}
	for i, t := range list {
		if i == at.limit {
			out.Next, err = at.next(list[i-1].ID.Bytes())
			break
		}
		out.Tokens = append(out.Tokens, tokenOf(t))
	}
	if err != nil {
		return err
	}
	return c.answer(out)
}

func createToken(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	return c.once(p, func() error {
		var in NewToken
		if err := web.ReadJSON(c.r, &in); err != nil {
			return err
		}
		life, err := seconds(in.Life)
		if err != nil {
			return err
		}
		secret, made, err := c.api.Identity.CreateToken(c.r.Context(), p, identity.NewToken{
			Label: in.Label, Roles: names(in.Roles), Scope: names(in.Scope), Life: life})
		if err != nil {
			return err
		}
		return c.give(identity.MadeToken{Token: made, Text: secret})
	})
}

// seconds reads a span. One that no duration holds is out of every bound.
func seconds(n int64) (time.Duration, error) {
	if n < 0 || n > int64(1<<63-1)/int64(time.Second) {
		return 0, errs.New(errs.Invalid, "api.bad.life").At("/life", "api.bad.life", nil)
	}
	return time.Duration(n) * time.Second, nil
}

func revokeToken(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	token, err := id.ParseToken(c.segment("token"))
	if err != nil {
		return errs.New(errs.NotFound, "api.token.unknown")
	}
	if err := c.api.Identity.RevokeToken(c.r.Context(), p, token); err != nil {
		return err
	}
	return c.done()
}
