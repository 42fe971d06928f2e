package audit_test

import (
	"context"
	"crypto/sha256"
	"iter"
	"slices"
	"testing"
	"time"

	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/id"
)

// raw changes the database behind the log's back.
func (f *fixture) raw(tb testing.TB, query string, args ...any) {
	tb.Helper()
	check(tb, f.db.Write(context.Background(), func(tx db.Tx) error {
		n, err := tx.Exec(query, args...)
		if err == nil && n == 0 {
			tb.Errorf("%s touched nothing", query)
		}
		return err
	}))
}

func (f *fixture) verify(tb testing.TB, outside ...[]byte) audit.Report {
	tb.Helper()
	r, err := f.Verify(context.Background(), audit.VerifyOptions{Outside: outside})
	check(tb, err)
	return r
}

func TestVerifyClean(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		for _, n := range []int{0, 1, 254, 1, 1, 300, 16384 - 557 - 3, 2, 2, 700} {
			f.fill(t, n, 50)
			cp, err := f.Checkpoint(context.Background())
			check(t, err)
			r := f.verify(t, cp.Note)
			h, err := f.Head(context.Background())
			check(t, err)
			if !r.OK() || r.Size != h.Size || r.Root != h.Root || r.Hashed != h.Size || r.Opened != h.Size || r.Outside != 1 {
				t.Fatalf("after %d: %+v", n, r)
			}
		}
	})
}

// body reads a segment, changes it and writes it back.
func (f *fixture) body(tb testing.TB, first int64, change func([]byte) []byte) {
	tb.Helper()
	check(tb, f.db.Write(context.Background(), func(tx db.Tx) error {
		var b []byte
		if err := tx.Row(`SELECT body FROM audit_segment WHERE first_seq = ?1`, first).Scan(&b); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE audit_segment SET body = ?2 WHERE first_seq = ?1`, first, change(b))
		return err
	}))
}

func TestVerifyFindsTampering(t *testing.T) {
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[at] ^= 1; return b }
	}
	cases := []struct {
		name  string
		fault audit.Fault
		seq   uint64
		do    func(tb testing.TB, f *fixture)
	}{
		{"time of an entry", audit.FaultLeaf, 100, func(tb testing.TB, f *fixture) { f.body(tb, 100, flip(9)) }},
		{"object of an entry", audit.FaultDetails, 100, func(tb testing.TB, f *fixture) { f.body(tb, 100, flip(12)) }},
		{"sealed byte", audit.FaultLeaf, 100, func(tb testing.TB, f *fixture) { f.body(tb, 100, flip(150)) }},
		{"sealed byte of the youngest", audit.FaultDetails, 590, func(tb testing.TB, f *fixture) { f.body(tb, 590, flip(150)) }},
		{"length", audit.FaultSegment, 100, func(tb testing.TB, f *fixture) { f.body(tb, 100, flip(58)) }},
		{"entry cut from a segment", audit.FaultSegment, 100, func(tb testing.TB, f *fixture) {
			f.body(tb, 100, func(b []byte) []byte { return b[:len(b)-300] })
		}},
		{"segment removed", audit.FaultMissing, 100, func(tb testing.TB, f *fixture) {
			f.raw(tb, `DELETE FROM audit_segment WHERE first_seq = 100`)
		}},
		{"end removed", audit.FaultMissing, 590, func(tb testing.TB, f *fixture) {
			f.raw(tb, `DELETE FROM audit_segment WHERE first_seq = 590`)
		}},
		{"segments swapped", audit.FaultLeaf, 100, func(tb testing.TB, f *fixture) {
			f.raw(tb, `UPDATE audit_segment SET first_seq = 1000000 WHERE first_seq = 100`)
			f.raw(tb, `UPDATE audit_segment SET first_seq = 100 WHERE first_seq = 110`)
			f.raw(tb, `UPDATE audit_segment SET first_seq = 110 WHERE first_seq = 1000000`)
		}},
		{"entry beyond the end", audit.FaultExtra, 600, func(tb testing.TB, f *fixture) {
			f.raw(tb, `INSERT INTO audit_segment SELECT 600, count, at_first, at_last, body FROM audit_segment WHERE first_seq = 0`)
		}},
		{"tile hash", audit.FaultTile, 7, func(tb testing.TB, f *fixture) {
			check(tb, f.db.Write(context.Background(), func(tx db.Tx) error {
				var b []byte
				if err := tx.Row(`SELECT hashes FROM audit_tile WHERE level = 0 AND n = 0`).Scan(&b); err != nil {
					return err
				}
				b[7*32] ^= 1
				_, err := tx.Exec(`UPDATE audit_tile SET hashes = ?1 WHERE level = 0 AND n = 0`, b)
				return err
			}))
		}},
		{"tile removed", audit.FaultTile, 256, func(tb testing.TB, f *fixture) { f.raw(tb, `DELETE FROM audit_tile WHERE n = 1`) }},
		{"head root", audit.FaultHead, 600, func(tb testing.TB, f *fixture) {
			root := sha256.Sum256([]byte("other"))
			f.raw(tb, `UPDATE audit_head SET root = ?1`, root[:])
		}},
		{"head cut back", audit.FaultExtra, 590, func(tb testing.TB, f *fixture) { f.raw(tb, `UPDATE audit_head SET size = 590`) }},
		{"checkpoint", audit.FaultCheckpoint, 600, func(tb testing.TB, f *fixture) {
			f.raw(tb, `UPDATE audit_checkpoint SET note = ?1`, []byte("garant.example/t/test/primary\n600\n"))
		}},
	}
	eachEngine(t, func(t *testing.T, f *fixture) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				f := newFixture(t, reopen(t, f))
				f.fill(t, 600, 10)
				cp, err := f.Checkpoint(context.Background())
				check(t, err)
				if r := f.verify(t, cp.Note); !r.OK() {
					t.Fatalf("before: %+v", r.Culprits)
				}
				c.do(t, f)
				r := f.verify(t)
				if !slices.ContainsFunc(r.Culprits, func(p audit.Culprit) bool { return p.Fault == c.fault && p.Seq <= c.seq && c.seq < p.Seq+p.Count }) {
					t.Errorf("want %s at %d, got %+v", c.fault, c.seq, r.Culprits)
				}
			})
		}
	})
}

// reopen gives a fresh database of the same engine.
func reopen(tb testing.TB, f *fixture) db.DB {
	for _, e := range engines() {
		if e.name == string(f.db.Engine()) {
			return e.open(tb)
		}
	}
	tb.Fatal("unknown engine")
	return nil
}

// A log written anew from its first entry is sound in itself; only a checkpoint
// kept elsewhere tells.
func TestVerifyFindsRewrite(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		f.fill(t, 300, 10)
		cp, err := f.Checkpoint(context.Background())
		check(t, err)
		other := newFixture(t, reopen(t, f))
		other.Log = audit.Open(other.db, f.opt) // the operator's own keys
		other.fill(t, 310, 10)
		if r := other.verify(t); !r.OK() {
			t.Fatalf("the rewritten log should look sound by itself: %+v", r.Culprits)
		}
		if r := other.verify(t, cp.Note); r.OK() || r.Culprits[0].Fault != audit.FaultOutside {
			t.Fatalf("rewrite not found: %+v", r)
		}
		short := newFixture(t, reopen(t, f))
		short.Log = audit.Open(short.db, f.opt)
		short.fill(t, 20, 10)
		if r := short.verify(t, cp.Note); r.OK() {
			t.Fatal("truncation not found")
		}
	})
}

func rowHash(n int) [32]byte { return sha256.Sum256([]byte{byte(n), byte(n >> 8)}) }

func (f *fixture) write(tb testing.TB, op audit.Operation, object id.Raw, row [32]byte) {
	tb.Helper()
	e := entry(op, object)
	e.Row = row
	_, err := f.Append(context.Background(), e)
	check(tb, err)
}

func rowsOf(m map[id.Raw][32]byte) iter.Seq2[audit.Row, error] {
	return func(yield func(audit.Row, error) bool) {
		for o, h := range m {
			if !yield(audit.Row{Object: o, Hash: h}, nil) {
				return
			}
		}
	}
}

func TestVerifyRowsAndPrune(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		rows := map[id.Raw][32]byte{}
		var objects []id.Raw
		for i := range 40 {
			o := id.NewRecord().Raw
			objects = append(objects, o)
			f.write(t, audit.RecordCreate, o, rowHash(i))
			rows[o] = rowHash(i)
		}
		f.write(t, audit.RecordUpdate, objects[1], rowHash(1000))
		rows[objects[1]] = rowHash(1000)
		f.write(t, audit.RecordDelete, objects[2], [32]byte{})
		delete(rows, objects[2])
		expect := func(what string, m map[id.Raw][32]byte, faults ...audit.Fault) {
			t.Helper()
			r, err := f.VerifyRows(ctx, rowsOf(m))
			check(t, err)
			var got []audit.Fault
			for _, c := range r.Culprits {
				got = append(got, c.Fault)
			}
			if slices.Sort(got); !slices.Equal(got, faults) {
				t.Errorf("%s: %v, want %v", what, got, faults)
			}
		}
		all := func() {
			t.Helper()
			expect("clean", rows)
			bad := map[id.Raw][32]byte{}
			for o, h := range rows {
				bad[o] = h
			}
			bad[objects[1]] = rowHash(1)                                          // rolled back
			bad[objects[3]], bad[objects[4]] = rows[objects[4]], rows[objects[3]] // swapped
			bad[objects[2]] = rowHash(2)                                          // come back from the dead
			delete(bad, objects[5])
			expect("tampered", bad, audit.FaultRowChanged, audit.FaultRowChanged, audit.FaultRowChanged, audit.FaultRowGone, audit.FaultRowUnlogged)
		}
		all()
		before, err := f.Checkpoint(ctx)
		check(t, err)
		f.clock.Advance(48 * time.Hour)
		f.fill(t, 300, 9)
		root, err := f.Head(ctx)
		check(t, err)
		p, err := f.Prune(ctx, audit.Actor{Kind: 4, Ref: "retention"}, f.clock.Now().Add(-24*time.Hour))
		check(t, err)
		if p.Below != 42 || p.Kept != 39 {
			t.Fatalf("%+v", p)
		}
		if got, err := f.Root(ctx, root.Size); err != nil || got != root.Root {
			t.Fatalf("pruning moved the tree: %v", err)
		}
		r := f.verify(t, before.Note)
		if !r.OK() || r.PrunedBelow != 42 || r.Kept != 39 {
			t.Fatalf("%+v", r)
		}
		all()
		if _, _, err := f.ProveInclusion(ctx, 3, 0); err != nil {
			t.Errorf("proof of a pruned entry: %v", err)
		}
		f.raw(t, `UPDATE audit_kept SET leaf = (SELECT leaf FROM audit_kept WHERE seq = 0) WHERE seq = 7`)
		if r := f.verify(t); r.OK() || r.Culprits[0].Fault != audit.FaultKept || r.Culprits[0].Seq != 7 {
			t.Fatalf("%+v", r.Culprits)
		}
	})
}
