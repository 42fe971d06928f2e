package audit_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/spec/tlog"
)

// counted counts the queries of reads, and remembers for itself what is kept beside
// an open database.
type counted struct {
	db.DB
	queries int
	kept    map[any]any
}

func (c *counted) Local(key any, make func() any) any {
	if _, ok := c.kept[key]; !ok {
		if c.kept == nil {
			c.kept = map[any]any{}
		}
		c.kept[key] = make()
	}
	return c.kept[key]
}

func (c *counted) Read(ctx context.Context, fn func(db.Tx) error) error {
	return c.DB.Read(ctx, func(tx db.Tx) error { return fn(countedTx{tx, c}) })
}

type countedTx struct {
	db.Tx
	c *counted
}

func (t countedTx) Row(query string, args ...any) db.Row {
	t.c.queries++
	return t.Tx.Row(query, args...)
}

func (t countedTx) Rows(query string, args ...any) iter.Seq2[db.Row, error] {
	t.c.queries++
	return t.Tx.Rows(query, args...)
}

// proves checks the proof of one entry against the head and the entry's leaf.
func (f *fixture) proves(t *testing.T, l *audit.Log, seq uint64) []audit.Hash {
	t.Helper()
	ctx := context.Background()
	h, err := f.Head(ctx)
	check(t, err)
	proof, at, err := l.ProveInclusion(ctx, seq, 0)
	check(t, err)
	width := int(min(256, h.Size-seq/256*256))
	entries, err := f.EntryTile(ctx, seq/256, width)
	check(t, err)
	size := len(entries) / width
	leaf := entries[int(seq%256)*size+2 : int(seq%256+1)*size]
	if at.Size != h.Size || at.Root != h.Root {
		t.Fatalf("a proof under %d %x, the head is %d %x", at.Size, at.Root, h.Size, h.Root)
	}
	check(t, tlog.CheckInclusion(proof, seq, at.Size, at.Root, leafHash(leaf)))
	return proof
}

// TestProofsFromMemory: proofs with a remembered edge are those without one, in two
// queries, also when the log grew or was longer than one tile of tiles.
func TestProofsFromMemory(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		warm := &counted{DB: f.db}
		log := audit.Open(warm, f.opt)
		for _, more := range []int{3, 252, 1, 45, 65_536, 211, 7} { // 255, 256, 301, …
			f.fill(t, more, 4000)
			h, err := f.Head(context.Background())
			check(t, err)
			for i, seq := range []uint64{h.Size - 1, 0, h.Size / 2, min(255, h.Size-1), min(256, h.Size-1), h.Size - 1} {
				warm.queries = 0
				proof := f.proves(t, log, seq)
				if i > 0 && warm.queries > 2 {
					t.Errorf("%d queries for the proof of %d in %d", warm.queries, seq, h.Size)
				}
				if cold := f.proves(t, audit.Open(&counted{DB: f.db}, f.opt), seq); !slices.Equal(cold, proof) {
					t.Errorf("the proof of %d in %d is another with a remembered edge", seq, h.Size)
				}
			}
		}
	})
}

// TestWrongEdgeIsNotKept: entries that do not give the root of the head are not
// remembered in place of those that do.
func TestWrongEdgeIsNotKept(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		f.fill(t, 300, 300)
		read := func() (body []byte) {
			check(t, f.db.Read(ctx, func(tx db.Tx) error { return tx.Row(`SELECT body FROM audit_segment WHERE first_seq = 0`).Scan(&body) }))
			return body
		}
		put := func(body []byte) {
			check(t, f.db.Write(ctx, func(tx db.Tx) error {
				_, err := tx.Exec(`UPDATE audit_segment SET body = ?1 WHERE first_seq = 0`, body)
				return err
			}))
		}
		right := read()
		wrong := slices.Clone(right)
		wrong[len(wrong)-1] ^= 1
		put(wrong)
		h, err := f.Head(ctx)
		check(t, err)
		if _, at, err := f.ProveInclusion(ctx, 7, 0); err == nil && at.Root == h.Root {
			t.Error("changed entries give the root of the head")
		}
		put(right)
		f.proves(t, f.Log, 7)
		put(wrong) // what is remembered under the head's root is still right
		if _, at, err := f.ProveInclusion(ctx, 299, 0); err != nil || at.Root != h.Root {
			t.Errorf("the remembered edge gives %x, %v", at.Root, err)
		}
		report, err := f.Verify(ctx, audit.VerifyOptions{})
		if err != nil || report.OK() {
			t.Errorf("the change is not found: %+v, %v", report, err)
		}
	})
}
