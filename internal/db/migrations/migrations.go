package migrations

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"garant.example/internal/clock"
	"garant.example/internal/db"
)

//go:embed sqlite/*/*.sql postgres/*/*.sql
var files embed.FS

// ErrName is returned by List when a file is not named NNNN_domain_words.sql.
var ErrName = errors.New("migrations: file name")

// Migration is one numbered step.
type Migration struct {
	Number int64
	Name   string // the words behind the number: "audit_log"
	SQL    string
}

// Tx is a transaction that also runs scripts of several statements.
type Tx interface {
	db.Tx
	// Script runs statements without parameters, one after another.
	Script(sql string) error
}

// List returns the migrations of a family in the order of their numbers.
func List(engine db.Engine, family db.Family) ([]Migration, error) {
	dir := path.Join(string(engine), string(family))
	entries, err := files.ReadDir(dir) // sorted by name, hence by number
	if err != nil {
		return nil, fmt.Errorf("migrations of %s: %w", dir, err)
	}
	named := regexp.MustCompile(`^([0-9]{4})_([a-z0-9]+(?:_[a-z0-9]+)+)\.sql$`)
	list := make([]Migration, 0, len(entries))
	for _, e := range entries {
		m := named.FindStringSubmatch(e.Name())
		if m == nil {
			return nil, fmt.Errorf("%w: %s/%s", ErrName, dir, e.Name())
		}
		number, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: %s/%s", ErrName, dir, e.Name())
		}
		if n := len(list); n > 0 && list[n-1].Number == number {
			return nil, fmt.Errorf("%w: number %s twice in %s", ErrName, m[1], dir)
		}
		sql, err := files.ReadFile(path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		list = append(list, Migration{Number: number, Name: m[2], SQL: string(sql)})
	}
	return list, nil
}

// Apply runs what the database has not seen, within the transaction of tx.
// fresh says that nothing was ever applied, so that there is no list to read.
// It returns db.ErrNewer when the database has seen a migration that is not in
// list, or one of the same number under another name.
func Apply(tx Tx, list []Migration, fresh bool) error {
	seen := map[int64]bool{}
	if !fresh {
		var err error
		if seen, err = applied(tx, list); err != nil {
			return err
		}
	}
	for _, m := range list {
		if seen[m.Number] {
			continue
		}
		if err := tx.Script(m.SQL); err != nil {
			return fmt.Errorf("migration %04d_%s: %w", m.Number, m.Name, err)
		}
		_, err := tx.Exec(`INSERT INTO garant_migration (number, name, applied) VALUES (?1, ?2, ?3)`,
			m.Number, m.Name, clock.Micros(tx.Now()))
		if err != nil {
			return fmt.Errorf("migration %04d_%s: %w", m.Number, m.Name, err)
		}
	}
	return nil
}

// applied returns the numbers the database has seen.
func applied(tx Tx, list []Migration) (map[int64]bool, error) {
	known := make(map[int64]string, len(list))
	for _, m := range list {
		known[m.Number] = m.Name
	}
	seen := map[int64]bool{}
	for row, err := range tx.Rows(`SELECT number, name FROM garant_migration ORDER BY number`) {
		if err != nil {
			return nil, err
		}
		var number int64
		var name string
		if err := row.Scan(&number, &name); err != nil {
			return nil, err
		}
		if known[number] != name {
			return nil, fmt.Errorf("%w: it has seen migration %04d_%s", db.ErrNewer, number, strings.ToValidUTF8(name, "?"))
		}
		seen[number] = true
	}
	return seen, nil
}
