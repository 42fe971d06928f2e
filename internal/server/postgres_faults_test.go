package server_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"garant.example/client"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
	"garant.example/testkit/pgserver"
)

// through works with all clients until stop says yes, and goes on after errors, each
// of which must be a clear refusal.
func (l *load) through(t *testing.T, c *client.Client, stop func() bool) (refusals int64) {
	t.Helper()
	people := c.Tenant("town").Collection("participants")
	var wg sync.WaitGroup
	var refused atomic.Int64
	for i := range l.hands {
		wg.Go(func() {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for !stop() {
				err := l.step(t.Context(), people, i)
				if err == nil {
					l.acks.Add(1)
					continue
				}
				refused.Add(1)
				var p *client.Problem
				if !errors.As(err, &p) || p.Status != http.StatusServiceUnavailable || p.Fix == "" ||
					p.Code != client.LogUnavailable && p.Code != client.Unavailable {
					t.Errorf("no clear refusal: %#v", err)
				}
				<-tick.C
			}
		})
	}
	wg.Wait()
	return refused.Load()
}

// more waits until so many more answers came.
func (l *load) more(t *testing.T, n int64) {
	t.Helper()
	from := l.acks.Load()
	eventually(t, "more answers", func() bool { return l.acks.Load() >= from+n })
}

// One server, three faults: connections are cut in the middle of transactions, the
// server is stopped under load and started again, and a page of a table is damaged.
func TestCrashPostgresFaults(t *testing.T) {
	pg := pgserver.Own(t)
	d := newDamagedAt(t, site{Dir: t.TempDir(), DSN: pg.DSN().Reveal()})
	l := d.towns["town"]
	l.hands = append(l.hands, make([][]*person, clients-1)...)
	w := newWitness()
	d.running(func(r *server.Running) {
		cutConnections(t, pg, l, d.site.client(t, r.URL()))
		restarted(t, pg, l, d.site.client(t, r.URL()))
	})
	w.check(t, d.site, l, "after the cuts and the stop")
	d.damagedHeap(pg)
}

// cutConnections ends all connections of the platform again and again under load.
func cutConnections(t *testing.T, pg *pgserver.Server, l *load, api *client.Client) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), pg.DSN().Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	var over atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() { l.through(t, api, over.Load) })
	cut, busy := 0, 0
	for range 25 {
		l.more(t, 10)
		rows, err := c.Query(t.Context(), `SELECT xact_start IS NOT NULL, pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE application_name = 'garant' AND pid <> pg_backend_pid()`)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var inside, gone bool
			if err := rows.Scan(&inside, &gone); err != nil {
				t.Fatal(err)
			}
			cut++
			if inside {
				busy++
			}
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
	}
	l.more(t, 100)
	over.Store(true)
	wg.Wait()
	if cut < 25 || busy == 0 {
		t.Errorf("%d connections were cut, %d of them in a transaction", cut, busy)
	}
}

// restarted stops the server under load, waits until that is felt, and starts it: the
// platform goes on without being started anew.
func restarted(t *testing.T, pg *pgserver.Server, l *load, api *client.Client) {
	t.Helper()
	var over atomic.Bool
	var wg sync.WaitGroup
	var refused int64
	wg.Go(func() { refused = l.through(t, api, over.Load) })
	l.more(t, 50)
	pg.Down()
	before := l.acks.Load()
	known := l.hands[0][0]
	eventually(t, "a read is refused", func() bool {
		_, err := api.Tenant("town").Collection("participants").Get(t.Context(), known.id, "support")
		return err != nil
	})
	if n := l.acks.Load() - before; n > clients {
		t.Errorf("%d answers came without a database", n)
	}
	if err := pg.Up(); err != nil {
		t.Fatal(err)
	}
	l.more(t, 100)
	over.Store(true)
	wg.Wait()
	if refused == 0 {
		t.Error("nobody was refused while the server was away")
	}
}

// damagedHeap flips bytes in the middle of a page of the town's records while the
// server is stopped: who asks for what stood there is told so, verifying finds it,
// and the village does not notice.
func (d *damaged) damagedHeap(pg *pgserver.Server) {
	d.Helper()
	data, _ := d.place()
	file, page := d.heapPage(data)
	pg.Down()
	path := filepath.Join(pg.Dir, "data", file)
	raw, err := os.ReadFile(path)
	if err != nil {
		d.Fatal(err)
	}
	for i := page*8192 + 4000; i < page*8192+4400; i++ {
		raw[i] ^= 0xff
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0) // in place: the file belongs to the server's user
	if err == nil {
		_, err = f.Write(raw)
		err = errors.Join(err, f.Close(), pg.Up())
	}
	if err != nil {
		d.Fatal(err)
	}
	d.running(func(r *server.Running) {
		d.partlyCorrupt(r)
		town, err := r.House.Tenants.Named("town")
		if err != nil {
			d.Fatal(err)
		}
		log, release, err := r.House.Tenants.Log(house.Platform(), town, tenant.Main)
		if err != nil {
			d.Fatal(err)
		}
		defer release()
		if report, err := log.VerifyRows(house.Platform(), r.House.Rows(house.Platform(), town, tenant.Main)); err == nil && report.OK() {
			d.Error("verifying finds nothing")
		}
		if report, err := log.Verify(house.Platform(), audit.VerifyOptions{}); err != nil || !report.OK() {
			d.Errorf("the log itself is whole: %v %+v", err, report.Culprits)
		}
		d.unaffected(r)
		d.checked(r, data)
	})
}

// heapPage is where a record in the middle of the town's table lies on the disk.
func (d *damaged) heapPage(data db.Place) (file string, page int) {
	d.Helper()
	c, err := pgx.Connect(d.Context(), strings.Replace(d.DSN, "/postgres?", "/"+data.Name+"?", 1))
	if err != nil {
		d.Fatal(err)
	}
	defer c.Close(context.Background())
	var pages int
	err = c.QueryRow(d.Context(), `SELECT pg_relation_filepath('vault_record'), max((CAST(CAST(ctid AS text) AS point))[0])::int FROM vault_record`).Scan(&file, &pages)
	if err == nil {
		_, err = c.Exec(d.Context(), "CHECKPOINT")
	}
	if err != nil || pages < 2 {
		d.Fatalf("%d pages: %v", pages, err)
	}
	return file, pages / 2
}
