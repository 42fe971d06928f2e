package audit_test

import (
	"context"
	"sync/atomic"
	"testing"

	"garant.example/internal/audit"
	"garant.example/internal/id"
)

// BenchmarkAppend is the price of an audited read: 64 clients, each waiting for
// its own leaf.
func BenchmarkAppend(b *testing.B) {
	for _, e := range engines() {
		b.Run(e.name, func(b *testing.B) {
			f := newFixture(b, e.open(b))
			ctx, object := context.Background(), id.NewRecord().Raw
			b.ReportAllocs()
			b.SetParallelism(32) // times GOMAXPROCS: 64 on two cores
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := f.Append(ctx, entry(audit.RecordRead, object)); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

// BenchmarkRecord is what one entry costs the writer: encode, seal, hash.
func BenchmarkRecord(b *testing.B) {
	f := newFixture(b, openSQLite(b))
	ctx, e := context.Background(), entry(audit.RecordRead, id.NewRecord().Raw)
	b.ReportAllocs()
	for n := 0; n < b.N; {
		batch := min(b.N-n, 512)
		check(b, f.Write(ctx, func(tx *audit.Tx) error {
			for range batch {
				tx.Record(e)
			}
			return nil
		}))
		n += batch
	}
}

const million = 1_000_000

// BenchmarkVerify verifies a million entries, details opened. small is a log of
// one client (a segment row per entry), large one of many.
func BenchmarkVerify(b *testing.B) {
	for _, e := range engines() {
		for name, group := range map[string]int{"large": 64, "small": 1} {
			b.Run(e.name+"/"+name, func(b *testing.B) {
				f := newFixture(b, e.open(b))
				grow(b, f, million, group)
				b.ResetTimer()
				for b.Loop() {
					r, err := f.Verify(context.Background(), audit.VerifyOptions{})
					check(b, err)
					if !r.OK() || r.Opened != million {
						b.Fatalf("%+v", r)
					}
				}
			})
		}
	}
}

// BenchmarkProof proves one leaf of a million.
func BenchmarkProof(b *testing.B) {
	for _, e := range engines() {
		b.Run(e.name, func(b *testing.B) {
			f := newFixture(b, e.open(b))
			grow(b, f, million, 64)
			var n atomic.Uint64
			b.ResetTimer()
			for b.Loop() {
				_, _, err := f.ProveInclusion(context.Background(), n.Add(7919)%million, 0)
				check(b, err)
			}
		})
	}
}

// grow fills a log with groups of a size; small groups are written several to a
// transaction through the engine, as segments of their own.
func grow(b *testing.B, f *fixture, n, group int) {
	b.Helper()
	if group > 1 {
		f.fill(b, n, group)
		return
	}
	f.fill(b, n, 512)
	f.split(b)
}
