package identity

import (
	"errors"
	"iter"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

func storeSettings(tx db.Tx, sealed []byte) error {
	_, err := tx.Exec(`INSERT INTO identity_settings (one, changed, body) VALUES (1, ?1, ?2)
		ON CONFLICT (one) DO UPDATE SET changed = excluded.changed, body = excluded.body`,
		clock.Micros(tx.Now()), sealed)
	return err
}

func readSettings(tx db.Tx) (sealed []byte, err error) {
	err = tx.Row(`SELECT body FROM identity_settings WHERE one = 1`).Scan(&sealed)
	return sealed, err
}

const accountColumns = `id, tag, state, roles, version, created, changed, must_change, secret, secret_at, secret_until, body`

func insertAccount(tx db.Tx, r *accountRow) error {
	_, err := tx.Exec(`INSERT INTO identity_account (id, tag, state, roles, version, created, changed, must_change,
		secret, secret_at, secret_until, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`,
		r.id.Bytes(), r.tag, string(r.state), joinNames(r.roles), r.version, r.created, r.changed, flag(r.mustChange),
		filled(r.secret), r.secretAt, r.secretUntil, r.body)
	return err
}

// updateAccount writes the whole row anew.
func updateAccount(tx db.Tx, r *accountRow) error {
	n, err := tx.Exec(`UPDATE identity_account SET tag = ?2, state = ?3, roles = ?4, version = ?5, changed = ?6,
		must_change = ?7, secret = ?8, secret_at = ?9, secret_until = ?10, body = ?11 WHERE id = ?1`,
		r.id.Bytes(), r.tag, string(r.state), joinNames(r.roles), r.version, r.changed, flag(r.mustChange),
		filled(r.secret), r.secretAt, r.secretUntil, r.body)
	if err == nil && n != 1 {
		return db.ErrNoRows
	}
	return err
}

// filled keeps an empty text from becoming NULL.
func filled(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// readAccount reads one account; errs.NotFound when there is none.
func readAccount(tx db.Tx, account id.Account) (*accountRow, error) {
	r, err := scanAccount(tx.Row(`SELECT `+accountColumns+` FROM identity_account WHERE id = ?1`, account.Bytes()))
	if errors.Is(err, db.ErrNoRows) {
		return nil, accountUnknown()
	}
	return r, err
}

// findAccount reads the account of a sign-in name; nil when there is none.
func findAccount(tx db.Tx, tag []byte) (*accountRow, error) {
	r, err := scanAccount(tx.Row(`SELECT `+accountColumns+` FROM identity_account WHERE tag = ?1`, tag))
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	return r, err
}

// listAccounts reads accounts in the order of their making, after one.
func listAccounts(tx db.Tx, after id.Account, limit int) iter.Seq2[*accountRow, error] {
	return scanAll(tx.Rows(`SELECT `+accountColumns+` FROM identity_account WHERE id > ?1 ORDER BY id LIMIT ?2`,
		after.Bytes(), limit), scanAccount)
}

// activeRoles reads the roles of every active account.
func activeRoles(tx db.Tx) iter.Seq2[*accountRow, error] {
	return scanAll(tx.Rows(`SELECT `+accountColumns+` FROM identity_account WHERE state = 'active'`), scanAccount)
}

func scanAccount(row db.Row) (*accountRow, error) {
	var r accountRow
	var rawID []byte
	var state, roles string
	var must int64
	err := row.Scan(&rawID, &r.tag, &state, &roles, &r.version, &r.created, &r.changed, &must,
		&r.secret, &r.secretAt, &r.secretUntil, &r.body)
	if err != nil {
		return nil, err
	}
	raw, err := rowID(rawID)
	if err != nil {
		return nil, err
	}
	r.id, r.state, r.roles, r.mustChange = id.Account{Raw: raw}, State(state), splitNames(roles), must != 0
	return &r, nil
}

func rowID(b []byte) (id.Raw, error) {
	raw, err := id.FromBytes(b)
	if err != nil {
		return raw, errs.New(errs.Corrupt, "identity.account.corrupt").Cause(err)
	}
	return raw, nil
}

func scanAll[T any](rows iter.Seq2[db.Row, error], scan func(db.Row) (*T, error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			if r, err := scan(row); !yield(r, err) || err != nil {
				return
			}
		}
	}
}
