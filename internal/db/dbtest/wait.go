package dbtest

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"garant.example/internal/db"
)

func testSnapshot(t *testing.T, e Engine) {
	d, _ := open(t, e)
	write(t, d, put("a", 1))
	count := func(tx db.Tx) int64 {
		var n int64
		if err := tx.Row("SELECT count(*) FROM suite_item").Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
	read(t, d, func(tx db.Tx) error {
		first := count(tx)
		write(t, d, put("b", 1)) // a read never holds up the writer
		if second := count(tx); second != first {
			t.Errorf("a read saw %d rows, then %d", first, second)
		}
		return nil
	})
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := d.Write(bg(), func(tx db.Tx) error {
			if err := put("c", 1)(tx); err != nil {
				return err
			}
			close(held)
			<-release
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	read(t, d, func(tx db.Tx) error { // and the writer never holds up a read
		if n := count(tx); n != 2 {
			t.Errorf("%d rows beside a change that is not durable", n)
		}
		return nil
	})
	close(release)
	wg.Wait()
}

func testReadYourWrites(t *testing.T, e Engine) {
	d, _ := open(t, e)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 20 {
				id := fmt.Sprintf("%d/%d", w, i)
				if err := d.Write(bg(), put(id, 1)); err != nil {
					t.Error(err)
					return
				}
				err := d.Read(bg(), func(tx db.Tx) error {
					return tx.Row("SELECT n FROM suite_item WHERE id = ?1", []byte(id)).Scan(new(int64))
				})
				want(t, "a read after the acknowledgement", err, nil)
			}
		})
	}
	wg.Wait()
}

func testReadCannotWrite(t *testing.T, e Engine) {
	d, _ := open(t, e)
	err := d.Read(bg(), put("a", 1))
	want(t, "a write within a read", err, db.ErrReadOnly)
	if got := ids(t, d); got != "" {
		t.Errorf("left %q", got)
	}
	write(t, d, put("b", 1))
}

func testContextOfWrite(t *testing.T, e Engine) {
	d, _ := open(t, e)
	gone, cancel := context.WithCancel(bg())
	cancel()
	want(t, "ended before", d.Write(gone, put("x", 1)), context.Canceled)

	held, release := make(chan struct{}), make(chan struct{})
	running, stop := context.WithCancel(bg())
	var wg sync.WaitGroup
	wg.Go(func() {
		err := d.Write(running, func(tx db.Tx) error {
			close(held)
			<-release
			return put("a", 1)(tx)
		})
		want(t, "ended while it ran", err, nil)
	})
	<-held
	waiting, withdraw := context.WithCancel(bg())
	withdrawn := make(chan error)
	go func() { withdrawn <- d.Write(waiting, put("b", 1)) }()
	for stats(t, d).Queued == 0 {
		runtime.Gosched()
	}
	withdraw()
	want(t, "ended in the queue", <-withdrawn, context.Canceled)
	stop()
	close(release)
	wg.Wait()
	write(t, d, put("c", 1))
	if got := ids(t, d); got != "a c " {
		t.Errorf("left %q", got)
	}
}

func testContextOfRead(t *testing.T, e Engine) {
	d, _ := open(t, e)
	for i := range 200 {
		write(t, d, put(fmt.Sprintf("%03d", i), int64(i)))
	}
	gone, cancel := context.WithCancel(bg())
	cancel()
	want(t, "ended before", d.Read(gone, func(db.Tx) error { return nil }), context.Canceled)

	ctx, cancel := context.WithCancel(bg())
	err := d.Read(ctx, func(tx db.Tx) error {
		seen := 0
		for _, err := range tx.Rows("SELECT n FROM suite_item") {
			if err != nil {
				return err
			}
			if seen++; seen == 10 {
				cancel()
			}
		}
		t.Errorf("all %d rows after the end of the context", seen)
		return nil
	})
	want(t, "ended within the rows", err, context.Canceled)

	ctx, cancel = context.WithCancel(bg())
	err = d.Read(ctx, func(tx db.Tx) error {
		go cancel()
		var n int64 // endless, were it not for the context
		return tx.Row("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c").Scan(&n)
	})
	want(t, "ended within a statement", err, context.Canceled)

	full, release := make(chan struct{}, db.Readers), make(chan struct{})
	var wg sync.WaitGroup
	for range db.Readers {
		wg.Go(func() {
			err := d.Read(bg(), func(db.Tx) error { full <- struct{}{}; <-release; return nil })
			if want(t, "a read", err, nil); err != nil {
				full <- struct{}{} // told; nobody has to wait for it
			}
		})
	}
	for range db.Readers {
		<-full
	}
	ctx, cancel = context.WithCancel(bg())
	cancel()
	want(t, "ended while all connections were busy", d.Read(ctx, func(db.Tx) error { return nil }), context.Canceled)
	close(release)
	wg.Wait()
	if got := len(ids(t, d)); got != 800 {
		t.Errorf("%d bytes of ids after the interruptions", got)
	}
}

func testCloseDrains(t *testing.T, e Engine) {
	d, place := open(t, e)
	held, release := make(chan struct{}), make(chan struct{})
	reading, finish := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		want(t, "the running change", d.Write(bg(), func(tx db.Tx) error {
			close(held)
			<-release
			return put("a", 1)(tx)
		}), nil)
	})
	wg.Go(func() {
		want(t, "the running read", d.Read(bg(), func(tx db.Tx) error {
			close(reading)
			<-finish
			return tx.Row("SELECT count(*) FROM suite_item").Scan(new(int64))
		}), nil)
	})
	<-held
	<-reading
	wg.Go(func() { want(t, "the waiting change", d.Write(bg(), put("b", 1)), nil) })
	for stats(t, d).Queued == 0 {
		runtime.Gosched()
	}
	closed := make(chan error)
	go func() { closed <- d.Close() }()
	close(release)
	close(finish)
	want(t, "close", <-closed, nil)
	wg.Wait()
	if got := ids(t, reopen(t, e, place)); got != "a b " {
		t.Errorf("left %q", got)
	}
}
