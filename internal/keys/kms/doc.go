// Package kms speaks to the services that keep the keys of tenants: a local
// file opened with a passphrase, OpenBao or Vault transit, AWS KMS.
//
// # Promise
//
// A service only ever sees one small keyset per tenant, wrapped with a context
// {tenant, purpose} that it authenticates and, where it keeps a log, writes down.
// It is called when a keyring is opened, probed or re-wrapped, never for a record.
//
// # Invariants
//
// Every error says which of a closed list of reasons it has (Reason), so that the
// caller can tell a tenant who closed the door from a network that is down: the
// first ends access at once, the second is waited out for a stated time. A wrapped
// text opens with the key and the context it was wrapped with and with no other.
// Throttled and unreachable calls are tried again, a bounded number of times, with
// full jitter (Retry).
//
// # Sources
//
// RFC 9106 (Argon2), RFC 5116 (AEAD); AWS Signature Version 4 and the JSON 1.1
// wire form of KMS (TrentService); the HTTP API of the transit secrets engine.
//
// # Errors and concurrency
//
// Every error of a call is an *Error with a Reason: Closed says that somebody
// decided so, Passing that trying again may work; Explain turns it into an
// errs.Sealed for people. Opening a service returns errs.Config or errs.Setup.
// Services are safe for concurrent use. The local file is replaced whole and flushed
// before a new key is used.
package kms
