package bench

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Run is what one measurement found.
type Run struct {
	Operation string  `json:"operation"`
	Engine    string  `json:"engine"`
	Clients   int     `json:"clients"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	Limit     float64 `json:"limit_per_second"` // of this machine, in this run
	Ratio     float64 `json:"ratio"`            // PerSecond over Limit
	Against   string  `json:"against"`          // what the limit is
	Note      string  `json:"note,omitempty"`

	// Value is what was measured where it is no rate; Target is what it, or the
	// ratio, should reach.
	Value  float64 `json:"value,omitzero"`
	Unit   string  `json:"unit,omitempty"`
	Target string  `json:"target,omitempty"`
}

// elapsed measures one call.
func elapsed(work func() error) (time.Duration, error) {
	began := time.Now()
	err := work()
	return time.Since(began), err
}

// load calls work from n clients at once for a while, and measures every call.
func load(ctx context.Context, n int, d time.Duration, work func(ctx context.Context, client, i int) error) (Run, error) {
	ctx, cancel := context.WithTimeout(ctx, d+30*time.Second)
	defer cancel()
	all := make([][]time.Duration, n)
	var failed atomic.Value
	var wg sync.WaitGroup
	began := time.Now()
	end := began.Add(d)
	for c := range n {
		wg.Go(func() {
			for i := 0; time.Now().Before(end) && failed.Load() == nil; i++ {
				at := time.Now()
				if err := work(ctx, c, i); err != nil {
					failed.Store(err)
					return
				}
				all[c] = append(all[c], time.Since(at))
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	if err, ok := failed.Load().(error); ok {
		return Run{}, err
	}
	times := slices.Concat(all...)
	slices.Sort(times)
	run := Run{Clients: n, PerSecond: float64(len(times)) / took.Seconds()}
	if len(times) > 0 {
		run.P50, run.P99 = ms(times[len(times)/2]), ms(times[len(times)*99/100])
	}
	return run, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// against sets the limit of a run.
func (r Run) against(what string, limit float64) Run {
	r.Against, r.Limit = what, limit
	if limit > 0 {
		r.Ratio = r.PerSecond / limit
	}
	return r
}
