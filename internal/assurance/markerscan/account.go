package markerscan

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
)

// Accounts are never deleted, so one of the canary serves every run: between runs
// it has no password that anybody knows, and holds nobody's words.
const (
	accountDomain = "@marker.invalid"
	accountPage   = 200
)

// neutral is what the account says between runs.
func neutral() identity.Person {
	return identity.Person{Name: "Canary", SignIn: "canary" + accountDomain, Email: "canary" + accountDomain, Lang: "en"}
}

// member is the canary's account with tokens in it.
type member struct {
	door  *door
	id    id.Account
	token string
}

type signIn struct {
	Name     string `json:"sign_in"`
	Password string `json:"password"`
}

type passwordChange struct {
	Present string `json:"present"`
	Wanted  string `json:"wanted"`
}

// enlist signs the account in with a fresh password that holds a token, and has it
// write tokens into its own name and addresses, all through the API.
func (g *garden) enlist(ctx context.Context) (*member, error) {
	d := g.door
	m := &member{door: d, token: newToken()}
	initial, name, err := m.wake(ctx)
	if err != nil {
		return m, err
	}
	var opened struct {
		Secret string `json:"secret"`
	}
	got, err := d.ask(ctx, "", http.MethodPost, d.of("sessions"), signIn{name, initial})
	if err != nil {
		return m, err
	}
	if got.status != http.StatusCreated {
		return m, fmt.Errorf("the API answered %d to the canary's sign-in", got.status)
	}
	if err := json.Unmarshal(got.body, &opened); err != nil {
		return m, err
	}
	password := newToken()
	got, err = d.ask(ctx, opened.Secret, http.MethodPost, "/v1/session:password", passwordChange{initial, "Mk-" + password})
	if err != nil {
		return m, err
	}
	if got.status/100 != 2 {
		return m, fmt.Errorf("the API answered %d to a new password", got.status)
	}
	if err := json.Unmarshal(got.body, &opened); err != nil {
		return m, err
	}
	// A password is typed again and again: once more with the final one.
	if got, err = d.ask(ctx, "", http.MethodPost, d.of("sessions"), signIn{name, "Mk-" + password}); err != nil || got.status != http.StatusCreated {
		return m, cmp.Or(err, fmt.Errorf("the API answered %d to the new password", got.status))
	}
	g.marks = append(g.marks, mark{token: password, what: "password", culprit: m.id.String()})
	g.session = opened.Secret
	return m, g.describe(ctx, m, opened.Secret)
}

// describe writes the tokens into the account and reads them back.
func (g *garden) describe(ctx context.Context, m *member, secret string) error {
	d, path := m.door, m.door.of("accounts", m.id.String())
	got, err := d.ask(ctx, secret, http.MethodGet, path, nil)
	if err != nil || got.status != http.StatusOK {
		return cmp.Or(err, fmt.Errorf("the API answered %d to the reading of the account", got.status))
	}
	person := identity.Person{Name: "Marker " + m.token, SignIn: m.token + accountDomain, Email: m.token + accountDomain, Lang: "en"}
	if got, err = d.ask(ctx, secret, http.MethodPut, path, person, "If-Match", got.etag); err != nil || got.status != http.StatusOK {
		return cmp.Or(err, fmt.Errorf("the API answered %d to the change of the account", got.status))
	}
	permit, err := d.enter(ctx, access.Manage, access.Account, "")
	if err != nil {
		return err
	}
	back, err := d.house.Identity.Account(ctx, permit, m.id)
	if err != nil || back.Person != person {
		return cmp.Or(err, errors.New("the account does not hold what was written"))
	}
	g.marks = append(g.marks, mark{token: m.token, what: "account", culprit: m.id.String()})
	return nil
}

// wake finds or makes the account and gives it an initial password.
func (m *member) wake(ctx context.Context) (initial, name string, err error) {
	people := m.door.house.Identity
	permit, err := m.door.enter(ctx, access.Manage, access.Account, "")
	if err != nil {
		return "", "", err
	}
	found, ok, err := find(ctx, people, permit)
	if err != nil {
		return "", "", err
	}
	if !ok {
		role, ok := manager(permit.Matrix())
		if !ok {
			return "", "", fmt.Errorf("no role of the profile manages accounts")
		}
		made, initial, err := people.CreateAccount(ctx, permit, identity.NewAccount{Person: neutral(), Roles: []id.Name{role}})
		m.id = made.ID
		return initial, made.Person.SignIn, err
	}
	m.id = found.ID
	if found.State == identity.Disabled { // somebody tidied up
		if found, err = people.EnableAccount(ctx, permit, found.ID, found.Version); err != nil {
			return "", "", err
		}
	}
	initial, err = people.ResetPassword(ctx, permit, found.ID)
	return initial, found.Person.SignIn, err
}

func find(ctx context.Context, people *identity.Service, permit *access.Permit) (identity.Account, bool, error) {
	for after := (id.Account{}); ; {
		list, err := people.Accounts(ctx, permit, after, accountPage)
		if err != nil {
			return identity.Account{}, false, err
		}
		for _, a := range list {
			if strings.HasSuffix(a.Person.SignIn, accountDomain) {
				return a, true, nil
			}
			after = a.ID
		}
		if len(list) < accountPage {
			return identity.Account{}, false, nil
		}
	}
}

// manager is the role whose members manage accounts.
func manager(m *access.Matrix) (id.Name, bool) {
	for _, role := range m.Roles() {
		for _, rule := range role.Rules {
			if role.Holders != access.Services && rule.On == access.Account && slices.Contains(rule.Allow, access.Manage) {
				return role.Name, true
			}
		}
	}
	return "", false
}

// rest takes the tokens out of the account again, ends its sessions and gives it an
// initial password that nobody keeps. It is not disabled: a canary may have no other
// account, and the last one that manages accounts cannot be.
func (m *member) rest(ctx context.Context) error {
	if m.id.IsZero() {
		return nil
	}
	people := m.door.house.Identity
	permit, err := m.door.enter(ctx, access.Manage, access.Account, "")
	if err != nil {
		return err
	}
	if _, err := people.ResetPassword(ctx, permit, m.id); err != nil {
		return err
	}
	if err := people.EndSessions(ctx, permit, m.id); err != nil {
		return err
	}
	a, err := people.Account(ctx, permit, m.id)
	if err != nil {
		return err
	}
	if a, err = people.ChangePerson(ctx, permit, m.id, a.Version, neutral()); err != nil {
		return err
	}
	if a, err = people.Account(ctx, permit, m.id); err == nil && a.Person != neutral() {
		err = errors.New("the canary's account still holds what was planted")
	}
	return err
}

// stored gives the sealed bodies of what was planted, and checks that what was read
// back is what lies there.
type stored struct {
	planted *planted
	body    []byte
	ad      []byte
}

// sealed finds the planted records as the databases keep them.
func (g *garden) sealed(ctx context.Context, h *assurance.House, t tenant.Tenant) ([]stored, error) {
	var out []stored
	for _, p := range t.Placements {
		for s, err := range h.Vault.Stored(ctx, t, p.Name) {
			if err != nil {
				return nil, err
			}
			for i := range g.records {
				if g.records[i].record == s.ID {
					out = append(out, stored{&g.records[i], bytes.Clone(s.Body), s.AD})
				}
			}
		}
	}
	return out, nil
}
