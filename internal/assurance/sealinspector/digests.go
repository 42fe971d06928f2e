package sealinspector

import (
	"context"
	"crypto/sha256"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// maxLeaves bounds how much of a log is hashed again, in leaves.
const maxLeaves = 4096

// digests hashes the canary's logs again by SHA-256 of the standard library, and
// measures the length of every digest that the profile's tenants store.
func (r *run) digests(ctx context.Context) error {
	leaves := uint64(0)
	for _, p := range r.control.Canary.Placements {
		log, release, err := r.house.Tenants.Log(ctx, r.control.Canary, p.Name)
		if err != nil {
			return err
		}
		n, same, err := again(ctx, log)
		release()
		if err != nil {
			return err
		}
		leaves += n
		if !same {
			r.finding.Fail("seal_inspector.reason.digest", r.control.Canary.ID.String()+"/"+string(p.Name))
		}
	}
	r.finding.Measure("leaves", float64(leaves), "")
	for _, t := range r.control.Tenants {
		for _, p := range t.Placements {
			odd, err := r.odd(ctx, t, p.Name)
			if err != nil {
				return err
			}
			r.finding.Saw()
			if odd > 0 {
				r.finding.Fail("seal_inspector.reason.digest", t.ID.String()+"/"+string(p.Name))
			}
		}
	}
	return nil
}

// again computes the root over the first leaves of a log (RFC 6962) and compares it
// with the log's own.
func again(ctx context.Context, log *audit.Log) (n uint64, same bool, err error) {
	head, err := log.Head(ctx)
	if err != nil {
		return 0, false, err
	}
	n = min(head.Size, maxLeaves)
	var leaves [][32]byte
	for tile := uint64(0); tile*256 < n; tile++ {
		width := int(min(256, n-tile*256))
		b, err := log.Tile(ctx, 0, tile, width)
		if err != nil {
			return n, false, err
		}
		for i := range width {
			leaves = append(leaves, [32]byte(b[i*32:]))
		}
	}
	root, err := log.Root(ctx, n)
	return n, merkle(leaves) == [32]byte(root), err
}

// merkle is the tree hash of RFC 6962 section 2.1 over hashes of leaves.
func merkle(leaves [][32]byte) [32]byte {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	split := 1
	for split*2 < len(leaves) {
		split *= 2
	}
	left, right := merkle(leaves[:split]), merkle(leaves[split:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// odd counts stored digests that are not as long as SHA-256 makes them.
func (r *run) odd(ctx context.Context, t tenant.Tenant, placement id.Name) (n int64, err error) {
	place, err := r.house.Tenants.PlacementPlace(t, placement)
	if err != nil {
		return 0, err
	}
	opened, release, err := r.house.Open(ctx, place)
	if err != nil {
		return 0, err
	}
	defer release()
	err = opened.Read(ctx, func(tx db.Tx) error {
		return tx.Row(`SELECT (SELECT count(*) FROM identity_token WHERE length(hash) <> 32) +
			(SELECT count(*) FROM identity_session WHERE length(hash) <> 32) +
			(SELECT count(*) FROM audit_tile WHERE length(root) <> 32 OR length(hashes) % 32 <> 0) +
			(SELECT count(*) FROM audit_head WHERE length(root) <> 32)`).Scan(&n)
	})
	return n, err
}

// unnamed asks for data without naming a customer, which must be refused; with a
// name the same questions are answered.
func (r *run) unnamed(ctx context.Context) error {
	ask := access.Ask{Action: access.List, On: access.Collection, Tenant: r.control.Canary.ID}
	if _, err := r.house.Gate.Enter(ctx, ask); err != nil {
		r.finding.Miss("assurance.reason.canary", err)
		return nil
	}
	if _, err := r.house.Rings.Open(ctx, r.control.Canary.ID); err != nil {
		r.finding.Miss("seal_inspector.reason.closed", err)
		return nil
	}
	r.finding.Saw()
	ask.Tenant = id.Tenant{}
	if _, err := r.house.Gate.Enter(ctx, ask); !errs.Is(err, errs.NotFound) {
		r.finding.Fail("seal_inspector.reason.unnamed", "gate")
	}
	if _, err := r.house.Rings.Open(ctx, id.Tenant{}); err == nil {
		r.finding.Fail("seal_inspector.reason.unnamed", "keyring")
	}
	return nil
}
