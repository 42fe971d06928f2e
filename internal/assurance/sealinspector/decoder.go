package sealinspector

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"

	"garant.example/internal/id"
)

// The envelope as it lies on disk, written down a second time on purpose: format,
// algorithm, eight bytes of reference and two of version, nonce, ciphertext, tag.
const (
	headerSize = 12
	nonceSize  = 12
	tagSize    = 16
	saysAES256 = 1 // the byte of the header that names the algorithm
	algorithm  = 1 // where it stands
)

var errShort = errors.New("sealinspector: too short for an envelope")

// bound is what a body is authenticated with: its header, the tenant, and what its
// owner adds.
func bound(header []byte, t id.Tenant, ad []byte) []byte {
	out := make([]byte, 0, headerSize+len(t.Raw)+len(ad))
	return append(append(append(out, header[:headerSize]...), t.Raw[:]...), ad...)
}

// decode opens a body without any code of package keys.
func decode(secret, body []byte, t id.Tenant, ad []byte) ([]byte, error) {
	if len(body) < headerSize+nonceSize+tagSize {
		return nil, errShort
	}
	gcm, err := newGCM(secret)
	if err != nil {
		return nil, err
	}
	return gcm.Open(nil, body[headerSize:headerSize+nonceSize], body[headerSize+nonceSize:], bound(body, t, ad))
}

// encode seals under a given header: for sabotages.
func encode(secret, header, nonce, plain []byte, t id.Tenant, ad []byte) ([]byte, error) {
	gcm, err := newGCM(secret)
	if err != nil {
		return nil, err
	}
	out := append(append(make([]byte, 0, len(plain)+headerSize+nonceSize+tagSize), header[:headerSize]...), nonce[:nonceSize]...)
	return gcm.Seal(out, nonce[:nonceSize], plain, bound(header, t, ad)), nil
}

func newGCM(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
