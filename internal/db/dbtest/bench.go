package dbtest

import (
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"garant.example/internal/db"
)

// Bench measures the path that matters: a record of 1.3 KB with its id and two
// rows of a blind index, and once per group a segment of the log that holds 0.27
// KB per change, with its head. Run it with -benchtime=20000x or more, on a
// machine that does nothing else; docs/decisions holds the results.
func Bench(b *testing.B, newEngine func(b *testing.B) Engine) {
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprintf("Create/clients=%d", clients), func(b *testing.B) {
			d, made := benchOpen(b, newEngine(b))
			inParallel(b, d, clients, func() error { return benchCreate(d, made) })
		})
		b.Run(fmt.Sprintf("AuditedRead/clients=%d", clients), func(b *testing.B) {
			d, made := benchOpen(b, newEngine(b))
			inParallel(b, d, clients, func() error { return benchAuditedRead(d, made) })
		})
		b.Run(fmt.Sprintf("Read/clients=%d", clients), func(b *testing.B) {
			d, made := benchOpen(b, newEngine(b))
			inParallel(b, d, clients, func() error { return d.Read(bg(), benchGet(made)) })
		})
	}
}

// stock is the ids of the records there are.
type stock struct {
	mu   sync.Mutex
	list [][16]byte
	body []byte
	next atomic.Uint64
}

func (s *stock) pick() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.list[s.next.Add(7919)%uint64(len(s.list))]
	return id[:]
}

const benchStock = 20000

func benchOpen(b *testing.B, e Engine) (db.DB, *stock) {
	place := e.Place(b, db.Placement)
	if err := e.Driver.Create(bg(), place); err != nil {
		b.Fatal(err)
	}
	d, err := e.Driver.Open(bg(), place)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	blob, strict, without := "BLOB", "STRICT", "STRICT, WITHOUT ROWID"
	if d.Engine() == db.Postgres {
		blob, strict, without = "BYTEA", "", ""
	}
	err = d.Write(bg(), func(tx db.Tx) error {
		for _, table := range []string{
			"CREATE TABLE bench_record (id %[1]s NOT NULL UNIQUE, body %[1]s NOT NULL) %[2]s",
			"CREATE TABLE bench_tag (tag %[1]s NOT NULL, id %[1]s NOT NULL, PRIMARY KEY (tag, id)) %[3]s",
			"CREATE TABLE bench_segment (n BIGINT NOT NULL PRIMARY KEY, body %[1]s NOT NULL) %[2]s",
			"CREATE TABLE bench_head (one INTEGER NOT NULL PRIMARY KEY, n INTEGER NOT NULL, root %[1]s NOT NULL) %[2]s",
		} {
			if blob == "BLOB" {
				table = sqliteNames(table)
			}
			if _, err := tx.Exec(fmt.Sprintf(table, blob, strict, without)); err != nil {
				return err
			}
		}
		return tx.Queue("INSERT INTO bench_head (one, n, root) VALUES (1, 0, ?1)", make([]byte, 32))
	})
	if err != nil {
		b.Fatal(err)
	}
	s := &stock{body: make([]byte, 1300)}
	rand.Read(s.body)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range benchStock / 64 {
				if err := benchCreate(d, s); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return d, s
}

// sqliteNames: STRICT knows INTEGER and not BIGINT.
func sqliteNames(table string) string {
	for i := 0; i+6 <= len(table); i++ {
		if table[i:i+6] == "BIGINT" {
			return table[:i] + "INTEGER" + table[i+6:]
		}
	}
	return table
}

// segment is the finisher: one blob and one head per group.
type segment struct{ changes int }

func (s *segment) Done(bool) {}

func (s *segment) Finish(tx db.Tx) error {
	var n int64
	if err := tx.Row("SELECT n FROM bench_head WHERE one = 1").Scan(&n); err != nil {
		return err
	}
	if err := tx.Queue("INSERT INTO bench_segment (n, body) VALUES (?1, ?2)", n+1, make([]byte, 270*s.changes)); err != nil {
		return err
	}
	return tx.Queue("UPDATE bench_head SET n = ?1, root = ?2 WHERE one = 1", n+1, make([]byte, 32))
}

type segmentKey struct{}

func noteLeaf(tx db.Tx) {
	tx.Join(segmentKey{}, func() db.Finisher { return &segment{} }).(*segment).changes++
}

func benchCreate(d db.DB, s *stock) error {
	id := [16]byte(uuid.Must(uuid.NewV7()))
	var tags [2][10]byte
	rand.Read(tags[0][:])
	rand.Read(tags[1][:])
	err := d.Write(bg(), func(tx db.Tx) error {
		if err := tx.Queue("INSERT INTO bench_record (id, body) VALUES (?1, ?2)", id[:], s.body); err != nil {
			return err
		}
		for i := range tags {
			if err := tx.Queue("INSERT INTO bench_tag (tag, id) VALUES (?1, ?2)", tags[i][:], id[:8+i]); err != nil {
				return err
			}
		}
		noteLeaf(tx)
		return nil
	})
	s.mu.Lock()
	s.list = append(s.list, id)
	s.mu.Unlock()
	return err
}

func benchGet(s *stock) func(db.Tx) error {
	return func(tx db.Tx) error {
		var body []byte
		return tx.Row("SELECT body FROM bench_record WHERE id = ?1", s.pick()).Scan(&body)
	}
}

func benchAuditedRead(d db.DB, s *stock) error {
	return d.Write(bg(), func(tx db.Tx) error {
		noteLeaf(tx)
		return benchGet(s)(tx)
	})
}

// inParallel runs op b.N times among the clients and reports the rates.
func inParallel(b *testing.B, d db.DB, clients int, op func() error) {
	var next atomic.Int64
	before, written := d.(db.Counter).Stats(), bytesWritten()
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for next.Add(1) <= int64(b.N) {
				if err := op(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	after := d.(db.Counter).Stats()
	if groups := after.Groups - before.Groups; groups > 0 {
		b.ReportMetric(float64(b.N)/float64(groups), "changes/group")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	if err := d.Close(); err != nil { // what is left of the WAL belongs to these changes
		b.Error(err)
	}
	if w := bytesWritten() - written; w > 0 && d.Engine() == db.SQLite {
		b.ReportMetric(float64(w)/1024/float64(b.N), "KB/op")
	}
}
