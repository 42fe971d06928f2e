package keys

import (
	"context"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"

	"garant.example/internal/db"
	"garant.example/internal/id"
)

// OpensWith says whether a raw key opens a ciphertext that was sealed without
// associated data of the caller.
func OpensWith(key []byte, tenant id.Tenant, sealed []byte) bool {
	primitive, err := subtle.NewAESGCM(key)
	if err != nil {
		return false
	}
	_, err = primitive.Decrypt(sealed[headerSize:], append(sealed[:headerSize:headerSize], tenant.Raw[:]...))
	return err == nil
}

// RawKey opens the wrapped key of a subject.
func RawKey(t testing.TB, k *Ring, ref Ref) []byte {
	t.Helper()
	state, err := k.alive(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var w wrappedKey
	if err := k.read(context.Background(), func(tx db.Tx) (err error) { w, err = readSlot(tx, ref); return err }); err != nil {
		t.Fatal(err)
	}
	secret, err := state.unwrap(k.tenant, w.kind, ref, subjectMaxVer, w.wrapped)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// Wait waits for work in the background.
func (r *Rings) Wait() { r.work.Wait() }

// Cached counts opened keys.
func (r *Rings) Cached() int { return r.cache.count() }

// SetUses makes a key in memory believe that it sealed n texts.
func SetUses(t testing.TB, k *Ring, ref Ref, version uint16, n uint64) {
	t.Helper()
	m := k.rings.cache.get(cacheKey{k, ref, version})
	if m == nil {
		t.Fatal("the key is not in memory")
	}
	m.uses.Store(n)
}

// UseStep and MostUse are the bounds of nonces.
const (
	UseStep = useStep
	MostUse = mostUse
)
