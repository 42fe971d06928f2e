package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// SetupLife is how long the one-time link of the first start opens.
const SetupLife = 30 * time.Minute

// First is what is said to make the operator's first account. Its password is the
// person's own choice, so it need not be changed.
type First struct {
	Person   Person
	Password string
}

// Ready says whether an operator's account exists that can manage accounts. No
// tenant is served before it is true; the server asks it with every request, and
// once true it costs nothing. Until then the database is asked at most once a
// second, because another node may have been set up meanwhile; trouble counts as
// no.
func (s *Service) Ready() bool {
	if s.ready.Load() {
		return true
	}
	s.asking.Lock() // who comes while the database is asked waits for its answer
	defer s.asking.Unlock()
	now := clock.Micros(s.now())
	if s.ready.Load() || now-s.asked < readyAge && now >= s.asked {
		return s.ready.Load()
	}
	s.asked = now
	_, err := s.NeedsSetup(context.Background())
	return err == nil && s.ready.Load()
}

const readyAge = int64(time.Second / time.Microsecond)

// NeedsSetup says whether the operator's first account is still to be made.
func (s *Service) NeedsSetup(ctx context.Context) (bool, error) {
	t, m, err := s.operator(ctx)
	if err != nil {
		return false, err
	}
	log, release, err := s.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return false, err
	}
	defer release()
	needs := true
	err = log.Read(ctx, func(tx db.Tx) error { needs, err = unmanaged(tx, t, m); return err })
	if err == nil && !needs {
		s.ready.Store(true)
	}
	return needs, err
}

func (s *Service) operator(ctx context.Context) (tenant.Tenant, *access.Matrix, error) {
	t, err := s.tenants.Get(s.tenants.Operator())
	if err != nil {
		return tenant.Tenant{}, nil, err
	}
	m, err := s.gate.Matrix(ctx, t)
	return t, m, err
}

// unmanaged says that no active account holds a managing role.
func unmanaged(tx db.Tx, t tenant.Tenant, m *access.Matrix) (bool, error) {
	held, err := census(tx, id.Account{})
	if err != nil {
		return false, err
	}
	for _, r := range managing(m, t) {
		if held[r] > 0 {
			return false, nil
		}
	}
	return true, nil
}

// OpenSetup makes the secret of the one-time link, in place of any earlier one,
// and says until when it opens. It returns errs.Conflict when the first account
// exists. Only the program itself calls it, at its start or from its own command
// line.
func (s *Service) OpenSetup(ctx context.Context) (secret string, until time.Time, err error) {
	t, m, err := s.operator(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	log, release, err := s.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return "", time.Time{}, err
	}
	defer release()
	var raw [secretSize]byte
	rand.Read(raw[:]) // never fails; the program ends without randomness
	secret = string(appendBase32(nil, raw[:]))
	hash := sha256.Sum256([]byte(secret))
	until = s.now().Add(SetupLife)
	who := actor.Platform("identity")
	err = log.Write(ctx, func(tx *audit.Tx) error {
		if err := stillFirst(tx, t, m); err != nil {
			return err
		}
		if err := storeSetup(tx, setupRow{hash: hash[:], expires: clock.Micros(until)}); err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: audit.ActorOf(who), Operation: audit.ConfigChange, Kind: "setup",
			Outcome: audit.Done, Reason: "link_opened", Request: who.Request})
		return nil
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return secret, until, nil
}

func stillFirst(tx db.Tx, t tenant.Tenant, m *access.Matrix) error {
	open, err := unmanaged(tx, t, m)
	if err == nil && !open {
		return errs.New(errs.Conflict, "identity.setup.done").Do("identity.setup.done.fix")
	}
	return err
}

// FinishSetup makes the operator's first account for whoever brings the secret of
// the one-time link, or the setup secret of the configuration. It takes no permit,
// because there is nobody yet who could have one. Either secret is spent in the
// transaction that makes the account. It returns errs.Invalid with every fault,
// errs.Conflict when the account exists, errs.Unauthenticated for a wrong, spent
// or late secret; the refusal has its leaf.
func (s *Service) FinishSetup(ctx context.Context, secret string, f First) (Account, error) {
	t, m, err := s.operator(ctx)
	if err != nil {
		return Account{}, err
	}
	log, release, err := s.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return Account{}, err
	}
	defer release()
	// Asked first, and again below: a stranger's try must not cost a hash.
	if err := s.maySetUp(ctx, log, t, m, secret); err != nil {
		return Account{}, err
	}
	row, err := s.firstRow(ctx, t, m, f)
	if err != nil {
		return Account{}, err
	}
	who := stranger(ctx)
	err = log.Write(ctx, func(tx *audit.Tx) error {
		if err := stillFirst(tx, t, m); err != nil {
			return err
		}
		stored, err := readSetup(tx)
		if err != nil {
			return err
		}
		if !s.opens(stored, secret) {
			return errs.New(errs.Unauthenticated, "identity.setup.refused").Do("identity.setup.refused.fix")
		}
		stored.used = clock.Micros(s.now())
		if err := storeSetup(tx, stored); err != nil {
			return err
		}
		e := audit.Entry{Actor: audit.ActorOf(who), Operation: audit.AccountCreate, Outcome: audit.Done,
			Reason: "setup", Request: who.Request}
		return insertNew(tx, t, m, row, e)
	})
	if err != nil {
		return Account{}, err
	}
	s.ready.Store(true)
	return s.opened(ctx, t, row)
}

// maySetUp refuses a secret that does not open, with the refusal's leaf.
func (s *Service) maySetUp(ctx context.Context, log *audit.Log, t tenant.Tenant, m *access.Matrix, secret string) error {
	var stored setupRow
	err := log.Read(ctx, func(tx db.Tx) (err error) {
		if err := stillFirst(tx, t, m); err != nil {
			return err
		}
		stored, err = readSetup(tx)
		return err
	})
	if err != nil || s.opens(stored, secret) {
		return err
	}
	if _, err := log.Append(ctx, refusalEntry(stranger(ctx), "setup", "setup_secret")); err != nil {
		return err
	}
	return errs.New(errs.Unauthenticated, "identity.setup.refused").Do("identity.setup.refused.fix")
}

// opens says whether a secret is the one of the link, in time and unspent, or the
// one of the configuration.
func (s *Service) opens(stored setupRow, secret string) bool {
	hash := sha256.Sum256([]byte(secret))
	link := subtle.ConstantTimeCompare(stored.hash, hash[:]) == 1 && stored.used == 0 &&
		clock.Micros(s.now()) < stored.expires
	unattended := s.secret != nil && subtle.ConstantTimeCompare(s.secret[:], hash[:]) == 1
	return link || unattended
}

// firstRow makes the row of the first account: it holds the first managing role.
func (s *Service) firstRow(ctx context.Context, t tenant.Tenant, m *access.Matrix, f First) (*accountRow, error) {
	bosses := managing(m, t)
	if len(bosses) == 0 {
		return nil, errs.New(errs.Setup, "identity.setup.no_role").Do("identity.setup.no_role.fix")
	}
	if f.Password == "" { // nobody would be shown a password made here
		_, err := s.check(t, PasswordRules{}, "", nil)
		return nil, err
	}
	row, _, err := s.newAccountRow(ctx, t, m, NewAccount{Person: f.Person, Roles: bosses[:1], Password: f.Password})
	if err == nil {
		row.mustChange, row.secretUntil = false, 0
	}
	return row, err
}

// setupRow is the one-time link as its database keeps it.
type setupRow struct {
	hash    []byte
	expires int64
	used    int64
}

func storeSetup(tx db.Tx, r setupRow) error {
	if len(r.hash) == 0 {
		r.hash = make([]byte, sha256.Size) // the configuration's secret opened, and there was no link
	}
	_, err := tx.Exec(`INSERT INTO identity_setup (one, hash, expires, used) VALUES (1, ?1, ?2, ?3)
		ON CONFLICT (one) DO UPDATE SET hash = excluded.hash, expires = excluded.expires, used = excluded.used`,
		r.hash, r.expires, r.used)
	return err
}

// readSetup returns an empty row, which nothing opens, when there is no link.
func readSetup(tx db.Tx) (r setupRow, err error) {
	err = tx.Row(`SELECT hash, expires, used FROM identity_setup WHERE one = 1`).Scan(&r.hash, &r.expires, &r.used)
	if errors.Is(err, db.ErrNoRows) {
		err = nil
	}
	return r, err
}
