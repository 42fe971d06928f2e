package identity

import (
	"context"
	"errors"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// NewAccount is what is said to make an account.
type NewAccount struct {
	Person Person
	Roles  []id.Name
	// Password is the initial password; one is made when it is empty.
	Password string
}

// CreateAccount makes an account with an initial password, which is returned to
// be handed to the person. It returns errs.Invalid with every fault,
// errs.Conflict when the sign-in name is taken or a role has as many holders as
// it may.
func (s *Service) CreateAccount(ctx context.Context, p *access.Permit, n NewAccount) (made Account, initial string, err error) {
	if err := allow(p, access.Account, access.Manage); err != nil {
		return Account{}, "", err
	}
	row, initial, err := s.newAccountRow(ctx, p.Tenant(), p.Matrix(), n)
	if err != nil {
		return Account{}, "", err
	}
	log, release, err := p.Log(ctx, tenant.Main)
	if err != nil {
		return Account{}, "", err
	}
	defer release()
	err = log.Write(ctx, func(tx *audit.Tx) error {
		if err := insertNew(tx, p.Tenant(), p.Matrix(), row, p.Entry(audit.AccountCreate)); err != nil {
			return err
		}
		return tenant.Keep(ctx, tx, s.made(ctx, p.Tenant(), row, initial))
	})
	if err != nil {
		return Account{}, "", err
	}
	made, err = s.opened(ctx, p.Tenant(), row)
	return made, initial, err
}

// newAccountRow checks what was said and makes the row, its password hashed.
func (s *Service) newAccountRow(ctx context.Context, t tenant.Tenant, m *access.Matrix, n NewAccount) (*accountRow, string, error) {
	set, err := s.Settings(ctx, t)
	if err != nil {
		return nil, "", err
	}
	if err := n.Person.Validate(); err != nil {
		return nil, "", err
	}
	n.Roles = sortedNames(n.Roles)
	if err := holdable(m, n.Roles, kindOf(t)); err != nil {
		return nil, "", err
	}
	initial, must, own := n.Password, set.Password.ChangeFirst, n.Person.own()
	if initial == "" {
		initial, must, own = initialPassword(set.Password), true, nil
	}
	now := s.now()
	row := &accountRow{id: id.NewAccount(), state: Active, roles: n.Roles, version: 1,
		created: clock.Micros(now), changed: clock.Micros(now)}
	if err := s.write(ctx, t.ID, row, n.Person); err != nil {
		return nil, "", err
	}
	return row, initial, s.choose(ctx, t, row, set.Password, initial, own, must)
}

// choose checks a password, hashes it and puts it into the row. must says that
// somebody else chose it, so that it ends soon and has to be changed.
func (s *Service) choose(ctx context.Context, t tenant.Tenant, row *accountRow, rules PasswordRules, password string, own []string, must bool) error {
	prepared, err := s.check(t, rules, password, own)
	if err != nil {
		return err
	}
	v, err := s.hasher.Hash(ctx, prepared)
	if err != nil {
		return err
	}
	sealer, err := s.sealer(ctx, t.ID)
	if err != nil {
		return err
	}
	now, until := s.now(), time.Time{}
	if must {
		until = now.Add(rules.Initial)
	}
	return row.setPassword(sealer, v, now, until, must)
}

// insertNew writes a new account with its leaf.
func insertNew(tx *audit.Tx, t tenant.Tenant, m *access.Matrix, row *accountRow, e audit.Entry) error {
	other, err := findAccount(tx, row.tag)
	if err != nil {
		return err
	}
	if other != nil {
		return nameTaken()
	}
	if err := keep(tx, t, m, nil, row); err != nil {
		return err
	}
	if err := insertAccount(tx, row); err != nil {
		return err
	}
	e.Object, e.Row, e.Kind = row.id.Raw, row.hash(), access.Account.String()
	e.Detail = map[string]string{"roles": detail(row.roles)}
	tx.Record(e)
	return nil
}

func nameTaken() error {
	return errs.New(errs.Conflict, "identity.account.taken").Do("identity.account.taken.fix").
		At("/sign_in", "identity.account.taken", nil)
}

func (s *Service) opened(ctx context.Context, t tenant.Tenant, row *accountRow) (Account, error) {
	sealer, err := s.sealer(ctx, t.ID)
	if err != nil {
		return Account{}, err
	}
	return row.open(kindOf(t), sealer)
}

// Account reads one account; the reading has its leaf before it is answered.
func (s *Service) Account(ctx context.Context, p *access.Permit, account id.Account) (Account, error) {
	if err := allow(p, access.Account, access.Read, access.List, access.Manage); err != nil {
		return Account{}, err
	}
	log, release, err := p.Log(ctx, tenant.Main)
	if err != nil {
		return Account{}, err
	}
	defer release()
	var row *accountRow
	if err := log.Read(ctx, func(tx db.Tx) error { row, err = readAccount(tx, account); return err }); err != nil {
		return Account{}, err
	}
	e := p.Entry(audit.AccountRead)
	e.Object, e.Count = account.Raw, 1
	if _, err := log.Append(ctx, e); err != nil {
		return Account{}, err
	}
	return s.opened(ctx, p.Tenant(), row)
}

// Bounds of a page of accounts or tokens.
const (
	usualPage = 50
	largePage = 500
)

func clampLimit(n int) int {
	if n <= 0 {
		return usualPage
	}
	return min(n, largePage)
}

// Accounts lists up to limit accounts in the order of their making, after one.
// The reading has its leaf before it is answered.
func (s *Service) Accounts(ctx context.Context, p *access.Permit, after id.Account, limit int) ([]Account, error) {
	if err := allow(p, access.Account, access.List, access.Manage); err != nil {
		return nil, err
	}
	sealer, err := s.sealer(ctx, p.Tenant().ID)
	if err != nil {
		return nil, err
	}
	log, release, err := p.Log(ctx, tenant.Main)
	if err != nil {
		return nil, err
	}
	defer release()
	var list []Account
	err = log.Read(ctx, func(tx db.Tx) error {
		for row, err := range listAccounts(tx, after, clampLimit(limit)) {
			if err != nil {
				return err
			}
			a, err := row.open(kindOf(p.Tenant()), sealer)
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	e := p.Entry(audit.AccountRead)
	e.Count = int64(len(list))
	if _, err := log.Append(ctx, e); err != nil {
		return nil, err
	}
	return list, nil
}

// Made is an account after a change, with the password that was made for it, if any:
// what an answer is made of.
type Made struct {
	Account Account
	Initial string
}

func (s *Service) made(ctx context.Context, t tenant.Tenant, row *accountRow, initial string) func() (any, error) {
	return func() (any, error) {
		a, err := s.opened(ctx, t, row)
		return Made{a, initial}, err
	}
}

// edit is one change of an account by somebody who manages accounts.
type edit struct {
	account id.Account
	version int64 // what If-Match said; 0 when it said nothing
	op      audit.Operation
	ends    string // why its sessions end; "" when they go on
	initial string // the password that was made for it; "" for none
	takes   bool   // it takes access away: it goes on while room is short
	// change alters the row; false when there is nothing to change.
	change func(tx db.Tx, row *accountRow, e *audit.Entry) (bool, error)
}

// apply runs an edit: row, sessions and leaf in one transaction.
func (s *Service) apply(ctx context.Context, p *access.Permit, d edit) (Account, error) {
	if err := allow(p, access.Account, access.Manage); err != nil {
		return Account{}, err
	}
	log, release, err := p.Log(ctx, tenant.Main)
	if err != nil {
		return Account{}, err
	}
	defer release()
	write := log.Write
	if d.takes {
		write = log.WriteEssential
	}
	var row *accountRow
	err = write(ctx, func(tx *audit.Tx) error {
		row, err = readAccount(tx, d.account)
		if err != nil {
			return err
		}
		if d.version != 0 && d.version != row.version {
			return errs.New(errs.Stale, "identity.account.stale").Do("identity.account.stale.fix")
		}
		before, e := *row, p.Entry(d.op)
		changed, err := d.change(tx, row, &e)
		if err != nil || !changed {
			return err
		}
		if err := keep(tx, p.Tenant(), p.Matrix(), &before, row); err != nil {
			return err
		}
		if err := s.store(tx, row, e, d.ends); err != nil {
			return err
		}
		return tenant.Keep(ctx, tx, s.made(ctx, p.Tenant(), row, d.initial))
	})
	if err != nil {
		return Account{}, err
	}
	return s.opened(ctx, p.Tenant(), row)
}

// store writes a changed row, ends its sessions when it says why, and records
// the leaf.
func (s *Service) store(tx *audit.Tx, row *accountRow, e audit.Entry, ends string) error {
	now := clock.Micros(s.now())
	row.version, row.changed = row.version+1, now
	err := updateAccount(tx, row)
	if errors.Is(err, db.ErrConflict) {
		return nameTaken()
	}
	if err != nil {
		return err
	}
	if ends != "" {
		if e.Count, err = endSessions(tx, row.id, now, ends); err != nil {
			return err
		}
		if e.Detail == nil {
			e.Detail = map[string]string{}
		}
		e.Detail["sessions_ended"] = ends
	}
	e.Object, e.Row, e.Kind = row.id.Raw, row.hash(), access.Account.String()
	tx.Record(e)
	return nil
}

// ChangePerson replaces what an account says of its person. version is what was
// read before, or 0. It returns errs.Invalid, errs.NotFound, errs.Stale, and
// errs.Conflict when the sign-in name is taken.
func (s *Service) ChangePerson(ctx context.Context, p *access.Permit, account id.Account, version int64, person Person) (Account, error) {
	if err := allow(p, access.Account, access.Manage); err != nil {
		return Account{}, err
	}
	if err := person.Validate(); err != nil {
		return Account{}, err
	}
	fresh := accountRow{id: account}
	if err := s.write(ctx, p.Tenant().ID, &fresh, person); err != nil {
		return Account{}, err
	}
	return s.apply(ctx, p, edit{account: account, version: version, op: audit.AccountChange,
		change: func(tx db.Tx, row *accountRow, e *audit.Entry) (bool, error) {
			other, err := findAccount(tx, fresh.tag)
			if err != nil {
				return false, err
			}
			if other != nil && other.id != account {
				return false, nameTaken()
			}
			row.tag, row.body = fresh.tag, fresh.body
			e.Fields = []id.Name{"person"}
			return true, nil
		}})
}

// AssignRoles replaces the roles of an account and ends its sessions. It returns
// errs.Invalid for a role that does not exist or that this kind of person may not
// hold, errs.LogUnavailable when one is given while room is short, errs.Conflict when a role is full or nobody would be left to manage
// accounts.
func (s *Service) AssignRoles(ctx context.Context, p *access.Permit, account id.Account, version int64, roles []id.Name) (Account, error) {
	if err := allow(p, access.Account, access.Manage); err != nil {
		return Account{}, err
	}
	roles = sortedNames(roles)
	return s.apply(ctx, p, edit{account: account, version: version, op: audit.RoleAssign, ends: endedByRole, takes: true,
		change: func(_ db.Tx, row *accountRow, e *audit.Entry) (bool, error) {
			added, removed := difference(roles, row.roles), difference(row.roles, roles)
			// A role that the profile dropped may be left in place, not given.
			if err := holdable(p.Matrix(), added, kindOf(p.Tenant())); err != nil {
				return false, err
			}
			if len(added) == 0 {
				e.Operation = audit.RoleRevoke
			}
			e.Detail = map[string]string{"added": detail(added), "removed": detail(removed)}
			row.roles = roles
			return len(added)+len(removed) > 0, nil
		}})
}

// DisableAccount shuts an account: its sessions end in the same transaction. It
// returns errs.Conflict when nobody would be left to manage accounts.
func (s *Service) DisableAccount(ctx context.Context, p *access.Permit, account id.Account, version int64) (Account, error) {
	return s.setState(ctx, p, account, version, Disabled, endedByDisable)
}

// EnableAccount opens a disabled account again, with its roles and its password.
func (s *Service) EnableAccount(ctx context.Context, p *access.Permit, account id.Account, version int64) (Account, error) {
	return s.setState(ctx, p, account, version, Active, "")
}

func (s *Service) setState(ctx context.Context, p *access.Permit, account id.Account, version int64, state State, ends string) (Account, error) {
	return s.apply(ctx, p, edit{account: account, version: version, op: audit.AccountChange, ends: ends, takes: state == Disabled,
		change: func(_ db.Tx, row *accountRow, e *audit.Entry) (bool, error) {
			changed := row.state != state
			row.state = state
			e.Fields, e.Detail = []id.Name{"state"}, map[string]string{"state": string(state)}
			return changed, nil
		}})
}

// EndSessions ends every session of an account, whose password and roles stay.
func (s *Service) EndSessions(ctx context.Context, p *access.Permit, account id.Account) error {
	_, err := s.apply(ctx, p, edit{account: account, op: audit.AccountChange, ends: endedByManager, takes: true,
		change: func(_ db.Tx, _ *accountRow, e *audit.Entry) (bool, error) {
			e.Fields = []id.Name{"sessions"}
			return true, nil
		}})
	return err
}

// Unlock lets a person who failed too often try again at once.
func (s *Service) Unlock(ctx context.Context, p *access.Permit, account id.Account) error {
	_, err := s.apply(ctx, p, edit{account: account, op: audit.AccountChange,
		change: func(tx db.Tx, row *accountRow, e *audit.Entry) (bool, error) {
			e.Fields = []id.Name{"failures"}
			return true, clearThrottle(tx, row.tag)
		}})
	return err
}

// ResetPassword gives an account a fresh initial password, which is returned to
// be handed to the person, and ends its sessions.
func (s *Service) ResetPassword(ctx context.Context, p *access.Permit, account id.Account) (initial string, err error) {
	if err := allow(p, access.Account, access.Manage); err != nil {
		return "", err
	}
	set, err := s.Settings(ctx, p.Tenant())
	if err != nil {
		return "", err
	}
	initial = initialPassword(set.Password)
	fresh := accountRow{id: account}
	if err := s.choose(ctx, p.Tenant(), &fresh, set.Password, initial, nil, true); err != nil {
		return "", err
	}
	_, err = s.apply(ctx, p, edit{account: account, op: audit.AccountChange, ends: endedByPassword, initial: initial, takes: true,
		change: func(tx db.Tx, row *accountRow, e *audit.Entry) (bool, error) {
			row.secret, row.secretAt, row.secretUntil, row.mustChange = fresh.secret, fresh.secretAt, fresh.secretUntil, true
			e.Fields, e.Reason = []id.Name{"password"}, "reset"
			return true, clearThrottle(tx, row.tag)
		}})
	if err != nil {
		return "", err
	}
	return initial, nil
}
