package postgres

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/db/commit"
	"garant.example/internal/db/migrations"
)

// migrationLock is the advisory lock that one node holds while it migrates.
const migrationLock = 0x6761_7261_6e74 // "garant"

// Options are the settings of a Driver; the zero value is good.
type Options struct {
	Clock   clock.Clock // the machine's when nil
	Readers int         // reads of one database at the same time; 4 when 0
	Conns   int         // connections of all databases together; 64 when 0
}

// Driver opens databases on PostgreSQL servers. It implements db.Driver.
type Driver struct {
	o     Options
	conns *conns
	bind  *rebinder
	opens atomic.Int64
}

var _ db.Driver = (*Driver)(nil)

// New returns a driver.
func New(o Options) *Driver {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Readers == 0 {
		o.Readers = 2 * db.Readers // while one waits for the network, another is served
	}
	if o.Conns == 0 {
		o.Conns = 64 // below the server's usual limit of 100
	}
	return &Driver{o: o, conns: newConns(o.Conns), bind: &rebinder{}}
}

// Open connects and runs the migrations that the database lacks.
func (v *Driver) Open(ctx context.Context, place db.Place) (db.DB, error) {
	config, err := configOf(place)
	if err != nil {
		return nil, err
	}
	d := &Database{
		// Each opening has connections of its own, so that Close ends them all.
		key:    place.Name + "#" + strconv.FormatInt(v.opens.Add(1), 10),
		config: config, conns: v.conns, bind: v.bind, clock: v.o.Clock,
		slots: make(chan struct{}, v.o.Readers), ended: make(chan struct{}),
		localsOf: map[any]any{},
	}
	if err := d.migrate(ctx, place.Family); err != nil {
		v.conns.drop(d.key)
		return nil, describe(err, place.Name)
	}
	d.loop = commit.Start(&writer{d: d})
	return d, nil
}

// Create makes the database and its tables, or does nothing when it is there.
func (v *Driver) Create(ctx context.Context, place db.Place) error {
	err := v.command(ctx, place, "CREATE DATABASE "+pgx.Identifier{place.Name}.Sanitize()+
		" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
	var p *Error
	if errors.As(err, &p) && (p.SQLState == "42P04" || p.SQLState == "23505") { // it exists, or is just being made
		err = nil
	}
	if err != nil {
		return err
	}
	d, err := v.Open(ctx, place)
	if err != nil {
		return err
	}
	return d.Close()
}

// Drop removes the database. It returns db.ErrInUse when somebody is connected.
func (v *Driver) Drop(ctx context.Context, place db.Place) error {
	return v.command(ctx, place, "DROP DATABASE IF EXISTS "+pgx.Identifier{place.Name}.Sanitize())
}

// command runs a statement on the server's own database.
func (v *Driver) command(ctx context.Context, place db.Place, sql string) error {
	place.Name = ""
	config, err := configOf(place)
	if err != nil {
		return err
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return translate(err)
	}
	defer conn.Close(ctx)
	return translate(conn.Exec(ctx, sql).Close())
}

// configOf reads the DSN. It may name several hosts and ask for
// target_session_attrs=read-write.
func configOf(place db.Place) (*pgconn.Config, error) {
	config, err := pgconn.ParseConfig(place.DSN.Reveal())
	if err != nil {
		return nil, usageError("the DSN cannot be read") // the cause would show it
	}
	if place.Name != "" {
		config.Database = place.Name
	}
	set := func(name, value string) {
		if config.RuntimeParams[name] == "" {
			config.RuntimeParams[name] = value
		}
	}
	set("application_name", "garant")
	set("client_encoding", "UTF8")
	set("lock_timeout", "15s") // another node holds a row: run the group again instead of waiting for ever
	set("idle_in_transaction_session_timeout", "120s")
	return config, nil
}

// migrate brings the tables up to date. One node does it at a time.
func (d *Database) migrate(ctx context.Context, family db.Family) error {
	list, err := migrations.List(db.Postgres, family)
	if err != nil {
		return err
	}
	s, err := d.conns.get(ctx, d.key, d.config)
	if err != nil {
		return err
	}
	defer func() { d.conns.put(s) }()
	w, err := newWork(ctx, s, "BEGIN")
	if err != nil {
		return err
	}
	defer func() { w.rollback() }()
	t := &tx{w: w, bind: d.bind, ctx: ctx, now: d.clock.Now(), owner: nobody}
	err = t.call(func(db.Tx) error {
		fresh, seen, err := d.seen(t)
		if err != nil || seen == int64(len(list)) {
			return err
		}
		if _, err := t.Exec("SELECT pg_advisory_xact_lock(?1)", int64(migrationLock)); err != nil {
			return err
		}
		if fresh, _, err = d.seen(t); err != nil { // another node may have been faster
			return err
		}
		return migrations.Apply(t, list, fresh)
	})
	if err != nil {
		return plain(err)
	}
	if !t.dirty {
		return nil
	}
	if err := w.add(nobody, "COMMIT", nil); err != nil {
		return err
	}
	if _, err := w.send(false); err != nil {
		return plain(err)
	}
	w.begun = false
	return nil
}

// seen says how many migrations the database has seen; fresh when none ever.
func (d *Database) seen(t *tx) (fresh bool, n int64, err error) {
	var there bool
	if err := t.Row("SELECT to_regclass('garant_migration') IS NOT NULL").Scan(&there); err != nil || !there {
		return true, 0, err
	}
	err = t.Row("SELECT count(*) FROM garant_migration").Scan(&n)
	return false, n, err
}
