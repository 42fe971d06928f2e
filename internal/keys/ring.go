package keys

import (
	"context"
	"sync"
	"sync/atomic"

	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Ring is the keyring of one tenant. It may be kept: a ring that was closed opens
// again at its next use, if the KMS agrees. Safe for concurrent use.
type Ring struct {
	rings  *Rings
	tenant id.Tenant

	state atomic.Pointer[kek]     // nil while closed
	shut  atomic.Pointer[refusal] // why the last opening failed
	names atomic.Pointer[nameTable]
	// generation grows with every shredding and forgetting; a key read before
	// is not cached after.
	generation atomic.Uint64

	moving  atomic.Pointer[moving]
	opening sync.Mutex // one conversation with the KMS at a time
	probing atomic.Bool
	hand    dispenser
}

func newRing(r *Rings, tenant id.Tenant) *Ring { return &Ring{rings: r, tenant: tenant} }

// Tenant is whose ring this is.
func (k *Ring) Tenant() id.Tenant { return k.tenant }

// Seal appends to dst the envelope of plaintext under the key ref, bound to ad. A
// named key seals with its active version. No two envelopes are equal. It returns
// errs.Erased for a shredded key and errs.Sealed when the ring cannot be opened.
// The call reads the keyring's database only for a key that is not in memory.
func (k *Ring) Seal(dst []byte, ref Ref, plaintext, ad []byte) ([]byte, error) {
	ctx := context.Background()
	state, err := k.alive(ctx)
	if err != nil {
		return nil, err
	}
	version, err := k.sealVersion(ctx, ref)
	if err != nil {
		return nil, err
	}
	m, err := k.material(ctx, state, ref, version)
	if err != nil {
		return nil, err
	}
	if m.aead == nil {
		return nil, errs.New(errs.Internal, "keys.not_for_sealing").With("ref", ref.String())
	}
	var room [bindRoom]byte
	bind := k.bind(room[:0], ref, version, ad)
	body, err := m.aead.Encrypt(plaintext, bind)
	if err != nil {
		return nil, errs.New(errs.TooLarge, "keys.too_large").Cause(err)
	}
	k.countUse(ref, version, m)
	if cap(dst)-len(dst) < headerSize+len(body) {
		dst = append(make([]byte, 0, len(dst)+headerSize+len(body)), dst...)
	}
	dst = append(dst, bind[:headerSize]...)
	return append(dst, body...), nil
}

// Open appends to dst the plaintext of an envelope sealed with the same ad. It
// returns errs.Corrupt when the bytes are no envelope of this ring or were changed,
// errs.Erased when their key was shredded or retired, errs.Sealed when the ring
// cannot be opened.
func (k *Ring) Open(dst, sealed, ad []byte) ([]byte, error) {
	ctx := context.Background()
	h, err := ParseHeader(sealed)
	if err != nil {
		return nil, corrupt("keys.envelope", err)
	}
	state, err := k.alive(ctx)
	if err != nil {
		return nil, err
	}
	m, err := k.material(ctx, state, h.Ref, h.Version)
	if err != nil {
		return nil, err
	}
	if m.aead == nil {
		return nil, corrupt("keys.envelope", ErrEnvelope)
	}
	var room [bindRoom]byte
	plain, err := m.aead.Decrypt(sealed[headerSize:], k.bind(room[:0], h.Ref, h.Version, ad))
	if err != nil {
		return nil, corrupt("keys.tampered", err)
	}
	if len(dst) == 0 && cap(dst) < len(plain) {
		return plain, nil
	}
	dst = append(dst, plain...)
	clear(plain)
	return dst, nil
}

// bindRoom holds the usual associated data without an allocation of its own.
const bindRoom = 160

// bind is what every ciphertext is authenticated with besides its body: header,
// tenant, and the caller's associated data.
func (k *Ring) bind(dst []byte, ref Ref, version uint16, ad []byte) []byte {
	dst = appendHeader(dst, ref, version)
	dst = append(dst, k.tenant.Raw[:]...)
	return append(dst, ad...)
}

func corrupt(key string, cause error) error {
	return errs.New(errs.Corrupt, key).Do("keys.corrupt.fix").Cause(cause)
}

// material returns the opened key, from memory or from the keyring's database.
func (k *Ring) material(ctx context.Context, state *kek, ref Ref, version uint16) (*material, error) {
	key := cacheKey{k, ref, version}
	if m := k.rings.cache.get(key); m != nil {
		return m, nil
	}
	generation := k.generation.Load()
	m, err := k.load(ctx, state, ref, version)
	if err != nil {
		return nil, err
	}
	k.rings.cache.put(key, m, generation)
	return m, nil
}

// load reads one wrapped key and opens it.
func (k *Ring) load(ctx context.Context, state *kek, ref Ref, version uint16) (*material, error) {
	var row wrappedKey
	err := k.read(ctx, func(tx db.Tx) (err error) {
		if ref.Named() {
			row, err = readNamedKey(tx, ref.number(), version)
		} else {
			row, err = readSlot(tx, ref)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if row.erased {
		return nil, errs.New(errs.Erased, "keys.erased").With("ref", ref.String())
	}
	if v := wrappedVersion(row.wrapped); v > state.version {
		// Another node has rotated the KEK since we opened it.
		if state, err = k.reopen(ctx, state); err != nil {
			return nil, err
		}
	}
	secret, err := state.unwrap(k.tenant, row.kind, ref, version, row.wrapped)
	if err != nil {
		return nil, corrupt("keys.key_damaged", err)
	}
	return newMaterial(row.kind, secret)
}

// read runs fn on a snapshot of the keyring's database, and write in a group
// commit; both translate what went wrong.
func (k *Ring) read(ctx context.Context, fn func(db.Tx) error) error {
	database, release, err := k.rings.o.Open(ctx, k.tenant)
	if err != nil {
		return storeError(err)
	}
	defer release()
	return storeError(database.Read(ctx, fn))
}

func (k *Ring) write(ctx context.Context, fn func(db.Tx) error) error {
	database, release, err := k.rings.o.Open(ctx, k.tenant)
	if err != nil {
		return storeError(err)
	}
	defer release()
	return storeError(database.Write(ctx, fn))
}

// Sealer seals and opens with one named key; it satisfies what the audit log asks
// for. Safe for concurrent use.
type Sealer struct {
	ring *Ring
	ref  Ref
}

// Sealer returns a sealer of the named key, which is made at first use.
func (k *Ring) Sealer(ctx context.Context, name string) (*Sealer, error) {
	ref, err := k.Named(ctx, name)
	if err != nil {
		return nil, err
	}
	return &Sealer{k, ref}, nil
}

// Ref is the key behind the sealer.
func (s *Sealer) Ref() Ref { return s.ref }

// Seal is Ring.Seal with this key.
func (s *Sealer) Seal(dst, plaintext, ad []byte) ([]byte, error) {
	return s.ring.Seal(dst, s.ref, plaintext, ad)
}

// Open is Ring.Open, for envelopes of this key only: an envelope of another key of
// the ring is errs.Corrupt.
func (s *Sealer) Open(dst, sealed, ad []byte) ([]byte, error) {
	if h, err := ParseHeader(sealed); err != nil || h.Ref != s.ref {
		return nil, corrupt("keys.envelope", ErrEnvelope)
	}
	return s.ring.Open(dst, sealed, ad)
}
