// Package keys holds the keys of tenants: it opens them with a key management
// service, hands out a key for every person, seals and opens with them, rotates
// them, and destroys them so that what they sealed is gone everywhere.
//
// # Promises
//
// No key lies unwrapped on a disk. Wrong tenant, wrong service key, wrong context:
// nothing opens. Two equal texts never give equal ciphertexts. A key that was
// shredded opens nothing, from the moment Shred returned, on this node and, within
// the probe period, on every other. A tenant who closes the door in the KMS has
// closed it here within the probe period; a KMS that cannot be reached closes it
// after the outage grace. Nothing calls the KMS while records are read or written.
//
// # Words
//
// KEK: key encrypting key, a Tink keyset of AES-256-GCM keys with versions, one
// per tenant, wrapped by the KMS. DEK: data key. Block: up to 256 DEKs for
// subjects, made durable before the first of them is handed out, each wrapped by
// itself. Slot: place of a DEK in its block. Named key: a DEK with a name and
// versions. Ref: the name of a DEK in every envelope. Ring: the open keyring of a
// tenant. Shred: destroy a DEK. Probe: ask the KMS whether it still opens the KEK.
//
// # Invariants
//
// A slot is handed out at most once, whatever crashes: a block's row counts as
// handed out entirely while a process holds it. A key is used only after the
// transaction that made it is durable. Which key belongs to whom stands in the
// tenant's own database alone: the keyring knows no person. A key is never cached
// after it was shredded: the read that raced with the shredding throws its copy
// away. Every wrapped key is bound to tenant, kind, reference and version, every
// ciphertext to its header and tenant besides the caller's associated data. A data
// key leaves this package in clear by one door, Ring.Lend, and only a canary's.
//
// # Limits
//
// Go gives no way to wipe a cipher's key schedule: keys of which a copy is ours are
// overwritten, those inside an opened cipher are left to the garbage collector.
// A copy of the keyring made before a shredding still opens what the key sealed
// until that copy expires: keyring copies therefore live shorter than the erasure
// delay. On PostgreSQL the old row lies in its page until Scrub has vacuumed.
//
// # Sources
//
// NIST SP 800-38D (nonces: at most 2^32 random ones under a key) and SP 800-57
// (key states); RFC 5116; the wire form of Tink keysets. Start at Rings, then Ring;
// docs/decisions/0004-keyring-blocks.md says why blocks.
//
// # Errors and concurrency
//
// errs.Sealed: the keyring cannot be opened now (its reason says why); errs.Erased:
// the key is destroyed; errs.Corrupt: a wrapped key or a ciphertext was altered;
// errs.NotFound, errs.Conflict and errs.Invalid speak of named keys and rotations;
// ErrEnvelope is returned for bytes that are no envelope. Rings and Ring are safe
// for concurrent use. A key that was handed out, rotated or shredded is so durably
// when the call returns.
package keys
