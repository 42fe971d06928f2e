package profile

import (
	"bytes"
	"context"
	"slices"

	"github.com/go-json-experiment/json"

	"garant.example/internal/access"
)

// Drift is what is not as it was declared and applied.
type Drift struct {
	// Declared is what the profile the program carries would change, were it
	// applied: somebody changed the file, and not the tenant.
	Declared Plan
	// InForce names the parts (roles, collections, sign-in) that differ from the
	// applied profile: somebody changed the tenant, and not the profile.
	InForce []string
	// Never says that no profile was ever applied.
	Never bool
}

// IsNone says whether everything is as declared.
func (d Drift) IsNone() bool { return !d.Never && d.Declared.IsEmpty() && len(d.InForce) == 0 }

// Drift compares three things: the profile that the program carries, the one that
// was applied, and what the domains hold.
func (s *Service) Drift(ctx context.Context, permit *access.Permit) (d Drift, err error) {
	declared, err := s.profile(permit.Tenant().Profile)
	if err != nil {
		return d, err
	}
	a, ok, err := s.Current(ctx, permit)
	if err != nil {
		return d, err
	}
	d.Never = !ok
	if d.Declared, err = s.plan(permit.Tenant(), a.Declared, declared); err != nil || !ok {
		return d, err
	}
	d.InForce, err = s.inForce(ctx, permit, Compile(a.Declared))
	return d, err
}

// inForce names what the domains hold otherwise than the compiled profile says.
func (s *Service) inForce(ctx context.Context, permit *access.Permit, want Compiled) (parts []string, err error) {
	roles, err := alike(permit.Matrix().Roles(), want.Policy.Roles)
	if err != nil {
		return nil, err
	}
	if !roles {
		parts = append(parts, "roles")
	}
	schema, err := s.opt.Vault.Schema(ctx, permit)
	if err != nil {
		return nil, err
	}
	held := slices.Clone(schema.Collections)
	for i := range held {
		held[i].Number = 0 // the vault's own
	}
	collections, err := alike(held, want.Collections)
	if err != nil {
		return nil, err
	}
	if !collections {
		parts = append(parts, "collections")
	}
	rules, err := want.Settings.SignIn()
	if err != nil {
		return nil, err
	}
	signIn, err := s.opt.Identity.Settings(ctx, permit.Tenant())
	if err != nil {
		return nil, err
	}
	if signIn != rules {
		parts = append(parts, "sign-in")
	}
	return parts, nil
}

// alike compares two lists as the domains keep them, through JSON: an absent list
// is an empty one, and what a domain compiles for itself does not count.
func alike[T any](a, b []T) (bool, error) {
	x, err := json.Marshal(a, json.Deterministic(true))
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b, json.Deterministic(true))
	return bytes.Equal(x, y), err
}
