package postgres_test

import (
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/db/dbtest"
	"garant.example/internal/db/postgres"
	"garant.example/testkit/pgserver"
)

func TestContract(t *testing.T) {
	dbtest.Run(t, func(*testing.T) dbtest.Engine {
		return dbtest.Engine{
			Driver: postgres.New(postgres.Options{Readers: db.Readers}), // the suite counts them
			Place: func(t testing.TB, family db.Family) db.Place {
				return pgserver.Start(t).Place(t, family)
			},
		}
	})
}
