// Package access decides. Every act on data passes here: a closed list of
// actions, a closed list of resources, roles as data, refusal by default, and a
// decision that says why. Nothing is cached: a role taken away is gone with the
// next request.
//
// # Words
//
// A Rule lets the holders of a Role do Actions on a Resource, within
// collections, field classes and life-cycle transitions. A Matrix is all the
// roles of one tenant, compiled. A Decision is the answer with its reason. A
// Permit is a decision that was yes, with the tenant's handle: the only way by
// which code gets to a tenant's data (law 3).
//
// # Invariants
//
// No rule, no access. An actor of one tenant never passes for another; staff
// pass only through a grant of the tenant (law 4). A decision takes less than a
// microsecond and allocates nothing.
//
// # Errors, concurrency, durability
//
// A refusal is errs.Forbidden with its reasons, errs.NotFound where even the
// existence is not to be told, errs.Unauthenticated for nobody. A trouble on the way
// to the rules is handed on and never counts as yes. Gate is safe for concurrent
// use; a Permit belongs to the request it was given for. A refusal is answered once
// its leaf is durable.
//
// Sources: laws 3 and 4 of the house; GDPR article 32 (whoever acts on data acts on
// instruction).
package access
