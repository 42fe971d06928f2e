package keys

import (
	"context"

	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys/kms"
)

// Lend gives fn the data key of a sealed text in clear, so that a second decoder
// can open it and a search can look for the key itself. It is read from the keyring
// past the cache, and overwritten when fn returns: fn must keep nothing of it. It
// returns errs.Forbidden for every tenant but those that Options.Lend names: the
// canaries, which hold nobody's data.
func (k *Ring) Lend(ctx context.Context, sealed []byte, fn func(secret []byte) error) error {
	if k.rings.o.Lend == nil || !k.rings.o.Lend(k.tenant) {
		return errs.New(errs.Forbidden, "keys.not_lent").Do("keys.not_lent.fix")
	}
	h, err := ParseHeader(sealed)
	if err != nil {
		return corrupt("keys.envelope", err)
	}
	state, err := k.alive(ctx)
	if err != nil {
		return err
	}
	var row wrappedKey
	err = k.read(ctx, func(tx db.Tx) (err error) {
		if h.Ref.Named() {
			row, err = readNamedKey(tx, h.Ref.number(), h.Version)
		} else {
			row, err = readSlot(tx, h.Ref)
		}
		return err
	})
	if err != nil {
		return err
	}
	if row.erased {
		return errs.New(errs.Erased, "keys.erased").With("ref", h.Ref.String())
	}
	if row.kind != kindSubject && row.kind != kindSeal {
		return corrupt("keys.envelope", ErrEnvelope)
	}
	secret, err := state.unwrap(k.tenant, row.kind, h.Ref, h.Version, row.wrapped)
	if err != nil {
		return corrupt("keys.key_damaged", err)
	}
	defer clear(secret)
	return fn(secret)
}

// Challenge is what a key management service answered to two questions about one
// tenant's keyset.
type Challenge struct {
	Service string // name of the KMS that wrapped the keyset
	Right   error  // asked as the platform asks; nil: it unwrapped
	Reason  kms.Reason
	Wrong   error // asked in another tenant's name, which must be refused
}

// Challenge asks the key management service of a tenant twice, past everything that
// is in memory: once rightly, once in the name of another tenant. What it unwraps
// is forgotten at once, and the ring stays as it is.
func (r *Rings) Challenge(ctx context.Context, tenant id.Tenant) (Challenge, error) {
	k, err := r.ring(tenant)
	if err != nil {
		return Challenge{}, err
	}
	var row ringRow
	if err := k.read(ctx, func(tx db.Tx) (err error) { row, err = readRing(tx, tenant); return err }); err != nil {
		return Challenge{}, err
	}
	service, err := k.service(row)
	if err != nil {
		return Challenge{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.o.CallTimeout)
	defer cancel()
	c := Challenge{Service: row.service}
	if _, c.Right = unsealKEK(ctx, service, row.serviceKey, tenant, row.keyset); c.Right != nil {
		c.Reason = kms.ReasonOf(c.Right)
	}
	_, c.Wrong = unsealKEK(ctx, service, row.serviceKey, id.NewTenant(), row.keyset)
	return c, nil
}
