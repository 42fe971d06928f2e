package access

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Policy is what a tenant's roles are and what they may name: the part of its
// profile that access keeps.
type Policy struct {
	Roles []Role `json:"roles"`
	Space Space  `json:"space"`
}

// policyKey names the key that seals policies.
const policyKey = "config"

// maxPolicyAge is how long another node may go on with a policy that was changed
// elsewhere; on the node that changed it, the change acts at once.
const maxPolicyAge = time.Second

// Define replaces the tenant's policy within a transaction of its main log. The
// caller records the leaf, and calls Forget once the transaction is durable: from
// then on it acts on this node.
func (g *Gate) Define(ctx context.Context, tx db.Tx, t tenant.Tenant, p Policy) error {
	if _, err := Compile(p.Roles, p.Space); err != nil {
		return err
	}
	sealer, err := g.tenants.Sealer(ctx, t.ID, policyKey)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(p, json.Deterministic(true))
	if err != nil {
		return err
	}
	sealed, err := sealer.Seal(nil, plain, policyAD(t.ID))
	if err != nil {
		return err
	}
	return storePolicy(tx, sealed)
}

func policyAD(t id.Tenant) []byte { return append([]byte("access.policy\x00"), t.Bytes()...) }

// policies keeps compiled matrices of the tenants that were asked for lately.
type policies struct {
	mu   sync.RWMutex
	held map[id.Tenant]held
}

type held struct {
	matrix *Matrix
	at     time.Time
}

const maxHeld = 1024 // tenants; a compiled matrix is a few kilobytes

// Matrix returns the compiled policy of a tenant. A tenant without one has an
// empty matrix, which refuses everything.
func (g *Gate) Matrix(ctx context.Context, t tenant.Tenant) (*Matrix, error) {
	now := g.tenants.Clock().Now()
	g.policies.mu.RLock()
	h, ok := g.policies.held[t.ID]
	g.policies.mu.RUnlock()
	if ok && now.Sub(h.at) < maxPolicyAge {
		return h.matrix, nil
	}
	m, err := g.loadMatrix(ctx, t)
	if err != nil {
		return nil, err
	}
	g.policies.mu.Lock()
	defer g.policies.mu.Unlock()
	if len(g.policies.held) >= maxHeld {
		clear(g.policies.held) // rare, and cheaper than an exact order of use
	}
	g.policies.held[t.ID] = held{m, now}
	return m, nil
}

// Forget drops what is remembered of a tenant's policy.
func (g *Gate) Forget(t id.Tenant) {
	g.policies.mu.Lock()
	defer g.policies.mu.Unlock()
	delete(g.policies.held, t)
}

func (g *Gate) loadMatrix(ctx context.Context, t tenant.Tenant) (*Matrix, error) {
	log, release, err := g.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return nil, err
	}
	defer release()
	var sealed []byte
	err = log.Read(ctx, func(tx db.Tx) error { sealed, err = readPolicy(tx); return err })
	if errors.Is(err, db.ErrNoRows) {
		return Compile(nil, Space{})
	}
	if err != nil {
		return nil, err
	}
	sealer, err := g.tenants.Sealer(ctx, t.ID, policyKey)
	if err != nil {
		return nil, err
	}
	plain, err := sealer.Open(nil, sealed, policyAD(t.ID))
	if err != nil {
		return nil, err
	}
	var p Policy
	if err := json.Unmarshal(plain, &p); err != nil {
		return nil, err
	}
	return Compile(p.Roles, p.Space)
}
