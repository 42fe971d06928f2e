package dbtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"garant.example/internal/db"
)

var errMine = errors.New("my own error")

func testNestedRows(t *testing.T, e Engine) {
	d, _ := open(t, e)
	const rows = 300
	for i := range rows {
		write(t, d, put(fmt.Sprintf("%03d", i), int64(i)))
	}
	nested := func(tx db.Tx) error {
		seen, inner := 0, 0
		for row, err := range tx.Rows("SELECT n FROM suite_item ORDER BY n") {
			if err != nil {
				return err
			}
			var n, same int64
			if err := row.Scan(&n); err != nil {
				return err
			}
			if err := tx.Row("SELECT n FROM suite_item WHERE n = ?1", n).Scan(&same); err != nil {
				return err
			}
			for row, err := range tx.Rows("SELECT n FROM suite_item ORDER BY n") { // the same statement again
				if err != nil {
					return err
				}
				if err := row.Scan(&same); err != nil {
					return err
				}
				if inner++; inner%2 == 0 {
					break
				}
			}
			if n != int64(seen) {
				t.Errorf("row %d holds %d", seen, n)
			}
			if seen++; seen == rows-10 {
				break
			}
		}
		if seen != rows-10 {
			t.Errorf("saw %d rows", seen)
		}
		return nil
	}
	read(t, d, nested)
	write(t, d, nested)
	for row, err := range early(d, t) {
		t.Fatal("a row outside its function", row, err)
	}
}

// early returns rows that were asked for in a read and are walked after it.
func early(d db.DB, t *testing.T) func(func(db.Row, error) bool) {
	var kept func(func(db.Row, error) bool)
	read(t, d, func(tx db.Tx) error { kept = tx.Rows("SELECT n FROM suite_item"); return nil })
	return func(yield func(db.Row, error) bool) {
		kept(func(row db.Row, err error) bool {
			if errors.Is(err, db.ErrUsage) {
				return false
			}
			return yield(row, err)
		})
	}
}

func testAfterTheEnd(t *testing.T, e Engine) {
	d, _ := open(t, e)
	var kept db.Tx
	for name, run := range map[string]func(func(db.Tx) error) error{
		"write": func(fn func(db.Tx) error) error { return d.Write(bg(), fn) },
		"read":  func(fn func(db.Tx) error) error { return d.Read(bg(), fn) },
	} {
		want(t, name, run(func(tx db.Tx) error { kept = tx; return nil }), nil)
		_, err := kept.Exec("DELETE FROM suite_item")
		want(t, name+": Exec", err, db.ErrUsage)
		want(t, name+": Queue", kept.Queue("DELETE FROM suite_item"), db.ErrUsage)
		want(t, name+": Row", kept.Row("SELECT 1").Scan(new(int64)), db.ErrUsage)
	}
}

func testOneTime(t *testing.T, e Engine) {
	d, _ := open(t, e)
	type key struct{}
	ctx := context.WithValue(bg(), key{}, "mine")
	check := func(tx db.Tx) error {
		first := tx.Now()
		if first.IsZero() || first.Location() != time.UTC || !tx.Now().Equal(first) {
			t.Errorf("the time of a transaction is %v, then %v", first, tx.Now())
		}
		if tx.Context().Value(key{}) != "mine" || tx.Engine() != d.Engine() {
			t.Errorf("context %v, engine %v", tx.Context(), tx.Engine())
		}
		return nil
	}
	want(t, "write", d.Write(ctx, check), nil)
	want(t, "read", d.Read(ctx, check), nil)
}

func testErrorLeavesNothing(t *testing.T, e Engine) {
	d, _ := open(t, e)
	for name, change := range map[string]func(db.Tx) error{
		"after Exec": func(tx db.Tx) error { _ = put("x", 1)(tx); return errMine },
		"after Queue": func(tx db.Tx) error {
			_ = tx.Queue("INSERT INTO suite_item (id) VALUES (?1)", []byte("x"))
			return errMine
		},
		"before": func(db.Tx) error { return errMine },
		"after RETURNING": func(tx db.Tx) error {
			var id []byte
			if err := tx.Row("INSERT INTO suite_item (id) VALUES (?1) RETURNING id", []byte("x")).Scan(&id); err != nil {
				return err
			}
			return errMine
		},
	} {
		want(t, name, d.Write(bg(), change), errMine)
		if got := ids(t, d); got != "" {
			t.Errorf("%s: left %q", name, got)
		}
	}
	want(t, "panic", d.Write(bg(), func(tx db.Tx) error { _ = put("x", 1)(tx); panic("on purpose") }), db.ErrPanic)
	want(t, "panic in a read", d.Read(bg(), func(db.Tx) error { panic("on purpose") }), db.ErrPanic)
	want(t, "error of a read", d.Read(bg(), func(db.Tx) error { return errMine }), errMine)
	write(t, d, put("y", 1))
	if got := ids(t, d); got != "y " {
		t.Errorf("left %q", got)
	}
}

// testSwallowedError: a statement that failed fails its change, even when the
// change looks away: PostgreSQL could not go on, so SQLite does not.
func testSwallowedError(t *testing.T, e Engine) {
	d, _ := open(t, e)
	write(t, d, put("a", 1))
	err := d.Write(bg(), func(tx db.Tx) error {
		_ = put("b", 1)(tx)
		_ = put("a", 1)(tx)
		if err := put("c", 1)(tx); err == nil {
			t.Error("a statement ran after one had failed")
		}
		return nil
	})
	want(t, "swallowed", err, db.ErrConflict)
	if got := ids(t, d); got != "a " {
		t.Errorf("left %q", got)
	}
}

func testLocal(t *testing.T, e Engine) {
	d, place := open(t, e)
	type key struct{}
	made := 0
	get := func(d db.DB) any {
		return d.Local(key{}, func() any { made++; return new(int) })
	}
	first := get(d)
	if get(d) != first || made != 1 {
		t.Errorf("made %d times", made)
	}
	if d.Local("other", func() any { return 1 }) != 1 {
		t.Error("keys are mixed up")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if get(reopen(t, e, place)) == first {
		t.Error("remembered after closing")
	}
}

func testScrub(t *testing.T, e Engine) {
	d, _ := open(t, e)
	for i := range 50 {
		write(t, d, put(fmt.Sprintf("%02d", i), 0))
	}
	write(t, d, func(tx db.Tx) error { return tx.Queue("DELETE FROM suite_item WHERE id > ?1", []byte("01")) })
	s, ok := d.(db.Scrubber)
	if !ok {
		t.Fatal("the engine does not scrub")
	}
	want(t, "scrub", s.Scrub(bg()), nil)
	if got := ids(t, d); got != "00 01 " {
		t.Errorf("left %q", got)
	}
	write(t, d, put("after", 1))
	want(t, "check", d.Check(bg()), nil)
	if got := ids(t, d); got != "00 01 after " {
		t.Errorf("left %q", got)
	}
}
