package access

import (
	"context"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Gate is the one door to tenants' data. It is safe for concurrent use.
type Gate struct {
	tenants  *tenant.Service
	policies tenant.Memory[*Matrix]
}

// NewGate returns the door before the tenants.
func NewGate(tenants *tenant.Service) *Gate {
	return &Gate{tenants: tenants}
}

// Permit is a decision that was yes. It opens the tenant's databases; there is no
// other way to them.
type Permit struct {
	Actor    actor.Actor
	Ask      Ask
	Decision Decision

	tenant tenant.Tenant
	matrix *Matrix
	gate   *Gate
}

// Enter decides about the actor of the context and opens the tenant. A refusal
// is an errs.Unauthenticated, errs.Forbidden or errs.NotFound with its reason,
// and stands in the tenant's log when the actor is known.
func (g *Gate) Enter(ctx context.Context, ask Ask) (*Permit, error) {
	who := actor.From(ctx)
	t, err := g.tenants.Get(ask.Tenant)
	if err != nil {
		return nil, err
	}
	if who.Kind == actor.Anonymous {
		return nil, errs.New(errs.Unauthenticated, "access.unauthenticated").Do("access.unauthenticated.fix")
	}
	m, err := g.Matrix(ctx, t)
	if err != nil {
		return nil, err
	}
	d := m.Decide(&who, ask)
	if d.Allowed && who.Kind != actor.System && !t.Serves(g.tenants.Clock().Now()) {
		d = Decision{Reason: ContractEnded}
	}
	if !d.Allowed {
		return nil, g.refuse(ctx, t, who, ask, d)
	}
	return &Permit{Actor: who, Ask: ask, Decision: d, tenant: t, matrix: m, gate: g}, nil
}

// May answers without opening anything and without an entry: for pages that show
// only what can be done.
func (g *Gate) May(ctx context.Context, ask Ask) bool {
	who := actor.From(ctx)
	t, err := g.tenants.Get(ask.Tenant)
	if err != nil {
		return false
	}
	m, err := g.Matrix(ctx, t)
	return err == nil && m.Decide(&who, ask).Allowed && (who.Kind == actor.System || t.Serves(g.tenants.Clock().Now()))
}

// refuse writes the refusal down and says what the caller may know of it.
func (g *Gate) refuse(ctx context.Context, t tenant.Tenant, who actor.Actor, ask Ask, d Decision) error {
	log, release, err := g.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return err
	}
	defer release()
	_, err = log.Append(ctx, audit.Entry{At: g.tenants.Clock().Now(), Actor: audit.ActorOf(who),
		Operation: audit.AccessRefused, Kind: ask.On.String(), Collection: ask.Collection, Outcome: audit.Refused,
		Reason: string(d.Reason), Request: who.Request, Detail: map[string]string{"action": ask.Action.String()}})
	if err != nil {
		return err
	}
	if d.Reason == OtherTenant || d.Reason == UnknownResource {
		// Nobody learns from a refusal what exists elsewhere.
		return errs.New(errs.NotFound, "access.not_found").With("Reason", string(d.Reason))
	}
	return errs.New(errs.Forbidden, "access.refused."+string(d.Reason)).With("Reason", string(d.Reason)).
		With("Action", ask.Action.String()).With("Resource", ask.On.String()).Do("access.refused.fix")
}

// Tenant is the tenant the permit is for.
func (p *Permit) Tenant() tenant.Tenant { return p.tenant }

// Sees says whether fields of a class may be shown.
func (p *Permit) Sees(class id.Name) bool { return p.matrix.Sees(p.Decision, class) }

// Changes says whether fields of a class may be changed.
func (p *Permit) Changes(class id.Name) bool { return p.matrix.Changes(p.Decision, class) }

// Matrix is the compiled policy the decision was taken by.
func (p *Permit) Matrix() *Matrix { return p.matrix }

// Log opens one placement of the tenant; release it soon.
func (p *Permit) Log(ctx context.Context, placement id.Name) (*audit.Log, func(), error) {
	return p.gate.tenants.Log(ctx, p.tenant, placement)
}

// Entry begins the leaf of what the permit is for.
func (p *Permit) Entry(op audit.Operation) audit.Entry {
	return audit.Entry{At: p.gate.tenants.Clock().Now(), Actor: audit.ActorOf(p.Actor), Operation: op,
		Kind: p.Ask.On.String(), Collection: p.Ask.Collection, Outcome: audit.Done,
		Reason: string(p.Decision.Reason), Request: p.Actor.Request}
}
