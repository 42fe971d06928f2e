package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/id"
)

// Many clients at once, some of whose changes fail before, some after they wrote,
// some by a panic: the log holds exactly the entries of those that went through.
func TestConcurrentGroups(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		makeThings(t, f.db)
		no := errors.New("no")
		var mu sync.Mutex
		good := map[uint64]id.Raw{}
		var clients sync.WaitGroup
		for c := range 24 {
			clients.Go(func() {
				for i := range 20 {
					object := id.NewRecord().Raw
					var seq uint64
					err := f.Write(ctx, func(tx *audit.Tx) error {
						if (c+i)%5 == 1 {
							tx.Record(entry(audit.RecordCreate, object))
							return no
						}
						if _, err := tx.Exec(`INSERT INTO thing (id, n) VALUES (?1, 1)`, object[:]); err != nil {
							return err
						}
						seq = tx.Record(entry(audit.RecordCreate, object))
						switch (c + i) % 5 {
						case 2:
							return no
						case 3:
							if i%10 == 0 {
								panic("a change that panics")
							}
						}
						return nil
					})
					if err == nil {
						mu.Lock()
						good[seq] = object
						mu.Unlock()
					}
				}
			})
		}
		clients.Wait()
		r := f.verify(t)
		if !r.OK() || r.Size != uint64(len(good)) || things(t, f.db) != int64(len(good)) || len(good) < 200 {
			t.Fatalf("%d answered, %d leaves, %d rows, %+v", len(good), r.Size, things(t, f.db), r.Culprits)
		}
		for seq, object := range good {
			rec, err := f.Entry(ctx, seq)
			check(t, err)
			if rec.Entry.Object != object {
				t.Fatalf("entry %d tells of another object", seq)
			}
		}
	})
}

// A log that lost its end, or that was exchanged, is not written to.
func TestBackIsRefused(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		f.fill(t, 20, 5)
		var root []byte
		var size int64
		check(t, f.db.Read(context.Background(), func(tx db.Tx) error {
			return tx.Row(`SELECT size, root FROM audit_head`).Scan(&size, &root)
		}))
		refused := func(what string) {
			t.Helper()
			_, err := f.Append(context.Background(), entry(audit.RecordRead, id.Raw{1}))
			if !errors.Is(err, audit.ErrBack) {
				t.Errorf("%s: %v", what, err)
			}
		}
		f.raw(t, `UPDATE audit_head SET size = 15`)
		refused("shorter")
		f.raw(t, `UPDATE audit_head SET size = ?1`, size)
		f.raw(t, `UPDATE audit_head SET root = ?1`, make([]byte, 32))
		refused("another root")
		f.raw(t, `UPDATE audit_head SET root = ?1`, root)
		f.fill(t, 1, 1)
		f.raw(t, `DELETE FROM audit_head`)
		refused("no head")
	})
}

// Times never go back, and the entry tells when the clock did.
func TestClockBack(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		start := f.clock.Now()
		f.fill(t, 1, 1)
		f.clock.Advance(-time.Hour)
		f.fill(t, 1, 1)
		f.clock.Advance(2 * time.Hour)
		f.fill(t, 1, 1)
		page, err := f.Entries(ctx, audit.Query{})
		check(t, err)
		var got []string
		for _, r := range page.Entries {
			got = append(got, fmt.Sprint(r.Entry.At.Sub(start), " ", r.Entry.Behind))
		}
		if want := []string{"0s 0s", "0s 1h0m0s", "1h0m0s 0s"}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		if r := f.verify(t); !r.OK() {
			t.Errorf("%+v", r.Culprits)
		}
	})
}

func TestEntries(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		days := threeDays(t, f)
		object := id.NewRecord().Raw
		e := entry(audit.RecordUpdate, object)
		e.Actor.Ref = "somebody"
		seq, err := f.Append(ctx, e)
		check(t, err)
		count := func(q audit.Query) int {
			t.Helper()
			n, last := 0, uint64(0)
			for {
				page, err := f.Entries(ctx, q)
				check(t, err)
				for i, r := range page.Entries {
					if ordered := r.Seq > last; n+i > 0 && ordered == q.NewestFirst {
						t.Fatalf("%d after %d", r.Seq, last)
					}
					last = r.Seq
				}
				if n += len(page.Entries); !page.More {
					return n
				}
				if q.NewestFirst {
					q.To = page.Next
				} else {
					q.From = page.Next
				}
			}
		}
		for _, c := range []struct {
			name string
			q    audit.Query
			want int
		}{
			{"all", audit.Query{}, 901},
			{"all by sevens", audit.Query{Limit: 7}, 901},
			{"newest first", audit.Query{Limit: 50, NewestFirst: true}, 901},
			{"a day", audit.Query{Since: days[1], Until: days[2]}, 300},
			{"a day back", audit.Query{Since: days[1], Until: days[2], NewestFirst: true, Limit: 11}, 300},
			{"numbers", audit.Query{From: 250, To: 300}, 50},
			{"object", audit.Query{Object: object}, 1},
			{"operation", audit.Query{Operations: []audit.Operation{audit.RecordUpdate, audit.SignIn}}, 1},
			{"actor", audit.Query{Actor: "somebody"}, 1},
			{"nobody", audit.Query{Actor: "nobody"}, 0},
			{"outcome", audit.Query{Outcome: audit.Refused}, 0},
			{"before the log", audit.Query{Until: days[0]}, 0},
			{"after the log", audit.Query{Since: f.clock.Now().Add(time.Hour)}, 0},
		} {
			if got := count(c.q); got != c.want {
				t.Errorf("%s: %d, want %d", c.name, got, c.want)
			}
		}
		r, err := f.Entry(ctx, seq)
		check(t, err)
		if r.Entry.Operation != audit.RecordUpdate || r.Entry.Detail["a"] != "1" || len(r.Entry.Fields) != 2 {
			t.Errorf("%+v", r.Entry)
		}
	})
}

func TestCursor(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		for _, step := range []struct{ advance, want uint64 }{{0, 0}, {5, 5}, {3, 5}, {9, 9}} {
			check(t, f.Advance(ctx, "splunk", step.advance))
			got, err := f.Cursor(ctx, "splunk")
			check(t, err)
			if got != step.want {
				t.Errorf("after %d: %d", step.advance, got)
			}
		}
		if got, err := f.Cursor(ctx, "syslog"); err != nil || got != 0 {
			t.Errorf("%d %v", got, err)
		}
	})
}

func TestTiles(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		f.fill(t, 700, 100)
		for _, c := range []struct {
			level, width int
			n            uint64
			ok           bool
		}{{0, 256, 0, true}, {0, 256, 1, true}, {0, 188, 2, true}, {0, 10, 2, true}, {0, 189, 2, false}, {1, 2, 0, true}, {1, 3, 0, false}, {0, 0, 0, false}, {8, 1, 0, false}, {0, 1, 1 << 62, false}} {
			b, err := f.Tile(ctx, c.level, c.n, c.width)
			if c.ok != (err == nil) || c.ok && len(b) != 32*c.width {
				t.Errorf("%+v: %d bytes, %v", c, len(b), err)
			}
		}
		hashes, err := f.Tile(ctx, 0, 2, 188)
		check(t, err)
		entries, err := f.EntryTile(ctx, 2, 188)
		check(t, err)
		for i := range 188 {
			n := int(entries[0])<<8 | int(entries[1])
			if got := leafHash(entries[2 : 2+n]); string(got[:]) != string(hashes[32*i:32*i+32]) {
				t.Fatalf("entry %d does not hash to its tile", i)
			}
			entries = entries[2+n:]
		}
	})
}

// Law 2: of an entry nothing that tells who did what lies in clear, and two equal
// entries share no sealed byte string.
func TestSealed(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		e := entry(audit.RecordRead, id.NewRecord().Raw)
		e.Actor.Ref, e.Purpose, e.Ticket, e.Reason = "a_marker_actor", "marker-purpose", "MARKER-1", "marker.reason"
		_, err := f.Append(context.Background(), e, e)
		check(t, err)
		var body []byte
		check(t, f.db.Read(context.Background(), func(tx db.Tx) error { return tx.Row(`SELECT body FROM audit_segment`).Scan(&body) }))
		for _, word := range []string{"a_marker_actor", "marker-purpose", "MARKER-1", "marker.reason", "participants", "email", "record"} {
			if bytes.Contains(body, []byte(word)) {
				t.Errorf("%q lies in clear", word)
			}
		}
		half := len(body) / 2
		for i := 60; i+8 <= half; i++ { // behind the header, which is in clear
			if bytes.Contains(body[half+60:], body[i:i+8]) {
				t.Fatalf("the two entries share bytes at %d", i)
			}
		}
	})
}
