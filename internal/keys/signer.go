package keys

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"io"
)

// Signer returns the Ed25519 signer of a name and its public key, making it at
// first use. The private key stays in the ring: each signature asks for it, so
// that a closed ring signs nothing.
func (k *Ring) Signer(ctx context.Context, name string) (crypto.Signer, ed25519.PublicKey, error) {
	n, err := k.named(ctx, name, storedSign)
	if err != nil {
		return nil, nil, err
	}
	s := &signer{k, namedRef(n.number), n.active, append(ed25519.PublicKey(nil), n.public...)}
	// A public key that does not fit its private key would sign checkpoints that
	// nobody can verify: better found now.
	proof, err := s.Sign(nil, []byte(probeText), crypto.Hash(0))
	if err != nil {
		return nil, nil, err
	}
	if !ed25519.Verify(s.public, []byte(probeText), proof) {
		return nil, nil, corrupt("keys.key_damaged", errDamaged)
	}
	return s, s.public, nil
}

// SignerVersion is the version with which a signer of the name would sign now; 0
// while this node knows of none. It costs a map look-up.
func (k *Ring) SignerVersion(name string) int {
	names := k.names.Load()
	if names == nil || names.byName[name] == nil {
		return 0
	}
	return int(names.byName[name].active)
}

type signer struct {
	ring    *Ring
	ref     Ref
	version uint16
	public  ed25519.PublicKey
}

// Public is the ed25519.PublicKey.
func (s *signer) Public() crypto.PublicKey { return s.public }

// errPrehashed is returned when asked for another variant than pure Ed25519.
var errPrehashed = errors.New("keys: only pure Ed25519 signatures are made")

// Sign signs the message itself (pure Ed25519, RFC 8032): opts must name no hash.
func (s *signer) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts != nil && opts.HashFunc() != 0 {
		return nil, errPrehashed
	}
	ctx := context.Background()
	state, err := s.ring.alive(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.ring.material(ctx, state, s.ref, s.version)
	if err != nil {
		return nil, err
	}
	private := ed25519.NewKeyFromSeed(m.seed)
	defer clear(private)
	return ed25519.Sign(private, message), nil
}
