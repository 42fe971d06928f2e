package keys_test

import (
	"bytes"
	"context"
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/keys"
)

// TestFirstKeys: the names that come with a ring are keys like those made at first
// use, and using them makes none.
func TestFirstKeys(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r, tenant := w.rings(), id.NewTenant()
		if err := w.driver.Create(ctx, w.place(tenant)); err != nil {
			t.Fatal(err)
		}
		first := []string{keys.NameLog, keys.NameConfig, keys.NameIndex}
		for range 2 { // the second finds the ring and leaves it
			if err := r.Create(ctx, tenant, first...); err != nil {
				t.Fatal(err)
			}
		}
		before := groups(t, w.database(tenant))
		k := must(r.Open(ctx, tenant))(t)
		seen := map[keys.Ref]bool{}
		for _, name := range first {
			versions := must(k.Versions(ctx, name))(t)
			if len(versions) != 1 || versions[0].State != "active" || versions[0].Version != 1 || seen[versions[0].Ref] {
				t.Fatalf("%s: %+v", name, versions)
			}
			seen[versions[0].Ref] = true
		}
		log, config := must(k.Sealer(ctx, keys.NameLog))(t), must(k.Sealer(ctx, keys.NameConfig))(t)
		sealed := must(log.Seal(nil, []byte("text"), []byte("ad")))(t)
		if plain := must(log.Open(nil, sealed, []byte("ad")))(t); !bytes.Equal(plain, []byte("text")) {
			t.Fatalf("opened %q", plain)
		}
		if _, err := config.Open(nil, sealed, []byte("ad")); err == nil {
			t.Fatal("one key opens what another sealed")
		}
		must(k.Index(ctx))(t)
		if after := groups(t, w.database(tenant)); after != before {
			t.Fatalf("%d commits for keys that were there", after-before)
		}
		made := must(k.Named(ctx, "collection/people"))(t)
		if seen[made] || must(k.Verify(ctx))(t).Damaged != nil {
			t.Fatalf("the next key is %v", made)
		}
	})
}

func groups(t *testing.T, d db.DB) uint64 {
	t.Helper()
	return d.(db.Counter).Stats().Groups
}
