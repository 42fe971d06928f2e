// Command garant-verify checks, offline and without any part of a running Garant,
// what Garant hands out as proof: case bundles, inclusion and consistency proofs,
// evidence of controls, and signed checkpoints. It needs the operator's public key
// and nothing else; every content is hashed again.
//
// It exits with 0 when everything holds, 1 for wrong usage or an unreadable file,
// 2 when something does not hold. The rules are in internal/audit/casefile.
package main
