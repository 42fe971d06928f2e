package identity_test

import (
	"strings"
	"testing"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
)

func TestSessionEndsWhenIdle(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.member("ada")
		in, err := w.signIn("ada")
		check(t, err)
		for range 4 { // used every 25 minutes it goes on
			w.clock.Advance(25 * time.Minute)
			_, _, err = w.svc.Resume(from("192.0.2.1"), in.Secret)
			check(t, err)
			if e := w.last(1)[0]; e.Operation != audit.SessionUse {
				t.Errorf("the use left %s", e.Operation)
			}
		}
		size := w.size()
		w.clock.Advance(2 * time.Minute) // too soon to be written down
		_, _, err = w.svc.Resume(from("192.0.2.1"), in.Secret)
		check(t, err)
		if w.size() != size {
			t.Error("every use is written")
		}
		w.clock.Advance(28 * time.Minute)
		_, _, err = w.svc.Resume(from("192.0.2.1"), in.Secret)
		if e := errs.Of(err); e == nil || e.Code != errs.Unauthenticated || e.Key != "identity.session.idle" {
			t.Errorf("idle: %v", err)
		}
		if e := w.last(1)[0]; e.Operation != audit.SignInRefused || e.Reason != "idle" {
			t.Errorf("leaf %+v", e)
		}
	})
}

func TestSessionEndsAfterItsLife(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.member("ada")
		in, err := w.signIn("ada")
		check(t, err)
		for range 12 * 3 {
			_, _, err = w.svc.Resume(from("192.0.2.1"), in.Secret)
			check(t, err)
			w.clock.Advance(20 * time.Minute)
		}
		_, _, err = w.svc.Resume(from("192.0.2.1"), in.Secret)
		if e := errs.Of(err); e == nil || e.Key != "identity.session.expired" {
			t.Errorf("after 12 hours: %v", err)
		}
	})
}

// A profile that shortens the limits shortens living sessions too.
func TestShorterLimitsHoldForLivingSessions(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.member("ada")
		in, err := w.signIn("ada")
		check(t, err)
		w.settings(func(s *identity.Settings) { s.Session.Idle, s.Session.Life = time.Minute, time.Hour })
		w.clock.Advance(2 * time.Minute)
		_, _, err = w.svc.Resume(from("192.0.2.1"), in.Secret)
		wantCode(t, err, errs.Unauthenticated)
	})
}

func TestSignOut(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		ada := w.member("ada")
		in, err := w.signIn("ada")
		check(t, err)
		check(t, w.svc.SignOut(from("192.0.2.1"), in.Secret))
		e := w.last(1)[0]
		if e.Operation != audit.SignOut || e.Actor.Ref != ada.ID.String() || e.Actor.Session != in.Session.ID {
			t.Errorf("leaf %+v", e)
		}
		_, _, err = w.svc.Resume(from("192.0.2.1"), in.Secret)
		wantCode(t, err, errs.Unauthenticated)
		size := w.size()
		check(t, w.svc.SignOut(from("192.0.2.1"), in.Secret))
		check(t, w.svc.SignOut(from("192.0.2.1"), "nothing"))
		if w.size() != size {
			t.Error("ending what is over left an entry")
		}
	})
}

// The secret of one tenant's session opens nothing at another's, even when the
// name of the tenant in it is exchanged.
func TestSessionIsBoundToItsTenant(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.member("ada")
		in, err := w.signIn("ada")
		check(t, err)
		home, ok := identity.HomeOf(in.Secret)
		if !ok || home != w.acme.ID {
			t.Fatalf("home %v %v", home, ok)
		}
		other, _ := identity.NewSessionSecret(w.operator.ID)
		forged := other[:30] + in.Secret[30:]
		for _, secret := range []string{forged, other, "", in.Secret[1:], in.Secret + "0", "gs_" + in.Secret} {
			_, _, err := w.svc.Resume(from("192.0.2.1"), secret)
			wantCode(t, err, errs.Unauthenticated)
		}
		if e := w.lastOf(w.operator, 1)[0]; e.Operation != audit.SignInRefused || e.Reason != "unknown" {
			t.Errorf("the forged secret left %+v", e)
		}
	})
}

func TestInitialPasswordOpensNothingButItsChange(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		p := w.accounts()
		made, initial, err := w.svc.CreateAccount(w.platform(), p, identity.NewAccount{Person: person("ada"), Roles: []id.Name{"admin"}})
		check(t, err)
		in, err := w.try("192.0.2.1", "ada", initial)
		check(t, err)
		who, session, err := w.svc.Resume(from("192.0.2.1"), in.Secret)
		check(t, err)
		if len(who.Roles) != 0 || !session.MustChange || len(in.Actor.Roles) != 0 {
			t.Fatalf("actor %+v, session %+v", who, session)
		}
		ctx := actor.In(w.platform(), who)
		_, err = w.gate.Enter(ctx, access.Ask{Action: access.List, On: access.Account, Tenant: w.acme.ID})
		wantCode(t, err, errs.Forbidden)

		again, err := w.svc.ChangePassword(from("192.0.2.1"), in.Secret, initial, goodPassword)
		check(t, err)
		if len(again.Actor.Roles) != 1 || again.Session.MustChange || again.Account.ID != made.ID {
			t.Errorf("after the change %+v", again)
		}
		_, err = w.try("192.0.2.1", "ada", initial)
		wantCode(t, err, errs.Unauthenticated)
		_, err = w.gate.Enter(actor.In(w.platform(), again.Actor), access.Ask{Action: access.List, On: access.Account, Tenant: w.acme.ID})
		check(t, err)
		w.wantRowsSound()
	})
}

func TestChangePasswordAsksForThePresentOne(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.settings(func(s *identity.Settings) { s.Lockout.Failures = 3 })
		w.member("ada")
		in, err := w.signIn("ada")
		check(t, err)
		_, err = w.svc.ChangePassword(from("192.0.2.1"), in.Secret, goodPassword, goodPassword)
		if e := errs.Of(err); e == nil || len(e.Fields) != 1 || e.Fields[0].Key != "identity.password.same" {
			t.Errorf("the same password: %v", err)
		}
		for range 3 {
			_, err = w.svc.ChangePassword(from("192.0.2.1"), in.Secret, "no", "Another-Good-9-Sentence")
			if e := errs.Of(err); e == nil || len(e.Fields) != 1 || e.Fields[0].Pointer != "/present" {
				t.Errorf("a wrong present password: %v", err)
			}
		}
		_, err = w.svc.ChangePassword(from("192.0.2.1"), in.Secret, goodPassword, "Another-Good-9-Sentence")
		wantCode(t, err, errs.TooMany)
		_, err = w.signIn("ada") // the same count
		wantCode(t, err, errs.Unauthenticated)
		_, _, err = w.svc.Resume(from("192.0.2.1"), in.Secret) // and the session goes on
		check(t, err)
	})
}

func TestSessionsAreListed(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		ada := w.member("ada")
		in, err := w.signIn("ada")
		check(t, err)
		list, err := w.svc.Sessions(w.platform(), w.permit(w.acme, access.Account, access.Read), ada.ID)
		check(t, err)
		if len(list) != 2 || list[1].ID != in.Session.ID || list[1].Assurance != actor.OneFactor {
			t.Errorf("sessions %+v", list)
		}
		w.clock.Advance(time.Hour)
		list, err = w.svc.Sessions(w.platform(), w.permit(w.acme, access.Account, access.Read), ada.ID)
		if err != nil || len(list) != 0 {
			t.Errorf("idle sessions are listed: %+v, %v", list, err)
		}
	})
}

func FuzzSessionSecret(f *testing.F) {
	text, _ := identity.NewSessionSecret(id.NewTenant())
	f.Add(text)
	f.Add("gs_")
	f.Fuzz(func(t *testing.T, s string) {
		home, hash, err := identity.ParseSessionSecret(s)
		if err != nil {
			return
		}
		// Only one text gives a hash: what is accepted is in its one form.
		for i := range s {
			for _, other := range []string{s[:i] + strings.ToUpper(s[i:i+1]) + s[i+1:], s[:i] + "\n" + s[i:]} {
				if _, again, err := identity.ParseSessionSecret(other); other != s && err == nil && again == hash {
					t.Fatalf("%q and %q are one secret", s, other)
				}
			}
		}
		if got := "gs_" + string(identity.AppendBase32(nil, home.Raw[:])); s[:len(got)] != got || hash == [32]byte{} {
			t.Fatalf("%q was read as %v", s, home)
		}
	})
}
