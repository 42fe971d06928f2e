package keys

import (
	"bytes"
	"errors"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// storeError translates what a database says into what a caller may show.
func storeError(err error) error {
	var known *errs.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, db.ErrMissing):
		return errs.New(errs.NotFound, "keys.no_ring").Do("keys.no_ring.fix").Cause(err)
	case errors.Is(err, db.ErrCorrupt):
		return corrupt("keys.store_damaged", err)
	case errors.Is(err, db.ErrFull), errors.Is(err, db.ErrReadOnly), errors.Is(err, db.ErrUnavailable),
		errors.Is(err, db.ErrClosed), errors.Is(err, db.ErrUnknownOutcome):
		return errs.New(errs.Unavailable, "keys.store").Do("keys.store.fix").Cause(err)
	}
	return err
}

// ringRow is the one row of table keyring.
type ringRow struct {
	service, serviceKey             string
	keyset, probe                   []byte
	version                         int64
	shreds                          int64
	createdAt, rotatedAt, wrappedAt int64
}

func readRing(tx db.Tx, tenant id.Tenant) (ringRow, error) {
	var r ringRow
	var owner []byte
	err := tx.Row(`SELECT tenant, service, service_key, keyset, probe, version, shreds, created_at, rotated_at, wrapped_at
		FROM keyring WHERE one = 1`).Scan(&owner, &r.service, &r.serviceKey, &r.keyset, &r.probe,
		&r.version, &r.shreds, &r.createdAt, &r.rotatedAt, &r.wrappedAt)
	if errors.Is(err, db.ErrNoRows) {
		return r, errs.New(errs.NotFound, "keys.no_ring").Do("keys.no_ring.fix")
	}
	if err != nil {
		return r, err
	}
	if !bytes.Equal(owner, tenant.Bytes()) {
		return r, corrupt("keys.other_tenant", nil)
	}
	return r, nil
}

func insertRing(tx db.Tx, tenant id.Tenant, r ringRow) error {
	_, err := tx.Exec(`INSERT INTO keyring (one, tenant, service, service_key, keyset, version, probe, next_block, next_number,
		shreds, created_at, rotated_at, wrapped_at) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, 1, 1, 0, ?7, ?7, ?7)`,
		tenant.Bytes(), r.service, r.serviceKey, r.keyset, r.version, r.probe, clock.Micros(tx.Now()))
	return err
}

// updateKeyset stores a keyset if nobody else did since r was read; false then.
func updateKeyset(tx db.Tx, was, now ringRow) (bool, error) {
	n, err := tx.Exec(`UPDATE keyring SET service = ?1, service_key = ?2, keyset = ?3, version = ?4, probe = ?5, rotated_at = ?6,
		wrapped_at = ?7 WHERE one = 1 AND keyset = ?8`, now.service, now.serviceKey, now.keyset, now.version, now.probe,
		now.rotatedAt, now.wrappedAt, was.keyset)
	return n == 1, err
}

// ringVersion is the KEK version that wraps, as stored; it is read in the
// transaction that stores a wrapped key, so that no key is ever stored under a
// version that a rotation has dropped meanwhile.
func ringVersion(tx db.Tx) (uint32, error) {
	query := `SELECT version FROM keyring WHERE one = 1`
	if tx.Engine() == db.Postgres {
		// A rotation on another node waits for this row, or this for it.
		query += ` FOR UPDATE`
	}
	var v int64
	err := tx.Row(query).Scan(&v)
	return uint32(v), err
}

// next takes the next number of a counter of the ring.
func next(tx db.Tx, counter string) (int64, error) {
	update, read := `UPDATE keyring SET next_block = next_block + 1 WHERE one = 1`, `SELECT next_block - 1 FROM keyring WHERE one = 1`
	if counter == "number" {
		update, read = `UPDATE keyring SET next_number = next_number + 1 WHERE one = 1`, `SELECT next_number - 1 FROM keyring WHERE one = 1`
	}
	if _, err := tx.Exec(update); err != nil {
		return 0, err
	}
	var n int64
	err := tx.Row(read).Scan(&n)
	return n, err
}

// wrappedKey is a data key as stored.
type wrappedKey struct {
	kind    byte
	wrapped []byte
	erased  bool
}

// readSlot reads one slot of a block.
func readSlot(tx db.Tx, ref Ref) (wrappedKey, error) {
	w := wrappedKey{kind: kindSubject}
	err := tx.Row(`SELECT substr(keys, CAST(?2 AS INTEGER), CAST(?3 AS INTEGER)) FROM keyring_block WHERE block = ?1`,
		ref.block(), int64(ref.slot()*wrappedSize+1), int64(wrappedSize)).Scan(&w.wrapped)
	if errors.Is(err, db.ErrNoRows) || err == nil && len(w.wrapped) == 0 {
		return w, corrupt("keys.no_key", nil)
	}
	if err != nil {
		return w, err
	}
	if !isZero(w.wrapped) {
		return w, nil
	}
	// Zero bytes without the note that somebody shredded are damage, and must not
	// pass for an erasure.
	noted, err := isShredded(tx, ref)
	if err != nil {
		return w, err
	}
	if !noted {
		return w, corrupt("keys.key_damaged", nil)
	}
	w.erased = true
	return w, nil
}

func isShredded(tx db.Tx, ref Ref) (bool, error) {
	var at int64
	err := tx.Row(`SELECT at FROM keyring_shred WHERE ref = ?1`, ref.Int64()).Scan(&at)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// blockRow is one row of table keyring_block.
type blockRow struct {
	block, version, size, handed, shredded int64
	leasedAt                               int64
	keys                                   []byte
}

const blockColumns = `block, version, size, handed, shredded, leased_at, keys`

func (b *blockRow) scan(r db.Row) error {
	err := r.Scan(&b.block, &b.version, &b.size, &b.handed, &b.shredded, &b.leasedAt, &b.keys)
	if err == nil && int64(len(b.keys)) != b.size*wrappedSize {
		return corrupt("keys.key_damaged", nil)
	}
	return err
}

func (b *blockRow) slot(i int) []byte { return b.keys[i*wrappedSize : (i+1)*wrappedSize] }

func readBlock(tx db.Tx, block int64) (blockRow, error) {
	var b blockRow
	query := `SELECT ` + blockColumns + ` FROM keyring_block WHERE block = ?1`
	err := b.scan(tx.Row(query, block))
	if errors.Is(err, db.ErrNoRows) {
		return b, corrupt("keys.no_key", nil)
	}
	return b, err
}

// takeRest takes the newest block of which a part was given back; ErrNoRows when
// there is none. The row then counts as handed out to its end.
func takeRest(tx db.Tx) (blockRow, error) {
	var b blockRow
	err := b.scan(tx.Row(`SELECT ` + blockColumns + ` FROM keyring_block WHERE handed < size ORDER BY block DESC LIMIT 1`))
	if err != nil {
		return b, err
	}
	n, err := tx.Exec(`UPDATE keyring_block SET handed = size, leased_at = ?2 WHERE block = ?1 AND handed = ?3`,
		b.block, clock.Micros(tx.Now()), b.handed)
	if err == nil && n == 0 {
		return b, db.ErrNoRows // another node was first
	}
	return b, err
}

// returnRest notes that the slots of a block from handed on were never given to
// anybody. It does nothing if the lease is not the caller's any more.
func returnRest(tx db.Tx, block, leasedAt, handed int64) error {
	_, err := tx.Exec(`UPDATE keyring_block SET handed = ?3 WHERE block = ?1 AND leased_at = ?2 AND handed = size`,
		block, leasedAt, handed)
	return err
}

func insertBlock(tx db.Tx, b blockRow) error {
	_, err := tx.Exec(`INSERT INTO keyring_block (block, version, size, handed, shredded, leased_at, created_at, wrapped_at, keys)
		VALUES (?1, ?2, ?3, ?4, 0, ?5, ?5, ?5, ?6)`, b.block, b.version, b.size, b.handed, b.leasedAt, b.keys)
	return err
}

// updateBlock stores the slots of a block again.
func updateBlock(tx db.Tx, b blockRow, wrappedNow bool) error {
	query := `UPDATE keyring_block SET keys = ?2, shredded = ?3 WHERE block = ?1`
	args := []any{b.block, b.keys, b.shredded}
	if wrappedNow {
		query = `UPDATE keyring_block SET keys = ?2, shredded = ?3, version = ?4, wrapped_at = ?5 WHERE block = ?1`
		args = append(args, b.version, clock.Micros(tx.Now()))
	}
	_, err := tx.Exec(query, args...)
	return err
}

func insertShred(tx db.Tx, ref Ref) error {
	_, err := tx.Exec(`INSERT INTO keyring_shred (ref, at) VALUES (?1, ?2)`, ref.Int64(), clock.Micros(tx.Now()))
	return err
}

func countShred(tx db.Tx) (int64, error) {
	if _, err := tx.Exec(`UPDATE keyring SET shreds = shreds + 1 WHERE one = 1`); err != nil {
		return 0, err
	}
	var n int64
	err := tx.Row(`SELECT shreds FROM keyring WHERE one = 1`).Scan(&n)
	return n, err
}
