// Package sealinspector decides promises about what stored objects say of
// themselves, and whether it is true: algorithm, key, length, tag, the customer they
// are bound to, and the keys above them.
//
// # Words
//
// An Object is one stored record. Its Header says which algorithm and key sealed
// it. The Second decoder is written here, over the standard library alone: it shares
// no code with the one that seals. A Pass has looked into every object once.
//
// # What a run does
//
// It reads the header of every object of every tenant of the profile. A sample,
// another one each run, is opened in memory to verify its tag, and forgotten. What
// belongs to the canary is opened by the second decoder too, under a key that
// package keys lends for canaries only. Above the objects it opens every wrapped
// key, measures lengths and ages, compares rows with the log, asks the key
// management service in the right name and in a wrong one, and searches the disk
// for keys that lie about unwrapped.
//
// # Invariants
//
// Nothing that a person wrote leaves this package, and no key: figures, counts and
// opaque ids do. A service that does not answer makes the result unknown.
//
// Read measure.go first. Sources: NIST SP 800-38D (GCM), RFC 6962 section 2.1.
package sealinspector
