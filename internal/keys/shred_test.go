package keys_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/keys"
)

func TestShredMakesUnreadableForEver(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		var refs []keys.Ref
		var sealed [][]byte
		for range 40 {
			ref := must(k.NewSubject(ctx))(t)
			refs = append(refs, ref)
			sealed = append(sealed, must(k.Seal(nil, ref, []byte("x"), nil))(t))
		}
		gone := []keys.Ref{refs[3], refs[30], refs[3]}
		if err := k.Shred(ctx, gone...); err != nil {
			t.Fatal(err)
		}
		check := func(k *keys.Ring) {
			t.Helper()
			for i := range refs {
				_, err := k.Open(nil, sealed[i], nil)
				if i == 3 || i == 30 {
					wantCode(t, err, errs.Erased, "keys.erased")
					_, err = k.Seal(nil, refs[i], []byte("y"), nil)
					wantCode(t, err, errs.Erased, "keys.erased")
				} else if err != nil {
					t.Fatal(err)
				}
			}
		}
		check(k)
		r.Revoke(k.Tenant())
		check(k)
		check(must(w.rings().Open(ctx, k.Tenant()))(t))
		if err := k.Shred(ctx, gone...); err != nil {
			t.Fatalf("again: %v", err)
		}
		if at := must(k.Shredded(ctx, refs[3]))(t); at.IsZero() {
			t.Fatal("nobody knows when")
		}
		if at := must(k.Shredded(ctx, refs[4]))(t); !at.IsZero() {
			t.Fatal("it was not shredded")
		}
		rep := must(k.Verify(ctx))(t)
		if !rep.Sound() || rep.Shredded != 2 {
			t.Fatalf("%+v", rep)
		}
		if s := must(k.Status(ctx))(t); s.Shredded != 2 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestShredRefusesWhatItCannotDo(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		k := w.ring(w.rings())
		ref := must(k.NewSubject(ctx))(t)
		sealed := must(k.Seal(nil, ref, []byte("x"), nil))(t)
		named := must(k.Named(ctx, keys.NameLog))(t)
		wantCode(t, k.Shred(ctx, ref, named), errs.Invalid, "keys.not_a_subject")
		wantCode(t, k.Shred(ctx, ref, 0), errs.Invalid, "keys.not_a_subject")
		wantCode(t, k.Shred(ctx, ref, ref+200), errs.Corrupt, "keys.no_key")
		w.refuse = errors.New("the log cannot be written")
		if err := k.Shred(ctx, ref); !errors.Is(err, w.refuse) {
			t.Fatal(err)
		}
		must(k.Open(nil, sealed, nil))(t)
	})
}

// TestWrappedBytesLeaveTheFiles looks for the wrapped key in every raw byte.
func TestWrappedBytesLeaveTheFiles(t *testing.T) {
	w := newWorld(t, sqliteEngine())
	ctx := context.Background()
	k := w.ring(w.rings())
	ref := must(k.NewSubject(ctx))(t)
	var wrapped []byte
	err := w.database(k.Tenant()).Read(ctx, func(tx db.Tx) error {
		return tx.Row(`SELECT substr(keys, ?1, 65) FROM keyring_block WHERE block = 1`, int64(ref&255)*65+1).Scan(&wrapped)
	})
	if err != nil {
		t.Fatal(err)
	}
	holds := func() int {
		n := 0
		for _, path := range w.database(k.Tenant()).Files() {
			data, err := os.ReadFile(path)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			// The tag and end of the ciphertext: enough to know it by.
			n += bytes.Count(data, wrapped[17:])
		}
		return n
	}
	if holds() == 0 {
		t.Fatal("the wrapped key is not where it should be: the scan proves nothing")
	}
	if err := k.Shred(ctx, ref); err != nil {
		t.Fatal(err)
	}
	if n := holds(); n != 0 {
		t.Fatalf("%d copies are left in the files", n)
	}
}

// TestShredRacesWithReaders: whatever the order, once Shred has returned nothing
// opens.
func TestShredRacesWithReaders(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		k := w.ring(w.rings(func(o *keys.Options) { o.CacheKeys = 16 }))
		for range 30 {
			ref := must(k.NewSubject(ctx))(t)
			sealed := must(k.Seal(nil, ref, []byte("x"), nil))(t)
			stop := make(chan struct{})
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							_, _ = k.Open(nil, sealed, nil)
							_, _ = k.NewSubject(ctx) // pushes the key out of the cache
						}
					}
				})
			}
			if err := k.Shred(ctx, ref); err != nil {
				t.Fatal(err)
			}
			for range 20 {
				_, err := k.Open(nil, sealed, nil)
				wantCode(t, err, errs.Erased, "keys.erased")
			}
			close(stop)
			wg.Wait()
		}
	})
}

func TestAnotherNodeForgetsWithinTheProbePeriod(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		one := w.ring(w.rings())
		ref := must(one.NewSubject(ctx))(t)
		sealed := must(one.Seal(nil, ref, []byte("x"), nil))(t)
		r := w.rings()
		two := must(r.Open(ctx, one.Tenant()))(t)
		must(two.Open(nil, sealed, nil))(t)
		if err := one.Shred(ctx, ref); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(r.ProbePeriod() + time.Second)
		_, err := two.Open(nil, sealed, nil)
		wantCode(t, err, errs.Erased, "keys.erased")
	})
}

func TestTamperingIsFound(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		a, b, c := must(k.NewSubject(ctx))(t), must(k.NewSubject(ctx))(t), must(k.NewSubject(ctx))(t)
		must(k.Named(ctx, keys.NameLog))(t)
		sealed := must(k.Seal(nil, a, []byte("x"), nil))(t)
		var original []byte
		read := func(tx db.Tx) error { return tx.Row(`SELECT keys FROM keyring_block WHERE block = 1`).Scan(&original) }
		if err := w.database(k.Tenant()).Read(ctx, read); err != nil {
			t.Fatal(err)
		}
		put := func(blob []byte) {
			w.exec(k.Tenant(), `UPDATE keyring_block SET keys = ?1 WHERE block = 1`, blob)
			r.Revoke(k.Tenant())
		}
		slot := func(blob []byte, ref keys.Ref) []byte { return blob[int(ref&255)*65:][:65] }

		flipped := bytes.Clone(original)
		slot(flipped, a)[40] ^= 1
		put(flipped)
		if rep := must(k.Verify(ctx))(t); len(rep.Damaged) != 1 || rep.Damaged[0] != a {
			t.Fatalf("flipped byte: %+v", rep)
		}
		_, err := k.Open(nil, sealed, nil)
		wantCode(t, err, errs.Corrupt, "keys.key_damaged")

		zeroed := bytes.Clone(original)
		clear(slot(zeroed, a))
		put(zeroed)
		_, err = k.Open(nil, sealed, nil)
		wantCode(t, err, errs.Corrupt, "keys.key_damaged") // and not erased: nobody shredded it

		swapped := bytes.Clone(original)
		copy(slot(swapped, a), slot(original, b))
		copy(slot(swapped, b), slot(original, a))
		put(swapped)
		if rep := must(k.Verify(ctx))(t); len(rep.Damaged) != 2 {
			t.Fatalf("swapped keys: %+v", rep)
		}

		put(original)
		if err := k.Shred(ctx, c); err != nil {
			t.Fatal(err)
		}
		put(original)
		if rep := must(k.Verify(ctx))(t); len(rep.Revived) != 1 || rep.Revived[0] != c {
			t.Fatalf("a key came back: %+v", rep)
		}
		w.exec(k.Tenant(), `UPDATE keyring_named SET wrapped = ?1`, slot(original, a))
		if rep := must(k.Verify(ctx))(t); len(rep.Damaged) != 1 || !rep.Damaged[0].Named() {
			t.Fatalf("a named key was replaced: %+v", rep)
		}
	})
}

func TestSweepDestroysOnlyWhatNobodyUses(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings() // will "crash": never closed before the sweep
		k := w.ring(r)
		used := map[keys.Ref]bool{}
		var sealed [][]byte
		for i := range 12 {
			ref := must(k.NewSubject(ctx))(t)
			if i%2 == 0 {
				used[ref] = true
				sealed = append(sealed, must(k.Seal(nil, ref, []byte("x"), nil))(t))
			}
		}
		r.Wait() // for the block made ahead
		ask := func(_ context.Context, first, last keys.Ref) (map[keys.Ref]bool, error) {
			if first&255 != 0 || last < first {
				t.Errorf("asked for %s to %s", first, last)
			}
			return used, nil
		}
		fresh := must(w.rings().Open(ctx, k.Tenant()))(t)
		if n := must(fresh.Sweep(ctx, ask))(t); n != 0 {
			t.Fatalf("%d keys swept out of the hand of a process", n)
		}
		w.clock.Advance(48 * time.Hour)
		if n := must(fresh.Sweep(ctx, ask))(t); n < 6 {
			t.Fatalf("%d keys swept", n)
		}
		for _, s := range sealed {
			must(fresh.Open(nil, s, nil))(t)
		}
		if n := must(fresh.Sweep(ctx, ask))(t); n != 0 {
			t.Fatalf("%d more keys swept", n)
		}
	})
}
