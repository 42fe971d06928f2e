// Package profile reads what a tenant was promised: its roles, collections,
// settings and the sentences its customers may rely on, declared in one YAML file
// per profile; compares it with what is in force; and puts it in force.
//
// # Words
//
// A Profile is one declared file. A Set is all of them, checked together. A
// Promise is one sentence with its Control: the mechanism that checks it, how
// often, with which parameters. A Setting is one figure or choice of a closed
// list; a planned one is declared and enforced by nothing yet, and is never shown
// as in force. A Plan is what applying a profile would change. Drift is what
// differs between the profile that was applied, the one the program carries, and
// what is in force. A Map says how the columns of a table become fields.
//
// # Invariants
//
// What is not understood is refused: an unknown key, setting, mechanism or
// parameter, a repeated key, an alias, a file over its bound. All faults of all
// files are told at once, each with its place. Everything a person reads stands
// in both languages (law 9). A profile is applied in one transaction of the
// tenant's main log with its leaf (law 1); a plan that would lose data is refused
// until it is confirmed by its digest. A profile that is accepted is in force
// (law 10).
//
// Read profile.go first, then load.go, compile.go, diff.go and service.go; runtime.go
// holds a profile against what runs.
//
// Sources: RFC 6901 for the places of faults; GDPR articles 5, 6, 13 and 30 for
// purposes, legal bases and the record of processing.
//
// # Errors, concurrency, durability
//
// Load, Parse and Check return an errs.Config with all faults; Apply returns
// errs.Precondition without a confirmation and errs.Conflict for what cannot be,
// both with the plan, and errs.Config for a setting beyond what runs (Runtime).
// ErrParameter and ErrSpan say when they are returned. Set and Service are safe for
// concurrent use. What Apply returned nil for is durable and acts at once on this
// node, within a second on others. Lengths of time are written with their unit
// (30min, 31d, 25mo: calendar months), sizes in bytes (kB decimal, KiB binary).
package profile
