package sqlite_test

import (
	"context"
	"path/filepath"

	"garant.example/internal/db"
	"garant.example/internal/db/sqlite"
)

// openAt opens, and creates if need be, the database dir/name.
func openAt(dir, name string, family db.Family) (db.DB, error) {
	p := db.Place{Engine: db.SQLite, Family: family, Path: filepath.Join(dir, name)}
	v := sqlite.New(sqlite.Options{})
	if err := v.Create(context.Background(), p); err != nil {
		return nil, err
	}
	return v.Open(context.Background(), p)
}

// makeLines makes the table that the roles write to.
func makeLines(d db.DB) error {
	return d.Write(context.Background(), func(tx db.Tx) error {
		_, err := tx.Exec(`CREATE TABLE IF NOT EXISTS line (id TEXT NOT NULL PRIMARY KEY, body BLOB NOT NULL) STRICT`)
		return err
	})
}

func addLine(d db.DB, id string, body []byte) error {
	return d.Write(context.Background(), func(tx db.Tx) error {
		return tx.Queue(`INSERT INTO line (id, body) VALUES (?1, ?2)`, id, body)
	})
}

// lines returns the ids there are.
func lines(d db.DB) (map[string]bool, error) {
	all := map[string]bool{}
	err := d.Read(context.Background(), func(tx db.Tx) error {
		clear(all)
		for row, err := range tx.Rows(`SELECT id FROM line`) {
			if err != nil {
				return err
			}
			var id string
			if err := row.Scan(&id); err != nil {
				return err
			}
			all[id] = true
		}
		return nil
	})
	return all, err
}

// drainLines reads every body.
func drainLines(tx db.Tx) error {
	for row, err := range tx.Rows(`SELECT body FROM line ORDER BY id`) {
		if err != nil {
			return err
		}
		var body []byte
		if err := row.Scan(&body); err != nil {
			return err
		}
	}
	return nil
}
