package identity_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
)

func TestSignInOpensASession(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		made := w.member("ada", "admin", "viewer")
		in, err := w.svc.SignIn(from("192.0.2.7"), identity.Credentials{Tenant: w.acme.ID, Name: " ＡDA@Acme.example ", Password: goodPassword})
		check(t, err)
		if in.Account.ID != made.ID || in.Session.MustChange {
			t.Fatalf("signed in %+v", in)
		}
		e := w.last(1)[0]
		if e.Operation != audit.SignIn || e.Actor.Ref != made.ID.String() || e.Actor.Session != in.Session.ID ||
			e.Actor.Address.String() != "192.0.2.7" || e.Object != made.ID.Raw || e.Outcome != audit.Done {
			t.Errorf("leaf %+v", e)
		}
		who, session, err := w.svc.Resume(from("192.0.2.9"), in.Secret)
		check(t, err)
		if who.Kind != actor.Member || who.Tenant != w.acme.ID || who.Account != made.ID || who.Assurance != actor.OneFactor ||
			who.Session != session.ID || len(who.Roles) != 2 || who.Address.String() != "192.0.2.9" || who.Lang != "fr" {
			t.Errorf("actor %+v", who)
		}
	})
}

// failure is one way not to get in.
type failure struct {
	name, password, reason string
}

func failures(w *world) []failure {
	w.member("boss", "admin")
	w.member("ada")
	gone := w.member("gone")
	_, err := w.svc.DisableAccount(w.platform(), w.accounts(), gone.ID, 0)
	check(w.tb, err)
	_, stale, err := w.svc.CreateAccount(w.platform(), w.accounts(), identity.NewAccount{Person: person("stale")})
	check(w.tb, err)
	w.clock.Advance(73 * time.Hour)
	w.member("shut")
	for range 10 {
		_, err := w.try("198.51.100.2", "shut", "no")
		wantCode(w.tb, err, errs.Unauthenticated)
	}
	return []failure{
		{"nobody", goodPassword, "unknown"},
		{"ada", "wrong", "wrong_password"},
		{"ada", "", "wrong_password"},
		{"ada", strings.Repeat("x", 5000), "wrong_password"},
		{"ada", "bell\a", "wrong_password"},
		{"ada", goodPassword + " ", "wrong_password"},
		{"gone", goodPassword, "disabled"},
		{"stale", stale, "initial_expired"},
		{"shut", goodPassword, "locked"},
		{"two words", goodPassword, "unknown"},
		{strings.Repeat("y", 400), goodPassword, "unknown"},
		{"nul\x00", goodPassword, "unknown"},
	}
}

// One answer and one amount of work for every failure: what the person learns is
// compared, and hashes and leaves are counted instead of the time.
func TestEveryFailureLooksAlike(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.settings(func(s *identity.Settings) { s.Lockout.Address = 500 })
		list := failures(w)
		var first string
		for i, f := range list {
			runs, size := w.svc.Hashing().Runs(), w.size()
			_, err := w.try(fmt.Sprintf("203.0.113.%d", i), f.name, f.password)
			e := errs.Of(err)
			answer := fmt.Sprintf("%s %s %v %s %v", e.Code, e.Key, e.Params, e.Fix, e.Fields)
			if first == "" {
				first = answer
			}
			if e.Code != errs.Unauthenticated || answer != first || e.Err != nil {
				t.Errorf("%q: answer %q, others %q", f.name, answer, first)
			}
			if got := w.svc.Hashing().Runs() - runs; got != 1 {
				t.Errorf("%q: %d hashes", f.name, got)
			}
			if got := w.size() - size; got != 1 {
				t.Errorf("%q: %d leaves", f.name, got)
			}
			leaf := w.last(1)[0]
			if leaf.Operation != audit.SignInRefused || leaf.Reason != f.reason || leaf.Outcome != audit.Refused {
				t.Errorf("%q: leaf %s %s, want reason %s", f.name, leaf.Operation, leaf.Reason, f.reason)
			}
		}
		// Not seeing is no proof: the right pair does open.
		runs := w.svc.Hashing().Runs()
		_, err := w.signIn("ada")
		check(t, err)
		if got := w.svc.Hashing().Runs() - runs; got != 1 {
			t.Errorf("success: %d hashes", got)
		}
		if n := w.svc.Busy(); n != 0 {
			t.Errorf("%d attempts still counted as under way", n)
		}
	})
}

func TestLockoutEndsByTheClock(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.settings(func(s *identity.Settings) { s.Lockout.Failures = 5 })
		w.member("ada")
		w.member("bob")
		for range 4 {
			_, err := w.try("198.51.100.1", "ada", "no")
			wantCode(t, err, errs.Unauthenticated)
		}
		_, err := w.signIn("ada") // a success clears the count
		check(t, err)
		for range 5 {
			_, err := w.try("198.51.100.1", "ada", "no")
			wantCode(t, err, errs.Unauthenticated)
		}
		if e := w.last(1)[0]; e.Detail["blocked"] != "name" {
			t.Errorf("the failure that blocked says %v", e.Detail)
		}
		_, err = w.signIn("ada")
		wantCode(t, err, errs.Unauthenticated)
		_, err = w.signIn("bob") // nobody else is locked
		check(t, err)
		w.clock.Advance(15*time.Minute - time.Microsecond)
		_, err = w.signIn("ada")
		wantCode(t, err, errs.Unauthenticated)
		w.clock.Advance(time.Microsecond)
		_, err = w.signIn("ada")
		check(t, err)
	})
}

func TestFailuresOutsideTheWindowAreForgotten(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.settings(func(s *identity.Settings) { s.Lockout.Failures = 3 })
		w.member("ada")
		for range 6 {
			_, err := w.try("198.51.100.1", "ada", "no")
			wantCode(t, err, errs.Unauthenticated)
			w.clock.Advance(8 * time.Minute)
		}
		_, err := w.signIn("ada")
		check(t, err)
	})
}

func TestUnlock(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		ada := w.member("ada")
		for range 10 {
			_, err := w.try("198.51.100.1", "ada", "no")
			wantCode(t, err, errs.Unauthenticated)
		}
		_, err := w.signIn("ada")
		wantCode(t, err, errs.Unauthenticated)
		check(t, w.svc.Unlock(w.platform(), w.accounts(), ada.ID))
		_, err = w.signIn("ada")
		check(t, err)
	})
}

// Spraying: one password against many names from one address is stopped, whether
// the names exist or not, and costs no hash any more; others are not stopped.
func TestSprayingIsStopped(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.settings(func(s *identity.Settings) { s.Lockout.Address = 12 })
		w.member("ada")
		for i := range 12 {
			_, err := w.try("2001:db8:1:2::"+fmt.Sprint(i+1), fmt.Sprint("name", i), goodPassword)
			wantCode(t, err, errs.Unauthenticated)
		}
		runs := w.svc.Hashing().Runs()
		_, err := w.try("2001:db8:1:2::ffff", "ada", goodPassword)
		wantCode(t, err, errs.TooMany)
		if e := w.last(1)[0]; e.Reason != "address_blocked" || e.Outcome != audit.Refused {
			t.Errorf("leaf %+v", e)
		}
		if w.svc.Hashing().Runs() != runs {
			t.Error("a blocked address cost a hash")
		}
		_, err = w.try("2001:db8:1:3::1", "ada", goodPassword)
		check(t, err)
		w.clock.Advance(15 * time.Minute)
		_, err = w.try("2001:db8:1:2::1", "ada", goodPassword)
		check(t, err)
	})
}

// A thousand guesses at once are no more than the limit of guesses.
func TestGuessesAtOnceAreCounted(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.settings(func(s *identity.Settings) { s.Lockout.Failures, s.Lockout.Address = 5, 500 })
		w.member("ada")
		before := w.size()
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() { _, _ = w.try(fmt.Sprintf("198.51.100.%d", i), "ada", "no") })
		}
		wg.Wait()
		judged, locked := 0, 0
		for _, e := range w.last(int(w.size() - before)) {
			switch e.Reason {
			case "wrong_password":
				judged++
			case "locked":
				locked++
			default:
				t.Errorf("leaf %s %s", e.Operation, e.Reason)
			}
		}
		if judged > 5 || judged+locked != 40 {
			t.Errorf("%d guesses were judged and %d refused", judged, locked)
		}
		_, err := w.signIn("ada")
		if judged == 5 {
			wantCode(t, err, errs.Unauthenticated)
		}
	})
}

func TestBusyHasherRefuses(t *testing.T) {
	h, err := identity.NewHasher(cheap, 1, 1)
	check(t, err)
	release := h.Occupy(2)
	_, err = h.Hash(context.Background(), "x")
	wantCode(t, err, errs.TooMany)
	release()
	_, err = h.Hash(context.Background(), "x")
	check(t, err)
	if h.Runs() != 1 {
		t.Errorf("%d hashes ran", h.Runs())
	}
}

// A hash made at an older cost is made anew at the next sign-in, with its leaf.
func TestHashIsUpgraded(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		ada := w.member("ada")
		opt := w.opt
		opt.Cost = identity.Cost{Memory: 128, Time: 2, Threads: 1}
		svc, err := identity.New(opt)
		check(t, err)
		in := func() {
			t.Helper()
			_, err := svc.SignIn(from("192.0.2.1"), identity.Credentials{Tenant: w.acme.ID, Name: ada.Person.SignIn, Password: goodPassword})
			check(t, err)
		}
		in()
		if e := w.last(2)[1]; e.Operation != audit.AccountChange || e.Reason != "rehashed" || e.Row == [32]byte{} {
			t.Errorf("leaf %+v", e)
		}
		size, runs := w.size(), svc.Hashing().Runs()
		in()
		if w.size()-size != 1 || svc.Hashing().Runs()-runs != 1 {
			t.Error("upgraded twice")
		}
		w.verifyRows()
	})
}

func TestContractEnded(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.member("ada")
		_, err := w.tenants.End(w.platform(), w.acme.ID, w.clock.Now())
		check(t, err)
		_, err = w.signIn("ada")
		wantCode(t, err, errs.Unauthenticated)
		if e := w.last(1)[0]; e.Reason != "contract_ended" {
			t.Errorf("reason %s", e.Reason)
		}
	})
}

func TestStaffLiveWithTheOperator(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		secret, _, err := w.svc.OpenSetup(context.Background())
		check(t, err)
		p := identity.Person{Name: "Op", SignIn: "op", Lang: "en"}
		_, err = w.svc.FinishSetup(from("192.0.2.1"), secret, identity.First{Person: p, Password: goodPassword})
		check(t, err)
		in, err := w.svc.SignIn(from("192.0.2.1"), identity.Credentials{Tenant: w.operator.ID, Name: "op", Password: goodPassword})
		check(t, err)
		if in.Actor.Kind != actor.Staff || in.Actor.Tenant != w.operator.ID || len(in.Actor.Roles) != 1 {
			t.Errorf("actor %+v", in.Actor)
		}
		_, err = w.svc.SignIn(from("192.0.2.1"), identity.Credentials{Tenant: w.acme.ID, Name: "op", Password: goodPassword})
		wantCode(t, err, errs.Unauthenticated)
		_, err = w.svc.SignIn(from("192.0.2.1"), identity.Credentials{Tenant: id.NewTenant(), Name: "op", Password: goodPassword})
		wantCode(t, err, errs.NotFound)
	})
}
