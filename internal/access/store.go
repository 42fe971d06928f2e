package access

import (
	"garant.example/internal/clock"
	"garant.example/internal/db"
)

func storePolicy(tx db.Tx, sealed []byte) error {
	_, err := tx.Exec(`INSERT INTO access_policy (one, changed, body) VALUES (1, ?1, ?2)
		ON CONFLICT (one) DO UPDATE SET changed = excluded.changed, body = excluded.body`,
		clock.Micros(tx.Now()), sealed)
	return err
}

func readPolicy(tx db.Tx) (sealed []byte, err error) {
	err = tx.Row(`SELECT body FROM access_policy WHERE one = 1`).Scan(&sealed)
	return sealed, err
}
