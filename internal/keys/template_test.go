package keys

import (
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"

	"garant.example/internal/id"
)

// What Template says is what keys are really made of.
func TestTemplate(t *testing.T) {
	algorithm, bits := Template()
	made, err := newVersion(nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	primary, err := made.handle.Primary()
	if err != nil {
		t.Fatal(err)
	}
	parameters, ok := primary.Key().Parameters().(*aesgcm.Parameters)
	if !ok || 8*parameters.KeySizeInBytes() != bits || algorithm.String() != "AES-256-GCM" || algorithm.KeyBits() != bits {
		t.Errorf("template %v of %d bits; the wrapping key is %+v", algorithm, bits, parameters)
	}
	secret := make([]byte, keyBytes)
	wrapped, err := made.wrap(id.NewTenant(), 's', Ref(1), 1, secret)
	if err != nil || len(wrapped) != wrappedSize {
		t.Errorf("a data key of %d bits was wrapped to %d bytes, want %d: %v", 8*len(secret), len(wrapped), wrappedSize, err)
	}
}
