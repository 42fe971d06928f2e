package keys

import (
	"errors"

	"garant.example/internal/clock"
	"garant.example/internal/db"
)

// namedRow is one version of a named key.
type namedRow struct {
	number, keyVersion            int64
	name, kind, state             string
	version                       int64
	wrapped, public               []byte
	uses                          int64
	createdAt, wrappedAt, endedAt int64
}

const namedColumns = `number, key_version, name, kind, state, version, wrapped, public, uses, created_at, wrapped_at, ended_at`

func (n *namedRow) scan(r db.Row) error {
	return r.Scan(&n.number, &n.keyVersion, &n.name, &n.kind, &n.state, &n.version, &n.wrapped, &n.public, &n.uses,
		&n.createdAt, &n.wrappedAt, &n.endedAt)
}

// The kinds and states of a named key, as stored.
const (
	storedSeal  = "seal"
	storedIndex = "index"
	storedSign  = "sign"

	stateActive  = "active"
	stateOld     = "old"
	stateRetired = "retired"
)

func kindOf(stored string) byte {
	switch stored {
	case storedIndex:
		return kindIndex
	case storedSign:
		return kindSign
	}
	return kindSeal
}

// nameTable is what the ring keeps in memory of its named keys: no secrets.
type nameTable struct {
	byName   map[string]*namedKey
	byNumber map[int64]*namedKey
}

type namedKey struct {
	number int64
	name   string
	kind   string
	active uint16
	public []byte // of the active version
}

func readNames(tx db.Tx) (*nameTable, error) {
	t := &nameTable{map[string]*namedKey{}, map[int64]*namedKey{}}
	for row, err := range tx.Rows(`SELECT number, key_version, name, kind, public FROM keyring_named WHERE state = 'active'`) {
		if err != nil {
			return nil, err
		}
		n := &namedKey{}
		var version int64
		if err := row.Scan(&n.number, &version, &n.name, &n.kind, &n.public); err != nil {
			return nil, err
		}
		n.active = uint16(version)
		t.byName[n.name], t.byNumber[n.number] = n, n
	}
	return t, nil
}

func readNamedKey(tx db.Tx, number int64, version uint16) (wrappedKey, error) {
	var kind, state string
	var w wrappedKey
	err := tx.Row(`SELECT kind, state, wrapped FROM keyring_named WHERE number = ?1 AND key_version = ?2`,
		number, int64(version)).Scan(&kind, &state, &w.wrapped)
	if errors.Is(err, db.ErrNoRows) {
		return w, corrupt("keys.no_key", nil)
	}
	w.kind = kindOf(kind)
	w.erased = state == stateRetired
	return w, err
}

// readNamed lists every version of every named key, or those of one name.
func readNamed(tx db.Tx, name string) ([]namedRow, error) {
	var out []namedRow
	query, args := `SELECT `+namedColumns+` FROM keyring_named ORDER BY name, key_version`, []any(nil)
	if name != "" {
		query, args = `SELECT `+namedColumns+` FROM keyring_named WHERE name = ?1 ORDER BY key_version`, []any{name}
	}
	for row, err := range tx.Rows(query, args...) {
		if err != nil {
			return nil, err
		}
		var n namedRow
		if err := n.scan(row); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func insertNamed(tx db.Tx, n namedRow) error {
	_, err := tx.Exec(`INSERT INTO keyring_named (number, key_version, name, kind, state, version, wrapped, public, uses,
		created_at, wrapped_at, ended_at) VALUES (?1, ?2, ?3, ?4, 'active', ?5, ?6, ?7, 0, ?8, ?8, 0)`,
		n.number, n.keyVersion, n.name, n.kind, n.version, n.wrapped, n.public, clock.Micros(tx.Now()))
	return err
}

func ageNamed(tx db.Tx, number int64) error {
	_, err := tx.Exec(`UPDATE keyring_named SET state = 'old', ended_at = ?2 WHERE number = ?1 AND state = 'active'`, number, clock.Micros(tx.Now()))
	return err
}

func retireNamed(tx db.Tx, number, keyVersion int64) (bool, error) {
	n, err := tx.Exec(`UPDATE keyring_named SET state = 'retired', version = 0, wrapped = ?3, ended_at = ?4
		WHERE number = ?1 AND key_version = ?2 AND state = 'old'`, number, keyVersion, []byte{}, clock.Micros(tx.Now()))
	return n == 1, err
}

func rewrapNamed(tx db.Tx, n namedRow) error {
	_, err := tx.Exec(`UPDATE keyring_named SET wrapped = ?3, version = ?4, wrapped_at = ?5
		WHERE number = ?1 AND key_version = ?2 AND state <> 'retired'`, n.number, n.keyVersion, n.wrapped, n.version, clock.Micros(tx.Now()))
	return err
}

func addUses(tx db.Tx, number int64, keyVersion uint16, uses int64) (int64, error) {
	if _, err := tx.Exec(`UPDATE keyring_named SET uses = uses + ?3 WHERE number = ?1 AND key_version = ?2`,
		number, int64(keyVersion), uses); err != nil {
		return 0, err
	}
	var n int64
	err := tx.Row(`SELECT uses FROM keyring_named WHERE number = ?1 AND key_version = ?2`, number, int64(keyVersion)).Scan(&n)
	return n, err
}
