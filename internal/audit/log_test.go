package audit_test

import (
	"context"
	"errors"
	"testing"

	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/spec/tlog"
)

const insertTable = `CREATE TABLE thing (id BLOB PRIMARY KEY, n INTEGER)`

func makeThings(tb testing.TB, d db.DB) {
	tb.Helper()
	query := insertTable
	if d.Engine() == db.Postgres {
		query = `CREATE TABLE thing (id bytea PRIMARY KEY, n bigint)`
	}
	check(tb, d.Write(context.Background(), func(tx db.Tx) error { _, err := tx.Exec(query); return err }))
}

func things(tb testing.TB, d db.DB) (n int64) {
	tb.Helper()
	check(tb, d.Read(context.Background(), func(tx db.Tx) error { return tx.Row(`SELECT COUNT(*) FROM thing`).Scan(&n) }))
	return n
}

// Law 1: a change and its leaf are one.
func TestNoWriteWithoutLeaf(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		makeThings(t, f.db)
		insert := func(tx *audit.Tx) error {
			_, err := tx.Exec(`INSERT INTO thing (id, n) VALUES (?1, 1)`, id.NewRecord().Bytes())
			return err
		}
		sabotage := errors.New("no")
		incomplete := entry(audit.RecordCreate, id.NewRecord().Raw)
		incomplete.Actor = audit.Actor{}
		cases := []struct {
			name string
			fn   func(tx *audit.Tx) error
			is   error
		}{
			{"unrecorded", insert, audit.ErrUnrecorded},
			{"unrecorded queue", func(tx *audit.Tx) error {
				return tx.Queue(`INSERT INTO thing (id, n) VALUES (?1, 1)`, id.NewRecord().Bytes())
			}, audit.ErrUnrecorded},
			{"unrecorded returning", func(tx *audit.Tx) error {
				var n int64
				return tx.Row(`INSERT INTO thing (id, n) VALUES (?1, 1) RETURNING n`, id.NewRecord().Bytes()).Scan(&n)
			}, audit.ErrUnrecorded},
			{"fails after both", func(tx *audit.Tx) error {
				tx.Record(entry(audit.RecordCreate, id.NewRecord().Raw))
				return errors.Join(insert(tx), sabotage)
			}, sabotage},
			{"fails after the record", func(tx *audit.Tx) error {
				tx.Record(entry(audit.RecordRead, id.NewRecord().Raw))
				return sabotage
			}, sabotage},
			{"incomplete", func(tx *audit.Tx) error { tx.Record(incomplete); return insert(tx) }, audit.ErrIncomplete},
			{"unknown operation", func(tx *audit.Tx) error { tx.Record(entry("record.steal", id.Raw{})); return insert(tx) }, audit.ErrIncomplete},
		}
		for _, c := range cases {
			if err := f.Write(ctx, c.fn); !errors.Is(err, c.is) {
				t.Errorf("%s: %v, want %v", c.name, err, c.is)
			}
			h, err := f.Head(ctx)
			check(t, err)
			if h.Size != 0 || things(t, f.db) != 0 {
				t.Fatalf("%s: %d leaves, %d rows remain", c.name, h.Size, things(t, f.db))
			}
		}
		check(t, f.Write(ctx, func(tx *audit.Tx) error {
			if next, got := tx.Next(), tx.Record(entry(audit.RecordCreate, id.NewRecord().Raw)); next != got {
				t.Errorf("Next said %d, Record %d", next, got)
			}
			return insert(tx)
		}))
		h, err := f.Head(ctx)
		check(t, err)
		if h.Size != 1 || things(t, f.db) != 1 {
			t.Fatalf("%d leaves, %d rows", h.Size, things(t, f.db))
		}
	})
}

// Every tree the log can have is proved by the library's own checks.
func TestProofs(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		f.fill(t, 600, 7)
		h, err := f.Head(ctx)
		check(t, err)
		for _, seq := range []uint64{0, 1, 255, 256, 511, 512, 599} {
			rec, err := f.Entry(ctx, seq)
			check(t, err)
			proof, at, err := f.ProveInclusion(ctx, seq, 0)
			check(t, err)
			if at.Root != h.Root || tlog.CheckInclusion(proof, seq, at.Size, at.Root, rec.Leaf) != nil {
				t.Fatalf("entry %d is not proved", seq)
			}
		}
		for from := uint64(0); from <= 600; from += 37 {
			before, err := f.Root(ctx, from)
			check(t, err)
			proof, err := f.ProveConsistency(ctx, from, 600)
			check(t, err)
			check(t, tlog.CheckConsistency(proof, from, 600, before, h.Root))
		}
		if _, _, err := f.ProveInclusion(ctx, 600, 0); !errs.Is(err, errs.NotFound) {
			t.Errorf("a proof beyond the end: %v", err)
		}
	})
}
