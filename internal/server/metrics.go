package server

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"

	"garant.example/internal/assurance"
	"garant.example/internal/audit"
)

// metrics serves what Prometheus collects, on a door of its own that only this
// machine reaches. It tells of no person, and names no tenant.
func (r *Running) metrics() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		var out strings.Builder
		for _, f := range r.families(req) {
			f.write(&out)
		}
		_, _ = io.WriteString(w, out.String()) // who hung up asks again
	})
	return mux
}

// family is one metric with its samples, in the text format of Prometheus.
type family struct {
	name, help string
	samples    []sample
}

// sample is one value; label and value of the label are empty when it has none.
type sample struct {
	labels [][2]string
	value  float64
}

func (f family) write(out *strings.Builder) {
	fmt.Fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", f.name, f.help, f.name)
	for _, s := range f.samples {
		var labels []string
		for _, l := range s.labels {
			labels = append(labels, fmt.Sprintf("%s=%q", l[0], l[1]))
		}
		text := strings.Join(labels, ",")
		if text != "" {
			text = "{" + text + "}"
		}
		fmt.Fprintf(out, "%s%s %g\n", f.name, text, s.value)
	}
}

func one(v float64) []sample { return []sample{{value: v}} }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// families measures now.
func (r *Running) families(req *http.Request) []family {
	ready := r.ready(req)
	checks := family{name: "garant_check", help: "Whether a part that every request needs works: 1 or 0."}
	for _, name := range sortedKeys(ready.Checks) {
		checks.samples = append(checks.samples, sample{[][2]string{{"check", name}}, truth(ready.Checks[name])})
	}
	free := family{name: "garant_space_free_bytes", help: "Room left, in bytes, by place."}
	low := family{name: "garant_space_low", help: "1 when less than 2 GB are left at a place."}
	refused := family{name: "garant_space_refused", help: "1 when a place has no room for the log, so that personal data is closed there."}
	for _, at := range r.House.Spaces() {
		label := [][2]string{{"place", at.Place}}
		free.samples = append(free.samples, sample{label, float64(at.Free)})
		low.samples = append(low.samples, sample{label, truth(at.Level >= audit.RoomLow)})
		refused.samples = append(refused.samples, sample{label, truth(at.Level >= audit.RoomRefused)})
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return []family{
		{"garant_ready", "Whether the platform can do its work: 1 or 0.", one(truth(ready.Ready))}, checks, free, low, refused,
		r.tenants(), r.promises(req.Context()),
		{"garant_databases_open", "Databases open now.", one(float64(r.House.Pool.Len()))},
		{"garant_keyrings_open", "Keyrings open now.", one(float64(len(r.House.Rings.OpenTenants())))},
		{"garant_goroutines", "Goroutines.", one(float64(runtime.NumGoroutine()))},
		{"garant_heap_bytes", "Memory in use by objects, in bytes.", one(float64(memory.HeapAlloc))},
	}
}

// counts makes samples of a count by labels, in a settled order.
func counts[K comparable](of map[K]int, labels func(K) [][2]string) []sample {
	var out []sample
	for k, n := range of {
		out = append(out, sample{labels(k), float64(n)})
	}
	slices.SortFunc(out, func(a, b sample) int { return cmp.Compare(fmt.Sprint(a.labels), fmt.Sprint(b.labels)) })
	return out
}

func (r *Running) tenants() family {
	states := map[string]int{}
	for _, t := range r.House.Tenants.All() {
		states[string(t.State)]++
	}
	return family{"garant_tenants", "Tenants, by state.", counts(states, func(s string) [][2]string { return [][2]string{{"state", s}} })}
}

// promises counts how the promises of the profiles that are in use stand.
func (r *Running) promises(ctx context.Context) family {
	f := family{name: "garant_promises", help: "Promises, by profile and status."}
	standings, err := r.Assurance.Standings(ctx, "")
	if err != nil { // without its log the platform cannot say; garant_check tells
		return f
	}
	used := map[string]bool{}
	for _, t := range r.House.Tenants.All() {
		used[string(t.Profile)] = true
	}
	found := map[[2]string]int{}
	for _, s := range standings {
		if s.Status != assurance.Planned && used[string(s.Promise.Profile)] {
			found[[2]string{string(s.Promise.Profile), string(s.Status)}]++
		}
	}
	f.samples = counts(found, func(k [2]string) [][2]string { return [][2]string{{"profile", k[0]}, {"status", k[1]}} })
	return f
}
