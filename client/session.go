package client

import (
	"context"
	"net/http"
	"time"
)

// Session is a person signed in. Its secret serves as a token.
type Session struct {
	Secret     string    `json:"secret"`
	Account    string    `json:"account"`
	MustChange bool      `json:"must_change"` // nothing may be done but changing the password
	IdleEnd    time.Time `json:"idle_end"`    // when it ends unless it is used before
	End        time.Time `json:"end"`
}

// SignIn signs a person of the tenant in. WithToken(session.Secret) then acts as
// that person.
func (t *Tenant) SignIn(ctx context.Context, name, password string) (Session, error) {
	in := struct {
		SignIn   string `json:"sign_in"`
		Password string `json:"password"`
	}{name, password}
	var out Session
	_, err := t.c.send(ctx, request{method: http.MethodPost, path: t.path + "/sessions", in: in}, &out)
	return out, err
}

// SignOut ends the session by which this client acts.
func (c *Client) SignOut(ctx context.Context) error {
	_, err := c.send(ctx, request{method: http.MethodDelete, path: "/v1/session"}, nil)
	return err
}

// ChangePassword replaces the password of the person by whose session this client
// acts. Every session of the person ends; the returned one begins.
func (c *Client) ChangePassword(ctx context.Context, present, wanted string) (Session, error) {
	in := struct {
		Present string `json:"present"`
		Wanted  string `json:"wanted"`
	}{present, wanted}
	var out Session
	_, err := c.send(ctx, request{method: http.MethodPost, path: "/v1/session:password", in: in}, &out)
	return out, err
}
