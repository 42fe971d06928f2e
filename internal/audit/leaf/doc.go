// Package leaf holds the words of the audit log and their exact bytes: what an
// entry says, how it is encoded, and how its leaf is hashed. It knows no
// database, so that the offline verifier stands on it alone.
//
// # Three layers
//
// The entry says who did what, when, from where, why and with which outcome. Its
// encoding, behind 16 random bytes of salt, is the details. The details are
// sealed under the log's key: the sealed entry.
//
//	commitment = SHA-256(0x02 ‖ details)
//	content    = SHA-256(0x03 ‖ commitment ‖ sealed entry)
//	leaf data  = header ‖ content                 (Size bytes)
//	leaf hash  = SHA-256(0x00 ‖ leaf data)        (RFC 6962)
//
// The header is in clear: version, class, time, the object's opaque id, and the
// hash of the object's row as it then stood. So anyone can check the tree, the
// sealed bytes and the rows without a key. Whoever is shown the details can check
// that they are what was logged (the commitment), and whoever is not cannot guess
// them (the salt). When an entry is pruned, its leaf data alone still proves the
// row, and its leaf hash alone still carries the tree.
//
// # Invariants
//
// An encoding is canonical: what Decode accepts, Encode writes back byte for
// byte. Codes are never reused or renumbered. Personal data never stands in an
// entry: opaque ids, names chosen in profiles and closed words only.
//
// Sources: RFC 6962 section 2.1 (leaf and node prefixes 0x00 and 0x01; ours are
// 0x02 and 0x03, so no digest can be taken for another).
//
// ErrIncomplete, ErrTooLarge and ErrMalformed say when they are returned. Functions
// keep nothing; a Hasher belongs to one goroutine. Sizes are bytes, times
// microseconds since 1970 in UTC.
package leaf
