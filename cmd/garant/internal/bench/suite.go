package bench

import (
	"context"
	"fmt"
	"runtime"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
)

// Whole measures everything that one platform can be asked: what HTTP measures,
// and then what it costs the disk and the processor, the import, a crowd, the
// verification of a long log and one decision.
func Whole(ctx context.Context, r *server.Running, dir string, o Options) ([]Run, error) {
	if o.Lines == 0 {
		o.Lines = 50_000
	}
	all, err := HTTP(ctx, r, o)
	if err != nil {
		return all, err
	}
	b := &bench{o: o, r: r, echoes: map[int]Run{}, all: all}
	for _, run := range all {
		if run.Operation == "echo" {
			b.echoes[run.Clients] = run
		}
	}
	if err := b.prepare(ctx); err != nil {
		return all, err
	}
	defer b.stop()
	steps := []func(context.Context) (Run, error){
		func(context.Context) (Run, error) { return b.measureLone(dir) },
		b.measureBytes, b.measureCPU,
		func(ctx context.Context) (Run, error) { return b.measureImport(ctx, o.Lines) },
		b.measureCrowd, b.measureVerify, b.measureDecision,
	}
	for _, step := range steps {
		run, err := step(ctx)
		if run.Operation == "" && err == nil {
			continue // not asked for
		}
		if err := b.note(run, err); err != nil {
			return b.all, err
		}
	}
	return b.all, nil
}

// measureLone compares one client's creation with one flush and one echo.
func (b *bench) measureLone(dir string) (Run, error) {
	flush, err := measureFlush(dir)
	run := Run{Operation: "create, alone", Clients: 1, Target: "p50 ≤ 4 × (flush + echo): ratio ≥ 0.25"}
	for _, r := range b.all {
		if r.Operation == "create" && r.Clients == 1 {
			run.P50, run.P99, run.PerSecond = r.P50, r.P99, 1000/r.P50
		}
	}
	if run.P50 == 0 {
		return Run{}, err // one client was not among those asked for
	}
	run.Note = fmt.Sprintf("one flush %.3f ms", ms(flush))
	return run.against("one flush of the disk and one echo", 1000/(ms(flush)+b.echoes[1].P50)), err
}

// measureBytes asks what a record costs the disk, checkpoints of the WAL included.
func (b *bench) measureBytes(ctx context.Context) (Run, error) {
	if b.o.Engine == "postgres" {
		return Run{}, nil // its server writes, not this process
	}
	before, err := written()
	if err != nil {
		return Run{}, err
	}
	run, err := b.measureCreate(ctx, 64)
	if err != nil {
		return Run{}, err
	}
	after, err := written()
	return Run{Operation: "bytes written", Clients: 64, Value: float64(after-before) / float64(len(b.ids)), Unit: "B per record", Target: "≤ 16,384",
		Note: fmt.Sprintf("at %.0f records/s", run.PerSecond)}, err
}

// measureCrowd lets 256 clients work: no request may fail, and the log must have
// grown by exactly one entry for each answer.
func (b *bench) measureCrowd(ctx context.Context) (Run, error) {
	if b.o.Crowd == 0 {
		return Run{}, nil
	}
	log, release, err := b.r.House.Tenants.Log(ctx, b.t, tenant.Main)
	if err != nil {
		return Run{}, err
	}
	defer release()
	before, err := log.Head(ctx)
	if err != nil {
		return Run{}, err
	}
	if len(b.ids) == 0 {
		if _, err := b.measureCreate(ctx, 8); err != nil {
			return Run{}, err
		}
		if before, err = log.Head(ctx); err != nil {
			return Run{}, err
		}
	}
	url, seen := b.records(), b.ids
	answers := make([]uint64, 256)
	run, err := load(ctx, 256, b.o.Crowd, func(ctx context.Context, c, i int) error {
		answers[c]++
		if i%2 == 0 {
			body, _ := b.person()
			_, err := b.do(ctx, "POST", url, body, "", 201)
			return err
		}
		_, err := b.do(ctx, "GET", url+"/"+seen[(c*7919+i)%len(seen)], nil, "support", 200)
		return err
	})
	if err != nil {
		return Run{}, err
	}
	after, err := log.Head(ctx)
	var total uint64
	for _, n := range answers {
		total += n
	}
	if err == nil && after.Size-before.Size != total {
		err = fmt.Errorf("bench: %d answers and %d entries", total, after.Size-before.Size)
	}
	run.Operation, run.Target = "crowd, half reads", "no failed request; entries = answers"
	run.Note = fmt.Sprintf("%s: %d answers, %d entries", b.o.Crowd, total, after.Size-before.Size)
	return run.against("echo", b.echoes[64].PerSecond), err
}

// measureVerify fills the log of a tenant and verifies all of it.
func (b *bench) measureVerify(ctx context.Context) (Run, error) {
	if b.o.Leaves == 0 {
		return Run{}, nil
	}
	ctx = actor.In(ctx, actor.Platform("bench"))
	log, release, err := b.r.House.Tenants.Log(ctx, b.t, tenant.Main)
	if err != nil {
		return Run{}, err
	}
	defer release()
	entry := audit.Entry{Actor: audit.ActorOf(actor.From(ctx)), Operation: audit.RecordRead, Kind: "record", Collection: collection,
		Purpose: "support", Outcome: audit.Done, Request: actor.From(ctx).Request}
	entries := make([]audit.Entry, 4000)
	for i := range entries {
		entries[i] = entry
	}
	for done := 0; done < b.o.Leaves; done += len(entries) {
		if _, err := log.Append(ctx, entries...); err != nil {
			return Run{}, err
		}
	}
	var report audit.Report
	took, err := elapsed(func() (err error) { report, err = log.Verify(ctx, audit.VerifyOptions{}); return err })
	if err == nil && !report.OK() {
		err = fmt.Errorf("bench: the log does not verify: %v", report.Culprits)
	}
	if err != nil {
		return Run{}, err
	}
	const proofs = 200
	prove, err := elapsed(func() error {
		for i := range uint64(proofs) {
			if _, _, err := log.ProveInclusion(ctx, i*(report.Size/proofs), 0); err != nil {
				return err
			}
		}
		return nil
	})
	return Run{Operation: "verify", Clients: 1, PerSecond: float64(report.Size) / took.Seconds(), Value: took.Seconds() * 1e6 / float64(report.Size),
		Unit: "s per 1,000,000 leaves", Target: "≤ 3 s; a proof ≤ 1 ms",
		Note: fmt.Sprintf("%d leaves with their entries in %.2f s; one proof %.3f ms", report.Size, took.Seconds(), ms(prove)/proofs)}, err
}

// measureDecision times one decision of the matrix.
func (b *bench) measureDecision(ctx context.Context) (Run, error) {
	p, err := b.r.House.Gate.Enter(actor.In(ctx, actor.Platform("bench")), access.Ask{Action: access.Read, On: access.Record, Tenant: b.t.ID, Collection: collection})
	if err != nil {
		return Run{}, err
	}
	who, err := b.r.House.Identity.Authenticate(ctx, b.t.ID, b.token)
	if err != nil {
		return Run{}, err
	}
	m, ask, allowed := p.Matrix(), p.Ask, 0
	const times = 2_000_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	took, err := elapsed(func() error {
		for range times {
			if m.Decide(&who, ask).Allowed {
				allowed++
			}
		}
		return nil
	})
	runtime.ReadMemStats(&after)
	if err == nil && allowed != times {
		err = fmt.Errorf("bench: the decision was no")
	}
	return Run{Operation: "decision", Clients: 1, PerSecond: times / took.Seconds(), Value: float64(took.Nanoseconds()) / times, Unit: "ns", Target: "≤ 1,000; no allocation",
		Note: fmt.Sprintf("%.3f allocations", float64(after.Mallocs-before.Mallocs)/times)}, err
}
