package testdb

import (
	"context"
	"path/filepath"
	"testing"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/db/postgres"
	"garant.example/internal/db/sqlite"
	"garant.example/testkit/pgserver"
)

// Each runs fn as a subtest on each engine, with a fresh database of the family
// whose transactions read the time from c (the machine's when nil).
func Each(t *testing.T, family db.Family, c clock.Clock, fn func(t *testing.T, d db.DB)) {
	t.Helper()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) { fn(t, Open(t, engine, family, c)) })
	}
}

// Open creates and opens a database that is closed and removed with the test.
func Open(tb testing.TB, engine db.Engine, family db.Family, c clock.Clock) db.DB {
	tb.Helper()
	driver, place := Driver(tb, engine, c), Place(tb, engine, family)
	ctx := context.Background()
	if err := driver.Create(ctx, place); err != nil {
		tb.Fatal(err)
	}
	d, err := driver.Open(ctx, place)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := d.Close(); err != nil {
			tb.Error(err)
		}
	})
	return d
}

// Driver returns the driver of an engine; PostgreSQL is started when needed.
func Driver(tb testing.TB, engine db.Engine, c clock.Clock) db.Driver {
	tb.Helper()
	if engine == db.Postgres {
		return postgres.New(postgres.Options{Clock: c})
	}
	return sqlite.New(sqlite.Options{Clock: c})
}

// Place names a database that does not exist yet; it is removed with the test.
func Place(tb testing.TB, engine db.Engine, family db.Family) db.Place {
	tb.Helper()
	if engine == db.Postgres {
		return pgserver.Start(tb).Place(tb, family)
	}
	return db.Place{Engine: engine, Family: family, Path: filepath.Join(tb.TempDir(), string(family)+".db")}
}
