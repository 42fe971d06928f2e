package identity_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/identity"
)

func first() identity.First {
	return identity.First{Person: identity.Person{Name: "Op", SignIn: "op", Lang: "en"}, Password: goodPassword}
}

func TestFirstStart(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		if w.svc.Ready() {
			t.Fatal("ready before an account exists")
		}
		secret, until, err := w.svc.OpenSetup(context.Background())
		check(t, err)
		if until.Sub(w.clock.Now()) != 30*time.Minute || len(secret) != 52 {
			t.Errorf("%q until %s", secret, until)
		}
		size := len(w.lastOf(w.operator, 100))
		_, err = w.svc.FinishSetup(from("192.0.2.1"), strings.ToUpper(secret), first())
		wantCode(t, err, errs.Unauthenticated)
		if e := w.lastOf(w.operator, 1)[0]; e.Operation != audit.SignInRefused || e.Reason != "setup_secret" {
			t.Errorf("leaf %+v", e)
		}
		weak := first()
		weak.Password = "short"
		for _, password := range []string{"short", ""} {
			weak.Password = password
			_, err = w.svc.FinishSetup(from("192.0.2.1"), secret, weak)
			wantCode(t, err, errs.Invalid)
		}
		made, err := w.svc.FinishSetup(from("192.0.2.1"), secret, first())
		check(t, err)
		if made.MustChange || len(made.Roles) != 1 || made.Roles[0] != "operator_admin" {
			t.Errorf("made %+v", made)
		}
		if got := len(w.lastOf(w.operator, 100)) - size; got != 2 {
			t.Errorf("%d leaves", got)
		}
		if !w.svc.Ready() || !w.node().Ready() {
			t.Error("not ready with an account")
		}
		_, err = w.svc.FinishSetup(from("192.0.2.1"), secret, first())
		wantCode(t, err, errs.Conflict)
		_, _, err = w.svc.OpenSetup(context.Background())
		wantCode(t, err, errs.Conflict)
	})
}

func TestSetupLinkEnds(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		old, _, err := w.svc.OpenSetup(context.Background())
		check(t, err)
		secret, _, err := w.svc.OpenSetup(context.Background())
		check(t, err)
		_, err = w.svc.FinishSetup(from("192.0.2.1"), old, first()) // replaced
		wantCode(t, err, errs.Unauthenticated)
		w.clock.Advance(30 * time.Minute)
		_, err = w.svc.FinishSetup(from("192.0.2.1"), secret, first())
		wantCode(t, err, errs.Unauthenticated)
		for _, nothing := range []string{"", strings.Repeat("0", 52)} {
			_, err = w.svc.FinishSetup(from("192.0.2.1"), nothing, first())
			wantCode(t, err, errs.Unauthenticated)
		}
		if w.svc.Ready() {
			t.Error("ready without an account")
		}
	})
}

// Two people who open the link at once: one makes the account.
func TestSetupLinkOpensOnce(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		secret, _, err := w.svc.OpenSetup(context.Background())
		check(t, err)
		var wg sync.WaitGroup
		results := make([]error, 6)
		for i := range results {
			wg.Go(func() { _, results[i] = w.svc.FinishSetup(from("192.0.2.1"), secret, first()) })
		}
		wg.Wait()
		made := 0
		for _, err := range results {
			if err == nil {
				made++
			} else {
				wantCode(t, err, errs.Conflict)
			}
		}
		if made != 1 {
			t.Errorf("%d accounts were made", made)
		}
	})
}

func TestUnattendedSetup(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.opt.SetupSecret = db.Secret(strings.Repeat("s3cret-", 6))
		w.svc = w.node()
		_, err := w.svc.FinishSetup(from("192.0.2.1"), strings.Repeat("s3cret-", 5), first())
		wantCode(t, err, errs.Unauthenticated)
		_, err = w.svc.FinishSetup(from("192.0.2.1"), strings.Repeat("s3cret-", 6), first())
		check(t, err)
		_, err = w.svc.FinishSetup(from("192.0.2.1"), strings.Repeat("s3cret-", 6), first())
		wantCode(t, err, errs.Conflict)
		w.opt.SetupSecret = "too short"
		_, err = identity.New(w.opt)
		wantCode(t, err, errs.Config)
	})
}

// Another node sees within a second that the platform was set up.
func TestReadyOnAnotherNode(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		other := w.node()
		if other.Ready() {
			t.Fatal("ready")
		}
		secret, _, err := w.svc.OpenSetup(context.Background())
		check(t, err)
		_, err = w.svc.FinishSetup(from("192.0.2.1"), secret, first())
		check(t, err)
		w.clock.Advance(time.Second)
		if !other.Ready() {
			t.Error("not ready after a second")
		}
	})
}
