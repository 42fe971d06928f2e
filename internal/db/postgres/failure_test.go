package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"garant.example/internal/db"
	"garant.example/internal/db/postgres"
	"garant.example/testkit/pgserver"
)

// opened makes a database with one table and returns it with its place.
func opened(t *testing.T, s *pgserver.Server, v *postgres.Driver) (db.DB, db.Place) {
	t.Helper()
	place := s.Place(t, db.Placement)
	if err := v.Create(t.Context(), place); err != nil {
		t.Fatal(err)
	}
	d := reopened(t, v, place)
	if err := d.Write(t.Context(), func(tx db.Tx) error {
		return tx.(interface{ Script(string) error }).Script(`CREATE TABLE line (id BIGINT PRIMARY KEY, n BIGINT NOT NULL);
			INSERT INTO line VALUES (1, 0); INSERT INTO line VALUES (2, 0)`)
	}); err != nil {
		t.Fatal(err)
	}
	return d, place
}

func reopened(t *testing.T, v *postgres.Driver, place db.Place) db.DB {
	t.Helper()
	d, err := v.Open(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func addOne(tx db.Tx, id int64) error {
	n, err := tx.Exec("UPDATE line SET n = n + 1 WHERE id = ?1", id)
	if err == nil && n != 1 {
		err = db.ErrNoRows
	}
	return err
}

func value(t *testing.T, d db.DB, id int64) (n int64) {
	t.Helper()
	err := d.Read(t.Context(), func(tx db.Tx) error { return tx.Row("SELECT n FROM line WHERE id = ?1", id).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// terminate ends the connection that tx runs on, from another one.
func terminate(t *testing.T, place db.Place, tx db.Tx) error {
	var pid int64
	if err := tx.Row("SELECT CAST(pg_backend_pid() AS bigint)").Scan(&pid); err != nil {
		return err
	}
	ctx := context.Background()
	c, err := pgx.Connect(ctx, place.DSN.Reveal())
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	var gone bool // waits until it has ended
	if err := c.QueryRow(ctx, "SELECT pg_terminate_backend($1, 5000)", pid).Scan(&gone); err != nil || !gone {
		t.Errorf("connection %d was not ended: %v", pid, err)
	}
	return nil
}

// TestLostBeforeCommit: nothing was sent that could last, so the group runs again.
func TestLostBeforeCommit(t *testing.T) {
	d, place := opened(t, pgserver.Start(t), postgres.New(postgres.Options{}))
	runs := 0
	err := d.Write(t.Context(), func(tx db.Tx) error {
		if err := addOne(tx, 1); err != nil {
			return err
		}
		if runs++; runs == 1 {
			if err := terminate(t, place, tx); err != nil {
				return err
			}
		}
		return addOne(tx, 2)
	})
	if err != nil || runs != 2 {
		t.Errorf("after %d runs: %v", runs, err)
	}
	if a, b := value(t, d, 1), value(t, d, 2); a != 1 || b != 1 {
		t.Errorf("values are %d and %d", a, b)
	}
}

// lastWords is a finisher whose statement ends the connection, so that it
// breaks after COMMIT was sent.
type lastWords struct{ told *[]bool }

func (l lastWords) Finish(tx db.Tx) error {
	return tx.Queue("SELECT pg_terminate_backend(pg_backend_pid())")
}
func (l lastWords) Done(durable bool) { *l.told = append(*l.told, durable) }

func TestLostInCommit(t *testing.T) {
	d, _ := opened(t, pgserver.Start(t), postgres.New(postgres.Options{}))
	var told []bool
	runs := 0
	err := d.Write(t.Context(), func(tx db.Tx) error {
		runs++
		tx.Join("key", func() db.Finisher { return lastWords{&told} })
		return addOne(tx, 1)
	})
	if !errors.Is(err, db.ErrUnknownOutcome) || runs != 1 {
		t.Errorf("after %d runs: %v", runs, err)
	}
	if len(told) != 1 || told[0] {
		t.Errorf("the finisher was told %v", told)
	}
	if err := d.Write(t.Context(), func(tx db.Tx) error { return addOne(tx, 2) }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestServerAway: while there is no server nothing is acknowledged, and once it
// is back the database goes on without being opened anew.
func TestServerAway(t *testing.T) {
	s := pgserver.Own(t)
	d, place := opened(t, s, postgres.New(postgres.Options{}))
	s.Kill()
	for range 2 {
		err := d.Write(t.Context(), func(tx db.Tx) error { return addOne(tx, 1) })
		if !errors.Is(err, db.ErrUnavailable) && !errors.Is(err, db.ErrUnknownOutcome) {
			t.Errorf("write: %v", err)
		}
		err = d.Read(t.Context(), func(tx db.Tx) error { return tx.Row("SELECT 1").Scan(new(int64)) })
		if !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("read: %v", err)
		}
	}
	if _, err := postgres.New(postgres.Options{}).Open(t.Context(), place); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("open: %v", err)
	}
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), func(tx db.Tx) error { return addOne(tx, 1) }); err != nil {
		t.Errorf("once it is back: %v", err)
	}
	if n := value(t, d, 1); n != 1 {
		t.Errorf("the value is %d", n)
	}
}

// TestKilledUnderLoad: what was acknowledged survives a crash of the server.
func TestKilledUnderLoad(t *testing.T) {
	s := pgserver.Own(t)
	d, _ := opened(t, s, postgres.New(postgres.Options{}))
	var mu sync.Mutex
	acknowledged := map[int64]bool{}
	var wg sync.WaitGroup
	enough := make(chan struct{})
	for w := range int64(8) {
		wg.Go(func() {
			for i := int64(10); ; i++ {
				id := i*8 + w
				err := d.Write(context.Background(), func(tx db.Tx) error {
					return tx.Queue("INSERT INTO line (id, n) VALUES (?1, 0)", id)
				})
				if err != nil {
					return
				}
				mu.Lock()
				acknowledged[id] = true
				if len(acknowledged) == 500 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	s.Kill()
	wg.Wait()
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	err := d.Read(t.Context(), func(tx db.Tx) error {
		for row, err := range tx.Rows("SELECT id FROM line") {
			if err != nil {
				return err
			}
			var id int64
			if err := row.Scan(&id); err != nil {
				return err
			}
			delete(acknowledged, id)
		}
		return nil
	})
	if err != nil || len(acknowledged) > 0 {
		t.Errorf("%d acknowledged changes are gone: %v", len(acknowledged), err)
	}
}

func TestStandbyAnswers(t *testing.T) {
	s := pgserver.Start(t)
	d, place := opened(t, s, postgres.New(postgres.Options{}))
	set := func(value string) {
		ctx := context.Background()
		c, err := pgx.Connect(ctx, s.DSN().Reveal())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(ctx)
		name := pgx.Identifier{place.Name}.Sanitize()
		if _, err := c.Exec(ctx, "ALTER DATABASE "+name+" SET default_transaction_read_only = "+value); err != nil {
			t.Fatal(err)
		}
		// As a failover does: the connections there were end.
		if _, err := c.Exec(ctx, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", place.Name); err != nil {
			t.Fatal(err)
		}
	}
	set("on")
	write := func() error { return d.Write(t.Context(), func(tx db.Tx) error { return addOne(tx, 1) }) }
	err := write()
	for range 10 { // the first may meet the connection that ended
		if errors.Is(err, db.ErrReadOnly) {
			break
		}
		err = write()
	}
	if !errors.Is(err, db.ErrReadOnly) {
		t.Errorf("got %v", err)
	}
	set("off")
	if err := write(); err != nil { // the read-only connection was given up
		t.Errorf("after the failover: %v", err)
	}
}

// TestTwoNodes: two programs write the same rows, in orders that lock each other.
func TestTwoNodes(t *testing.T) {
	s := pgserver.Start(t)
	one, place := opened(t, s, postgres.New(postgres.Options{}))
	two := reopened(t, postgres.New(postgres.Options{}), place)
	const each = 25
	var wg sync.WaitGroup
	for node, d := range []db.DB{one, two} {
		wg.Go(func() {
			for range each {
				err := d.Write(t.Context(), func(tx db.Tx) error {
					ids := []int64{1, 2}
					if node == 1 {
						ids = []int64{2, 1}
					}
					for _, id := range ids {
						if err := addOne(tx, id); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, id := range []int64{1, 2} {
		if n := value(t, one, id); n != 2*each {
			t.Errorf("row %d counts %d of %d", id, n, 2*each)
		}
	}
	if one.(db.Counter).Stats().Reruns+two.(db.Counter).Stats().Reruns == 0 {
		t.Log("no deadlock came about this time")
	}
}

// TestBoundedConnections: many open databases share a few connections.
func TestBoundedConnections(t *testing.T) {
	s := pgserver.Start(t)
	v := postgres.New(postgres.Options{Conns: 3})
	var open []db.DB
	for range 6 {
		d, _ := opened(t, s, v)
		open = append(open, d)
	}
	var wg sync.WaitGroup
	for _, d := range open {
		wg.Go(func() {
			for range 10 {
				if err := d.Write(t.Context(), func(tx db.Tx) error { return addOne(tx, 1) }); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 10 {
				err := d.Read(t.Context(), func(tx db.Tx) error {
					var n int64
					err := tx.Row("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'garant' AND datname LIKE 't!_%' ESCAPE '!' AND state <> 'idle'").Scan(&n)
					if n > 3 {
						t.Errorf("%d connections are busy", n)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for i, d := range open {
		if n := value(t, d, 1); n != 10 {
			t.Errorf("database %d counts %d", i, n)
		}
	}
}

func TestDropInUse(t *testing.T) {
	v := postgres.New(postgres.Options{})
	d, place := opened(t, pgserver.Start(t), v)
	if err := v.Drop(t.Context(), place); !errors.Is(err, db.ErrInUse) {
		t.Errorf("got %v", err)
	}
	if err := errors.Join(d.Close(), v.Drop(t.Context(), place)); err != nil {
		t.Error(err)
	}
}

// TestSecretStaysSecret: no error repeats the password.
func TestSecretStaysSecret(t *testing.T) {
	v := postgres.New(postgres.Options{})
	for _, dsn := range []db.Secret{
		"postgres://u:hush-hush@127.0.0.1:1/x?sslmode=disable",
		"postgres://u:hush-hush@127.0.0.1:notaport/x",
		"hush-hush",
	} {
		place := db.Place{Engine: db.Postgres, Family: db.Placement, DSN: dsn, Name: "x"}
		_, err := v.Open(t.Context(), place)
		err = errors.Join(err, v.Create(t.Context(), place), v.Drop(t.Context(), place))
		if err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("got %v", err)
		}
		if s := fmt.Sprintf("%v %+v %#v", place, place, place); strings.Contains(s, "hush") {
			t.Errorf("a place prints as %s", s)
		}
	}
}

// TestValuesStayOutOfErrors: what a constraint refused is personal data.
func TestValuesStayOutOfErrors(t *testing.T) {
	d, _ := opened(t, pgserver.Start(t), postgres.New(postgres.Options{}))
	err := d.Write(t.Context(), func(tx db.Tx) error {
		return tx.Queue("INSERT INTO line (id, n) VALUES (?1, 4242)", 1)
	})
	if !errors.Is(err, db.ErrConflict) || strings.Contains(err.Error(), "4242") || strings.Contains(err.Error(), "(1)") {
		t.Errorf("got %v", err)
	}
	err = d.Write(t.Context(), func(tx db.Tx) error {
		return tx.Row("SELECT CAST('4242 rue' AS bigint)").Scan(new(int64))
	})
	if err == nil || strings.Contains(err.Error(), "4242") {
		t.Errorf("got %v", err)
	}
}
