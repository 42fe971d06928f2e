package bench

import (
	"context"
	"testing"
	"time"

	"garant.example/testkit/house"
)

// The bench measures something of everything; how much is for benchmarks to say.
func TestHTTP(t *testing.T) {
	h := house.Open(t, house.Options{})
	runs, err := HTTP(context.Background(), h.Running, Options{For: 200 * time.Millisecond, Clients: []int{1, 4}, Engine: "sqlite"})
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 8 {
		t.Errorf("%d measurements, want 8", len(runs))
	}
	for _, r := range runs {
		if r.PerSecond <= 0 || r.P99 <= 0 || r.Limit <= 0 {
			t.Errorf("nothing measured: %+v", r)
		}
		t.Logf("%-8s %3d clients %8.0f/s p50 %6.2f ms p99 %6.2f ms ratio %.2f", r.Operation, r.Clients, r.PerSecond, r.P50, r.P99, r.Ratio)
	}
}

// BenchmarkHTTP prints the table for 64 clients: run it with -cpuprofile.
func BenchmarkHTTP(b *testing.B) {
	h := house.Open(b, house.Options{})
	for b.Loop() {
		runs, err := HTTP(context.Background(), h.Running, Options{For: 3 * time.Second, Clients: []int{64}, Engine: "sqlite"})
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range runs {
			b.ReportMetric(r.PerSecond, r.Operation+"/s")
			b.ReportMetric(r.Ratio, r.Operation+"-ratio")
			b.ReportMetric(r.P99, r.Operation+"-p99ms")
		}
	}
}
