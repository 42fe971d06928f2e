package migrations_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/db/migrations"
	"garant.example/testkit/testdb"
)

func families() []db.Family { return []db.Family{db.Control, db.Placement, db.Keyring} }

func list(t *testing.T, engine db.Engine, family db.Family) []migrations.Migration {
	t.Helper()
	l, err := migrations.List(engine, family)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestSameList: the same numbers and names in both engines, without a gap.
func TestSameList(t *testing.T) {
	for _, family := range families() {
		lite, pg := list(t, db.SQLite, family), list(t, db.Postgres, family)
		for i, m := range lite {
			if m.Number != int64(i) {
				t.Errorf("%s: number %04d is missing; the next is %04d_%s", family, i, m.Number, m.Name)
				break
			}
		}
		names := func(l []migrations.Migration) (out []string) {
			for _, m := range l {
				out = append(out, fmt.Sprintf("%04d_%s", m.Number, m.Name))
			}
			return out
		}
		if !slices.Equal(names(lite), names(pg)) {
			t.Errorf("%s: SQLite has %v, PostgreSQL %v", family, names(lite), names(pg))
		}
	}
}

// column is what both engines must agree on.
type column struct {
	kind    string
	notNull bool
	key     int64 // position in the primary key, 0 when it is no part of it
}

// TestSameTables: after all migrations both engines hold the same tables and columns.
func TestSameTables(t *testing.T) {
	for _, family := range families() {
		t.Run(string(family), func(t *testing.T) {
			lite := columnsOf(t, testdb.Open(t, db.SQLite, family, nil), sqliteColumns)
			pg := columnsOf(t, testdb.Open(t, db.Postgres, family, nil), postgresColumns)
			if len(lite) < 3 {
				t.Fatalf("only %d columns: the test looks at the wrong place", len(lite))
			}
			for _, name := range slices.Sorted(maps.Keys(lite)) {
				other, there := pg[name]
				switch {
				case !there:
					t.Errorf("%s is missing in PostgreSQL", name)
				case other != lite[name]:
					t.Errorf("%s: SQLite %+v, PostgreSQL %+v", name, lite[name], other)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(pg)) {
				if _, there := lite[name]; !there {
					t.Errorf("%s is missing in SQLite", name)
				}
			}
		})
	}
}

const (
	sqliteColumns = `SELECT m.name, c.name, lower(c.type), c."notnull", c.pk
		FROM sqlite_master AS m, pragma_table_info(m.name) AS c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`
	postgresColumns = `SELECT CAST(c.table_name AS text), CAST(c.column_name AS text), CAST(c.data_type AS text),
		CASE WHEN c.is_nullable = 'NO' THEN 1 ELSE 0 END,
		COALESCE((SELECT CAST(k.ordinal_position AS bigint)
			FROM information_schema.table_constraints AS p
			JOIN information_schema.key_column_usage AS k USING (constraint_schema, constraint_name)
			WHERE p.constraint_type = 'PRIMARY KEY' AND k.table_name = c.table_name AND k.column_name = c.column_name), 0)
		FROM information_schema.columns AS c WHERE c.table_schema = 'public'`
)

func columnsOf(t *testing.T, d db.DB, query string) map[string]column {
	t.Helper()
	all := map[string]column{}
	err := d.Read(t.Context(), func(tx db.Tx) error {
		for row, err := range tx.Rows(query) {
			if err != nil {
				return err
			}
			var table, name string
			var c column
			if err := row.Scan(&table, &name, &c.kind, &c.notNull, &c.key); err != nil {
				return err
			}
			c.kind = kindOf(c.kind)
			c.notNull = c.notNull || c.key > 0 // SQLite says so only of tables without a rowid
			all[table+"."+name] = c
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// kindOf maps the types of both engines to one word.
func kindOf(kind string) string {
	switch kind {
	case "bigint", "integer", "smallint", "boolean", "int":
		return "integer"
	case "bytea", "blob":
		return "blob"
	case "double precision", "real":
		return "real"
	default:
		return kind
	}
}

func apply(t *testing.T, d db.DB, l []migrations.Migration) error {
	t.Helper()
	return d.Write(t.Context(), func(tx db.Tx) error { return migrations.Apply(tx.(migrations.Tx), l, false) })
}

func count(t *testing.T, d db.DB, query string) (n int64) {
	t.Helper()
	if err := d.Read(t.Context(), func(tx db.Tx) error { return tx.Row(query).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestApply(t *testing.T) {
	testdb.Each(t, db.Keyring, nil, func(t *testing.T, d db.DB) {
		known := list(t, d.Engine(), db.Keyring)
		more := append(slices.Clone(known),
			migrations.Migration{Number: 9001, Name: "test_one", SQL: "-- a comment; with a semicolon\nCREATE TABLE one (n INTEGER);\n\nINSERT INTO one VALUES (1);\nINSERT INTO one VALUES (2); -- end\n"},
			migrations.Migration{Number: 9002, Name: "test_two", SQL: "CREATE TABLE two (n INTEGER)"})
		for range 2 { // the second time there is nothing to do
			if err := apply(t, d, more); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, d, "SELECT count(*) FROM one"); n != 2 {
			t.Errorf("%d rows", n)
		}
		if n := count(t, d, "SELECT count(*) FROM garant_migration"); n != int64(len(more)) {
			t.Errorf("%d migrations are noted", n)
		}
		if err := apply(t, d, known); !errors.Is(err, db.ErrNewer) {
			t.Errorf("an older program: %v", err)
		}
		other := slices.Clone(more)
		other[len(other)-1].Name = "test_other"
		if err := apply(t, d, other); !errors.Is(err, db.ErrNewer) {
			t.Errorf("another migration of the same number: %v", err)
		}
		bad := append(slices.Clone(more),
			migrations.Migration{Number: 9003, Name: "test_three", SQL: "CREATE TABLE three (n INTEGER)"},
			migrations.Migration{Number: 9004, Name: "test_bad", SQL: "CREATE TABLE three (n INTEGER)"})
		if err := apply(t, d, bad); err == nil {
			t.Error("a table was made twice")
		}
		if n := count(t, d, "SELECT count(*) FROM garant_migration"); n != int64(len(more)) {
			t.Errorf("%d migrations are noted after one failed", n)
		}
	})
}
