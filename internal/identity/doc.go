// Package identity says who is asking, and proves it: accounts of persons with
// their passwords and roles, signed-in sessions, tokens of programs, and the one
// link by which the first account of all is made.
//
// # Promises
//
// A password is never kept: only its Argon2id hash, with a salt of its own, and
// that hash sealed. Whoever fails to sign in learns nothing from the answer nor
// from the work done: an unknown name, a wrong password, a disabled account and a
// locked one give one answer after one hash. Guessing is counted in the database
// by name and by address, whether or not the name exists. A changed password, a
// changed role and a disabled account end every session of the account in the
// same transaction. A revoked token opens nothing from the moment Revoke
// returned on this node, and within a second on every other. While room for the
// log is short access can still be taken away, and none can be given. Nobody
// serves a tenant before an operator's account exists.
//
// # Words
//
// An account is a person: a member in the tenant's own database, staff in the
// operator's. The sign-in name is what the person types, found by a keyed hash.
// A session is an account signed in, for a while. A token is a program's key. A
// secret is shown once and stored as a hash. The managing roles are those that
// may manage accounts. An initial password was chosen by somebody else: it ends
// soon, and a session opened with it holds no role, so that it can do nothing but
// change it.
//
// # Invariants
//
// What a person typed stands sealed under the tenant's "identity" key. Every
// change, every sign-in and every refusal has its leaf in the same transaction.
// At least one active account holds a managing role once one did. Roles are
// checked against the tenant's matrix when they are given, and never widened
// later: a role that the profile drops opens nothing. Actors leave here with an
// assurance level that says how strongly they were proved; one password is
// actor.OneFactor.
//
// # Where to start
//
// Service, then SignIn, Resume and Authenticate: the three ways in. They take no
// permit, because nobody is known yet; every other verb does, except those by
// which a person acts on what is the person's own.
//
// # Sources
//
// RFC 9106 (Argon2, second recommended parameters); the PHC string format; RFC
// 8265 OpaqueString (passwords) and NIST SP 800-63B (length over composition,
// breached lists, no hints).
//
// # Errors, concurrency, durability
//
// errs.Unauthenticated: whoever asks is not known, or no longer; errs.Invalid with
// pointers: a person, a password or a setting breaks its rules; errs.Conflict: a
// name is taken, a role is full, or nobody would be left to manage accounts;
// errs.Stale: If-Match; errs.TooMany: too many passwords wait to be hashed. Service
// is safe for concurrent use. What returned nil is durable with its leaf. Lengths of
// passwords are counted in characters, their bound in bytes.
package identity
