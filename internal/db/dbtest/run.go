package dbtest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"garant.example/internal/db"
)

// Engine is what the suite needs of an engine.
type Engine struct {
	Driver db.Driver
	// Place names a database that does not exist yet; it is removed with the test.
	Place func(t testing.TB, family db.Family) db.Place
}

// Run runs the whole suite.
func Run(t *testing.T, newEngine func(t *testing.T) Engine) {
	for _, part := range []struct {
		name string
		test func(*testing.T, Engine)
	}{
		{"Lifecycle", testLifecycle},
		{"DurableAfterReopen", testDurable},
		{"Values", testValues},
		{"BigBlob", testBigBlob},
		{"RefusedArguments", testRefusedArguments},
		{"RefusedDestinations", testRefusedDestinations},
		{"NoRowsAndConflict", testNoRowsAndConflict},
		{"RowsTouched", testRowsTouched},
		{"Order", testOrder},
		{"NestedRows", testNestedRows},
		{"AfterTheEnd", testAfterTheEnd},
		{"OneTime", testOneTime},
		{"ErrorLeavesNothing", testErrorLeavesNothing},
		{"SwallowedError", testSwallowedError},
		{"GroupCommit", testGroupCommit},
		{"FailuresInAGroup", testFailuresInAGroup},
		{"Goexit", testGoexit},
		{"QueuedFailure", testQueuedFailure},
		{"VoidFailure", testVoidFailure},
		{"ManyFailures", testManyFailures},
		{"Finishers", testFinishers},
		{"FinisherFails", testFinisherFails},
		{"JoinInRead", testJoinInRead},
		{"Local", testLocal},
		{"Snapshot", testSnapshot},
		{"ReadYourWrites", testReadYourWrites},
		{"ReadCannotWrite", testReadCannotWrite},
		{"ReadOne", testReadOne},
		{"ContextOfWrite", testContextOfWrite},
		{"ContextOfRead", testContextOfRead},
		{"Concurrency", testConcurrency},
		{"CloseDrains", testCloseDrains},
		{"Scrub", testScrub},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, newEngine(t)) })
	}
}

// bg is the context of what no test cancels.
func bg() context.Context { return context.Background() }

// open makes a database with the suite's table.
func open(t *testing.T, e Engine) (db.DB, db.Place) {
	t.Helper()
	place := e.Place(t, db.Placement)
	if err := e.Driver.Create(bg(), place); err != nil {
		t.Fatal(err)
	}
	d := reopen(t, e, place)
	write(t, d, func(tx db.Tx) error {
		table := `CREATE TABLE suite_item (id BLOB NOT NULL PRIMARY KEY, n INTEGER, name TEXT,
			body BLOB, ratio REAL, flag INTEGER, parent BLOB REFERENCES suite_item (id)) STRICT`
		if tx.Engine() == db.Postgres {
			table = `CREATE TABLE suite_item (id BYTEA NOT NULL PRIMARY KEY, n BIGINT, name TEXT,
			body BYTEA, ratio DOUBLE PRECISION, flag BOOLEAN, parent BYTEA REFERENCES suite_item (id))`
		}
		_, err := tx.Exec(table)
		return err
	})
	return d, place
}

func reopen(t *testing.T, e Engine, place db.Place) db.DB {
	t.Helper()
	d, err := e.Driver.Open(bg(), place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func write(t *testing.T, d db.DB, change func(db.Tx) error) {
	t.Helper()
	if err := d.Write(bg(), change); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, d db.DB, fn func(db.Tx) error) {
	t.Helper()
	if err := d.Read(bg(), fn); err != nil {
		t.Fatal(err)
	}
}

// put is a change that inserts one row.
func put(id string, n int64) func(db.Tx) error {
	return func(tx db.Tx) error {
		_, err := tx.Exec("INSERT INTO suite_item (id, n) VALUES (?1, ?2)", []byte(id), n)
		return err
	}
}

// ids lists what is in the table.
func ids(t *testing.T, d db.DB) string {
	t.Helper()
	list := ""
	read(t, d, func(tx db.Tx) error {
		list = ""
		for row, err := range tx.Rows("SELECT id FROM suite_item ORDER BY id") {
			if err != nil {
				return err
			}
			var id []byte
			if err := row.Scan(&id); err != nil {
				return err
			}
			list += string(id) + " "
		}
		return nil
	})
	return list
}

func stats(t *testing.T, d db.DB) db.Stats {
	t.Helper()
	c, ok := d.(db.Counter)
	if !ok {
		t.Fatal("the engine does not count")
	}
	return c.Stats()
}

// together runs changes in one group, in this order: a first change holds the
// writer until all of them wait. It returns their errors.
func together(t *testing.T, d db.DB, changes ...func(db.Tx) error) []error {
	t.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := d.Write(bg(), func(db.Tx) error { close(held); <-release; return nil })
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	errs := make([]error, len(changes))
	for i, change := range changes {
		wg.Go(func() { errs[i] = d.Write(bg(), change) })
		for stats(t, d).Queued <= i {
			runtime.Gosched()
		}
	}
	close(release)
	wg.Wait()
	return errs
}

// want checks an error; nil means none.
func want(t *testing.T, what string, got, target error) {
	t.Helper()
	if target == nil && got != nil || target != nil && !errors.Is(got, target) {
		t.Errorf("%s: got %v, want %v", what, got, target)
	}
}
