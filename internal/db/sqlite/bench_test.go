package sqlite_test

import (
	"testing"

	"garant.example/internal/db/dbtest"
	"garant.example/internal/db/sqlite"
)

func BenchmarkPath(b *testing.B) {
	dbtest.Bench(b, func(*testing.B) dbtest.Engine {
		return dbtest.Engine{Driver: sqlite.New(sqlite.Options{}), Place: place}
	})
}
