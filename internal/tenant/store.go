package tenant

import (
	"github.com/go-json-experiment/json"

	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
)

// rowAD binds a sealed row to its tenant, so that two rows cannot be swapped.
func rowAD(t id.Tenant) []byte { return append([]byte("tenant.row\x00"), t.Bytes()...) }

// insertTenant writes a new row; db.ErrConflict when the id is there.
func insertTenant(tx db.Tx, t Tenant, sealed []byte) error {
	_, err := tx.Exec(`INSERT INTO tenant (id, state, created, changed, body) VALUES (?1, ?2, ?3, ?3, ?4)`,
		t.ID.Bytes(), string(t.State), clock.Micros(t.Created), sealed)
	return err
}

// updateTenant writes the row anew.
func updateTenant(tx db.Tx, t Tenant, sealed []byte) error {
	n, err := tx.Exec(`UPDATE tenant SET state = ?2, changed = ?3, body = ?4 WHERE id = ?1`,
		t.ID.Bytes(), string(t.State), clock.Micros(tx.Now()), sealed)
	if err == nil && n != 1 {
		return db.ErrNoRows
	}
	return err
}

// loadTenants reads every row.
func loadTenants(tx db.Tx, sealer audit.Sealer) ([]Tenant, error) {
	var list []Tenant
	for row, err := range tx.Rows(`SELECT id, body FROM tenant ORDER BY created`) {
		if err != nil {
			return nil, err
		}
		var rawID, sealed []byte
		if err := row.Scan(&rawID, &sealed); err != nil {
			return nil, err
		}
		t, err := openRow(rawID, sealed, sealer)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// rowOf reads one sealed row.
func rowOf(tx db.Tx, t id.Tenant) ([]byte, error) {
	var sealed []byte
	err := tx.Row(`SELECT body FROM tenant WHERE id = ?1`, t.Bytes()).Scan(&sealed)
	return sealed, err
}

func openRow(rawID, sealed []byte, sealer audit.Sealer) (Tenant, error) {
	raw, err := id.FromBytes(rawID)
	if err != nil {
		return Tenant{}, err
	}
	plain, err := sealer.Open(nil, sealed, rowAD(id.Tenant{Raw: raw}))
	if err != nil {
		return Tenant{}, err
	}
	var t Tenant
	return t, json.Unmarshal(plain, &t)
}

func sealRow(t Tenant, sealer audit.Sealer) ([]byte, error) {
	plain, err := json.Marshal(t, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	return sealer.Seal(nil, plain, rowAD(t.ID))
}

// meta keys of the control database.
const (
	metaOperator = "operator" // id of the operator's tenant
	metaDone     = "setup"    // when the operator's first account was made
)

func readMeta(tx db.Tx, key string) ([]byte, error) {
	var v []byte
	err := tx.Row(`SELECT value FROM tenant_meta WHERE name = ?1`, key).Scan(&v)
	return v, err
}

func writeMeta(tx db.Tx, key string, value []byte) error {
	_, err := tx.Exec(`INSERT INTO tenant_meta (name, value) VALUES (?1, ?2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, key, value)
	return err
}
