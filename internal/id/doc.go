// Package id holds one type per identifier, so that the compiler refuses a
// swap: a record's id is never handed over where a subject's is meant.
//
// An opaque id is 16 bytes of a version 7 UUID (RFC 9562) written as a prefix,
// an underscore and 26 characters of Crockford's base 32 in lower case:
// "r_06cyw2t9mfxq3zt9w1f5n2m8gr". It carries no meaning, sorts by creation and
// is safe in a URL. It is no secret: knowing an id opens nothing.
//
// A name is chosen by people who write profiles: lower-case letters, digits and
// hyphens, beginning with a letter, at most 63 characters.
//
// ErrMalformed is returned for a text that is no id or no name of the kind asked
// for. Ids are values and may be compared; making one is safe from any goroutine.
package id
