package democloud

import (
	"context"
	"testing"

	"garant.example/internal/clock"
	"garant.example/internal/keys/kms"
	"garant.example/internal/server"
)

func start(t *testing.T, dir string) *Cloud {
	t.Helper()
	c, err := Start(Options{Dir: dir, Clock: clock.System(), Local: server.KMS{Key: "tenants"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What a key service wrapped opens after a restart of the cloud, under the same name
// of the key, and not while the service is made to refuse.
func TestKeysOutliveTheCloud(t *testing.T) {
	dir, ctx, bound := t.TempDir(), context.Background(), kms.Context{"tenant": "t_1"}
	first := start(t, dir)
	before := first.KMS()["aws-sydney"]
	wrapped, err := before.Service.Wrap(ctx, before.Key, []byte("a keyset"), bound)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := start(t, dir)
	defer second.Close()
	after := second.KMS()["aws-sydney"]
	if after.Key != before.Key {
		t.Errorf("the key is %s now, it was %s", after.Key, before.Key)
	}
	if plain, err := after.Service.Unwrap(ctx, after.Key, wrapped, bound); err != nil || string(plain) != "a keyset" {
		t.Errorf("%q %v", plain, err)
	}
	second.Deny("hole")
	if _, err := after.Service.Unwrap(ctx, after.Key, wrapped, bound); err == nil {
		t.Error("unwrapped though denied")
	}
	second.Clear("another")
	if _, err := after.Service.Unwrap(ctx, after.Key, wrapped, bound); err == nil {
		t.Error("unwrapped though somebody else was healed")
	}
	second.Clear("hole")
	if _, err := after.Service.Unwrap(ctx, after.Key, wrapped, bound); err != nil {
		t.Error(err)
	}
	for _, r := range second.Regions() {
		if _, ok := second.KMS()[r.KMS]; !ok {
			t.Errorf("%s has a key service that is not there: %s", r.Name, r.KMS)
		}
	}
}
