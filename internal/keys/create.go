package keys

import (
	"context"
	"crypto/rand"
	"fmt"

	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys/kms"
)

// Create makes the keyring of a tenant: a KEK, wrapped by the KMS, read back and
// stored. The database must exist and be empty of keys. Calling it again is
// harmless: a ring that exists is left as it is. It returns errs.Sealed with the
// reason when the KMS does not do its part, and nothing is stored then.
//
// The named keys that the tenant will surely use come with the ring, in the same
// commit; a name that is not given here is made at first use.
func (r *Rings) Create(ctx context.Context, tenant id.Tenant, names ...string) error {
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
	state, row, err := k.firstRow(ctx)
	if err != nil {
		return err
	}
	named, err := firstNamed(state, tenant, names)
	if err != nil {
		return err
	}
	err = k.write(ctx, func(tx db.Tx) error {
		if _, err := readRing(tx, tenant); err == nil || !errs.Is(err, errs.NotFound) {
			return err
		}
		if err := insertRing(tx, tenant, row); err != nil {
			return err
		}
		return insertFirst(tx, named)
	})
	if err == nil {
		k.shut.Store(nil)
	}
	return err
}

// firstRow makes a KEK and everything that is stored with it.
func (k *Ring) firstRow(ctx context.Context) (*kek, ringRow, error) {
	ctx, cancel := context.WithTimeout(ctx, k.rings.o.CallTimeout)
	defer cancel()
	service, key, err := k.rings.o.KMS(k.tenant)
	if err != nil {
		return nil, ringRow{}, err
	}
	// Asking first keeps a mistyped name from making a key: transit creates what
	// an encryption asks for, if the token may.
	about, err := service.Describe(ctx, key)
	if err != nil {
		return nil, ringRow{}, kms.Explain(err)
	}
	if !about.Enabled {
		return nil, ringRow{}, kms.Explain(&kms.Error{Reason: kms.Disabled, Service: service.Name(), Key: key})
	}
	state, err := newVersion(nil, 1)
	if err != nil {
		return nil, ringRow{}, err
	}
	row, err := k.rowOf(ctx, state, service, key)
	return state, row, err
}

// firstNamed makes the first version of each name, numbered in their order.
func firstNamed(state *kek, tenant id.Tenant, names []string) ([]namedRow, error) {
	rows := make([]namedRow, 0, len(names))
	secret := make([]byte, keyBytes)
	defer clear(secret)
	for i, name := range names {
		if _, err := rand.Read(secret); err != nil {
			return nil, err
		}
		row := namedRow{number: int64(i + 1), keyVersion: firstVersion, name: name, kind: storedSeal, version: int64(state.version), public: []byte{}}
		if name == NameIndex {
			row.kind = storedIndex
		}
		var err error
		if row.wrapped, err = state.wrap(tenant, kindOf(row.kind), namedRef(row.number), firstVersion, secret); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// insertFirst stores them in the transaction that made the ring, and counts them.
func insertFirst(tx db.Tx, rows []namedRow) error {
	for _, row := range rows {
		number, err := next(tx, "number")
		if err != nil {
			return err
		}
		if number != row.number {
			return fmt.Errorf("%w: number %d for a first key", db.ErrUsage, number)
		}
		if err := insertNamed(tx, row); err != nil {
			return err
		}
	}
	return nil
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
