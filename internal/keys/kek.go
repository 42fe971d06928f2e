package keys

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys/kms"
)

// kek is an opened tenant key: every version of it, one of which wraps.
type kek struct {
	handle  *keyset.Handle
	aead    tink.AEAD
	version uint32       // the version that wraps
	shreds  atomic.Int64 // the ring's counter as last seen
	// confirmed is when the KMS last opened the keyset, tried when it was last
	// asked; microseconds.
	confirmed, tried atomic.Int64
}

// Kinds of data keys; part of what a wrapped key is bound to.
const (
	kindSubject = 's'
	kindSeal    = 'n'
	kindIndex   = 'i'
	kindSign    = 'e'
	kindProbe   = 'p'
)

const (
	keyBytes = 32 // a 256-bit data key
	// wrappedSize is a data key under the KEK: Tink's prefix (1 byte and the
	// version in 4), nonce, key, tag.
	wrappedSize = 5 + nonceSize + keyBytes + tagSize

	probeText = "Garant: this key opens this ring."
	purpose   = "garant-keyring"
)

// bound is what the KMS binds the keyset of a tenant to.
func bound(tenant id.Tenant) kms.Context {
	return kms.Context{"tenant": tenant.String(), "purpose": purpose}
}

// binding is the associated data of a wrapped data key.
func binding(tenant id.Tenant, kind byte, ref Ref, version uint16) []byte {
	b := make([]byte, 0, 64)
	b = append(b, "garant key 1 "...)
	b = append(b, tenant.Raw[:]...)
	b = append(b, kind)
	b = binary.BigEndian.AppendUint64(b, uint64(ref))
	return binary.BigEndian.AppendUint16(b, version)
}

// newVersion returns a keyset that is old (nil for none) and one fresh key, which
// wraps from now on. The key id of Tink is our version, so every wrapped key
// carries the version of its KEK in its first five bytes.
func newVersion(old *keyset.Handle, version uint32) (*kek, error) {
	manager := keyset.NewManager()
	if old != nil {
		manager = keyset.NewManagerFromHandle(old)
	}
	parameters, err := aesgcm.NewParameters(aesgcm.ParametersOpts{
		KeySizeInBytes: keyBytes, IVSizeInBytes: nonceSize, TagSizeInBytes: tagSize, Variant: aesgcm.VariantTink})
	if err != nil {
		return nil, err
	}
	secret, err := secretdata.NewBytesFromRand(keyBytes)
	if err != nil {
		return nil, err
	}
	key, err := aesgcm.NewKey(secret, version, parameters)
	if err != nil {
		return nil, err
	}
	keyID, err := manager.AddKey(key)
	if err != nil {
		return nil, err
	}
	if err := manager.SetPrimary(keyID); err != nil {
		return nil, err
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, err
	}
	return openKEK(handle)
}

// onlyVersion returns the keyset without any version but the one that wraps.
func (k *kek) onlyVersion() (*kek, error) {
	manager := keyset.NewManagerFromHandle(k.handle)
	for i := range k.handle.Len() {
		entry, err := k.handle.Entry(i)
		if err != nil {
			return nil, err
		}
		if entry.IsPrimary() {
			continue
		}
		if err := manager.Delete(entry.KeyID()); err != nil {
			return nil, err
		}
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, err
	}
	return openKEK(handle)
}

func openKEK(handle *keyset.Handle) (*kek, error) {
	primary, err := handle.Primary()
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, err
	}
	return &kek{handle: handle, aead: primitive, version: primary.KeyID()}, nil
}

// versions counts the versions of the KEK that are kept.
func (k *kek) versions() int { return k.handle.Len() }

// wrap seals a data key under the KEK.
func (k *kek) wrap(tenant id.Tenant, kind byte, ref Ref, version uint16, secret []byte) ([]byte, error) {
	return k.aead.Encrypt(secret, binding(tenant, kind, ref, version))
}

// unwrap opens a data key; errDamaged when it does not open.
func (k *kek) unwrap(tenant id.Tenant, kind byte, ref Ref, version uint16, wrapped []byte) ([]byte, error) {
	secret, err := k.aead.Decrypt(wrapped, binding(tenant, kind, ref, version))
	if err != nil {
		return nil, fmt.Errorf("%w: %s version %d", errDamaged, ref, version)
	}
	return secret, nil
}

// errDamaged is returned when a wrapped key does not open under its KEK.
var errDamaged = errors.New("keys: a wrapped key does not open")

// wrappedVersion reads the KEK version out of a wrapped key; zero when the bytes
// are none.
func wrappedVersion(wrapped []byte) uint32 {
	if len(wrapped) != wrappedSize || wrapped[0] != 1 {
		return 0
	}
	return binary.BigEndian.Uint32(wrapped[1:])
}

// seal wraps the keyset by the KMS, reads it back and compares, and returns the
// bytes to store.
func (k *kek) seal(ctx context.Context, service KMS, key string, tenant id.Tenant) ([]byte, error) {
	var buf bytes.Buffer
	remote := &remoteAEAD{service: service, key: key, bound: bound(tenant)}
	if err := k.handle.WriteWithContext(ctx, keyset.NewBinaryWriter(&buf), remote, nil); err != nil {
		return nil, remote.explain(err)
	}
	// A service that answers and cannot undo what it did would lock the data away.
	back, err := unsealKEK(ctx, service, key, tenant, buf.Bytes())
	if err != nil {
		return nil, err
	}
	test, err := k.aead.Encrypt([]byte(probeText), nil)
	if err != nil {
		return nil, err
	}
	if _, err := back.aead.Decrypt(test, nil); err != nil {
		return nil, errs.New(errs.Sealed, "keys.read_back").With("service", service.Name()).Do("keys.read_back.fix").Cause(err)
	}
	return buf.Bytes(), nil
}

// unsealKEK opens a stored keyset by the KMS.
func unsealKEK(ctx context.Context, service KMS, key string, tenant id.Tenant, stored []byte) (*kek, error) {
	remote := &remoteAEAD{service: service, key: key, bound: bound(tenant)}
	handle, err := keyset.ReadWithContext(ctx, keyset.NewBinaryReader(bytes.NewReader(stored)), remote, nil)
	if err != nil {
		return nil, remote.explain(err)
	}
	return openKEK(handle)
}

// remoteAEAD lets Tink wrap a keyset by a KMS. It keeps the error of the service,
// of which Tink only keeps the text.
type remoteAEAD struct {
	service KMS
	key     string
	bound   kms.Context
	err     error
}

// EncryptWithContext wraps; the associated data is the context given by the ring.
func (r *remoteAEAD) EncryptWithContext(ctx context.Context, plaintext, _ []byte) ([]byte, error) {
	out, err := r.service.Wrap(ctx, r.key, plaintext, r.bound)
	r.err = err
	return out, err
}

// DecryptWithContext unwraps.
func (r *remoteAEAD) DecryptWithContext(ctx context.Context, ciphertext, _ []byte) ([]byte, error) {
	out, err := r.service.Unwrap(ctx, r.key, ciphertext, r.bound)
	r.err = err
	return out, err
}

func (r *remoteAEAD) explain(err error) error {
	if r.err != nil {
		return kms.Explain(r.err)
	}
	return errs.New(errs.Corrupt, "keys.keyset_damaged").Do("keys.keyset_damaged.fix").Cause(err)
}
