// Package blindindex makes an encrypted field findable by equality, and refuses
// where that would give the field away.
//
// # How
//
// A value is normalised, so that two spellings of the same thing are equal; then
// a keyed hash is taken and cut to ten bytes. Whoever holds the database without
// the key sees which rows are equal in that field, and nothing else. Tags of one
// value differ between tenants (another key), collections and fields (bound into
// the hash), so equal values cannot be followed across them.
//
// # What it gives away, and the refusals
//
// Equality is a leak: in a field with few possible values the frequency of a tag
// tells the value (sex, state, year, postcode), and whoever may search can try all
// values. Domain.Check refuses such a field when it is declared, Measured.Check
// when the data turns out to be like that. Ten bytes let one search in about 2^80
// pairs collide: a hit is always compared with the opened value.
//
// # Invariants
//
// Normalise is idempotent and total over valid UTF-8: it returns a value or an
// error, and normalising its result changes nothing. A normaliser never changes
// once released, since stored tags would no longer be found; a better one gets
// another name.
//
// # Sources
//
// RFC 2104 (HMAC), FIPS 180-4 (SHA-256), UAX #15 (NFKC), Unicode case folding,
// ITU-T E.164 (at most 15 digits). The design follows the published notes on blind
// indexes of CipherSweet; no code of it.
//
// # Errors and concurrency
//
// ErrValue is returned for a value that cannot be normalised, ErrNormaliser for a
// name that does not exist, ErrKey for a key that is not 32 bytes. Key is safe for
// concurrent use and prints as nothing.
package blindindex
