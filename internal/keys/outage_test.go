package keys_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"garant.example/internal/errs"
	"garant.example/internal/keys"
	"garant.example/internal/keys/kms"
)

func TestTheKMSIsNotAskedOnTheHotPath(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		before := w.gate.calls.Load()
		for range 300 {
			ref := must(k.NewSubject(ctx))(t)
			sealed := must(k.Seal(nil, ref, []byte("x"), nil))(t)
			must(k.Open(nil, sealed, nil))(t)
		}
		if n := w.gate.calls.Load() - before; n != 0 {
			t.Fatalf("%d calls", n)
		}
	})
}

func TestAnOutageIsWaitedOutForTheGrace(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		ref := must(k.NewSubject(ctx))(t)
		sealed := must(k.Seal(nil, ref, []byte("x"), nil))(t)
		w.gate.refuse(kms.Unreachable)
		for since := time.Duration(0); since+20*time.Second <= r.OutageGrace(); since += 20 * time.Second {
			w.clock.Advance(20 * time.Second)
			if _, err := k.Open(nil, sealed, nil); err != nil {
				t.Fatalf("closed %v into the outage: %v", since, err)
			}
			r.Wait()
		}
		s := must(k.Status(ctx))(t)
		if !s.Open || !s.Silent || !s.ClosedAfter.Equal(start.Add(r.OutageGrace())) {
			t.Fatalf("the outage is not shown: %+v", s)
		}
		w.clock.Advance(time.Minute)
		_, err := k.Open(nil, sealed, nil)
		wantCode(t, err, errs.Sealed, "keys.outage")
		if s := must(r.Status(ctx, k.Tenant()))(t); s.Open || s.Refused == nil {
			t.Fatalf("the closing is not shown: %+v", s)
		}
		if r.Cached() != 0 {
			t.Fatalf("%d keys are still in memory", r.Cached())
		}
		_, err = r.Open(ctx, k.Tenant())
		wantCode(t, err, errs.Sealed, "")
		// A storm of requests is not a storm of calls.
		calls := w.gate.calls.Load()
		for range 100 {
			if _, err := k.Open(nil, sealed, nil); err == nil {
				t.Fatal("opened")
			}
		}
		if n := w.gate.calls.Load() - calls; n > 1 {
			t.Fatalf("%d calls for 100 requests", n)
		}
		w.gate.allow()
		w.clock.Advance(10 * time.Second)
		if got := must(k.Open(nil, sealed, nil))(t); string(got) != "x" {
			t.Fatalf("opened %q", got)
		}
	})
}

func TestARevocationClosesWithinTheProbePeriod(t *testing.T) {
	for _, reason := range []kms.Reason{kms.Denied, kms.Disabled, kms.NoKey, kms.Expired, kms.WrongKey} {
		t.Run(string(reason), func(t *testing.T) {
			on(t, func(t *testing.T, w *world) {
				ctx := context.Background()
				r := w.rings()
				k := w.ring(r)
				ref := must(k.NewSubject(ctx))(t)
				sealed := must(k.Seal(nil, ref, []byte("x"), nil))(t)
				w.gate.refuse(reason)
				w.clock.Advance(r.ProbePeriod() + time.Second)
				_, err := k.Open(nil, sealed, nil)
				wantCode(t, err, errs.Sealed, "keys.kms."+string(reason))
				if r.Cached() != 0 || len(r.OpenTenants()) != 0 {
					t.Fatal("something is still in memory")
				}
				last := w.events[len(w.events)-1]
				if last.Act != keys.ActClosed || last.Reason != string(reason) {
					t.Fatalf("told %+v", last)
				}
			})
		})
	}
}

func TestAProbeInTheBackgroundClosesEarlier(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		r := w.rings()
		k := w.ring(r)
		ref := must(k.NewSubject(context.Background()))(t)
		w.gate.refuse(kms.Disabled)
		w.clock.Advance(r.ProbePeriod() * 3 / 4)
		must(k.Seal(nil, ref, []byte("x"), nil))(t) // the answer is still good, and the question goes out
		r.Wait()
		_, err := k.Seal(nil, ref, []byte("x"), nil)
		wantCode(t, err, errs.Sealed, "keys.kms.disabled")
	})
}

func TestProbeAsksAllOpenRings(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		for range 5 {
			w.ring(r)
		}
		if n := must(r.Probe(ctx))(t); n != 0 {
			t.Fatalf("%d closed", n)
		}
		w.gate.refuse(kms.Denied)
		if n := must(r.Probe(ctx))(t); n != 5 {
			t.Fatalf("%d closed", n)
		}
	})
}

func TestRevokeForgetsAtOnce(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k, other := w.ring(r), w.ring(r)
		ref := must(k.NewSubject(ctx))(t)
		must(other.NewSubject(ctx))(t)
		sealed := must(k.Seal(nil, ref, []byte("x"), nil))(t)
		w.gate.refuse(kms.Denied)
		r.Revoke(k.Tenant())
		if r.Cached() != 1 {
			t.Fatalf("%d keys in memory; the other tenant has one", r.Cached())
		}
		_, err := k.Open(nil, sealed, nil)
		wantCode(t, err, errs.Sealed, "keys.kms.denied")
		_, err = k.NewSubject(ctx)
		wantCode(t, err, errs.Sealed, "keys.kms.denied")
		w.gate.allow()
		r.Revoke(k.Tenant())
		must(k.Open(nil, sealed, nil))(t)
	})
}

// TestRevokeBeatsAnOpeningUnderWay: the KMS has answered already, but the
// revocation came before the answer was used.
func TestRevokeBeatsAnOpeningUnderWay(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		r.Revoke(k.Tenant())
		w.gate.block = make(chan struct{})
		calls := w.gate.calls.Load()
		done := make(chan error)
		go func() { _, err := r.Open(ctx, k.Tenant()); done <- err }()
		for w.gate.calls.Load() == calls {
			runtime.Gosched()
		}
		r.Revoke(k.Tenant())
		close(w.gate.block)
		wantCode(t, <-done, errs.Sealed, "keys.revoked")
		if len(r.OpenTenants()) != 0 {
			t.Fatal("the ring is open")
		}
	})
}

func TestNothingIsMadeWhileTheKMSSaysNo(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		tenant := k.Tenant()
		w.exec(tenant, `DELETE FROM keyring`)
		r.Revoke(tenant)
		for _, reason := range []kms.Reason{kms.Disabled, kms.Unreachable, kms.Denied} {
			w.gate.refuse(reason)
			wantCode(t, r.Create(ctx, tenant), errs.Sealed, "keys.kms."+string(reason))
		}
		w.gate.allow()
		if err := w.gate.KMS.(*kms.Local).Enable(w.key, false); err != nil {
			t.Fatal(err)
		}
		wantCode(t, r.Create(ctx, tenant), errs.Sealed, "keys.kms.disabled")
		w.key = "mistyped"
		wantCode(t, r.Create(ctx, tenant), errs.Sealed, "keys.kms.no_key")
	})
}
