package identity

import (
	"bytes"
	"context"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Credentials are what a person types to sign in to a tenant.
type Credentials struct {
	Tenant   id.Tenant
	Name     string
	Password string
}

// SignedIn is a session that begins: its secret is shown once, for the cookie.
type SignedIn struct {
	Secret  string
	Session Session
	Account Account
	Actor   actor.Actor
}

// SignIn proves a name and a password and opens a session. It takes no permit,
// because nobody is known before it. Every failure gives errs.Unauthenticated
// with one text, after one hash and the same writes; only an address from which
// too much was guessed is told so (errs.TooMany), whatever the names were. Every
// outcome has its leaf before it is answered.
func (s *Service) SignIn(ctx context.Context, c Credentials) (SignedIn, error) {
	t, err := s.tenants.Get(c.Tenant)
	if err != nil {
		return SignedIn{}, err
	}
	set, err := s.Settings(ctx, t)
	if err != nil {
		return SignedIn{}, err
	}
	log, release, err := s.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return SignedIn{}, err
	}
	defer release()
	name, err := s.finder.Tag(ctx, t.ID, fieldName, findable(c.Name))
	if err != nil {
		return SignedIn{}, err
	}
	a, err := s.begin(ctx, t, set, log, name)
	if err != nil {
		return SignedIn{}, err
	}
	defer a.end()
	if err := a.read(ctx); err != nil {
		return SignedIn{}, err
	}
	if a.placeBlocked() {
		return SignedIn{}, a.refusePlace(ctx)
	}
	reason, err := a.prove(ctx, c.Password)
	if err != nil {
		return SignedIn{}, err
	}
	if reason != "" {
		if err := a.fail(ctx, reason); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, refused()
	}
	return s.admit(ctx, a, c.Password)
}

// findable is the form a name is looked for; a name that nobody can have is
// counted under one that nobody has.
func findable(name string) string {
	if n, ok := normalise(name); ok {
		return n
	}
	return "\x00"
}

// admit opens the session of an attempt that succeeded, if the account is still
// what the attempt was judged by.
func (s *Service) admit(ctx context.Context, a *attempt, password string) (SignedIn, error) {
	secret, hash := newSessionSecret(a.t.ID)
	session := newSession(a.account.id, hash, a.set.Session, s.now())
	better, err := s.upgrade(ctx, a, password)
	if err != nil {
		return SignedIn{}, err
	}
	var row *accountRow
	// Whoever wants to take access away while room is short must get in first.
	err = a.log.WriteEssential(ctx, func(tx *audit.Tx) error {
		if row, err = readAccount(tx, a.account.id); err != nil {
			return err
		}
		if row.state != Active || !bytes.Equal(row.secret, a.account.secret) {
			return refused() // changed while the hash was computed
		}
		if better != nil {
			row.secret = better.secret
			e := audit.Entry{Actor: audit.ActorOf(a.who), Operation: audit.AccountChange, Outcome: audit.Done,
				Reason: "rehashed", Request: a.who.Request, Fields: []id.Name{"password"}}
			if err := s.store(tx, row, e, ""); err != nil {
				return err
			}
		}
		if err := clearThrottle(tx, a.name); err != nil {
			return err
		}
		return open(ctx, tx, a.t, row, session)
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.signedIn(ctx, a.t, a.set, row, session, secret)
}

// upgrade hashes the password anew when the stored hash was made at another cost;
// nil when it was not.
func (s *Service) upgrade(ctx context.Context, a *attempt, password string) (*accountRow, error) {
	v, err := a.verifier(ctx)
	if err != nil || v == nil || v.Cost == s.hasher.Cost() {
		return nil, err
	}
	prepared, _ := prepare(password)
	fresh, err := s.hasher.Hash(ctx, prepared)
	if errs.Is(err, errs.TooMany) {
		return nil, nil // the next sign-in will do
	}
	if err != nil {
		return nil, err
	}
	sealer, err := s.sealer(ctx, a.t.ID)
	if err != nil {
		return nil, err
	}
	row := *a.account
	return &row, row.setPassword(sealer, fresh, clock.FromMicros(row.secretAt), clock.FromMicros(row.secretUntil), row.mustChange)
}

// open writes a session with its leaf.
func open(ctx context.Context, tx *audit.Tx, t tenant.Tenant, row *accountRow, session *sessionRow) error {
	if err := insertSession(tx, session); err != nil {
		return err
	}
	who := actorOf(ctx, t, session, row, "")
	e := audit.Entry{Actor: audit.ActorOf(who), Operation: audit.SignIn, Object: row.id.Raw, Kind: access.Account.String(),
		Outcome: audit.Done, Reason: "password", Request: who.Request, Detail: map[string]string{"factors": "1"}}
	if row.mustChange {
		e.Detail["must_change"] = "password"
	}
	tx.Record(e)
	return nil
}

func (s *Service) signedIn(ctx context.Context, t tenant.Tenant, set Settings, row *accountRow, session *sessionRow, secret string) (SignedIn, error) {
	account, err := s.opened(ctx, t, row)
	if err != nil {
		return SignedIn{}, err
	}
	shown := session.session(t.ID, set.Session, row.mustChange)
	shown.Name = account.Person.Name
	return SignedIn{Secret: secret, Session: shown, Account: account,
		Actor: actorOf(ctx, t, session, row, account.Person.Lang)}, nil
}

// ChangePassword lets a signed-in person replace the own password. It takes no
// permit: the session and the present password prove that it is the person's own
// affair. All sessions of the account end in the same transaction and a new one
// begins. It returns errs.Unauthenticated for a session that is over, errs.Invalid
// with every fault (a wrong present password among them), errs.TooMany when
// guessing was stopped.
func (s *Service) ChangePassword(ctx context.Context, secret, present, wanted string) (SignedIn, error) {
	l, err := s.look(ctx, secret)
	if err != nil {
		return SignedIn{}, err
	}
	defer l.release()
	fresh, err := s.replacement(ctx, l, present, wanted)
	if err != nil {
		return SignedIn{}, err
	}
	text, hash := newSessionSecret(l.t.ID)
	session := newSession(l.account.id, hash, l.set.Session, s.now())
	session.assurance = l.row.assurance
	var row *accountRow
	err = l.log.WriteEssential(ctx, func(tx *audit.Tx) error {
		if row, err = readAccount(tx, l.account.id); err != nil {
			return err
		}
		if row.state != Active || !bytes.Equal(row.secret, l.account.secret) {
			return sessionOver("identity.session.ended")
		}
		row.secret, row.secretAt, row.secretUntil, row.mustChange = fresh.secret, fresh.secretAt, 0, false
		who := actorOf(ctx, l.t, l.row, l.account, "")
		e := audit.Entry{Actor: audit.ActorOf(who), Operation: audit.AccountChange, Outcome: audit.Done,
			Reason: "own_password", Request: who.Request, Fields: []id.Name{"password"}}
		if err := s.store(tx, row, e, endedByPassword); err != nil {
			return err
		}
		if err := clearThrottle(tx, row.tag); err != nil {
			return err
		}
		return open(ctx, tx, l.t, row, session)
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.signedIn(ctx, l.t, l.set, row, session, text)
}

// replacement proves the present password, checks the wanted one and hashes it.
func (s *Service) replacement(ctx context.Context, l *found, present, wanted string) (*accountRow, error) {
	sealer, err := s.sealer(ctx, l.t.ID)
	if err != nil {
		return nil, err
	}
	person, err := l.account.person(sealer)
	if err != nil {
		return nil, err
	}
	if _, err := s.check(l.t, l.set.Password, wanted, person.own()); err != nil {
		return nil, err
	}
	if err := s.reprove(ctx, l, present); err != nil {
		return nil, err
	}
	was, _ := prepare(present)
	if is, _ := prepare(wanted); is == was {
		return nil, errs.New(errs.Invalid, "identity.password.invalid").Do("identity.password.invalid.fix").
			At("/password", "identity.password.same", nil)
	}
	row := *l.account
	return &row, s.choose(ctx, l.t, &row, l.set.Password, wanted, person.own(), false)
}

// reprove asks a signed-in person for the password again, counted as at sign-in:
// a stolen session must not serve to guess it.
func (s *Service) reprove(ctx context.Context, l *found, present string) error {
	a, err := s.begin(ctx, l.t, l.set, l.log, l.account.tag)
	if err != nil {
		return err
	}
	defer a.end()
	if err := a.read(ctx); err != nil {
		return err
	}
	if a.placeBlocked() {
		return a.refusePlace(ctx)
	}
	reason, err := a.prove(ctx, present)
	if err != nil || reason == "" {
		return err
	}
	if err := a.fail(ctx, reason); err != nil {
		return err
	}
	if reason == "locked" {
		return errs.New(errs.TooMany, "identity.signin.locked").With("wait", l.set.Lockout.Duration).Do("identity.signin.address.fix")
	}
	return errs.New(errs.Invalid, "identity.password.invalid").Do("identity.password.invalid.fix").
		At("/present", "identity.password.present", nil)
}

// found is a session that serves, with what it was found with.
type found struct {
	t       tenant.Tenant
	set     Settings
	log     *audit.Log
	release func()
	row     *sessionRow
	account *accountRow
}

// look finds the session of a secret. Its errors are those of Resume. The caller
// releases what was found.
func (s *Service) look(ctx context.Context, secret string) (*found, error) {
	tid, hash, err := parseSessionSecret(secret)
	if err != nil {
		return nil, sessionOver("identity.session.unknown")
	}
	t, err := s.tenants.Get(tid)
	if err != nil {
		return nil, sessionOver("identity.session.unknown")
	}
	set, err := s.Settings(ctx, t)
	if err != nil {
		return nil, err
	}
	log, release, err := s.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return nil, err
	}
	l := &found{t: t, set: set, log: log, release: release}
	err = log.Read(ctx, func(tx db.Tx) error {
		if l.row, err = findSession(tx, hash[:]); err != nil || l.row == nil {
			return err
		}
		l.account, err = readAccount(tx, l.row.account)
		return err
	})
	if err == nil {
		if reason, key := standing(l.row, l.account, s.now(), set.Session); reason != "" {
			err = s.refuseSession(ctx, log, l.row, reason, key)
		}
	}
	if err != nil {
		release()
		return nil, err
	}
	return l, nil
}
