package vault

import (
	"errors"
	"iter"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

const columns = `n, id, subject, created, updated, version, state, flags, open, leaf, body`

// columnsOfR are the same of a table named r. (In SQLite, CROSS JOIN also says which
// table is walked first: the index, whose order is the answer's.)
const columnsOfR = `r.n, r.id, r.subject, r.created, r.updated, r.version, r.state, r.flags, r.open, r.leaf, r.body`

// insertRow writes a new row.
func insertRow(tx db.Tx, r *row) error {
	return tx.Queue(`INSERT INTO vault_record (n, id, subject, created, updated, version, state, flags, open, leaf, body)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`,
		r.n, r.id.Raw[:], subjectParam(r.subject), r.created, r.updated, r.version, r.state, r.flags, r.open, r.leaf, r.body)
}

func subjectParam(s id.Subject) any {
	if s.IsZero() {
		return nil
	}
	return s.Raw[:]
}

// replaceRow writes what can change.
func replaceRow(tx db.Tx, r *row) error {
	return tx.Queue(`UPDATE vault_record SET updated = ?2, version = ?3, state = ?4, flags = ?5, open = ?6, leaf = ?7, body = ?8
		WHERE n = ?1`, r.n, r.updated, r.version, r.state, r.flags, r.open, r.leaf, r.body)
}

func deleteRow(tx db.Tx, n int64) error {
	return tx.Queue(`DELETE FROM vault_record WHERE n = ?1`, n)
}

// readRow reads a record of a collection; errs.NotFound when there is none.
func readRow(tx db.Tx, c *Collection, rec id.Record) (*row, error) {
	r, err := scanRow(tx.Row(`SELECT `+columns+` FROM vault_record WHERE id = ?1`, rec.Raw[:]))
	if errors.Is(err, db.ErrNoRows) || err == nil && (r.n < firstOf(c) || r.n > lastOf(c)) {
		return nil, errs.New(errs.NotFound, "vault.record.unknown").Do("vault.record.unknown.fix")
	}
	if err != nil {
		return nil, err
	}
	r.collects = c
	return r, nil
}

// listRows reads rows of a collection in order, after a key.
func listRows(tx db.Tx, c *Collection, after int64, limit int) iter.Seq2[*row, error] {
	after = max(after, firstOf(c)-1)
	rows := tx.Rows(`SELECT `+columns+` FROM vault_record WHERE n > ?1 AND n <= ?2 ORDER BY n LIMIT ?3`, after, lastOf(c), limit)
	return collect(rows, c)
}

// findRows reads the rows whose blind index holds a tag.
func findRows(tx db.Tx, c *Collection, tag []byte, limit int) iter.Seq2[*row, error] {
	rows := tx.Rows(`SELECT `+columnsOfR+` FROM vault_index AS i CROSS JOIN vault_record AS r
		WHERE i.tag = ?1 AND i.n >= ?2 AND i.n <= ?3 AND r.n = i.n ORDER BY i.n LIMIT ?4`, tag, firstOf(c), lastOf(c), limit)
	return collect(rows, c)
}

// rowsOfSubject reads the rows of a collection that belong to a person.
func rowsOfSubject(tx db.Tx, c *Collection, s id.Subject) iter.Seq2[*row, error] {
	rows := tx.Rows(`SELECT `+columns+` FROM vault_record WHERE subject = ?1 AND n >= ?2 AND n <= ?3 ORDER BY n`,
		s.Raw[:], firstOf(c), lastOf(c))
	return collect(rows, c)
}

func collect(rows iter.Seq2[db.Row, error], c *Collection) iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		for cols, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			r, err := scanRow(cols)
			if err == nil {
				r.collects = c
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func scanRow(cols db.Row) (*row, error) {
	r := &row{}
	var rawID, subject []byte
	err := cols.Scan(&r.n, &rawID, &subject, &r.created, &r.updated, &r.version, &r.state, &r.flags, &r.open, &r.leaf, &r.body)
	if err != nil {
		return nil, err
	}
	raw, err := id.FromBytes(rawID)
	if err != nil {
		return nil, err
	}
	r.id = id.Record{Raw: raw}
	if subject != nil {
		if raw, err = id.FromBytes(subject); err != nil {
			return nil, err
		}
		r.subject = id.Subject{Raw: raw}
	}
	return r, nil
}

func insertTag(tx db.Tx, tag []byte, n int64) error {
	return tx.Queue(`INSERT INTO vault_index (tag, n) VALUES (?1, ?2)`, tag, n)
}

func deleteTag(tx db.Tx, tag []byte, n int64) error {
	return tx.Queue(`DELETE FROM vault_index WHERE tag = ?1 AND n = ?2`, tag, n)
}

// lastRow is the highest key of a collection, or the one before its first.
func lastRow(tx db.Tx, c *Collection) (int64, error) {
	var n *int64
	err := tx.Row(`SELECT MAX(n) FROM vault_record WHERE n >= ?1 AND n <= ?2`, firstOf(c), lastOf(c)).Scan(&n)
	if err != nil || n == nil {
		return firstOf(c) - 1, err
	}
	return *n, nil
}

// countRows counts the rows of a collection.
func countRows(tx db.Tx, c *Collection) (int64, error) {
	var n int64
	err := tx.Row(`SELECT COUNT(*) FROM vault_record WHERE n >= ?1 AND n <= ?2`, firstOf(c), lastOf(c)).Scan(&n)
	return n, err
}

func storeSchema(tx db.Tx, sealed []byte) error {
	_, err := tx.Exec(`INSERT INTO vault_schema (one, changed, body) VALUES (1, ?1, ?2)
		ON CONFLICT (one) DO UPDATE SET changed = excluded.changed, body = excluded.body`, clock.Micros(tx.Now()), sealed)
	return err
}

func readSchema(tx db.Tx) (sealed []byte, err error) {
	err = tx.Row(`SELECT body FROM vault_schema WHERE one = 1`).Scan(&sealed)
	return sealed, err
}
