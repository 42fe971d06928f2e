// Package casefile holds what leaves Garant as proof, and checks it with nothing
// but itself and the operator's public key: an inclusion proof of one entry, a
// consistency proof between two checkpoints, the evidence of a control, and the
// case bundle of a period. It knows no database; cmd/garant-verify stands on it.
//
// # What a check says
//
// Contents are hashed again, always: sealed bytes give the content hash, disclosed
// details give the commitment, both give the leaf, the leaf gives the root, and
// the root is signed. A check returns findings; no finding means that all of it
// holds. A bundle proves four things of its period: completeness (leaves from the
// one before the period to the one after it, none left out), order (their places
// in the tree), time (never going back, inside the period) and signature.
//
// # Invariants
//
// Readers are strict: unknown members, doubled names, trailing data, other files
// in a bundle, and sizes over their bounds are refused. What is shown in readable
// form is written again from the proved bytes and must come out the same.
//
// Sources: RFC 6962; C2SP signed-note and tlog-checkpoint.
//
// ErrFormat is returned for what is not of this form at all; whatever else is wrong
// is a finding. Checks keep nothing and may run beside each other.
package casefile
