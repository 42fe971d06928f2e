package bench

import (
	"context"
	"strconv"
	"testing"
	"time"

	"garant.example/testkit/house"
	"garant.example/testkit/pgserver"
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

// Whole gives every line of the table, on both engines.
func TestWhole(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		dsn := ""
		if engine == "postgres" {
			dsn = pgserver.Start(t).DSN().Reveal()
		}
		dir := t.TempDir()
		r, err := Stand(t.Context(), dir, dsn)
		if err != nil {
			t.Fatal(err)
		}
		runs, err := Whole(t.Context(), r, dir, Options{For: 50 * time.Millisecond, Clients: []int{1, 64}, Engine: engine, Lines: 1500,
			Crowd: 100 * time.Millisecond, Leaves: 8000})
		if err != nil {
			t.Error(err)
		}
		opening, weight, err := Tenants(t.Context(), r, 3, 2, nil)
		if err != nil {
			t.Error(err)
		}
		seen := map[string]bool{}
		for _, run := range append(runs, opening, weight) {
			seen[run.Operation] = true
			if run.PerSecond <= 0 && run.Value <= 0 {
				t.Errorf("nothing measured: %+v", run)
			}
		}
		for _, op := range []string{"echo", "create", "create, alone", "read", "find", "processor", "import", "crowd, half reads", "verify", "decision", "tenant open", "memory"} {
			if !seen[op] {
				t.Errorf("%s: %s is missing", engine, op)
			}
		}
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
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

// BenchmarkStep measures one operation at a time for one number of clients: for profiles.
func BenchmarkStep(b *testing.B) {
	for name, step := range map[string]func(*bench, context.Context, int) (Run, error){
		"create": (*bench).measureCreate, "read": (*bench).measureRead, "find": (*bench).measureFind, "echo": (*bench).measureEcho,
		"import": (*bench).importFor,
	} {
		for _, clients := range []int{1, 8, 64} {
			b.Run(name+"/"+strconv.Itoa(clients), func(b *testing.B) { measureStep(b, step, clients) })
		}
	}
}

func measureStep(b *testing.B, step func(*bench, context.Context, int) (Run, error), clients int) {
	h := house.Open(b, house.Options{})
	m := &bench{o: Options{For: 4 * time.Second, Engine: "sqlite"}, r: h.Running, echoes: map[int]Run{}}
	if err := m.prepare(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer m.stop()
	m.o.For = time.Second
	for _, warm := range []func(context.Context, int) (Run, error){m.measureEcho, m.measureCreate} {
		if _, err := warm(b.Context(), clients); err != nil {
			b.Fatal(err)
		}
	}
	m.o.For = 4 * time.Second
	for b.Loop() {
		before, err := cpu()
		if err != nil {
			b.Fatal(err)
		}
		run, err := step(m, b.Context(), clients)
		if err != nil {
			b.Fatal(err)
		}
		after, err := cpu()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(run.PerSecond, "req/s")
		b.ReportMetric(run.P50, "p50ms")
		b.ReportMetric(float64((after-before).Microseconds())/(run.PerSecond*m.o.For.Seconds()), "µscpu/req")
	}
}

// importFor sends some imports one after the other.
func (m *bench) importFor(ctx context.Context, _ int) (Run, error) {
	const lines = 20_000
	body, err := m.lines(lines)
	if err != nil {
		return Run{}, err
	}
	took, err := elapsed(func() error {
		_, err := m.send(ctx, m.records()+":import", "application/x-ndjson", body)
		return err
	})
	m.o.For = took
	return Run{PerSecond: lines / took.Seconds()}, err
}
