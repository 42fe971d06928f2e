package sealinspector

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// objects looks at every stored object of the profile's tenants.
func (r *run) objects(ctx context.Context) error {
	turn, err := r.turn(ctx)
	if err != nil {
		return err
	}
	met := 0
	for _, t := range r.control.Tenants {
		ring, err := r.house.Rings.Open(ctx, t.ID)
		if err != nil {
			r.finding.Miss("seal_inspector.reason.closed", err)
			r.finding.Skipped()
			continue
		}
		for _, p := range t.Placements {
			for s, err := range r.house.Vault.Stored(ctx, t, p.Name) {
				if err != nil {
					return err
				}
				r.finding.Saw()
				met++
				r.object(ctx, t, ring, &s, turn)
			}
		}
	}
	if r.decoded == 0 && r.finding.Outcome == assurance.OutcomeKept {
		r.finding.Miss("seal_inspector.reason.none", errNoObject)
	}
	r.finding.Measure("objects", float64(met), "")
	r.finding.Measure("opened", float64(r.opened), "")
	r.finding.Measure("decoded", float64(r.decoded), "")
	return nil
}

// turn says which objects this run opens: those of one of so many parts.
type turn struct{ part, parts uint64 }

func (t turn) has(rec id.Record) bool {
	return uint64(binary.BigEndian.Uint32(rec.Raw[12:]))%t.parts == t.part
}

// turn divides the objects so that each run opens about a sample, and the runs one
// after the other open them all in time.
func (r *run) turn(ctx context.Context) (turn, error) {
	total := int64(0)
	for _, t := range r.control.Tenants {
		for _, p := range t.Placements {
			n, err := r.count(ctx, t, p.Name)
			if err != nil {
				return turn{}, err
			}
			total += n
		}
	}
	parts := max(1, (total+r.plan.sample-1)/max(1, r.plan.sample))
	every := r.control.Promise.Control.Interval().After(r.now).Sub(r.now)
	pass := time.Duration(parts) * every
	if r.plan.fullPass > 0 && pass > r.plan.fullPass {
		r.finding.Miss("seal_inspector.reason.pass", fmt.Errorf("%d objects in samples of %d take %s", total, r.plan.sample, pass))
	}
	number := uint64(r.now.Unix()) / uint64(max(1, int64(every/time.Second)))
	return turn{part: number % uint64(parts), parts: uint64(parts)}, nil
}

func (r *run) count(ctx context.Context, t tenant.Tenant, placement id.Name) (n int64, err error) {
	place, err := r.house.Tenants.PlacementPlace(t, placement)
	if err != nil {
		return 0, err
	}
	opened, release, err := r.house.Open(ctx, place)
	if err != nil {
		return 0, err
	}
	defer release()
	err = opened.Read(ctx, func(tx db.Tx) error { return tx.Row(`SELECT count(*) FROM vault_record`).Scan(&n) })
	return n, err
}

// object reads one header, and opens the object when it is its turn. The canary's
// are always opened, and by the second decoder as well.
func (r *run) object(ctx context.Context, t tenant.Tenant, ring *keys.Ring, s *vault.Stored, turn turn) {
	culprit := s.ID.String()
	h, err := keys.ParseHeader(s.Body)
	if err != nil || !slices.Contains(r.plan.algorithms, h.Algorithm.String()) || int64(h.Algorithm.KeyBits()) < r.plan.bits {
		r.finding.Fail("seal_inspector.reason.algorithm", culprit)
		return
	}
	if s.AD == nil {
		r.finding.Fail("seal_inspector.reason.unbound", culprit)
		return
	}
	canary := t.ID == r.control.Canary.ID
	if !canary && !turn.has(s.ID) {
		return
	}
	plain, err := ring.Open(nil, s.Body, s.AD)
	defer clear(plain)
	switch {
	case errs.Is(err, errs.Erased):
		return // its key was destroyed on purpose: nothing is left to verify
	case errs.Is(err, errs.Sealed), errs.Is(err, errs.Unavailable):
		r.finding.Miss("seal_inspector.reason.closed", err)
		return
	case err != nil && r.elsewhere(ctx, ring, s):
		r.finding.Fail("seal_inspector.reason.other_owner", culprit)
		return
	case err != nil:
		r.finding.Fail("seal_inspector.reason.tag", culprit)
		return
	}
	r.opened++
	if canary {
		r.second(ctx, ring, s, plain)
	}
}

// second opens a canary's object by the second decoder and compares.
func (r *run) second(ctx context.Context, ring *keys.Ring, s *vault.Stored, plain []byte) {
	err := ring.Lend(ctx, s.Body, func(secret []byte) error {
		if int64(len(secret))*8 < r.plan.bits {
			r.finding.Fail("seal_inspector.reason.key_short", s.ID.String())
		}
		again, err := decode(secret, s.Body, ring.Tenant(), s.AD)
		defer clear(again)
		if err != nil || s.Body[algorithm] != saysAES256 || !bytes.Equal(again, plain) {
			r.finding.Fail("seal_inspector.reason.second", s.ID.String())
		}
		return nil
	})
	if err != nil {
		r.finding.Miss("seal_inspector.reason.closed", err)
		return
	}
	r.decoded++
}

// elsewhere says whether a canary's object that does not open is bound to another
// customer.
func (r *run) elsewhere(ctx context.Context, ring *keys.Ring, s *vault.Stored) (yes bool) {
	// Whoever is not a canary is refused here, and the object stays one with a wrong tag.
	_ = ring.Lend(ctx, s.Body, func(secret []byte) error {
		for _, t := range r.house.Tenants.All() {
			if t.ID == ring.Tenant() {
				continue
			}
			plain, err := decode(secret, s.Body, t.ID, rebound(s.AD, t.ID))
			clear(plain)
			yes = yes || err == nil
		}
		return nil
	})
	return yes
}

// rebound is the associated data of a record in another customer's name, which
// stands at its beginning.
func rebound(ad []byte, t id.Tenant) []byte {
	out := bytes.Clone(ad)
	copy(out, t.Raw[:])
	return out
}

// wrapped opens every wrapped key of the profile's tenants in memory.
func (r *run) wrapped(ctx context.Context) error {
	for _, t := range r.control.Tenants {
		ring, err := r.house.Rings.Open(ctx, t.ID)
		if err != nil {
			r.finding.Miss("seal_inspector.reason.closed", err)
			continue
		}
		report, err := ring.Verify(ctx)
		if err != nil {
			r.finding.Miss("seal_inspector.reason.closed", err)
			continue
		}
		r.keys += report.Keys
		if r.bits == 0 || report.KeyBits < r.bits {
			r.bits, r.shortest = report.KeyBits, t.ID
		}
		for _, ref := range slices.Concat(report.Damaged, report.Revived, report.Stray) {
			r.finding.Fail("seal_inspector.reason.key_damaged", t.ID.String()+"/"+ref.String())
		}
	}
	if int64(r.bits) < r.plan.bits && r.keys > 0 {
		r.finding.Fail("seal_inspector.reason.key_short", r.shortest.String())
	}
	r.finding.Measure("keys", float64(r.keys), "")
	r.finding.Measure("key_bits", float64(r.bits), "bit")
	return nil
}

// rows compares the stored rows of every tenant of the profile with its log.
func (r *run) rows(ctx context.Context) error {
	compared := uint64(0)
	for _, t := range r.control.Tenants {
		for _, p := range t.Placements {
			log, release, err := r.house.Tenants.Log(ctx, t, p.Name)
			if err != nil {
				return err
			}
			report, err := log.VerifyRows(ctx, r.house.Rows(ctx, t, p.Name))
			release()
			if err != nil {
				return err
			}
			compared += report.Rows
			r.finding.Saw()
			if !report.OK() {
				r.finding.Fail("seal_inspector.reason.rows", t.ID.String()+"/"+string(p.Name))
			}
		}
	}
	r.finding.Measure("rows", float64(compared), "")
	return nil
}

var errNoObject = errors.New("sealinspector: the canary stores no object yet")
