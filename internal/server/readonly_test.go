package server_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5"

	"garant.example/client"
	"garant.example/testkit/pgserver"
)

// The store turns read-only under a running platform, as a failed disk or a standby
// does: personal data closes with that reason and opens by itself.
func TestCrashReadOnly(t *testing.T) {
	pg := pgserver.Own(t)
	s := site{Dir: t.TempDir(), DSN: pg.DSN().Reveal()}
	if err := s.found(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	set := func(value string) {
		for _, statement := range []string{"ALTER SYSTEM SET default_transaction_read_only = " + value, "SELECT pg_reload_conf()"} {
			if _, err := c.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	r := s.serve(t, &notebook{})
	l, api := &load{hands: make([][]*person, 1)}, s.client(t, r.URL())
	people := api.Tenant("town").Collection("participants")
	for range 5 {
		if err := l.create(t.Context(), people, 0); err != nil {
			t.Fatal(err)
		}
	}
	set("on")
	known := l.hands[0][0]
	var refused error
	eventually(t, "a read is refused", func() bool {
		if _, refused = people.Get(t.Context(), known.id, "support"); refused == nil {
			known.reads++
		}
		return refused != nil
	})
	for name, err := range map[string]error{"read": refused, "create": l.create(t.Context(), people, 0)} {
		var p *client.Problem
		if !errors.As(err, &p) || p.Status != http.StatusServiceUnavailable || p.Code != client.LogUnavailable || p.Key != "audit.readonly" {
			t.Errorf("%s: %#v", name, err)
		}
	}
	set("off")
	eventually(t, "a creation once it can be written", func() bool { return l.create(t.Context(), people, 0) == nil })
	if err := r.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	newWitness().check(t, s, l, "after the read-only store")
}
