package keys

import (
	"context"

	"garant.example/internal/spec/blindindex"
)

// Index returns the key of the tenant's blind indexes, made at first use. Ask for
// it at each use rather than keeping it: a closed ring gives none. Rotating it
// (RotateNamed with NameIndex) means making every tag anew.
func (k *Ring) Index(ctx context.Context) (*blindindex.Key, error) {
	n, err := k.named(ctx, NameIndex, storedIndex)
	if err != nil {
		return nil, err
	}
	return k.IndexVersion(ctx, int(n.active))
}

// IndexVersion returns an older version of the index key, to find what is not
// tagged anew yet. It returns errs.Erased for a retired version.
func (k *Ring) IndexVersion(ctx context.Context, version int) (*blindindex.Key, error) {
	n, err := k.named(ctx, NameIndex, storedIndex)
	if err != nil {
		return nil, err
	}
	state, err := k.alive(ctx)
	if err != nil {
		return nil, err
	}
	m, err := k.material(ctx, state, namedRef(n.number), uint16(version))
	if err != nil {
		return nil, err
	}
	return m.index, nil
}
