package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Session is an account signed in.
type Session struct {
	ID         id.Session
	Tenant     id.Tenant
	Account    id.Account
	Name       string // of the person, for the person's own pages
	Assurance  actor.Assurance
	MustChange bool // it can do nothing but change the password
	Opened     time.Time
	Seen       time.Time // last use, up to a tenth of the idle limit ago
	IdleEnd    time.Time // when it ends unless it is used before
	End        time.Time // when it ends whatever happens
}

// Why sessions end, as the log and the row say it.
const (
	endedBySelf     = "signed_out"
	endedByPassword = "password_changed"
	endedByRole     = "role_changed"
	endedByDisable  = "account_disabled"
	endedByManager  = "revoked"
)

// The text of a session's secret: "gs_", the tenant, "_", 256 random bits, both in
// base 32. The tenant stands in it so that a console which serves several homes
// knows where to look; the stored hash covers it.
const sessionPrefix = "gs_"

func newSessionSecret(t id.Tenant) (text string, hash [32]byte) {
	var secret [secretSize]byte
	rand.Read(secret[:]) // never fails; the program ends without randomness
	b := make([]byte, 0, len(sessionPrefix)+rawChars+1+secretChars)
	b = append(b, sessionPrefix...)
	b = appendBase32(b, t.Raw[:])
	b = append(b, '_')
	b = appendBase32(b, secret[:])
	return string(b), sessionHash(t, secret)
}

// parseSessionSecret reads what newSessionSecret wrote, or returns ErrSecret.
func parseSessionSecret(s string) (t id.Tenant, hash [32]byte, err error) {
	const sep = len(sessionPrefix) + rawChars
	var secret [secretSize]byte
	if len(s) != sep+1+secretChars || s[:len(sessionPrefix)] != sessionPrefix || s[sep] != '_' ||
		!readBase32(t.Raw[:], s[len(sessionPrefix):sep]) || !readBase32(secret[:], s[sep+1:]) {
		return id.Tenant{}, hash, ErrSecret
	}
	return t, sessionHash(t, secret), nil
}

func sessionHash(t id.Tenant, secret [secretSize]byte) [32]byte {
	b := make([]byte, 0, 96)
	b = append(b, "garant session 1\x00"...)
	b = append(b, t.Raw[:]...)
	return sha256.Sum256(append(b, secret[:]...))
}

// HomeOf tells the tenant that a session's secret belongs to, unproved: it serves
// to find the door, and Resume proves it. ok is false for what is no such secret.
func HomeOf(secret string) (t id.Tenant, ok bool) {
	t, _, err := parseSessionSecret(secret)
	return t, err == nil
}

// newSession makes the row of a session that begins now.
func newSession(account id.Account, hash [32]byte, limits SessionLimits, now time.Time) *sessionRow {
	return &sessionRow{id: id.NewSession(), hash: hash[:], account: account, opened: clock.Micros(now),
		seen: clock.Micros(now), ends: clock.Micros(now.Add(limits.Life)), assurance: actor.OneFactor}
}

func (r *sessionRow) session(t id.Tenant, limits SessionLimits, mustChange bool) Session {
	seen := clock.FromMicros(r.seen)
	out := Session{ID: r.id, Tenant: t, Account: r.account, Assurance: r.assurance, MustChange: mustChange,
		Opened: clock.FromMicros(r.opened), Seen: seen, IdleEnd: seen.Add(limits.Idle), End: clock.FromMicros(r.ends)}
	if out.IdleEnd.After(out.End) {
		out.IdleEnd = out.End
	}
	return out
}

// over says why the session serves no more; "" while it does. A profile that
// shortens the limits shortens living sessions too. A use that lies ahead of the
// clock is as far away as one behind: a clock that was ahead for a while leaves no
// session that outlives its limits.
func (r *sessionRow) over(now time.Time, limits SessionLimits) (reason, key string) {
	seen, opened := clock.FromMicros(r.seen), clock.FromMicros(r.opened)
	switch {
	case r.ended != 0:
		return r.reason, "identity.session.ended"
	case !now.Before(clock.FromMicros(r.ends)), now.Sub(opened).Abs() >= limits.Life:
		return "life", "identity.session.expired"
	case now.Sub(seen).Abs() >= limits.Idle:
		return "idle", "identity.session.idle"
	}
	return "", ""
}

// touchShare is which part of the idle limit may pass before a use is written
// down: a session ends at most so much earlier than its idle limit, never later.
const touchShare = 10

// Resume says who a session belongs to, and counts the use. It takes no permit,
// because nobody is known before it. It reads the database each time: an ended
// session is ended with the next request, on every node. It returns
// errs.Unauthenticated when the session is unknown or over; the refusal has its
// leaf.
func (s *Service) Resume(ctx context.Context, secret string) (actor.Actor, Session, error) {
	l, err := s.look(ctx, secret)
	if err != nil {
		return actor.Actor{}, Session{}, err
	}
	defer l.release()
	now := s.now()
	if now.Sub(clock.FromMicros(l.row.seen)) >= l.set.Session.Idle/touchShare {
		if err := s.touch(ctx, l, now); err != nil {
			return actor.Actor{}, Session{}, err
		}
	}
	sealer, err := s.sealer(ctx, l.t.ID)
	if err != nil {
		return actor.Actor{}, Session{}, err
	}
	person, err := l.account.person(sealer)
	if err != nil {
		return actor.Actor{}, Session{}, err
	}
	session := l.row.session(l.t.ID, l.set.Session, l.account.mustChange)
	session.Name = person.Name
	return actorOf(ctx, l.t, l.row, l.account, person.Lang), session, nil
}

func standing(row *sessionRow, account *accountRow, now time.Time, limits SessionLimits) (reason, key string) {
	switch {
	case row == nil:
		return "unknown", "identity.session.unknown"
	case account.state != Active:
		return endedByDisable, "identity.session.ended"
	}
	return row.over(now, limits)
}

// actorOf makes the actor of a session. While the password was chosen by somebody
// else the actor holds no role: it can do nothing but change it.
func actorOf(ctx context.Context, t tenant.Tenant, row *sessionRow, account *accountRow, lang string) actor.Actor {
	a := stranger(ctx)
	a.Kind, a.Tenant, a.Account, a.Session = kindOf(t), t.ID, account.id, row.id
	a.Assurance, a.Lang = row.assurance, lang
	if !account.mustChange {
		a.Roles = account.roles
	}
	return a
}

// refuseSession writes the refusal down.
func (s *Service) refuseSession(ctx context.Context, log *audit.Log, row *sessionRow, reason, key string) error {
	e := refusalEntry(stranger(ctx), "session", reason)
	if row != nil {
		e.Object = row.account.Raw
	}
	if _, err := log.Append(ctx, e); err != nil {
		return err
	}
	return sessionOver(key)
}

func refusalEntry(who actor.Actor, kind, reason string) audit.Entry {
	return audit.Entry{Actor: audit.ActorOf(who), Operation: audit.SignInRefused, Kind: kind,
		Outcome: audit.Refused, Reason: reason, Request: who.Request}
}

// touch writes the use down, with its leaf. While room is short it does not: the
// session goes on to the idle limit it had, and what is done in it has its own
// leaf or is refused.
func (s *Service) touch(ctx context.Context, l *found, now time.Time) error {
	who, seen := actorOf(ctx, l.t, l.row, l.account, ""), clock.Micros(now)
	err := l.log.Write(ctx, func(tx *audit.Tx) error {
		if err := touchSession(tx, l.row.id, seen); err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: audit.ActorOf(who), Operation: audit.SessionUse, Object: l.account.id.Raw,
			Kind: "session", Outcome: audit.Done, Request: who.Request})
		return nil
	})
	if short(err) {
		return nil
	}
	if err == nil {
		l.row.seen = seen
	}
	return err
}

// short says whether something could not be written down for want of room.
func short(err error) bool { return errors.Is(err, audit.ErrSpace) || errors.Is(err, db.ErrFull) }

// SignOut ends a session. It takes no permit: whoever holds the secret may end
// it. Ending what is over already is no error.
func (s *Service) SignOut(ctx context.Context, secret string) error {
	tid, hash, err := parseSessionSecret(secret)
	if err != nil {
		return nil
	}
	t, err := s.tenants.Get(tid)
	if err != nil {
		return nil
	}
	log, release, err := s.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return err
	}
	defer release()
	who := stranger(ctx)
	return log.WriteEssential(ctx, func(tx *audit.Tx) error {
		row, err := findSession(tx, hash[:])
		if err != nil || row == nil || row.ended != 0 {
			return err
		}
		if _, err := endSession(tx, row.id, clock.Micros(s.now()), endedBySelf); err != nil {
			return err
		}
		who := who
		who.Kind, who.Tenant, who.Account, who.Session = kindOf(t), t.ID, row.account, row.id
		tx.Record(audit.Entry{Actor: audit.ActorOf(who), Operation: audit.SignOut, Object: row.account.Raw,
			Kind: "session", Outcome: audit.Done, Reason: endedBySelf, Request: who.Request})
		return nil
	})
}

// Sessions lists the living sessions of an account.
func (s *Service) Sessions(ctx context.Context, p *access.Permit, account id.Account) ([]Session, error) {
	if err := allow(p, access.Account, access.Read, access.List, access.Manage); err != nil {
		return nil, err
	}
	set, err := s.Settings(ctx, p.Tenant())
	if err != nil {
		return nil, err
	}
	log, release, err := p.Log(ctx, tenant.Main)
	if err != nil {
		return nil, err
	}
	defer release()
	var list []Session
	now := s.now()
	err = log.Read(ctx, func(tx db.Tx) error {
		owner, err := readAccount(tx, account)
		if err != nil {
			return err
		}
		for row, err := range liveSessions(tx, account) {
			if err != nil {
				return err
			}
			if reason, _ := row.over(now, set.Session); reason == "" {
				list = append(list, row.session(p.Tenant().ID, set.Session, owner.mustChange))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	e := p.Entry(audit.AccountRead)
	e.Object, e.Count, e.Reason = account.Raw, int64(len(list)), string(p.Decision.Reason)
	_, err = log.Append(ctx, e)
	return list, err
}
