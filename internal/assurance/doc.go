// Package assurance binds every promise to a check that ran, and can be seen to
// fail.
//
// # Words
//
// A Control is one promise with its Mechanism and parameters. A Run of it gives a
// Finding: kept, failing or unknown, with figures, counts and at most twenty
// culprits by opaque id. A Result is a finding that was stored, with its leaf in the
// operator's log. The Status of a promise is what its latest result says, weighed
// by its age and by exceptions. A Sabotage breaks the fact behind a promise, on a
// demo folder only, in steps that can all be undone: each Wound is journalled
// before it is made.
//
// # Invariants
//
// Unknown, stale and excepted are never shown as kept. What never ran is unknown;
// what has no mechanism yet is planned. A probe that expects absence or refusal
// first does what must succeed (see Finding.Unknown). On real tenants a mechanism
// reads headers, counts, metadata and the log, never what a person wrote: whatever
// needs content acts on the profile's canary tenant through the same code.
//
// Read mechanism.go for what a mechanism is, status.go for the rule of states,
// sabotage.go for wounds. The mechanisms themselves lie in the folders below, one
// each. Sources: shared conventions on control status; mechanisms of the product.
//
// # Errors, concurrency, durability
//
// Run returns errs.NotFound for a promise that nobody made and errs.Conflict for one
// that has no mechanism yet, whose profile has no canary, or whose sabotage is under
// way or does not exist; what a mechanism could not find out is no error but an
// unknown finding. Service is safe for concurrent use. A result counts once it and
// its leaf are durable, in one transaction; a wound is durable in its journal before
// it is made, so that a crash is healed at the next start.
package assurance
