package identity

import (
	"errors"
	"iter"

	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

const tokenColumns = `id, hash, roles, scope, created, expires, revoked, used, body`

func insertToken(tx db.Tx, r *tokenRow) error {
	_, err := tx.Exec(`INSERT INTO identity_token (id, hash, roles, scope, created, expires, revoked, used, body)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`, r.id.Bytes(), r.hash[:], joinNames(r.roles), joinNames(r.scope),
		r.created, r.expires, r.revoked, r.used, r.body)
	return err
}

// readToken reads one token; nil when there is none.
func readToken(tx db.Tx, token id.Token) (*tokenRow, error) {
	r, err := scanToken(tx.Row(`SELECT `+tokenColumns+` FROM identity_token WHERE id = ?1`, token.Bytes()))
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	return r, err
}

// listTokens reads tokens in the order of their making, after one.
func listTokens(tx db.Tx, after id.Token, limit int) iter.Seq2[*tokenRow, error] {
	return scanAll(tx.Rows(`SELECT `+tokenColumns+` FROM identity_token WHERE id > ?1 ORDER BY id LIMIT ?2`,
		after.Bytes(), limit), scanToken)
}

// livingTokens reads the tokens that serve at a moment.
func livingTokens(tx db.Tx, now int64) iter.Seq2[*tokenRow, error] {
	return scanAll(tx.Rows(`SELECT `+tokenColumns+` FROM identity_token WHERE revoked = 0 AND expires > ?1`, now), scanToken)
}

func revokeToken(tx db.Tx, token id.Token, now int64) error {
	_, err := tx.Exec(`UPDATE identity_token SET revoked = ?2 WHERE id = ?1`, token.Bytes(), now)
	return err
}

func updateTokenBody(tx db.Tx, r *tokenRow) error {
	return tx.Queue(`UPDATE identity_token SET body = ?2 WHERE id = ?1`, r.id.Bytes(), r.body)
}

// noteUse writes down the day of a use.
func noteUse(tx db.Tx, token id.Token, day int64) error {
	return tx.Queue(`UPDATE identity_token SET used = ?2 WHERE id = ?1`, token.Bytes(), day)
}

func scanToken(row db.Row) (*tokenRow, error) {
	var r tokenRow
	var rawID, hash []byte
	var roles, scope string
	err := row.Scan(&rawID, &hash, &roles, &scope, &r.created, &r.expires, &r.revoked, &r.used, &r.body)
	if err != nil {
		return nil, err
	}
	raw, err := rowID(rawID)
	if err != nil {
		return nil, err
	}
	if len(hash) != len(r.hash) {
		return nil, errs.New(errs.Corrupt, "identity.account.corrupt")
	}
	r.id, r.roles, r.scope = id.Token{Raw: raw}, splitNames(roles), splitNames(scope)
	copy(r.hash[:], hash)
	return &r, nil
}
