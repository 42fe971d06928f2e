package client

import (
	"context"
	"net/http"
	"time"
)

// Person is what an account says of its person.
type Person struct {
	Name   string `json:"name"`
	SignIn string `json:"sign_in"` // what the person types to sign in
	Email  string `json:"email,omitzero"`
	Lang   string `json:"lang"` // "en" or "fr"
}

// Account is a person who may sign in.
type Account struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind"`
	Person      Person    `json:"person"`
	Roles       []string  `json:"roles"`
	State       string    `json:"state"`
	Version     int64     `json:"version"`
	CreatedAt   time.Time `json:"created_at"`
	ChangedAt   time.Time `json:"changed_at"`
	HasPassword bool      `json:"has_password"`
	MustChange  bool      `json:"must_change"`
	PasswordAt  time.Time `json:"password_at,omitzero"`

	ETag string `json:"etag,omitzero"` // what a change names; only of an account that was answered alone
}

// Invitation is an account with the password by which its person begins, shown
// once.
type Invitation struct {
	Account  Account `json:"account"`
	Password string  `json:"password"`
}

// AccountPage is one page of accounts.
type AccountPage struct {
	Accounts []Account `json:"accounts"`
	Next     string    `json:"next,omitzero"`
}

func (t *Tenant) account(ctx context.Context, r request) (Account, error) {
	var out Account
	header, err := t.c.send(ctx, r, &out)
	if err != nil {
		return Account{}, err
	}
	out.ETag = header.Get("ETag")
	return out, nil
}

// Accounts lists one page of accounts; cursor is Next of the page before.
func (t *Tenant) Accounts(ctx context.Context, cursor string) (AccountPage, error) {
	var out AccountPage
	_, err := t.c.send(ctx, request{method: http.MethodGet, path: t.path + "/accounts" + query("cursor", cursor)}, &out)
	return out, err
}

// Account reads one account.
func (t *Tenant) Account(ctx context.Context, account string) (Account, error) {
	return t.account(ctx, request{method: http.MethodGet, path: t.path + "/accounts/" + segment(account)})
}

// Invite makes an account. The password of the invitation is shown once.
func (t *Tenant) Invite(ctx context.Context, person Person, roles ...string) (Invitation, error) {
	in := struct {
		Person Person   `json:"person"`
		Roles  []string `json:"roles"`
	}{person, list(roles)}
	var out Invitation
	_, err := t.c.send(ctx, request{method: http.MethodPost, path: t.path + "/accounts", in: in, once: true}, &out)
	return out, err
}

// list never is nil, so that JSON says [].
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// ChangePerson replaces what an account says of its person.
func (t *Tenant) ChangePerson(ctx context.Context, account, etag string, person Person) (Account, error) {
	return t.account(ctx, request{method: http.MethodPut, path: t.path + "/accounts/" + segment(account), in: person, ifMatch: etag})
}

// AssignRoles replaces the roles of an account and ends its sessions.
func (t *Tenant) AssignRoles(ctx context.Context, account, etag string, roles ...string) (Account, error) {
	in := struct {
		Roles []string `json:"roles"`
	}{list(roles)}
	return t.account(ctx, request{method: http.MethodPut, path: t.path + "/accounts/" + segment(account) + "/roles", in: in, ifMatch: etag})
}

// Disable disables an account and ends its sessions.
func (t *Tenant) Disable(ctx context.Context, account, etag string) (Account, error) {
	return t.account(ctx, request{method: http.MethodPost, path: t.path + "/accounts/" + segment(account) + ":disable", ifMatch: etag, once: true})
}

// Enable enables a disabled account again.
func (t *Tenant) Enable(ctx context.Context, account, etag string) (Account, error) {
	return t.account(ctx, request{method: http.MethodPost, path: t.path + "/accounts/" + segment(account) + ":enable", ifMatch: etag, once: true})
}

// ResetPassword gives an account a fresh password to begin with, shown once.
func (t *Tenant) ResetPassword(ctx context.Context, account string) (Invitation, error) {
	var out Invitation
	_, err := t.c.send(ctx, request{method: http.MethodPost, path: t.path + "/accounts/" + segment(account) + ":reset", once: true}, &out)
	return out, err
}

// Unlock lets a person who failed too often try again at once.
func (t *Tenant) Unlock(ctx context.Context, account string) error {
	_, err := t.c.send(ctx, request{method: http.MethodPost, path: t.path + "/accounts/" + segment(account) + ":unlock", once: true}, nil)
	return err
}

// SignOut ends every session of an account.
func (t *Tenant) SignOut(ctx context.Context, account string) error {
	_, err := t.c.send(ctx, request{method: http.MethodPost, path: t.path + "/accounts/" + segment(account) + ":sign_out", once: true}, nil)
	return err
}

// Role is a set of rules with a name.
type Role struct {
	Name    string `json:"name"`
	Holders string `json:"holders"` // members, services, auditors, staff
	Cap     int    `json:"cap,omitzero"`
	Rules   []Rule `json:"rules"`
}

// Rule lets holders of a role do actions on a resource. An empty list of
// collections, classes or transitions means all of them.
type Rule struct {
	On          string       `json:"on"`
	Allow       []string     `json:"allow"`
	Collections []string     `json:"collections,omitzero"`
	See         []string     `json:"see,omitzero"`
	Change      []string     `json:"change,omitzero"`
	Transitions []Transition `json:"transitions,omitzero"`
}

// Transition is a move from one state to another.
type Transition struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Roles shows the permission matrix.
func (t *Tenant) Roles(ctx context.Context) ([]Role, error) {
	var out struct {
		Roles []Role `json:"roles"`
	}
	_, err := t.c.send(ctx, request{method: http.MethodGet, path: t.path + "/roles"}, &out)
	return out.Roles, err
}

// Token is a program's key.
type Token struct {
	ID        string    `json:"id"`
	Label     string    `json:"label"`
	Roles     []string  `json:"roles"`
	Scope     []string  `json:"scope"` // collections; empty means all that the roles reach
	By        string    `json:"by"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
	UsedOn    time.Time `json:"used_on,omitzero"`
	Secret    string    `json:"secret,omitzero"` // shown once, when it is made
}

// NewToken is what is said to make a token.
type NewToken struct {
	Label string
	Roles []string
	Scope []string
	Life  time.Duration // as the profile says when zero
}

// TokenPage is one page of tokens.
type TokenPage struct {
	Tokens []Token `json:"tokens"`
	Next   string  `json:"next,omitzero"`
}

// Tokens lists one page of tokens; cursor is Next of the page before.
func (t *Tenant) Tokens(ctx context.Context, cursor string) (TokenPage, error) {
	var out TokenPage
	_, err := t.c.send(ctx, request{method: http.MethodGet, path: t.path + "/tokens" + query("cursor", cursor)}, &out)
	return out, err
}

// CreateToken makes a token; its Secret is shown once.
func (t *Tenant) CreateToken(ctx context.Context, n NewToken) (Token, error) {
	in := struct {
		Label string   `json:"label"`
		Roles []string `json:"roles"`
		Scope []string `json:"scope,omitzero"`
		Life  int64    `json:"life,omitzero"`
	}{n.Label, list(n.Roles), n.Scope, int64(n.Life / time.Second)}
	var out Token
	_, err := t.c.send(ctx, request{method: http.MethodPost, path: t.path + "/tokens", in: in, once: true}, &out)
	return out, err
}

// RevokeToken revokes a token at once.
func (t *Tenant) RevokeToken(ctx context.Context, token string) error {
	_, err := t.c.send(ctx, request{method: http.MethodDelete, path: t.path + "/tokens/" + segment(token)}, nil)
	return err
}
