package dbtest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"garant.example/internal/db"
)

// testReadOne: one SELECT sees what was acknowledged, and nothing else may run.
func testReadOne(t *testing.T, e Engine) {
	d, _ := open(t, e)
	for i := range 300 {
		write(t, d, put(fmt.Sprintf("%03d", i), int64(i)))
		var n int64
		err := d.ReadOne(bg(), func(tx db.Tx) error { return tx.Row("SELECT max(n) FROM suite_item").Scan(&n) })
		if want(t, "one row", err, nil); n != int64(i) {
			t.Fatalf("saw %d after %d was acknowledged", n, i)
		}
	}
	seen := 0
	want(t, "a few of many rows", d.ReadOne(bg(), func(tx db.Tx) error {
		for _, err := range tx.Rows(" select n FROM suite_item ORDER BY n") {
			if err != nil {
				return err
			}
			if seen++; seen == 7 {
				break
			}
		}
		return nil
	}), nil)
	want(t, "no row", d.ReadOne(bg(), func(tx db.Tx) error {
		var n int64
		return tx.Row("SELECT n FROM suite_item WHERE n = ?1", int64(-1)).Scan(&n)
	}), db.ErrNoRows)
	want(t, "nothing", d.ReadOne(bg(), func(db.Tx) error { return nil }), nil)
	refusedInOne(t, d)
	if got := ids(t, d); len(got) != 300*4 {
		t.Errorf("left %q", got)
	}
}

func refusedInOne(t *testing.T, d db.DB) {
	one := func(tx db.Tx) error {
		var n int64
		return tx.Row("SELECT n FROM suite_item WHERE n = 1").Scan(&n)
	}
	want(t, "two", d.ReadOne(bg(), func(tx db.Tx) error {
		if err := one(tx); err != nil {
			return err
		}
		return one(tx)
	}), db.ErrUsage)
	want(t, "two, and the error swallowed", d.ReadOne(bg(), func(tx db.Tx) error {
		for range 2 {
			_ = one(tx) // on purpose: the failure stays one
		}
		return nil
	}), db.ErrUsage)
	want(t, "a write", d.ReadOne(bg(), put("a", 1)), db.ErrUsage)
	want(t, "a queued write", d.ReadOne(bg(), func(tx db.Tx) error {
		return tx.Queue("DELETE FROM suite_item")
	}), db.ErrUsage)
	want(t, "a write that gives rows", d.ReadOne(bg(), func(tx db.Tx) error {
		var n int64
		return tx.Row("DELETE FROM suite_item RETURNING n").Scan(&n)
	}), db.ErrUsage)
	want(t, "a panic", d.ReadOne(bg(), func(db.Tx) error { panic("on purpose") }), db.ErrPanic)
	gone, cancel := context.WithCancel(bg())
	cancel()
	want(t, "ended before", d.ReadOne(gone, one), context.Canceled)
	var wg sync.WaitGroup
	for range 4 * db.Readers { // the connections are as good as they were
		wg.Go(func() { want(t, "after all that", d.ReadOne(bg(), one), nil) })
	}
	wg.Wait()
}
