package dbtest

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"garant.example/internal/db"
)

// ledger is a finisher that writes one row with what its group gathered.
type ledger struct {
	names string
	fail  error
	told  *[]bool // outcome of every ledger ever made, in order
}

func (l *ledger) Finish(tx db.Tx) error {
	if l.fail != nil {
		return l.fail
	}
	return tx.Queue("INSERT INTO suite_item (id, name) VALUES (?1, ?2)", []byte("~"+l.names), l.names)
}

func (l *ledger) Done(durable bool) { *l.told = append(*l.told, durable) }

type ledgerKey struct{}

// noted is a change that inserts a row and notes it in the ledger of its group.
func noted(name string, told *[]bool) func(db.Tx) error {
	return func(tx db.Tx) error {
		if err := tx.Queue("INSERT INTO suite_item (id, n) VALUES (?1, 0)", []byte(name)); err != nil {
			return err
		}
		l := tx.Join(ledgerKey{}, func() db.Finisher { return &ledger{told: told} }).(*ledger)
		l.names += name
		return nil
	}
}

func testGroupCommit(t *testing.T, e Engine) {
	d, _ := open(t, e)
	var told []bool
	const n = 600 // more than one group holds
	changes := make([]func(db.Tx) error, n)
	for i := range changes {
		changes[i] = noted(fmt.Sprintf("%04d;", i), &told)
	}
	before := stats(t, d)
	for i, err := range together(t, d, changes...) {
		if err != nil {
			t.Fatalf("change %d: %v", i, err)
		}
	}
	after := stats(t, d)
	if groups := after.Groups - before.Groups; groups != 2 {
		t.Errorf("%d changes in %d group commits", n, groups)
	}
	if got := after.Changes - before.Changes; got != n {
		t.Errorf("counted %d changes", got)
	}
	if len(told) != 2 || !told[0] || !told[1] {
		t.Errorf("finishers were told %v", told)
	}
	read(t, d, func(tx db.Tx) error {
		var rows int64
		err := tx.Row("SELECT count(*) FROM suite_item WHERE n = 0").Scan(&rows)
		if rows != n {
			t.Errorf("%d rows", rows)
		}
		return err
	})
}

func testFailuresInAGroup(t *testing.T, e Engine) {
	d, _ := open(t, e)
	var told []bool
	errs := together(t, d,
		noted("a", &told),
		func(db.Tx) error { return errMine }, // before it wrote anything
		noted("b", &told),
		func(tx db.Tx) error { _ = noted("bad", &told)(tx); return errMine }, // after
		noted("c", &told),
		put("a", 9), // refused by the engine
		func(tx db.Tx) error { _ = noted("worse", &told)(tx); panic("on purpose") },
		noted("d", &told),
	)
	for i, target := range []error{nil, errMine, nil, errMine, nil, db.ErrConflict, db.ErrPanic, nil} {
		want(t, fmt.Sprint("change ", i), errs[i], target)
	}
	if got := ids(t, d); got != "a b c d ~abcd " {
		t.Errorf("left %q", got)
	}
	if stats(t, d).Reruns < 2 {
		t.Error("a change failed after it had joined, and the group did not run again")
	}
	for i, durable := range told {
		if durable != (i == len(told)-1) {
			t.Errorf("finishers were told %v", told)
			break
		}
	}
}

// testGoexit: a change that ends its goroutine (t.FailNow does) fails alone.
func testGoexit(t *testing.T, e Engine) {
	d, _ := open(t, e)
	var told []bool
	errs := together(t, d,
		noted("a", &told),
		func(tx db.Tx) error { _ = noted("worst", &told)(tx); runtime.Goexit(); return nil },
		noted("b", &told),
	)
	for i, target := range []error{nil, db.ErrPanic, nil} {
		want(t, fmt.Sprint("change ", i), errs[i], target)
	}
	write(t, d, noted("c", &told))
	if got := ids(t, d); got != "a b c ~ab ~c " {
		t.Errorf("left %q", got)
	}
}

func testQueuedFailure(t *testing.T, e Engine) {
	d, _ := open(t, e)
	write(t, d, put("taken", 1))
	var told []bool
	errs := together(t, d,
		noted("a", &told),
		noted("taken", &told), // fails only when it is sent
		noted("b", &told),
		func(tx db.Tx) error { // an answer is needed here, so all that was queued is sent
			var n int64
			return tx.Row("SELECT count(*) FROM suite_item").Scan(&n)
		},
		noted("c", &told),
		noted("taken", &told), // and this one with COMMIT
	)
	for i, target := range []error{nil, db.ErrConflict, nil, nil, nil, db.ErrConflict} {
		want(t, fmt.Sprint("change ", i), errs[i], target)
	}
	if got := ids(t, d); got != "a b c taken ~abc " {
		t.Errorf("left %q", got)
	}
	for i, durable := range told {
		if durable != (i == len(told)-1) {
			t.Errorf("finishers were told %v", told)
			break
		}
	}
}

// testVoidFailure: a change that was refused because of what another had
// written in the same group runs again when that other one did not last.
func testVoidFailure(t *testing.T, e Engine) {
	d, _ := open(t, e)
	runs := 0
	errs := together(t, d,
		func(tx db.Tx) error { // lasts in the first run only
			if err := put("a", 1)(tx); err != nil {
				return err
			}
			if runs++; runs > 1 {
				return errMine
			}
			return nil
		},
		func(tx db.Tx) error { // refuses when there is an "a"
			var n int64
			if err := tx.Row("SELECT count(*) FROM suite_item WHERE id = ?1", []byte("a")).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				return db.ErrConflict
			}
			return put("b", 1)(tx)
		},
		func(tx db.Tx) error { _ = put("c", 1)(tx); return errMine }, // has the group run again
	)
	for i, target := range []error{errMine, nil, errMine} {
		want(t, fmt.Sprint("change ", i), errs[i], target)
	}
	if got := ids(t, d); got != "b " {
		t.Errorf("left %q", got)
	}
}

func testManyFailures(t *testing.T, e Engine) {
	d, _ := open(t, e)
	const n = 60
	changes := make([]func(db.Tx) error, n)
	for i := range changes {
		changes[i] = func(tx db.Tx) error {
			if err := put(fmt.Sprintf("%02d", i), 0)(tx); err != nil {
				return err
			}
			if i%3 != 0 {
				return errMine
			}
			return nil
		}
	}
	left := ""
	for i, err := range together(t, d, changes...) {
		if i%3 == 0 {
			want(t, fmt.Sprint("change ", i), err, nil)
			left += fmt.Sprintf("%02d ", i)
		} else {
			want(t, fmt.Sprint("change ", i), err, errMine)
		}
	}
	if got := ids(t, d); got != left {
		t.Errorf("left %q, want %q", got, left)
	}
}

func testFinishers(t *testing.T, e Engine) {
	d, _ := open(t, e)
	var told []bool
	write(t, d, noted("a", &told))
	write(t, d, noted("b", &told))
	if len(told) != 2 || !told[0] || !told[1] {
		t.Errorf("finishers were told %v", told)
	}
	if got := ids(t, d); got != "a b ~a ~b " {
		t.Errorf("left %q", got)
	}
	// A finisher that joins another one while it finishes.
	write(t, d, func(tx db.Tx) error {
		tx.Join("outer", func() db.Finisher {
			return finisher(func(tx db.Tx) error { return noted("c", &told)(tx) })
		})
		return nil
	})
	if got := ids(t, d); got != "a b c ~a ~b ~c " {
		t.Errorf("left %q", got)
	}
}

// finisher is a finisher of one function.
type finisher func(db.Tx) error

func (f finisher) Finish(tx db.Tx) error { return f(tx) }
func (f finisher) Done(bool)             {}

func testFinisherFails(t *testing.T, e Engine) {
	d, _ := open(t, e)
	var told []bool
	errs := together(t, d,
		noted("a", &told),
		func(tx db.Tx) error {
			l := tx.Join(ledgerKey{}, func() db.Finisher { return &ledger{told: &told} }).(*ledger)
			l.fail = errMine
			return nil
		},
		func(db.Tx) error { return db.ErrNoRows }, // refused while the group had written
	)
	for i, err := range errs {
		want(t, fmt.Sprint("change ", i), err, errMine)
	}
	if len(told) != 1 || told[0] {
		t.Errorf("finishers were told %v", told)
	}
	if got := ids(t, d); got != "" {
		t.Errorf("left %q", got)
	}
	write(t, d, noted("a", &told))
}

func testJoinInRead(t *testing.T, e Engine) {
	d, _ := open(t, e)
	err := d.Read(bg(), func(tx db.Tx) error {
		tx.Join("key", func() db.Finisher { return finisher(nil) })
		return nil
	})
	want(t, "join in a read", err, db.ErrPanic)
}

func testConcurrency(t *testing.T, e Engine) {
	d, _ := open(t, e)
	const workers, each = 16, 25
	write(t, d, put("sum", 0))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				err := d.Write(bg(), func(tx db.Tx) error {
					var n int64
					if err := tx.Row("SELECT n FROM suite_item WHERE id = ?1", []byte("sum")).Scan(&n); err != nil {
						return err
					}
					if err := tx.Queue("INSERT INTO suite_item (id, n) VALUES (?1, 1)", fmt.Appendf(nil, "%02d/%02d", w, i)); err != nil {
						return err
					}
					return tx.Queue("UPDATE suite_item SET n = ?1 WHERE id = ?2", n+1, []byte("sum"))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range each {
				err := d.Read(bg(), func(tx db.Tx) error {
					var sum, rows int64
					if err := tx.Row("SELECT n FROM suite_item WHERE id = ?1", []byte("sum")).Scan(&sum); err != nil {
						return err
					}
					if err := tx.Row("SELECT count(*) - 1 FROM suite_item").Scan(&rows); err != nil {
						return err
					}
					if sum != rows {
						t.Errorf("a snapshot with %d rows and a sum of %d", rows, sum)
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
	read(t, d, func(tx db.Tx) error {
		var n int64
		err := tx.Row("SELECT n FROM suite_item WHERE id = ?1", []byte("sum")).Scan(&n)
		if n != workers*each {
			t.Errorf("%d of %d changes", n, workers*each)
		}
		return err
	})
}
