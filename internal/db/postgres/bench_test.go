package postgres_test

import (
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/db/dbtest"
	"garant.example/internal/db/postgres"
	"garant.example/testkit/pgserver"
)

func BenchmarkPath(b *testing.B) {
	server := pgserver.Own(b) // it flushes
	dbtest.Bench(b, func(*testing.B) dbtest.Engine {
		return dbtest.Engine{
			Driver: postgres.New(postgres.Options{}),
			Place:  func(tb testing.TB, f db.Family) db.Place { return server.Place(tb, f) },
		}
	})
}
