package keys_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"testing"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/keys/kms"
)

// Only those that were named lend their keys, and what is lent opens the text by
// other hands.
func TestLend(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		var canary id.Tenant
		r := w.rings(func(o *keys.Options) { o.Lend = func(of id.Tenant) bool { return of == canary } })
		ring, other := w.ring(r), w.ring(r)
		canary = ring.Tenant()
		for _, of := range []*keys.Ring{ring, other} {
			person := must(of.NewSubject(ctx))(t)
			named := must(of.Named(ctx, keys.Collection("sites")))(t)
			for _, ref := range []keys.Ref{person, named} {
				sealed := must(of.Seal(nil, ref, []byte("words"), []byte("ad")))(t)
				var kept []byte
				err := of.Lend(ctx, sealed, func(secret []byte) error {
					kept = secret
					return opens(secret, sealed, of.Tenant(), "words")
				})
				if of == other {
					wantCode(t, err, errs.Forbidden, "keys.not_lent")
					continue
				}
				if err != nil {
					t.Fatalf("%s: %v", ref, err)
				}
				if !bytes.Equal(kept, make([]byte, 32)) {
					t.Errorf("%s: the key was not overwritten", ref)
				}
			}
		}
		wantCode(t, ring.Lend(ctx, []byte("no envelope"), func([]byte) error { return nil }), errs.Corrupt, "keys.envelope")
	})
}

// opens opens a sealed text by the standard library alone.
func opens(secret, sealed []byte, of id.Tenant, want string) error {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	ad := append(append(bytes.Clone(sealed[:12]), of.Raw[:]...), "ad"...)
	plain, err := gcm.Open(nil, sealed[12:24], sealed[24:], ad)
	if err == nil && string(plain) != want {
		err = errors.New("other words")
	}
	return err
}

// The service is asked past what is in memory, and the ring stays as it is.
func TestChallenge(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		ring := w.ring(r)
		c := must(r.Challenge(ctx, ring.Tenant()))(t)
		if c.Right != nil || c.Wrong == nil || c.Service != "local" {
			t.Errorf("%+v", c)
		}
		w.gate.refuse(kms.Denied)
		c = must(r.Challenge(ctx, ring.Tenant()))(t)
		if c.Right == nil || c.Wrong == nil || !c.Reason.Closed() {
			t.Errorf("denied: %+v", c)
		}
		if s := must(ring.Status(ctx))(t); !s.Open || s.Refused != nil {
			t.Errorf("the ring was touched: %+v", s)
		}
	})
}
