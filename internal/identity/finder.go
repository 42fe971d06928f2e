package identity

import (
	"context"

	"garant.example/internal/id"
	"garant.example/internal/keys"
)

// RingFinder makes tags under the tenants' index keys.
type RingFinder struct{ Rings *keys.Rings }

// indexed names this package among what the index key tags.
const indexed = "identity.account"

// Tag satisfies Finder.
func (f RingFinder) Tag(ctx context.Context, t id.Tenant, field, value string) ([]byte, error) {
	ring, err := f.Rings.Open(ctx, t)
	if err != nil {
		return nil, err
	}
	key, err := ring.Index(ctx)
	if err != nil {
		return nil, err
	}
	tag := key.Tag(indexed, field, value)
	return tag[:], nil
}
