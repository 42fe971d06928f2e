package keys

import (
	"context"
	"sync"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys/kms"
)

// KMS is a key management service; package kms has the adapters.
type KMS = kms.KMS

// Opener lends the open keyring database of a tenant. release gives it back; the
// database may be closed once nobody holds it. It returns db.ErrMissing when the
// tenant has no keyring.
type Opener func(ctx context.Context, tenant id.Tenant) (database db.DB, release func(), err error)

// Resolver says which service wraps the KEK of a tenant, with which of its keys.
type Resolver func(tenant id.Tenant) (service KMS, key string, err error)

// Options of NewRings. Open, KMS and Clock are required.
type Options struct {
	Open  Opener
	KMS   Resolver
	Clock clock.Clock

	// CacheKeys bounds the opened data keys of all tenants together; 16384 when
	// zero (about a kilobyte each).
	CacheKeys int
	// OpenRings bounds the rings whose KEK is in memory; 1024 when zero. A ring
	// over the bound is closed, oldest use first, and opens again by itself.
	OpenRings int
	// ProbePeriod is how long an answer of the KMS holds; 1 minute when zero.
	ProbePeriod time.Duration
	// OutageGrace is how long an open ring goes on while its KMS cannot be
	// reached; 15 minutes when zero.
	OutageGrace time.Duration
	// CallTimeout bounds one conversation with the KMS, retries included; 10
	// seconds when zero.
	CallTimeout time.Duration
	// Observe is told what is about to change (see Event) and can refuse it with
	// an error; the audit log listens here. It must not use the ring it is told of
	// to rotate, shred or revoke. Nil observes nothing.
	Observe func(ctx context.Context, e Event) error
	// Lend says whose data keys Ring.Lend may give away: a canary's. Nil: nobody's.
	Lend func(tenant id.Tenant) bool
}

const (
	defaultCacheKeys   = 16384
	defaultOpenRings   = 1024
	defaultProbePeriod = time.Minute
	defaultOutageGrace = 15 * time.Minute
	defaultCallTimeout = 10 * time.Second
)

// Rings are the keyrings of all tenants. Safe for concurrent use.
type Rings struct {
	o     Options
	cache *cache
	work  sync.WaitGroup // blocks being made, probes on their way

	mu     sync.Mutex
	rings  map[id.Tenant]*Ring
	opened *recency[*Ring]
	closed bool
}

// NewRings returns an empty set; nothing is opened yet.
func NewRings(o Options) *Rings {
	if o.CacheKeys == 0 {
		o.CacheKeys = defaultCacheKeys
	}
	if o.OpenRings == 0 {
		o.OpenRings = defaultOpenRings
	}
	if o.ProbePeriod == 0 {
		o.ProbePeriod = defaultProbePeriod
	}
	if o.OutageGrace == 0 {
		o.OutageGrace = defaultOutageGrace
	}
	if o.CallTimeout == 0 {
		o.CallTimeout = defaultCallTimeout
	}
	return &Rings{o: o, cache: newCache(o.CacheKeys), rings: map[id.Tenant]*Ring{}, opened: newRecency[*Ring]()}
}

// OutageGrace is how long open rings go on while their KMS cannot be reached.
func (r *Rings) OutageGrace() time.Duration { return r.o.OutageGrace }

// ProbePeriod is how long an answer of the KMS holds.
func (r *Rings) ProbePeriod() time.Duration { return r.o.ProbePeriod }

// Open returns the ring of a tenant, opened: the KMS has unwrapped the KEK and the
// KEK opens what stands in the keyring. Later calls cost a map look-up. It returns
// errs.NotFound when the tenant has no keyring, errs.Sealed with the reason when
// the KMS refuses, cannot be reached or holds another key, errs.Corrupt when the
// keyring is damaged.
func (r *Rings) Open(ctx context.Context, tenant id.Tenant) (*Ring, error) {
	if tenant.IsZero() {
		return nil, errs.New(errs.Internal, "keys.no_tenant")
	}
	k, err := r.ring(tenant)
	if err != nil {
		return nil, err
	}
	if _, err := k.alive(ctx); err != nil {
		return nil, err
	}
	return k, nil
}

// ring returns the ring of a tenant, made at first use, opened or not.
func (r *Rings) ring(tenant id.Tenant) (*Ring, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errs.New(errs.Unavailable, "keys.closed")
	}
	k := r.rings[tenant]
	if k == nil {
		k = newRing(r, tenant)
		r.rings[tenant] = k
	}
	return k, nil
}

// Revoke forgets everything of a tenant that is in memory, at once. The next use
// asks the KMS again; whether it answers is the decision of whoever holds the key.
func (r *Rings) Revoke(tenant id.Tenant) {
	r.mu.Lock()
	k := r.rings[tenant]
	r.mu.Unlock()
	if k != nil {
		k.forget(nil)
	}
}

// Drop forgets a tenant altogether, after its keyring was destroyed with it.
func (r *Rings) Drop(tenant id.Tenant) {
	r.Revoke(tenant)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.rings, tenant)
}

// Close gives unused keys back, forgets every key and waits for work under way.
// The databases must still be open. The error is the first of giving back; keys
// that could not be given back stay unused until they are swept.
func (r *Rings) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	rings := make([]*Ring, 0, len(r.rings))
	for _, k := range r.rings {
		rings = append(rings, k)
	}
	r.mu.Unlock()
	r.work.Wait()
	var first error
	for _, k := range rings {
		if err := k.giveBack(ctx); err != nil && first == nil {
			first = err
		}
		k.forget(nil)
	}
	return first
}

// begin accounts for a piece of background work; false once Close was called.
func (r *Rings) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.work.Add(1)
	return true
}

// touched notes that a ring was opened, and closes the rings over the bound.
func (r *Rings) touched(k *Ring) {
	r.mu.Lock()
	var over []*Ring
	r.opened.touch(k)
	for r.opened.len() > r.o.OpenRings {
		over = append(over, r.opened.popOldest())
	}
	r.mu.Unlock()
	for _, old := range over {
		old.retire()
	}
}

// OpenTenants lists the tenants whose KEK is in memory now.
func (r *Rings) OpenTenants() []id.Tenant {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []id.Tenant
	for t, k := range r.rings {
		if k.state.Load() != nil {
			out = append(out, t)
		}
	}
	return out
}

func (r *Rings) observe(ctx context.Context, e Event) error {
	if r.o.Observe == nil {
		return nil
	}
	e.At = r.o.Clock.Now()
	return r.o.Observe(ctx, e)
}
