package server

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"slices"
)

// logKey names the operator's key that signs checkpoints.
const logKey = "checkpoints"

// signer signs checkpoints of every log with the operator's key.
func (h *House) signer(ctx context.Context) (crypto.Signer, error) {
	ring, err := h.Rings.Open(ctx, h.Tenants.Operator())
	if err != nil {
		return nil, err
	}
	signer, _, err := ring.Signer(ctx, logKey)
	if err == nil {
		h.operatorRing.Store(ring)
	}
	return signer, err
}

// signing is the version of the key that signs checkpoints now, as far as this node
// knows; it costs a map look-up, for every log that is lent.
func (h *House) signing() int {
	ring := h.operatorRing.Load()
	if ring == nil {
		return 0
	}
	return ring.SignerVersion(logKey)
}

// formerSigners are the public keys that signed checkpoints before the present one,
// the newest first. A retired version signs nothing any more, and what it signed
// while it served still verifies: only its private half is gone.
func (h *House) formerSigners(ctx context.Context) ([]ed25519.PublicKey, error) {
	ring, err := h.Rings.Open(ctx, h.Tenants.Operator())
	if err != nil {
		return nil, err
	}
	versions, err := ring.Versions(ctx, logKey)
	if err != nil {
		return nil, err
	}
	active := ring.SignerVersion(logKey)
	var former []ed25519.PublicKey
	for _, v := range slices.Backward(versions) {
		if v.Version != active {
			former = append(former, v.Public)
		}
	}
	return former, nil
}
