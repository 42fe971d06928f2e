package identity

import (
	"errors"
	"iter"

	"garant.example/internal/actor"
	"garant.example/internal/db"
	"garant.example/internal/id"
)

// sessionRow is a session as its database keeps it.
type sessionRow struct {
	id        id.Session
	hash      []byte
	account   id.Account
	opened    int64
	seen      int64
	ends      int64
	ended     int64
	reason    string
	assurance actor.Assurance
}

const sessionColumns = `id, hash, account, opened, seen, ends, ended, reason, assurance`

func insertSession(tx db.Tx, r *sessionRow) error {
	_, err := tx.Exec(`INSERT INTO identity_session (id, hash, account, opened, seen, ends, ended, reason, assurance)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`, r.id.Bytes(), r.hash, r.account.Bytes(), r.opened, r.seen, r.ends,
		r.ended, r.reason, int64(r.assurance))
	return err
}

// findSession reads the session of a hash; nil when there is none.
func findSession(tx db.Tx, hash []byte) (*sessionRow, error) {
	r, err := scanSession(tx.Row(`SELECT `+sessionColumns+` FROM identity_session WHERE hash = ?1`, hash))
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	return r, err
}

// touchSession notes a use.
func touchSession(tx db.Tx, session id.Session, seen int64) error {
	return tx.Queue(`UPDATE identity_session SET seen = ?2 WHERE id = ?1 AND ended = 0 AND seen < ?2`, session.Bytes(), seen)
}

func endSession(tx db.Tx, session id.Session, now int64, reason string) (int64, error) {
	return tx.Exec(`UPDATE identity_session SET ended = ?2, reason = ?3 WHERE id = ?1 AND ended = 0`, session.Bytes(), now, reason)
}

// endSessions ends every session of an account, and says how many.
func endSessions(tx db.Tx, account id.Account, now int64, reason string) (int64, error) {
	return tx.Exec(`UPDATE identity_session SET ended = ?2, reason = ?3 WHERE account = ?1 AND ended = 0`,
		account.Bytes(), now, reason)
}

// liveSessions reads the sessions of an account that were not ended.
func liveSessions(tx db.Tx, account id.Account) iter.Seq2[*sessionRow, error] {
	return scanAll(tx.Rows(`SELECT `+sessionColumns+` FROM identity_session WHERE account = ?1 AND ended = 0 ORDER BY id`,
		account.Bytes()), scanSession)
}

// sweepSessions removes sessions that have been over since before a moment.
func sweepSessions(tx db.Tx, before int64) (int64, error) {
	return tx.Exec(`DELETE FROM identity_session WHERE ends < ?1 OR (ended > 0 AND ended < ?1)`, before)
}

func scanSession(row db.Row) (*sessionRow, error) {
	var r sessionRow
	var rawID, account []byte
	var assurance int64
	err := row.Scan(&rawID, &r.hash, &account, &r.opened, &r.seen, &r.ends, &r.ended, &r.reason, &assurance)
	if err != nil {
		return nil, err
	}
	raw, err := rowID(rawID)
	if err != nil {
		return nil, err
	}
	owner, err := rowID(account)
	if err != nil {
		return nil, err
	}
	r.id, r.account, r.assurance = id.Session{Raw: raw}, id.Account{Raw: owner}, actor.Assurance(assurance)
	return &r, nil
}

// countOver counts what a sweep would remove: sessions and counters.
func countOver(tx db.Tx, before, now int64) (n int64, err error) {
	err = tx.Row(`SELECT (SELECT COUNT(*) FROM identity_session WHERE ends < ?1 OR (ended > 0 AND ended < ?1)) +
		(SELECT COUNT(*) FROM identity_throttle WHERE ends < ?2)`, before, now).Scan(&n)
	return n, err
}
