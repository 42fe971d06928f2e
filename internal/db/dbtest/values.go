package dbtest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"garant.example/internal/db"
)

func testLifecycle(t *testing.T, e Engine) {
	place := e.Place(t, db.Keyring)
	_, err := e.Driver.Open(bg(), place)
	want(t, "open before create", err, db.ErrMissing)
	for range 2 {
		want(t, "create", e.Driver.Create(bg(), place), nil)
	}
	d, err := e.Driver.Open(bg(), place)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "check", d.Check(bg()), nil)
	for range 2 {
		want(t, "close", d.Close(), nil)
	}
	want(t, "write when closed", d.Write(bg(), func(db.Tx) error { return nil }), db.ErrClosed)
	want(t, "read when closed", d.Read(bg(), func(db.Tx) error { return nil }), db.ErrClosed)
	for range 2 {
		want(t, "drop", e.Driver.Drop(bg(), place), nil)
	}
	_, err = e.Driver.Open(bg(), place)
	want(t, "open after drop", err, db.ErrMissing)
}

func testDurable(t *testing.T, e Engine) {
	d, place := open(t, e)
	for i := range 20 {
		write(t, d, put(fmt.Sprintf("%02d", i), int64(i)))
	}
	before := ids(t, d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if after := ids(t, reopen(t, e, place)); after != before {
		t.Errorf("after reopening %q, before %q", after, before)
	}
}

// value is one row of every kind of column.
type value struct {
	n     *int64
	name  *string
	body  []byte
	ratio *float64
	flag  *bool
}

func testValues(t *testing.T, e Engine) {
	d, _ := open(t, e)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for i, v := range []value{
		{},
		{new(int64(0)), new(""), []byte{}, new(0.0), new(false)},
		{new(int64(math.MaxInt64)), new("Zoë, 東京, 🦔, é"), all, new(math.MaxFloat64), new(true)},
		{new(int64(math.MinInt64)), new("it's \"quoted\" ?1 $1 -- /*"), []byte{0}, new(-0.1), nil},
	} {
		id := []byte{byte(i)}
		write(t, d, func(tx db.Tx) error {
			_, err := tx.Exec(`INSERT INTO suite_item (id, n, name, body, ratio, flag) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`,
				id, v.n, v.name, v.body, v.ratio, v.flag)
			return err
		})
		var got value
		read(t, d, func(tx db.Tx) error {
			return tx.Row(`SELECT n, name, body, ratio, flag FROM suite_item WHERE id = ?1`, id).
				Scan(&got.n, &got.name, &got.body, &got.ratio, &got.flag)
		})
		if !reflect.DeepEqual(got, v) {
			t.Errorf("row %d: wrote %+v, read %+v", i, v, got)
		}
	}
	testPlainValues(t, d)
}

// testPlainValues is testValues without pointers, and with the rarer types.
func testPlainValues(t *testing.T, d db.DB) {
	id := []byte("plain")
	write(t, d, func(tx db.Tx) error {
		return tx.Queue(`INSERT INTO suite_item (id, n, name, body, ratio, flag) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`,
			id, uint64(7), "seven", nil, 7, true)
	})
	read(t, d, func(tx db.Tx) error {
		var n int
		var name string
		var ratio float64
		var flag bool
		body := []byte("before")
		err := tx.Row(`SELECT n, name, body, ratio, flag FROM suite_item WHERE id = ?1`, id).
			Scan(&n, &name, &body, &ratio, &flag)
		if n != 7 || name != "seven" || body != nil || ratio != 7 || !flag {
			t.Errorf("read %d %q %q %v %v", n, name, body, ratio, flag)
		}
		return err
	})
	read(t, d, func(tx db.Tx) error { // the same parameter twice, and sums
		var total, count int64
		err := tx.Row(`SELECT sum(n), count(*) FROM suite_item WHERE n = ?1 OR n = ?1 + 0`, 7).Scan(&total, &count)
		if total != 7 || count != 1 {
			t.Errorf("sum %d of %d rows", total, count)
		}
		return err
	})
}

func testBigBlob(t *testing.T, e Engine) {
	d, _ := open(t, e)
	body := make([]byte, 10<<20)
	rand.Read(body)
	write(t, d, func(tx db.Tx) error {
		return tx.Queue(`INSERT INTO suite_item (id, body) VALUES (?1, ?2)`, []byte("big"), body)
	})
	read(t, d, func(tx db.Tx) error {
		var got []byte
		if err := tx.Row(`SELECT body FROM suite_item WHERE id = ?1`, []byte("big")).Scan(&got); err != nil {
			return err
		}
		if !bytes.Equal(got, body) {
			t.Error("ten megabytes came back changed")
		}
		return nil
	})
}

func testRefusedArguments(t *testing.T, e Engine) {
	d, _ := open(t, e)
	const insert = `INSERT INTO suite_item (id, n, name) VALUES (?1, ?2, ?3)`
	for name, args := range map[string][]any{
		"a time":            {[]byte("x"), time.Unix(0, 0), "a"},
		"too large":         {[]byte("x"), uint64(math.MaxInt64) + 1, "a"},
		"a zero byte":       {[]byte("x"), 1, "a\x00b"},
		"not UTF-8":         {[]byte("x"), 1, "a\xff"},
		"a text for bytes":  {"x", 1, "a"},
		"bytes for a text":  {[]byte("x"), 1, []byte("a")},
		"a text for number": {[]byte("x"), "one", "a"},
		"too few":           {[]byte("x"), 1},
		"too many":          {[]byte("x"), 1, "a", 2},
	} {
		err := d.Write(bg(), func(tx db.Tx) error { return tx.Queue(insert, args...) })
		want(t, name, err, db.ErrUsage)
	}
	want(t, "no such table", d.Write(bg(), func(tx db.Tx) error { return tx.Queue("DELETE FROM nowhere") }), db.ErrUsage)
	want(t, "two statements", d.Write(bg(), func(tx db.Tx) error {
		return tx.Queue("DELETE FROM suite_item; DELETE FROM suite_item")
	}), db.ErrUsage)
	if got := ids(t, d); got != "" {
		t.Errorf("a refused change left %q", got)
	}
}

func testRefusedDestinations(t *testing.T, e Engine) {
	d, _ := open(t, e)
	write(t, d, func(tx db.Tx) error {
		return tx.Queue(`INSERT INTO suite_item (id, n, name) VALUES (?1, ?2, ?3)`, []byte("x"), 1, "a")
	})
	for name, dest := range map[string]any{
		"n":    new(string),
		"name": new(int64),
		"id":   new(string),
		"body": new(string), // NULL
		"flag": new(bool),   // NULL
		"n, n": new(int64),
	} {
		err := d.Read(bg(), func(tx db.Tx) error {
			return tx.Row("SELECT " + name + " FROM suite_item").Scan(dest)
		})
		want(t, fmt.Sprintf("%s into %T", name, dest), err, db.ErrUsage)
	}
	err := d.Read(bg(), func(tx db.Tx) error { return tx.Row("SELECT n FROM suite_item").Scan(new(time.Time)) })
	want(t, "into a time", err, db.ErrUsage)
}

func testNoRowsAndConflict(t *testing.T, e Engine) {
	d, _ := open(t, e)
	write(t, d, put("a", 1))
	err := d.Read(bg(), func(tx db.Tx) error {
		var n int64
		return tx.Row("SELECT n FROM suite_item WHERE id = ?1", []byte("b")).Scan(&n)
	})
	want(t, "no row", err, db.ErrNoRows)
	want(t, "no row in a change", d.Write(bg(), func(tx db.Tx) error {
		var n int64
		err := tx.Row("SELECT n FROM suite_item WHERE id = ?1", []byte("b")).Scan(&n)
		want(t, "scan", err, db.ErrNoRows)
		return nil // no row is an answer, not a failure
	}), nil)
	want(t, "unique", d.Write(bg(), put("a", 2)), db.ErrConflict)
	want(t, "not null", d.Write(bg(), func(tx db.Tx) error {
		return tx.Queue("INSERT INTO suite_item (id) VALUES (?1)", nil)
	}), db.ErrConflict)
	want(t, "foreign key", d.Write(bg(), func(tx db.Tx) error {
		return tx.Queue("INSERT INTO suite_item (id, parent) VALUES (?1, ?2)", []byte("c"), []byte("nobody"))
	}), db.ErrConflict)
	want(t, "do nothing", d.Write(bg(), func(tx db.Tx) error {
		n, err := tx.Exec("INSERT INTO suite_item (id) VALUES (?1) ON CONFLICT DO NOTHING", []byte("a"))
		if n != 0 {
			t.Errorf("touched %d rows", n)
		}
		return err
	}), nil)
	if got := ids(t, d); got != "a " {
		t.Errorf("left %q", got)
	}
}

func testRowsTouched(t *testing.T, e Engine) {
	d, _ := open(t, e)
	write(t, d, func(tx db.Tx) error {
		for i := range 5 {
			if err := put(fmt.Sprint(i), int64(i))(tx); err != nil {
				return err
			}
		}
		for query, touched := range map[string]int64{
			"UPDATE suite_item SET n = n + 100 WHERE n < 3":   3,
			"UPDATE suite_item SET n = n WHERE n = 999":       0,
			"SELECT n FROM suite_item":                        0,
			"CREATE INDEX suite_item_n ON suite_item (n)":     0,
			"DELETE FROM suite_item WHERE id IS NULL":         0,
			"UPDATE suite_item SET name = 'x' WHERE n IN (4)": 1,
		} {
			n, err := tx.Exec(query)
			if err != nil {
				return err
			}
			if n != touched {
				t.Errorf("%s: touched %d, want %d", query, n, touched)
			}
		}
		var id []byte
		err := tx.Row("DELETE FROM suite_item WHERE n = ?1 RETURNING id", 4).Scan(&id)
		if string(id) != "4" {
			t.Errorf("RETURNING gave %q", id)
		}
		return err
	})
	if got := ids(t, d); got != "0 1 2 3 " {
		t.Errorf("left %q", got)
	}
}

func testOrder(t *testing.T, e Engine) {
	d, _ := open(t, e)
	for i, name := range []string{"é", "a", "Z", "aa", "", "z", "A"} {
		write(t, d, func(tx db.Tx) error {
			return tx.Queue("INSERT INTO suite_item (id, name) VALUES (?1, ?2)", []byte{byte(i)}, name)
		})
	}
	list := ""
	read(t, d, func(tx db.Tx) error {
		for row, err := range tx.Rows("SELECT name FROM suite_item ORDER BY name LIMIT ?1", 99) {
			if err != nil {
				return err
			}
			var name string
			if err := row.Scan(&name); err != nil {
				return err
			}
			list += name + ","
		}
		return nil
	})
	if list != ",A,Z,a,aa,z,é," {
		t.Errorf("texts sort as %q", list)
	}
}
