package keys

import (
	"context"

	"garant.example/internal/spec/blindindex"
)

// Index returns the key of the tenant's blind indexes, made at first use. Ask for
// it at each use rather than keeping it: a closed ring gives none. It has one version
// for ever: its tags are what a value is found by, in every copy of the database, and
// nothing that it made can be read back with it. docs/decisions/0006-rotation.md says more.
func (k *Ring) Index(ctx context.Context) (*blindindex.Key, error) {
	n, err := k.named(ctx, NameIndex, storedIndex)
	if err != nil {
		return nil, err
	}
	state, err := k.alive(ctx)
	if err != nil {
		return nil, err
	}
	m, err := k.material(ctx, state, namedRef(n.number), n.active)
	if err != nil {
		return nil, err
	}
	return m.index, nil
}
