package access

import (
	"context"
	"errors"

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

// Matrix returns the compiled policy of a tenant. A tenant without one has an
// empty matrix, which refuses everything.
func (g *Gate) Matrix(ctx context.Context, t tenant.Tenant) (*Matrix, error) {
	return g.policies.Get(t.ID, g.tenants.Clock().Now(), func() (*Matrix, error) { return g.loadMatrix(ctx, t) })
}

// Forget drops what is remembered of a tenant's policy.
func (g *Gate) Forget(t id.Tenant) { g.policies.Forget(t) }

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
