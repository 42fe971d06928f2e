package sqlite_test

import (
	"path/filepath"
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/db/dbtest"
	"garant.example/internal/db/sqlite"
)

func TestContract(t *testing.T) {
	dbtest.Run(t, func(*testing.T) dbtest.Engine {
		return dbtest.Engine{Driver: sqlite.New(sqlite.Options{}), Place: place}
	})
}

// place names a database in the test's own folder.
func place(t testing.TB, family db.Family) db.Place {
	return db.Place{Engine: db.SQLite, Family: family, Path: filepath.Join(t.TempDir(), "a.db")}
}
