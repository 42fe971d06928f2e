package keys

import (
	"context"

	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys/kms"
)

// Create makes the keyring of a tenant: a KEK, wrapped by the KMS, read back and
// stored. The database must exist and be empty of keys. Calling it again is
// harmless: a ring that exists is left as it is. It returns errs.Sealed with the
// reason when the KMS does not do its part, and nothing is stored then.
func (r *Rings) Create(ctx context.Context, tenant id.Tenant) error {
	if tenant.IsZero() {
		return errs.New(errs.Internal, "keys.no_tenant")
	}
	k, err := r.ring(tenant)
	if err != nil {
		return err
	}
	err = k.read(ctx, func(tx db.Tx) error { _, err := readRing(tx, tenant); return err })
	if err == nil || !errs.Is(err, errs.NotFound) {
		return err
	}
	row, err := k.firstRow(ctx)
	if err != nil {
		return err
	}
	err = k.write(ctx, func(tx db.Tx) error {
		if _, err := readRing(tx, tenant); err == nil || !errs.Is(err, errs.NotFound) {
			return err
		}
		return insertRing(tx, tenant, row)
	})
	if err == nil {
		k.shut.Store(nil)
	}
	return err
}

// firstRow makes a KEK and everything that is stored with it.
func (k *Ring) firstRow(ctx context.Context) (ringRow, error) {
	ctx, cancel := context.WithTimeout(ctx, k.rings.o.CallTimeout)
	defer cancel()
	service, key, err := k.rings.o.KMS(k.tenant)
	if err != nil {
		return ringRow{}, err
	}
	// Asking first keeps a mistyped name from making a key: transit creates what
	// an encryption asks for, if the token may.
	about, err := service.Describe(ctx, key)
	if err != nil {
		return ringRow{}, kms.Explain(err)
	}
	if !about.Enabled {
		return ringRow{}, kms.Explain(&kms.Error{Reason: kms.Disabled, Service: service.Name(), Key: key})
	}
	state, err := newVersion(nil, 1)
	if err != nil {
		return ringRow{}, err
	}
	return k.rowOf(ctx, state, service, key)
}

// rowOf wraps a KEK and returns the columns that depend on it.
func (k *Ring) rowOf(ctx context.Context, state *kek, service KMS, key string) (ringRow, error) {
	stored, err := state.seal(ctx, service, key, k.tenant)
	if err != nil {
		return ringRow{}, err
	}
	probe, err := state.wrap(k.tenant, kindProbe, 0, 0, []byte(probeText))
	if err != nil {
		return ringRow{}, err
	}
	return ringRow{service: service.Name(), serviceKey: key, keyset: stored, probe: probe, version: int64(state.version)}, nil
}
