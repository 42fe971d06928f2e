package keys_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/keys"
	"garant.example/internal/keys/kms"
)

type sealedItem struct {
	ref    keys.Ref
	sealed []byte
}

func sealMany(t *testing.T, k *keys.Ring, n int) []sealedItem {
	t.Helper()
	ctx := context.Background()
	var out []sealedItem
	for range n {
		ref := must(k.NewSubject(ctx))(t)
		out = append(out, sealedItem{ref, must(k.Seal(nil, ref, []byte("x"), nil))(t)})
	}
	ref := must(k.Named(ctx, keys.Collection("people")))(t)
	return append(out, sealedItem{ref, must(k.Seal(nil, ref, []byte("x"), nil))(t)})
}

func openAll(t *testing.T, k *keys.Ring, items []sealedItem) {
	t.Helper()
	for _, it := range items {
		if _, err := k.Open(nil, it.sealed, nil); err != nil {
			t.Fatalf("%s: %v", it.ref, err)
		}
	}
}

func TestRotatingTheKEK(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		items := sealMany(t, k, 3000) // more blocks than one step re-wraps
		if err := k.Shred(ctx, items[5].ref); err != nil {
			t.Fatal(err)
		}
		plan := must(k.PlanKEKRotation(ctx))(t)
		if plan.Running || plan.From != 1 || plan.To != 2 || plan.Blocks < 12 || plan.Keys != 1 || plan.Total != plan.Blocks+plan.Keys {
			t.Fatalf("%+v", plan)
		}
		if s := must(k.Status(ctx))(t); s.KEK != 1 || s.Rotation != nil {
			t.Fatal("a dry run changed something")
		}
		w.clock.Advance(24 * time.Hour)
		var steps []int64
		done := must(k.RunKEKRotation(ctx, func(p keys.Plan) { steps = append(steps, p.Done) }))(t)
		if done.Running || done.To != 2 || len(steps) < 4 || steps[len(steps)-1] != done.Total {
			t.Fatalf("%+v, steps %v", done, steps)
		}
		s := must(k.Status(ctx))(t)
		if s.KEK != 2 || s.OldWrap != 0 || s.Rotation != nil || !s.Rotated.Equal(w.clock.Now()) || !s.Created.Equal(start) {
			t.Fatalf("%+v", s)
		}
		kept := append(append([]sealedItem{}, items[:5]...), items[6:]...)
		openAll(t, k, kept)
		r.Revoke(k.Tenant())
		openAll(t, k, kept)
		_, err := k.Open(nil, items[5].sealed, nil)
		wantCode(t, err, errs.Erased, "keys.erased")
		if rep := must(k.Verify(ctx))(t); !rep.Sound() || rep.Shredded != 1 {
			t.Fatalf("%+v", rep)
		}
		openAll(t, k, sealMany(t, k, 300))
	})
}

func TestARotationCutShortGoesOn(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		k := w.ring(w.rings())
		items := sealMany(t, k, 4000)
		for cut := 1; ; cut++ {
			ctx, cancel := context.WithCancel(ctx)
			n := 0
			_, err := k.RunKEKRotation(ctx, func(keys.Plan) {
				if n++; n == 2 {
					cancel()
				}
			})
			cancel()
			openAll(t, k, items[:50])
			if err == nil {
				if cut < 3 {
					t.Fatalf("it ended after %d cuts: nothing was cut short", cut)
				}
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if s := must(k.Status(context.Background()))(t); s.Rotation == nil || !s.Rotation.Running || s.Rotation.To != 2 {
				t.Fatalf("the rotation is not shown: %+v", s.Rotation)
			}
			// Another process goes on with it.
			k = must(w.rings().Open(context.Background(), k.Tenant()))(t)
		}
		if s := must(k.Status(ctx))(t); s.KEK != 2 || s.OldWrap != 0 {
			t.Fatalf("%+v", s)
		}
		openAll(t, k, items)
	})
}

func TestWorkGoesOnDuringARotation(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		k := w.ring(w.rings())
		other := must(w.rings().Open(ctx, k.Tenant()))(t) // another node
		items := sealMany(t, k, 2000)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for h, ring := range []*keys.Ring{k, other, k, other} {
			wg.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					ref, err := ring.NewSubject(ctx)
					if err != nil {
						t.Errorf("hand %d: %v", h, err)
						return
					}
					sealed, err := ring.Seal(nil, ref, []byte("x"), nil)
					if err == nil {
						_, err = ring.Open(nil, sealed, nil)
					}
					if err == nil {
						_, err = ring.Open(nil, items[i%len(items)].sealed, nil)
					}
					if err != nil {
						t.Errorf("hand %d: %v", h, err)
						return
					}
				}
			})
		}
		for range 3 {
			must(k.RunKEKRotation(ctx, nil))(t)
		}
		close(stop)
		wg.Wait()
		openAll(t, k, items)
		openAll(t, other, items)
		if rep := must(k.Verify(ctx))(t); !rep.Sound() {
			t.Fatalf("%+v", rep)
		}
	})
}

func TestTheOldKEKIsGoneAfterARotation(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		sealMany(t, k, 10)
		var oldBlock []byte
		read := func(tx db.Tx) error { return tx.Row(`SELECT keys FROM keyring_block WHERE block = 1`).Scan(&oldBlock) }
		if err := w.database(k.Tenant()).Read(ctx, read); err != nil {
			t.Fatal(err)
		}
		must(k.RunKEKRotation(ctx, nil))(t)
		w.exec(k.Tenant(), `UPDATE keyring_block SET keys = ?1 WHERE block = 1`, oldBlock)
		r.Revoke(k.Tenant())
		if rep := must(k.Verify(ctx))(t); len(rep.Damaged) != 16 || len(rep.Stray) != 16 {
			t.Fatalf("keys wrapped by the old KEK still open: %+v", rep)
		}
	})
}

func TestRotatingANamedKey(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		name := keys.Collection("people")
		ref := must(k.Named(ctx, name))(t)
		first := must(k.Seal(nil, ref, []byte("x"), nil))(t)
		if v := must(k.RotateNamed(ctx, name))(t); v != 2 {
			t.Fatalf("version %d", v)
		}
		second := must(k.Seal(nil, ref, []byte("x"), nil))(t)
		if h := must(keys.ParseHeader(second))(t); h.Version != 2 || h.Ref != ref {
			t.Fatalf("%+v", h)
		}
		must(k.Open(nil, first, nil))(t)
		wantCode(t, k.Retire(ctx, name, 2), errs.Conflict, "keys.not_old")
		w.clock.Advance(3 * r.ProbePeriod()) // PostgreSQL: other nodes must know by now
		if err := k.Retire(ctx, name, 1); err != nil {
			t.Fatal(err)
		}
		_, err := k.Open(nil, first, nil)
		wantCode(t, err, errs.Erased, "keys.erased")
		must(k.Open(nil, second, nil))(t)
		wantCode(t, k.Retire(ctx, name, 1), errs.Conflict, "keys.not_old")
		vs := must(k.Versions(ctx, name))(t)
		if len(vs) != 2 || vs[0].State != "retired" || vs[1].State != "active" || vs[0].Ended.IsZero() {
			t.Fatalf("%+v", vs)
		}
		must(k.RunKEKRotation(ctx, nil))(t)
		must(k.Open(nil, second, nil))(t)
		if rep := must(k.Verify(ctx))(t); !rep.Sound() || rep.Named != 1 {
			t.Fatalf("%+v", rep)
		}
		_, err = k.RotateNamed(ctx, "nobody")
		wantCode(t, err, errs.NotFound, "keys.no_name")
	})
}

// What was tagged must be found for ever: the key of the tags has one version.
func TestIndexKeyStays(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		k := w.ring(w.rings())
		one := must(k.Index(ctx))(t).Tag("c", "f", "v")
		_, err := k.RotateNamed(ctx, keys.NameIndex)
		wantCode(t, err, errs.Conflict, "keys.index_stays")
		must(k.RunKEKRotation(ctx, nil))(t)
		if must(k.Index(ctx))(t).Tag("c", "f", "v") != one {
			t.Fatal("other tags than before")
		}
	})
}

func TestRewrapMovesToAnotherService(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		items := sealMany(t, k, 5)
		if err := w.gate.KMS.(*kms.Local).Add("their own"); err != nil {
			t.Fatal(err)
		}
		if err := k.Rewrap(ctx, w.gate, "their own"); err != nil {
			t.Fatal(err)
		}
		if err := w.gate.KMS.(*kms.Local).Destroy("tenants"); err != nil {
			t.Fatal(err)
		}
		r.Revoke(k.Tenant())
		openAll(t, k, items)
		if s := must(k.Status(ctx))(t); s.Key != "their own" || s.ConfiguredKey != "tenants" {
			t.Fatalf("%+v", s)
		}
		wantCode(t, k.Rewrap(ctx, w.gate, "tenants"), errs.Sealed, "keys.kms.no_key")
		openAll(t, k, items)
	})
}

func TestObserveCanRefuse(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		k := w.ring(w.rings())
		must(k.Named(ctx, keys.NameLog))(t)
		w.refuse = errors.New("the log cannot be written")
		if _, err := k.RunKEKRotation(ctx, nil); !errors.Is(err, w.refuse) {
			t.Fatal(err)
		}
		if _, err := k.RotateNamed(ctx, keys.NameLog); !errors.Is(err, w.refuse) {
			t.Fatal(err)
		}
		if err := k.Rewrap(ctx, w.gate, "x"); !errors.Is(err, w.refuse) {
			t.Fatal(err)
		}
		if s := must(k.Status(ctx))(t); s.KEK != 1 || s.Rotation != nil || len(s.Named) != 1 {
			t.Fatalf("%+v", s)
		}
	})
}

// A process that dies within the last steps of a rotation, whichever the step, leaves
// it under way: its next run tells of the end, and scrubs.
func TestTheEndOfARotationIsToldAfterACrash(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		items := sealMany(t, k, 10)
		dead := errors.New("killed")
		w.stop = func(e keys.Event) error {
			if e.Act == keys.ActRotateDone {
				return dead
			}
			return nil
		}
		if _, err := k.RunKEKRotation(ctx, nil); !errors.Is(err, dead) {
			t.Fatal(err)
		}
		if s := must(k.Status(ctx))(t); s.Rotation == nil || !s.Rotation.Running || s.KEK != 2 || s.OldWrap != 0 {
			t.Fatalf("nothing is left to go on with: %+v", s)
		}
		w.stop, w.events = nil, nil
		k = must(w.rings().Open(ctx, k.Tenant()))(t) // another process
		if p := must(k.RunKEKRotation(ctx, nil))(t); p.Running || p.To != 2 {
			t.Fatalf("%+v", p)
		}
		told := 0
		for _, e := range w.events {
			if e.Act == keys.ActRotateDone && e.Version == 2 {
				told++
			}
			if e.Act == keys.ActRotateKEK {
				t.Error("another rotation was begun")
			}
		}
		if told != 1 {
			t.Errorf("the end is told %d times", told)
		}
		if s := must(k.Status(ctx))(t); s.Rotation != nil || s.KEK != 2 {
			t.Fatalf("%+v", s)
		}
		openAll(t, k, items)
	})
}

// The same of the keys of data: its end is not stored before it is told.
func TestTheEndOfADataRotationIsToldAfterACrash(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		k := w.ring(w.rings())
		plan := must(k.BeginRotation(ctx, keys.LevelSubjects, 0))(t)
		w.refuse = errors.New("killed")
		if err := k.EndRotation(ctx, &plan); !errors.Is(err, w.refuse) || !plan.Running {
			t.Fatal(err, plan)
		}
		if list := must(k.Rotations(ctx))(t); len(list) != 1 || !list[0].Running {
			t.Fatalf("nothing is left to go on with: %+v", list)
		}
		w.refuse = nil
		if err := k.EndRotation(ctx, &plan); err != nil || plan.Running {
			t.Fatal(err, plan)
		}
	})
}
