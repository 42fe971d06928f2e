package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"garant.example/internal/db"
	"garant.example/internal/db/postgres"
	"garant.example/internal/db/sqlite"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// measureFlush measures what one durable write costs this disk: an appended
// kilobyte and its flush.
func measureFlush(dir string) (time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "flush"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	times := make([]time.Duration, 300)
	for i := range times {
		if times[i], err = elapsed(func() error {
			if _, err := f.Write(make([]byte, 1024)); err != nil {
				return err
			}
			return datasync(f)
		}); err != nil {
			return 0, err
		}
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// measureImport sends lines as one body and compares with the same rows inserted
// by the bare engine in batches of the same size.
func (b *bench) measureImport(ctx context.Context, lines int) (Run, error) {
	body, err := b.lines(lines)
	if err != nil {
		return Run{}, err
	}
	var answer []byte
	took, err := elapsed(func() (err error) {
		answer, err = b.send(ctx, b.records()+":import", "application/x-ndjson", body)
		return err
	})
	if err != nil {
		return Run{}, err
	}
	if made := bytes.Count(answer, []byte(`"created"`)); made != lines {
		return Run{}, fmt.Errorf("bench: %d of %d lines were stored", made, lines)
	}
	bare, err := b.bare(ctx, lines)
	run := Run{Operation: "import", Clients: 1, PerSecond: float64(lines) / took.Seconds(), Target: "≥ 25,000/s, ratio ≥ 0.35"}
	return run.against("the same rows inserted in the same batches", bare), err
}

// lines are people as an import takes them.
func (b *bench) lines(n int) ([]byte, error) {
	var body bytes.Buffer
	for range n {
		fields, err := b.fields()
		if err != nil {
			return nil, err
		}
		body.Write(fields)
		body.WriteByte('\n')
	}
	return body.Bytes(), nil
}

// fields are those of a person, alone.
func (b *bench) fields() ([]byte, error) {
	person, _ := b.person()
	var in struct {
		Fields json.RawMessage `json:"fields"`
	}
	err := json.Unmarshal(person, &in)
	return in.Fields, err
}

func (b *bench) send(ctx context.Context, url, media string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+b.token)
	req.Header.Set("Content-Type", media)
	return b.answer(req, http.StatusOK)
}

// batch is how many rows share a transaction: as many as an import takes.
const batch = 512

// bare inserts rows like those of a record into a database of its own, with the
// same durability, and returns how many it did in a second.
func (b *bench) bare(ctx context.Context, rows int) (float64, error) {
	place, err := b.r.House.Tenants.PlacementPlace(b.t, tenant.Main)
	if err != nil {
		return 0, err
	}
	driver := db.Driver(sqlite.New(sqlite.Options{}))
	if place.Engine == db.Postgres {
		driver, place.Name = postgres.New(postgres.Options{}), "garant_bench_"+strings.ToLower(rand.Text()[:8])
	} else {
		place.Path += ".bare"
	}
	if err := driver.Create(ctx, place); err != nil {
		return 0, err
	}
	d, err := driver.Open(ctx, place)
	if err != nil {
		return 0, err
	}
	sealed := make([]byte, 1100)
	rand.Read(sealed)
	took, err := elapsed(func() error {
		for from := 0; from < rows; from += batch {
			if err := d.Write(ctx, func(tx db.Tx) error { return insert(tx, from, min(from+batch, rows), sealed) }); err != nil {
				return err
			}
		}
		return nil
	})
	if closed := d.Close(); err == nil {
		err = closed
	}
	if dropped := driver.Drop(ctx, place); err == nil {
		err = dropped
	}
	return float64(rows) / took.Seconds(), err
}

func insert(tx db.Tx, from, to int, sealed []byte) error {
	for n := from; n < to; n++ {
		key := id.NewRecord()
		if err := tx.Queue(`INSERT INTO vault_record (n, id, subject, created, updated, version, state, flags, open, leaf, body)
			VALUES (?1, ?2, NULL, 1, 1, 1, '', 0, ?3, ?1, ?4)`, int64(n), key.Raw[:], []byte(`{"standing":"registered"}`), sealed); err != nil {
			return err
		}
		for range 2 {
			tag := make([]byte, 10)
			rand.Read(tag)
			if err := tx.Queue(`INSERT INTO vault_index (tag, n) VALUES (?1, ?2)`, tag, int64(n)); err != nil {
				return err
			}
		}
	}
	return nil
}
