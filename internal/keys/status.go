package keys

import (
	"context"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/keys/kms"
)

// Status is what may be shown of a keyring. It holds no secret.
type Status struct {
	Tenant id.Tenant

	Service           string // the KMS that wrapped the keyset
	Key               string // with which of its keys
	ConfiguredService string // what the resolver names now; Rewrap brings them together
	ConfiguredKey     string

	KEK     int // version that wraps
	Created time.Time
	Rotated time.Time // when the present KEK version was made
	Wrapped time.Time // when the KMS last wrapped the keyset

	Named  []NamedVersion
	Blocks int64
	Keys   int64 // subjects' keys that exist
	// Reserved counts those that somebody may own; the others wait in blocks.
	Reserved int64
	Shredded int64
	// OldWrap counts blocks and named keys not yet wrapped by KEK.
	OldWrap int64

	Rotation  *Plan      // a rotation of the KEK that was begun and not ended
	Rotations []Rotation // of data keys: of each level the one under way and the last that ended

	Open        bool      // the KEK is in memory
	Confirmed   time.Time // when the KMS last opened it; zero while closed
	Silent      bool      // the last question to the KMS had no answer
	ClosedAfter time.Time // if it stays silent: when the ring closes
	OutageGrace time.Duration
	ProbePeriod time.Duration
	Refused     error // why the last opening failed; nil while open
}

// Status reads the state of the keyring. It asks neither the KMS nor for the ring
// to be open, so that a closed ring can be explained.
func (r *Rings) Status(ctx context.Context, tenant id.Tenant) (Status, error) {
	k, err := r.ring(tenant)
	if err != nil {
		return Status{}, err
	}
	return k.Status(ctx)
}

// Status is Rings.Status for this ring.
func (k *Ring) Status(ctx context.Context) (Status, error) {
	s := Status{Tenant: k.tenant, OutageGrace: k.rings.o.OutageGrace, ProbePeriod: k.rings.o.ProbePeriod}
	err := k.read(ctx, func(tx db.Tx) error {
		row, err := readRing(tx, k.tenant)
		if err != nil {
			return err
		}
		s.Service, s.Key, s.KEK = row.service, row.serviceKey, int(row.version)
		s.Created, s.Rotated, s.Wrapped = clock.FromMicros(row.createdAt), clock.FromMicros(row.rotatedAt), clock.FromMicros(row.wrappedAt)
		return s.count(tx, row.version)
	})
	if err != nil {
		return s, err
	}
	if s.Named, err = k.versions(ctx, ""); err != nil {
		return s, err
	}
	if s.Rotations, err = k.Rotations(ctx); err != nil {
		return s, err
	}
	p, err := k.PlanKEKRotation(ctx)
	if err != nil {
		return s, err
	}
	if p.Running {
		s.Rotation = &p
	}
	if service, key, err := k.rings.o.KMS(k.tenant); err == nil {
		s.ConfiguredService, s.ConfiguredKey = service.Name(), key
	}
	k.memory(&s)
	return s, nil
}

func (s *Status) count(tx db.Tx, version int64) error {
	err := tx.Row(`SELECT count(*), CAST(coalesce(sum(size - shredded), 0) AS BIGINT), CAST(coalesce(sum(handed), 0) AS BIGINT)
		FROM keyring_block`).Scan(&s.Blocks, &s.Keys, &s.Reserved)
	if err != nil {
		return err
	}
	if err := tx.Row(`SELECT count(*) FROM keyring_shred`).Scan(&s.Shredded); err != nil {
		return err
	}
	s.Reserved = max(0, s.Reserved-s.Shredded)
	return tx.Row(`SELECT (SELECT count(*) FROM keyring_block WHERE version < ?1) +
		(SELECT count(*) FROM keyring_named WHERE version < ?1 AND state <> 'retired')`, version).Scan(&s.OldWrap)
}

// memory adds what only this process knows.
func (k *Ring) memory(s *Status) {
	if no := k.shut.Load(); no != nil {
		s.Refused = no.err
	}
	state := k.state.Load()
	if state == nil {
		return
	}
	s.Open = true
	s.Confirmed = clock.FromMicros(state.confirmed.Load())
	s.Silent = state.tried.Load() > state.confirmed.Load()
	if s.Silent {
		s.ClosedAfter = s.Confirmed.Add(k.rings.o.OutageGrace)
	}
}

// DescribeKMS asks the service what it knows of the key that wraps this ring.
func (k *Ring) DescribeKMS(ctx context.Context) (kms.State, error) {
	var row ringRow
	if err := k.read(ctx, func(tx db.Tx) (err error) { row, err = readRing(tx, k.tenant); return err }); err != nil {
		return kms.State{}, err
	}
	service, err := k.service(row)
	if err != nil {
		return kms.State{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, k.rings.o.CallTimeout)
	defer cancel()
	about, err := service.Describe(ctx, row.serviceKey)
	if err != nil {
		return about, kms.Explain(err)
	}
	return about, nil
}
