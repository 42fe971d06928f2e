// Package probe acts on a canary as anybody would: over HTTPS, as a program with a
// token, as a person who signed in, with records made for the occasion.
//
// # What it promises
//
// Nothing passes by the doors: a Door sends real requests and verifies the
// platform's certificate. What a probe made it takes away again: tokens are
// revoked, persons are signed out and shut, records are deleted, and the caller
// learns when that did not work. Every value that it stores carries a fresh random
// marker of 128 bits and is about nobody.
//
// # Words
//
// A Door sends Calls and gives Answers. A Program is a token with the roles of the
// profile that programs may hold. A Person is an account of the tenant with one
// role, kept between runs and shut outside of them. A Maker makes records.
//
// Errors: ErrNoRole and ErrRemains say when they are returned; others come from the
// doors. A Maker belongs to one run.
package probe
