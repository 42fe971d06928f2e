package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/db/commit"
)

const beginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

// Database is one open database. It implements db.DB, db.Counter and db.Scrubber.
type Database struct {
	key    string
	config *pgconn.Config
	conns  *conns
	bind   *rebinder
	clock  clock.Clock
	loop   *commit.Loop

	slots chan struct{} // one token per read that runs
	ended chan struct{} // closed by Close

	locals   sync.Mutex
	localsOf map[any]any
}

// The interfaces that an open database implements.
var (
	_ db.DB       = (*Database)(nil)
	_ db.Counter  = (*Database)(nil)
	_ db.Scrubber = (*Database)(nil)
)

// Engine returns db.Postgres.
func (d *Database) Engine() db.Engine { return db.Postgres }

// Write runs change in the next group commit; see db.DB.
func (d *Database) Write(ctx context.Context, change func(db.Tx) error) error {
	return d.loop.Write(ctx, change)
}

// Read runs fn on one snapshot; see db.DB. A bounded number of reads run at
// the same time, so fn must not call Read of the same database.
func (d *Database) Read(ctx context.Context, fn func(db.Tx) error) error {
	return d.read(ctx, fn, false)
}

// ReadOne runs fn, which runs one SELECT; see db.DB. It needs no transaction, so
// that nothing has to be opened before it nor closed after it.
func (d *Database) ReadOne(ctx context.Context, fn func(db.Tx) error) error {
	return d.read(ctx, fn, true)
}

func (d *Database) read(ctx context.Context, fn func(db.Tx) error, one bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-d.ended:
		return db.ErrClosed
	default:
	}
	select {
	case d.slots <- struct{}{}:
	case <-d.ended:
		return db.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-d.slots }()
	s, err := d.conns.get(ctx, d.key, d.config)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	defer func() { d.conns.put(s) }()
	w := &work{s: s, ctx: ctx, bare: true}
	if !one {
		if w, err = newWork(ctx, s, beginRead); err != nil {
			return err
		}
	}
	defer w.rollback()
	t := &tx{w: w, bind: d.bind, ctx: ctx, now: d.clock.Now(), owner: nobody, one: one}
	return plain(t.call(fn))
}

// Local returns the value kept under key; see db.DB.
func (d *Database) Local(key any, make func() any) any {
	d.locals.Lock()
	defer d.locals.Unlock()
	v, ok := d.localsOf[key]
	if !ok {
		v = make()
		d.localsOf[key] = v
	}
	return v
}

// Check reads every row of every table, so that the server compares the
// checksum of every page and opens every value.
func (d *Database) Check(ctx context.Context) error {
	return d.Read(ctx, func(tx db.Tx) error {
		tables, err := tablesOf(tx)
		if err != nil {
			return err
		}
		for _, name := range tables {
			var longest *int64
			err := tx.Row("SELECT CAST(max(length(CAST(t AS text))) AS bigint) FROM " + name + " AS t").Scan(&longest)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Files is empty: the server keeps them.
func (d *Database) Files() []string { return nil }

// Stats counts what was done since Open.
func (d *Database) Stats() db.Stats { return d.loop.Stats() }

// Scrub writes every table anew without its dead rows. What the server's own
// log holds stays there for as long as the operator keeps it.
func (d *Database) Scrub(ctx context.Context) error {
	var tables []string
	err := d.Read(ctx, func(tx db.Tx) (err error) {
		tables, err = tablesOf(tx)
		return err
	})
	if err != nil {
		return err
	}
	return d.loop.Alone(func() error {
		s, err := d.conns.get(ctx, d.key, d.config)
		if err != nil {
			return err
		}
		defer d.conns.put(s)
		for _, name := range tables {
			if err := s.conn.Exec(ctx, "VACUUM (FULL) "+name).Close(); err != nil {
				return translate(err)
			}
		}
		return nil
	})
}

// tablesOf names the tables of the database, quoted.
func tablesOf(tx db.Tx) ([]string, error) {
	var list []string
	for row, err := range tx.Rows(`SELECT CAST(schemaname AS text), CAST(tablename AS text) FROM pg_tables
		WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2`) {
		if err != nil {
			return nil, err
		}
		var schema, table string
		if err := row.Scan(&schema, &table); err != nil {
			return nil, err
		}
		list = append(list, pgx.Identifier{schema, table}.Sanitize())
	}
	return list, nil
}

// Close ends the writer after the changes already accepted, waits for the reads
// and gives up the connections.
func (d *Database) Close() error {
	if !d.loop.Close() {
		return nil
	}
	close(d.ended)
	for range cap(d.slots) {
		d.slots <- struct{}{}
	}
	d.conns.drop(d.key)
	return nil
}

// describe adds the name of the database to an error of Open, Create or Drop.
func describe(err error, name string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, db.ErrMissing) {
		return fmt.Errorf("database %q: %w", name, err)
	}
	return err
}
