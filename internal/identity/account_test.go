package identity_test

import (
	"bytes"
	"context"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
)

// verifyRows holds the customer's rows against its log, and returns what it found.
func (w *world) verifyRows() []audit.Culprit {
	w.tb.Helper()
	log := w.log(w.acme)
	var rows []audit.Row
	check(w.tb, log.Read(context.Background(), func(tx db.Tx) error {
		for r, err := range identity.Rows(tx) {
			if err != nil {
				return err
			}
			rows = append(rows, r)
		}
		return nil
	}))
	report, err := log.VerifyRows(context.Background(), func() iter.Seq2[audit.Row, error] {
		return func(yield func(audit.Row, error) bool) {
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
			}
		}
	}())
	check(w.tb, err)
	return report.Culprits
}

func (w *world) wantRowsSound() {
	w.tb.Helper()
	if found := w.verifyRows(); len(found) > 0 {
		w.tb.Errorf("rows and log differ: %+v", found)
	}
}

func TestCreateAccount(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		p := w.accounts()
		made, initial, err := w.svc.CreateAccount(w.platform(), p, identity.NewAccount{Person: person("ada"), Roles: []id.Name{"viewer", "admin", "viewer"}})
		check(t, err)
		if !slices.Equal(made.Roles, []id.Name{"admin", "viewer"}) || !made.MustChange || !made.HasPassword || len(initial) < 20 {
			t.Errorf("made %+v", made)
		}
		e := w.last(1)[0]
		if e.Operation != audit.AccountCreate || e.Object != made.ID.Raw || e.Row == [32]byte{} || e.Detail["roles"] != "admin,viewer" {
			t.Errorf("leaf %+v", e)
		}
		got, err := w.svc.Account(w.platform(), p, made.ID)
		check(t, err)
		if got.Person != person("ada") || got.Version != 1 {
			t.Errorf("read back %+v", got)
		}
		if e := w.last(1)[0]; e.Operation != audit.AccountRead || e.Object != made.ID.Raw {
			t.Errorf("the reading left %+v", e)
		}
		taken := person("ada")
		taken.SignIn = "ＡDA@acme.example"
		_, _, err = w.svc.CreateAccount(w.platform(), p, identity.NewAccount{Person: taken})
		wantCode(t, err, errs.Conflict)
		_, err = w.svc.Account(w.platform(), p, id.NewAccount())
		wantCode(t, err, errs.NotFound)
		w.wantRowsSound()
	})
}

func TestAccountFaultsAreToldAtOnce(t *testing.T) {
	w := newWorld(t, db.SQLite)
	size := w.size()
	_, _, err := w.svc.CreateAccount(w.platform(), w.accounts(), identity.NewAccount{
		Person: identity.Person{Name: " ", SignIn: "a b", Email: "x", Lang: "de"}})
	var pointers []string
	for _, f := range errs.Of(err).Fields {
		pointers = append(pointers, f.Pointer)
	}
	if !slices.Equal(pointers, []string{"/name", "/sign_in", "/email", "/lang"}) {
		t.Errorf("pointers %v", pointers)
	}
	for _, roles := range [][]id.Name{{"nothing"}, {"collector"}, {"operator_admin"}, {"viewer", "collector"}} {
		_, _, err := w.svc.CreateAccount(w.platform(), w.accounts(), identity.NewAccount{Person: person("ada"), Roles: roles})
		wantCode(t, err, errs.Invalid)
	}
	if w.size() != size {
		t.Error("a refused account left an entry")
	}
}

func TestCapOfARole(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		p := w.accounts()
		a, b, c := w.member("a", "auditor"), w.member("b", "auditor"), w.member("c")
		_, err := w.svc.AssignRoles(w.platform(), p, c.ID, 0, []id.Name{"auditor"})
		wantCode(t, err, errs.Conflict)
		_, _, err = w.svc.CreateAccount(w.platform(), p, identity.NewAccount{Person: person("d"), Roles: []id.Name{"auditor"}})
		wantCode(t, err, errs.Conflict)
		_, err = w.svc.DisableAccount(w.platform(), p, a.ID, 0)
		check(t, err)
		_, err = w.svc.AssignRoles(w.platform(), p, c.ID, 0, []id.Name{"auditor"})
		check(t, err)
		_, err = w.svc.EnableAccount(w.platform(), p, a.ID, 0) // would make three
		wantCode(t, err, errs.Conflict)
		_, err = w.svc.AssignRoles(w.platform(), p, b.ID, 0, []id.Name{"auditor", "viewer"}) // has it already
		check(t, err)
		w.wantRowsSound()
	})
}

func TestLastManagerStays(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		p := w.accounts()
		boss, other := w.member("boss", "admin"), w.member("other", "viewer")
		_, err := w.svc.AssignRoles(w.platform(), p, boss.ID, 0, []id.Name{"viewer"})
		wantCode(t, err, errs.Conflict)
		_, err = w.svc.DisableAccount(w.platform(), p, boss.ID, 0)
		wantCode(t, err, errs.Conflict)
		_, err = w.svc.AssignRoles(w.platform(), p, other.ID, 0, []id.Name{"admin"})
		check(t, err)
		_, err = w.svc.DisableAccount(w.platform(), p, boss.ID, 0)
		check(t, err)
		_, err = w.svc.AssignRoles(w.platform(), p, other.ID, 0, nil)
		wantCode(t, err, errs.Conflict)
		w.wantRowsSound()
	})
}

// Two managers who remove each other at the same moment leave one.
func TestManagersCannotRemoveEachOther(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		p := w.accounts()
		a, b := w.member("a", "admin"), w.member("b", "admin")
		done := make(chan error, 2)
		for _, victim := range []id.Account{a.ID, b.ID} {
			go func() {
				_, err := w.svc.DisableAccount(w.platform(), p, victim, 0)
				done <- err
			}()
		}
		refused := 0
		for range 2 {
			if err := <-done; err != nil {
				wantCode(t, err, errs.Conflict)
				refused++
			}
		}
		if refused != 1 {
			t.Errorf("%d were refused, want 1", refused)
		}
	})
}

// The same when each works on a node of its own.
func TestManagersOnTwoNodes(t *testing.T) {
	w := newWorld(t, db.Postgres)
	a, b := w.member("a", "admin"), w.member("b", "admin")
	nodes := []*world{w, w.apart()}
	for round := range 5 {
		done := make(chan error, 2)
		for i, victim := range []id.Account{a.ID, b.ID} {
			p := nodes[i].accounts()
			go func() {
				_, err := nodes[i].svc.DisableAccount(w.platform(), p, victim, 0)
				done <- err
			}()
		}
		refused := 0
		for range 2 {
			if err := <-done; err != nil {
				wantCode(t, err, errs.Conflict)
				refused++
			}
		}
		if refused != 1 {
			t.Fatalf("round %d: %d were refused, want 1", round, refused)
		}
		for _, one := range []id.Account{a.ID, b.ID} {
			_, err := w.svc.EnableAccount(w.platform(), w.accounts(), one, 0)
			check(t, err)
		}
	}
	w.wantRowsSound()
}

func TestChangePerson(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		p := w.accounts()
		ada, bob := w.member("ada"), w.member("bob")
		next := person("ada")
		next.Name, next.SignIn = "Ada L.", "lovelace"
		changed, err := w.svc.ChangePerson(w.platform(), p, ada.ID, ada.Version, next)
		check(t, err)
		if changed.Person != next || changed.Version != ada.Version+1 {
			t.Errorf("changed %+v", changed)
		}
		_, err = w.svc.ChangePerson(w.platform(), p, ada.ID, ada.Version, next)
		wantCode(t, err, errs.Stale)
		next.SignIn = "BOB@acme.example"
		_, err = w.svc.ChangePerson(w.platform(), p, ada.ID, 0, next)
		wantCode(t, err, errs.Conflict)
		_, err = w.svc.SignIn(from("192.0.2.1"), identity.Credentials{Tenant: w.acme.ID, Name: "lovelace", Password: goodPassword})
		check(t, err)
		_, err = w.signIn("ada")
		wantCode(t, err, errs.Unauthenticated)
		list, err := w.svc.Accounts(w.platform(), p, id.Account{}, 0)
		check(t, err)
		if len(list) != 2 || list[0].ID != ada.ID || list[1].ID != bob.ID {
			t.Errorf("list %+v", list)
		}
		if rest, err := w.svc.Accounts(w.platform(), p, ada.ID, 1); err != nil || len(rest) != 1 || rest[0].ID != bob.ID {
			t.Errorf("second page %+v, %v", rest, err)
		}
		w.wantRowsSound()
	})
}

// Password, role and state: each change ends every session at once.
func TestChangesEndSessions(t *testing.T) {
	changes := map[string]func(w *world, a identity.Account) error{
		"role": func(w *world, a identity.Account) error {
			_, err := w.svc.AssignRoles(w.platform(), w.accounts(), a.ID, 0, []id.Name{"viewer"})
			return err
		},
		"disable": func(w *world, a identity.Account) error {
			_, err := w.svc.DisableAccount(w.platform(), w.accounts(), a.ID, 0)
			return err
		},
		"reset": func(w *world, a identity.Account) error {
			_, err := w.svc.ResetPassword(w.platform(), w.accounts(), a.ID)
			return err
		},
		"end": func(w *world, a identity.Account) error {
			return w.svc.EndSessions(w.platform(), w.accounts(), a.ID)
		},
		"own password": func(w *world, a identity.Account) error {
			in, err := w.signIn("ada")
			if err != nil {
				return err
			}
			again, err := w.svc.ChangePassword(from("192.0.2.1"), in.Secret, goodPassword, "Another-Good-9-Sentence")
			if err != nil {
				return err
			}
			_, _, err = w.svc.Resume(from("192.0.2.1"), again.Secret)
			return err
		},
	}
	eachEngine(t, func(t *testing.T, w *world) {
		w.member("boss", "admin")
		for name, change := range changes {
			ada := w.member("ada")
			one, err := w.signIn("ada")
			check(t, err)
			two, err := w.signIn("ada")
			check(t, err)
			size := w.size()
			check(t, change(w, ada))
			if w.size() == size {
				t.Errorf("%s: no leaf", name)
			}
			for _, secret := range []string{one.Secret, two.Secret} {
				_, _, err := w.svc.Resume(from("192.0.2.1"), secret)
				if e := errs.Of(err); e == nil || e.Key != "identity.session.ended" {
					t.Errorf("%s: a session lives on: %v", name, err)
				}
			}
			away := person("ada")
			away.SignIn = "gone-" + name[:3] + "@acme.example"
			_, err = w.svc.ChangePerson(w.platform(), w.accounts(), ada.ID, 0, away)
			check(t, err)
		}
		w.wantRowsSound()
	})
}

func TestTamperedRowsAreFound(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.member("boss", "admin")
		ada := w.member("ada", "viewer")
		w.wantRowsSound()
		w.write(w.acme, func(tx *audit.Tx) error {
			_, err := tx.Exec(`UPDATE identity_account SET roles = 'admin' WHERE id = ?1`, ada.ID.Bytes())
			return err
		})
		found := w.verifyRows()
		if len(found) != 1 || found[0].Fault != audit.FaultRowChanged || found[0].Object != ada.ID.Raw {
			t.Errorf("found %+v", found)
		}
	})
}

func TestPermitOfAnotherKindIsRefused(t *testing.T) {
	w := newWorld(t, db.SQLite)
	ada := w.member("ada")
	for _, p := range []*access.Permit{nil, w.tokens(), w.permit(w.acme, access.Account, access.List)} {
		_, _, err := w.svc.CreateAccount(w.platform(), p, identity.NewAccount{Person: person("x")})
		wantCode(t, err, errs.Internal)
		_, err = w.svc.DisableAccount(w.platform(), p, ada.ID, 0)
		wantCode(t, err, errs.Internal)
		_, err = w.svc.ResetPassword(w.platform(), p, ada.ID)
		wantCode(t, err, errs.Internal)
		_, _, err = w.svc.CreateToken(w.platform(), nil, identity.NewToken{})
		wantCode(t, err, errs.Internal)
	}
}

// Nothing a person typed, and no secret, stands readable in any file.
func TestNothingTypedIsReadable(t *testing.T) {
	w := newWorld(t, db.SQLite)
	w.member("zanzibar", "admin")
	in, err := w.signIn("zanzibar")
	check(t, err)
	text, _, err := w.svc.CreateToken(w.platform(), w.tokens(), identity.NewToken{Label: "Quetzalcoatl", Roles: []id.Name{"collector"}})
	check(t, err)
	_, err = w.try("203.0.113.77", "wombat", "Numbat-Quokka-5")
	wantCode(t, err, errs.Unauthenticated)
	markers := []string{"zanzibar", "ZANZIBAR", "Zoé", goodPassword, "argon2", "wombat", "Numbat", "Quetzalcoatl",
		in.Secret, in.Secret[30:], text, text[31:83], "203.0.113.77", "acme.example"}
	looked := 0
	for _, d := range w.open.open {
		for _, name := range d.Files() {
			data, err := os.ReadFile(name)
			if os.IsNotExist(err) {
				continue
			}
			check(t, err)
			looked += len(data)
			for _, m := range markers {
				if bytes.Contains(data, []byte(m)) {
					t.Errorf("%q stands in %s", m, name)
				}
			}
			// The scan sees what is there: a word that must be readable.
			if bytes.Contains(data, []byte("identity_account")) {
				looked |= 1 << 40
			}
		}
	}
	if looked < 1<<40 {
		t.Errorf("the scan did not see the tables: %d bytes", looked)
	}
}

func TestSweepRemovesWhatIsOver(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.member("ada")
		_, err := w.try("192.0.2.1", "nobody", "x")
		wantCode(t, err, errs.Unauthenticated)
		in, err := w.signIn("ada")
		check(t, err)
		if n, err := w.svc.Sweep(context.Background(), w.acme); err != nil || n != 0 {
			t.Errorf("swept %d, %v", n, err)
		}
		w.clock.Advance(13 * time.Hour)
		_, _, err = w.svc.Resume(from("192.0.2.1"), in.Secret)
		if e := errs.Of(err); e == nil || e.Key != "identity.session.expired" {
			t.Errorf("after its life: %v", err)
		}
		w.clock.Advance(36 * time.Hour)
		if n, err := w.svc.Sweep(context.Background(), w.acme); err != nil || n != 3 { // two of member, one here
			t.Errorf("swept %d, %v", n, err)
		}
		size := w.size()
		if n, err := w.svc.Sweep(context.Background(), w.acme); err != nil || n != 0 || w.size() != size {
			t.Errorf("swept %d again, %v", n, err)
		}
		_, _, err = w.svc.Resume(from("192.0.2.1"), in.Secret)
		if e := errs.Of(err); e == nil || e.Key != "identity.session.unknown" {
			t.Errorf("after the sweep: %v", err)
		}
	})
}

// After a rotation of the index key people are found again once Reseal ran, and
// every row stands sealed anew.
func TestReseal(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.settings(func(s *identity.Settings) { s.Session.Idle = 7 * time.Minute })
		w.member("ada", "admin")
		w.member("bob")
		text, _ := w.token("collector")
		before := w.sealed()
		w.opt.Finder.(*finder).version = "2"
		_, err := w.signIn("ada")
		wantCode(t, err, errs.Unauthenticated)
		n, err := w.svc.Reseal(w.platform(), w.acme)
		if err != nil || n != 3 {
			t.Fatalf("sealed %d, %v", n, err)
		}
		for name, old := range before {
			if now := w.sealed()[name]; now == old {
				t.Errorf("%s was not sealed anew", name)
			}
		}
		in, err := w.signIn("ada")
		check(t, err)
		if in.Account.Person != person("ada") || in.Session.IdleEnd.Sub(in.Session.Opened) != 7*time.Minute {
			t.Errorf("signed in %+v", in)
		}
		_, err = w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
		check(t, err)
		w.wantRowsSound()
	})
}

// sealed returns every sealed text of the customer by its place.
func (w *world) sealed() map[string]string {
	out := map[string]string{}
	check(w.tb, w.log(w.acme).Read(context.Background(), func(tx db.Tx) error {
		for _, q := range []string{`SELECT id, body FROM identity_account`, `SELECT id, secret FROM identity_account`,
			`SELECT id, tag FROM identity_account`, `SELECT id, body FROM identity_token`,
			`SELECT body, body FROM identity_settings`} {
			for row, err := range tx.Rows(q) {
				if err != nil {
					return err
				}
				var key, text []byte
				if err := row.Scan(&key, &text); err != nil {
					return err
				}
				if strings.HasSuffix(q, "settings") {
					key = nil
				}
				out[q+string(key)] = string(text)
			}
		}
		return nil
	}))
	return out
}
