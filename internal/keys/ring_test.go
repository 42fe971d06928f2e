package keys_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/keys/kms"
)

func TestSealAndOpen(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		k := w.ring(w.rings())
		ref := must(k.NewSubject(ctx))(t)
		plain, ad := []byte("Éloïse Dupont"), []byte("t·c·r·1")
		sealed := must(k.Seal([]byte("before"), ref, plain, ad))(t)
		if !bytes.HasPrefix(sealed, []byte("before")) || len(sealed) != 6+len(plain)+keys.Overhead {
			t.Fatalf("sealed is %d bytes", len(sealed))
		}
		sealed = sealed[6:]
		h := must(keys.ParseHeader(sealed))(t)
		if h.Ref != ref || h.Version != 1 || h.Algorithm.String() != "AES-256-GCM" || h.Algorithm.KeyBits() != 256 {
			t.Fatalf("header %+v", h)
		}
		got := must(k.Open([]byte("x"), sealed, ad))(t)
		if string(got) != "x"+string(plain) {
			t.Fatalf("opened %q", got)
		}
		for i := range sealed {
			bad := bytes.Clone(sealed)
			bad[i] ^= 1
			if out, err := k.Open(nil, bad, ad); err == nil {
				t.Fatalf("byte %d flipped opens %q", i, out)
			}
		}
		_, err := k.Open(nil, sealed, []byte("t·c·r·2"))
		wantCode(t, err, errs.Corrupt, "keys.tampered")
		_, err = k.Open(nil, sealed[:keys.Overhead-1], ad)
		wantCode(t, err, errs.Corrupt, "keys.envelope")
	})
}

func TestEqualTextsNeverGiveEqualCiphertexts(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		k := w.ring(w.rings())
		ref := must(k.Named(ctx, keys.NameLog))(t)
		seen := map[string]bool{}
		for range 2000 {
			s := string(must(k.Seal(nil, ref, []byte("the same"), nil))(t))
			if seen[s] {
				t.Fatal("two equal ciphertexts")
			}
			seen[s] = true
		}
		one, two := must(k.NewSubject(ctx))(t), must(k.NewSubject(ctx))(t)
		if one == two {
			t.Fatal("one key for two subjects")
		}
	})
}

func TestAnotherTenantsKeyOpensNothing(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		a, b := w.ring(r), w.ring(r)
		refA, refB := must(a.NewSubject(ctx))(t), must(b.NewSubject(ctx))(t)
		if refA != refB {
			t.Fatalf("the test wants equal references, got %s and %s", refA, refB)
		}
		sealed := must(a.Seal(nil, refA, []byte("secret"), nil))(t)
		_, err := b.Open(nil, sealed, nil)
		wantCode(t, err, errs.Corrupt, "keys.tampered")

		// The keyring of a, put in the place of b's: the KMS refuses the context.
		var keyset []byte
		read := func(tx db.Tx) error { return tx.Row(`SELECT keyset FROM keyring`).Scan(&keyset) }
		if err := w.database(a.Tenant()).Read(ctx, read); err != nil {
			t.Fatal(err)
		}
		w.exec(b.Tenant(), `UPDATE keyring SET keyset = ?1`, keyset)
		r.Revoke(b.Tenant())
		_, err = r.Open(ctx, b.Tenant())
		wantCode(t, err, errs.Sealed, "keys.kms.wrong_key")
		w.exec(b.Tenant(), `UPDATE keyring SET tenant = ?1`, a.Tenant().Bytes())
		r.Revoke(b.Tenant())
		_, err = r.Open(ctx, b.Tenant())
		wantCode(t, err, errs.Corrupt, "keys.other_tenant")
	})
}

func TestAKEKThatDoesNotFitIsSaidClearly(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		// A keyset of the same tenant that wraps other keys: a mixed-up restore.
		other := newWorld(t, engines()[0])
		other.gate = w.gate
		or := other.rings()
		if err := other.driver.Create(ctx, other.place(k.Tenant())); err != nil {
			t.Fatal(err)
		}
		if err := or.Create(ctx, k.Tenant()); err != nil {
			t.Fatal(err)
		}
		var keyset []byte
		err := other.database(k.Tenant()).Read(ctx, func(tx db.Tx) error { return tx.Row(`SELECT keyset FROM keyring`).Scan(&keyset) })
		if err != nil {
			t.Fatal(err)
		}
		w.exec(k.Tenant(), `UPDATE keyring SET keyset = ?1`, keyset)
		r.Revoke(k.Tenant())
		_, err = r.Open(ctx, k.Tenant())
		wantCode(t, err, errs.Sealed, "keys.wrong_kek")
	})
}

func TestKeysSurviveARestart(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		type item struct {
			ref    keys.Ref
			sealed []byte
		}
		var items []item
		for range 700 { // blocks of 16, 64, 256, 256 and a part of the next
			ref := must(k.NewSubject(ctx))(t)
			items = append(items, item{ref, must(k.Seal(nil, ref, []byte(ref.String()), nil))(t)})
		}
		log := must(k.Sealer(ctx, keys.NameLog))(t)
		entry := must(log.Seal(nil, []byte("entry"), nil))(t)
		signer, public, err := k.Signer(ctx, "log-signer")
		if err != nil {
			t.Fatal(err)
		}
		tag := must(k.Index(ctx))(t).Tag("c", "f", "v")
		if err := r.Close(ctx); err != nil {
			t.Fatal(err)
		}

		r = w.rings(func(o *keys.Options) { o.CacheKeys = 64 })
		k = must(r.Open(ctx, k.Tenant()))(t)
		seen := map[keys.Ref]bool{}
		for _, it := range items {
			if seen[it.ref] {
				t.Fatalf("%s was handed out twice", it.ref)
			}
			seen[it.ref] = true
			if got := must(k.Open(nil, it.sealed, nil))(t); string(got) != it.ref.String() {
				t.Fatalf("%s opened as %q", it.ref, got)
			}
		}
		before := must(k.Status(ctx))(t)
		for range 80 { // of the 148 that are left; the last quarter would have the next block made
			ref := must(k.NewSubject(ctx))(t)
			if seen[ref] {
				t.Fatalf("%s was handed out again after the restart", ref)
			}
			seen[ref] = true
		}
		if after := must(k.Status(ctx))(t); after.Blocks != before.Blocks {
			t.Errorf("a clean restart goes on with the rest of its blocks: %d blocks, then %d", before.Blocks, after.Blocks)
		}
		log = must(k.Sealer(ctx, keys.NameLog))(t)
		if got := must(log.Open(nil, entry, nil))(t); string(got) != "entry" {
			t.Fatalf("log entry opened as %q", got)
		}
		_, again, err := k.Signer(ctx, "log-signer")
		if err != nil || !public.Equal(again) {
			t.Fatalf("another signer: %v", err)
		}
		_ = signer
		if must(k.Index(ctx))(t).Tag("c", "f", "v") != tag {
			t.Fatal("another index key")
		}
	})
}

func TestACrashNeverHandsAKeyOutTwice(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		k := w.ring(w.rings())
		seen := map[keys.Ref]bool{}
		for range 5 {
			for range 10 {
				ref := must(k.NewSubject(ctx))(t)
				if seen[ref] {
					t.Fatalf("%s twice", ref)
				}
				seen[ref] = true
			}
			// A process that dies says nothing; the next one opens the same keyring.
			k = must(w.rings().Open(ctx, k.Tenant()))(t)
		}
	})
}

func TestManyHandsGetManyKeys(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		k := w.ring(w.rings())
		const hands, each = 16, 200
		refs := make([][]keys.Ref, hands)
		var wg sync.WaitGroup
		for h := range hands {
			wg.Go(func() {
				for range each {
					ref, err := k.NewSubject(ctx)
					if err != nil {
						t.Error(err)
						return
					}
					sealed, err := k.Seal(nil, ref, []byte("x"), nil)
					if err != nil {
						t.Error(err)
						return
					}
					if _, err := k.Open(nil, sealed, nil); err != nil {
						t.Error(err)
						return
					}
					refs[h] = append(refs[h], ref)
				}
			})
		}
		wg.Wait()
		seen := map[keys.Ref]bool{}
		for _, list := range refs {
			for _, ref := range list {
				seen[ref] = true
			}
		}
		if len(seen) != hands*each {
			t.Fatalf("%d keys for %d subjects", len(seen), hands*each)
		}
		if r := must(k.Verify(ctx))(t); !r.Sound() || r.Keys < hands*each || r.KeyBits != 256 {
			t.Fatalf("%+v", r)
		}
	})
}

func TestSignerSignsAndIsForgotten(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		s, public, err := k.Signer(ctx, "operator-log")
		if err != nil {
			t.Fatal(err)
		}
		sig := must(s.Sign(nil, []byte("checkpoint"), nil))(t)
		if !ed25519.Verify(public, []byte("checkpoint"), sig) {
			t.Fatal("the signature does not verify")
		}
		_, err = k.Named(ctx, "operator-log")
		wantCode(t, err, errs.Conflict, "keys.other_kind")
		w.gate.refuse("denied")
		r.Revoke(k.Tenant())
		_, err = s.Sign(nil, []byte("checkpoint"), nil)
		wantCode(t, err, errs.Sealed, "keys.kms.denied")
	})
}

func TestTwoProcessesShareOneNamedKey(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		one := w.ring(w.rings())
		two := must(w.rings().Open(ctx, one.Tenant()))(t)
		var wg sync.WaitGroup
		refs := make([]keys.Ref, 8)
		for i := range refs {
			wg.Go(func() {
				k := one
				if i%2 == 1 {
					k = two
				}
				ref, err := k.Named(ctx, "collection/people")
				if err != nil {
					t.Error(err)
				}
				refs[i] = ref
			})
		}
		wg.Wait()
		for _, ref := range refs {
			if ref != refs[0] {
				t.Fatalf("two keys of one name: %v", refs)
			}
		}
		if v := must(one.Versions(ctx, "collection/people"))(t); len(v) != 1 {
			t.Fatalf("%d versions", len(v))
		}
		// A key that only the other process has heard of seals here all the same.
		ref := must(one.Named(ctx, "collection/files"))(t)
		must(two.Seal(nil, ref, []byte("x"), nil))(t)
	})
}

func TestNoRingNoTenant(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		_, err := r.Open(ctx, id.NewTenant())
		wantCode(t, err, errs.NotFound, "keys.no_ring")
		_, err = r.Open(ctx, id.Tenant{})
		wantCode(t, err, errs.Internal, "keys.no_tenant")
		k := w.ring(r)
		if err := r.Create(ctx, k.Tenant()); err != nil {
			t.Fatalf("creating twice: %v", err)
		}
		_, err = k.Seal(nil, 0, nil, nil)
		wantCode(t, err, errs.Internal, "keys.no_key")
		_, err = k.Seal(nil, 99<<8, nil, nil)
		wantCode(t, err, errs.Corrupt, "keys.no_key")
	})
}

// TestNoRawKeyOnDisk plants keys by making them known through what they seal: it
// takes every 32 bytes of every file as a key and tries to open a ciphertext.
func TestNoRawKeyOnDisk(t *testing.T) {
	w := newWorld(t, sqliteEngine())
	ctx := context.Background()
	k := w.ring(w.rings())
	ref := must(k.NewSubject(ctx))(t)
	named := must(k.Named(ctx, keys.NameConfig))(t)
	sealed := [][]byte{must(k.Seal(nil, ref, []byte("x"), nil))(t), must(k.Seal(nil, named, []byte("x"), nil))(t)}
	files := append(w.database(k.Tenant()).Files(), keyFiles(t, w)...)
	tried := 0
	for _, path := range files {
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at+32 <= len(data); at++ {
			tried++
			for _, s := range sealed {
				if keys.OpensWith(data[at:at+32], k.Tenant(), s) {
					t.Fatalf("%s holds a raw key at %d", path, at)
				}
			}
		}
	}
	if tried < 10_000 {
		t.Fatalf("only %d places were tried", tried)
	}
	// The method finds a key that is there.
	if !keys.OpensWith(keys.RawKey(t, k, ref), k.Tenant(), sealed[0]) {
		t.Fatal("the true key does not open: the scan proves nothing")
	}
	t.Logf("%d places in %d files", tried, len(files))
}

func keyFiles(t *testing.T, w *world) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(filepath.Dir(w.gate.KMS.(*kms.Local).Path()), "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestQuietRingsAreClosedAndComeBack(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings(func(o *keys.Options) { o.OpenRings = 3 })
		type held struct {
			k      *keys.Ring
			sealed []byte
		}
		var all []held
		for range 10 {
			k := w.ring(r)
			ref := must(k.NewSubject(ctx))(t)
			all = append(all, held{k, must(k.Seal(nil, ref, []byte("x"), nil))(t)})
		}
		r.Wait()
		if n := len(r.OpenTenants()); n > 3 {
			t.Fatalf("%d rings are open", n)
		}
		for _, h := range all {
			if got := must(h.k.Open(nil, h.sealed, nil))(t); string(got) != "x" {
				t.Fatalf("opened %q", got)
			}
		}
		w.clock.Advance(time.Second)
	})
}
