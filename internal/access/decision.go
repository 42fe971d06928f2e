package access

import (
	"garant.example/internal/actor"
	"garant.example/internal/id"
)

// Reason says why a decision is what it is; it stands in the log and selects the
// words of a refusal.
type Reason string

// The closed list of reasons.
const (
	ByRole          Reason = "role"              // a rule of a role allows it
	ByPlatform      Reason = "platform"          // the platform itself acts
	NotKnown        Reason = "not_authenticated" // nobody known is asking
	OtherTenant     Reason = "other_tenant"      // the actor belongs elsewhere
	NoGrant         Reason = "no_grant"          // staff without a grant of the tenant
	NoRule          Reason = "no_rule"           // no role held allows it
	OutOfScope      Reason = "token_scope"       // the token is narrower than its role
	NoTransition    Reason = "no_transition"     // the role may not make this transition
	ContractEnded   Reason = "contract_ended"    // the tenant's contract is over
	WeakProof       Reason = "weak_proof"        // the session was not proved strongly enough
	UnknownResource Reason = "unknown_resource"  // there is no such action, collection or class
)

// Ask is a question to the matrix.
type Ask struct {
	Action     Action
	On         Resource
	Tenant     id.Tenant
	Collection id.Name // Record
	Edge       Edge    // Transition
}

// Decision is the answer. Its zero value is a refusal without a reason.
type Decision struct {
	Allowed bool
	Reason  Reason
	Role    id.Name // the role that allowed it, or the first one held
	See     uint64  // classes of fields that may be shown; ask Matrix.Sees
	Change  uint64  // classes of fields that may be changed; ask Matrix.Changes
}

// Decide answers for an actor within its own tenant. It takes the union of what
// the actor's roles allow. It allocates nothing.
func (m *Matrix) Decide(a *actor.Actor, ask Ask) Decision {
	switch {
	case a.Kind == actor.Anonymous:
		return Decision{Reason: NotKnown}
	case a.Kind == actor.System:
		return Decision{Allowed: true, Reason: ByPlatform, See: ^uint64(0), Change: ^uint64(0)}
	case ask.On == NoResource || ask.On >= resourceEnd || !sensible[ask.On].has(uint8(ask.Action)):
		return Decision{Reason: UnknownResource}
	case a.Tenant != ask.Tenant && a.Kind == actor.Staff:
		return Decision{Reason: NoGrant}
	case a.Tenant != ask.Tenant:
		return Decision{Reason: OtherTenant}
	case ask.On == Record:
		return m.decideRecord(a, ask)
	}
	d := Decision{Reason: NoRule}
	for _, name := range a.Roles {
		i, ok := m.roleIndex[name]
		if ok && m.cells[i*int(resourceEnd)+int(ask.On)].actions.has(uint8(ask.Action)) {
			return Decision{Allowed: true, Reason: ByRole, Role: name}
		}
	}
	return d
}

func (m *Matrix) decideRecord(a *actor.Actor, ask Ask) Decision {
	c, ok := m.collections[ask.Collection]
	if !ok {
		return Decision{Reason: UnknownResource}
	}
	if !inScope(a, ask.Collection) {
		return Decision{Reason: OutOfScope}
	}
	d := Decision{Reason: NoRule}
	for _, name := range a.Roles {
		i, ok := m.roleIndex[name]
		if !ok {
			continue
		}
		cell := &m.records[i*len(m.collections)+c]
		if !cell.actions.has(uint8(ask.Action)) {
			continue
		}
		if ask.Action == Transition && !cell.crosses(ask.Edge) {
			d.Reason = NoTransition
			continue
		}
		if !d.Allowed {
			d = Decision{Allowed: true, Reason: ByRole, Role: name}
		}
		d.See |= uint64(cell.see)
		d.Change |= uint64(cell.change)
	}
	return d
}

func (c *recordCell) crosses(e Edge) bool {
	if c.anyEdge {
		return true
	}
	for _, own := range c.edges {
		if own == e {
			return true
		}
	}
	return false
}

func inScope(a *actor.Actor, collection id.Name) bool {
	if len(a.Scope) == 0 {
		return true
	}
	for _, name := range a.Scope {
		if name == collection {
			return true
		}
	}
	return false
}
