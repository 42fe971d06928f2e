package rolematrix

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/db"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
)

// errUndo takes a change back whose outcome was all that was wanted.
var errUndo = errors.New("rolematrix: taken back")

// breakGrant gives the canary's administrators the right to read the log.
func breakGrant(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	declared, ok := s.House.Set.Profile(c.Promise.Profile)
	if !ok {
		return probe.ErrNoRole
	}
	policy := profile.Compile(declared).Policy
	matrix, err := access.Compile(policy.Roles, policy.Space)
	if err != nil {
		return err
	}
	manager, err := probe.Manager(matrix)
	if err != nil {
		return err
	}
	for n := range policy.Roles {
		if role := &policy.Roles[n]; role.Name == manager {
			role.Rules = append(slices.Clone(role.Rules), access.Rule{On: access.Log, Allow: []access.Action{access.Read, access.List}})
		}
	}
	old, next, err := rewritten(ctx, c.Canary, s.House, policy)
	if err != nil {
		return err
	}
	line := func(b []byte) []assurance.Sentence {
		return []assurance.Sentence{{SQL: `UPDATE access_policy SET body = ?1 WHERE one = 1`, Args: []assurance.Arg{assurance.B(b)}}}
	}
	defer s.House.Gate.Forget(c.Canary.ID)
	return s.SQL(ctx, assurance.MainOf(c.Canary), line(next), line(old))
}

// rewritten is the row of the policy as it is, and as it would be: the gate itself
// makes it, in a transaction that is taken back.
func rewritten(ctx context.Context, t tenant.Tenant, h *assurance.House, p access.Policy) (old, next []byte, err error) {
	place, err := h.Tenants.PlacementPlace(t, tenant.Main)
	if err != nil {
		return nil, nil, err
	}
	database, release, err := h.Open(ctx, place)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	read := func(tx db.Tx, into *[]byte) error {
		return tx.Row(`SELECT body FROM access_policy WHERE one = 1`).Scan(into)
	}
	err = database.Write(ctx, func(tx db.Tx) error {
		if err := read(tx, &old); err != nil {
			return err
		}
		if err := h.Gate.Define(ctx, tx, t, p); err != nil {
			return err
		}
		return errors.Join(read(tx, &next), errUndo)
	})
	if errors.Is(err, errUndo) && next != nil {
		err = nil
	}
	return old, next, err
}

// breakHost routes every host name to the canary: whoever asks for the canary's rooms
// under somebody else's name is led there, as a wrong line in a proxy would.
func breakHost(_ context.Context, c assurance.Control, s *assurance.Stage) error {
	to, err := url.Parse(s.House.URL())
	if err != nil {
		return err
	}
	slug, own := "/v1/tenants/"+string(c.Canary.Slug), "/v1/tenants/"+c.Canary.ID.String()
	proxy := &httputil.ReverseProxy{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.House.Roots(), MinVersion: tls.VersionTLS12}},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
			r.Out.URL.Path = strings.Replace(r.Out.URL.Path, slug, own, 1) // another name of the same, which no hole is at
			r.Out.Host = hostOf(c.Canary)
		}}
	return s.Fault("proxy", func(name string) error {
		s.Faults.Route(name, http.MethodGet, slug+"/collections", proxy.ServeHTTP)
		return nil
	})
}
