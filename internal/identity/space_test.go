package identity_test

import (
	"sync/atomic"
	"testing"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
)

// room is the space for the logs, which a test makes short.
type room struct{ short atomic.Bool }

func (r *room) Allow(essential bool) error {
	if r.short.Load() && !essential {
		return audit.ErrSpace
	}
	return nil
}

func (r *room) Release() bool { return false }

// While room is short access can still be taken away, by somebody who has to sign
// in for it and to look whose it is; and none can be given.
func TestAccessIsTakenAwayWhileRoomIsShort(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.member("ana", "admin")
		leaver := w.member("leo", "viewer", "auditor")
		stays := w.member("sam", "viewer")
		text, token := w.token("collector")
		_, err := w.signIn("leo")
		check(t, err)
		used, err := w.signIn("sam")
		check(t, err)

		w.room.short.Store(true)
		admin, err := w.signIn("ana")
		check(t, err)
		if _, err := w.svc.Accounts(w.platform(), w.accounts(), id.Account{}, 10); err != nil {
			t.Errorf("look at accounts: %v", err)
		}
		if _, err := w.svc.AssignRoles(w.platform(), w.accounts(), leaver.ID, 0, []id.Name{"viewer"}); err != nil {
			t.Errorf("take a role away: %v", err)
		}
		if _, err := w.svc.DisableAccount(w.platform(), w.accounts(), leaver.ID, 0); err != nil {
			t.Errorf("disable: %v", err)
		}
		if e := w.last(1)[0]; e.Operation != audit.AccountChange || e.Detail["state"] != "disabled" {
			t.Errorf("leaf %+v", e)
		}
		check(t, w.svc.RevokeToken(w.platform(), w.tokens(), token.ID))
		if e := w.last(1)[0]; e.Operation != audit.TokenRevoke {
			t.Errorf("leaf %+v", e)
		}
		_, err = w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
		wantCode(t, err, errs.Unauthenticated)
		_, err = w.signIn("leo")
		wantCode(t, err, errs.Unauthenticated)
		check(t, w.svc.EndSessions(w.platform(), w.accounts(), stays.ID))
		_, _, err = w.svc.Resume(from("192.0.2.1"), used.Secret)
		wantCode(t, err, errs.Unauthenticated)
		check(t, w.svc.SignOut(from("192.0.2.1"), admin.Secret))
		if e := w.last(1)[0]; e.Operation != audit.SignOut {
			t.Errorf("leaf %+v", e)
		}

		size := w.size()
		for what, err := range map[string]error{
			"give a role": give(w.svc.AssignRoles(w.platform(), w.accounts(), stays.ID, 0, []id.Name{"admin", "viewer"})),
			"enable":      give(w.svc.EnableAccount(w.platform(), w.accounts(), leaver.ID, 0)),
			"invite": func() error {
				_, _, err := w.svc.CreateAccount(w.platform(), w.accounts(), identity.NewAccount{Person: person("new")})
				return err
			}(),
			"make a token": func() error {
				_, _, err := w.svc.CreateToken(w.platform(), w.tokens(), identity.NewToken{Label: "Another", Roles: []id.Name{"collector"}})
				return err
			}(),
		} {
			if !errs.Is(err, errs.LogUnavailable) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if w.size() != size {
			t.Error("something was written down")
		}
	})
}

func give(_ identity.Account, err error) error { return err }

// A use that cannot be written down does not end a session or stop a token: what
// either does has its own leaf or is refused. The session ends at its idle limit.
func TestUsesGoUnwrittenWhileRoomIsShort(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.settings(func(s *identity.Settings) { s.Session.Idle, s.Session.Life = time.Hour, 8*time.Hour })
		w.member("ana", "admin")
		in, err := w.signIn("ana")
		check(t, err)
		text, _ := w.token("collector")
		w.room.short.Store(true)
		size := w.size()
		w.clock.Advance(30 * time.Minute)
		if _, s, err := w.svc.Resume(from("192.0.2.1"), in.Secret); err != nil || !s.IdleEnd.Equal(in.Session.IdleEnd) {
			t.Errorf("%v, idle end %s", err, s.IdleEnd)
		}
		if _, err := w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text); err != nil {
			t.Error(err)
		}
		if w.size() != size {
			t.Error("a use was written down")
		}
		w.room.short.Store(false)
		w.clock.Advance(2 * time.Second) // past what is remembered
		if _, err := w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text); err != nil {
			t.Error(err)
		}
		if e := w.last(1)[0]; e.Operation != audit.TokenUse {
			t.Errorf("the use was forgotten: %+v", e)
		}
		w.room.short.Store(true)
		w.clock.Advance(30 * time.Minute)
		_, _, err = w.svc.Resume(from("192.0.2.1"), in.Secret)
		wantCode(t, err, errs.Unauthenticated)
		if _, err := w.gate.Enter(w.platform(), access.Ask{Action: access.Manage, On: access.Token, Tenant: w.acme.ID}); err != nil {
			t.Error(err)
		}
	})
}
