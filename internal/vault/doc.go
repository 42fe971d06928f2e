// Package vault keeps records: typed, classed, sealed, findable only where that
// was declared, and never touched without a leaf in the log.
//
// # Words
//
// A Collection is a typed set of records with Fields; a Field has a class, a
// kind, purposes and a legal basis. Open fields may be filtered on and are
// readable in the database: enumerations and counters, never a person's words.
// Findable fields have a blind index: equality only. A Schema is all the
// collections of a tenant. A Lifecycle says which states a record passes through.
//
// # Invariants
//
// A record is validated whole, and every fault is told at once with a pointer to
// the field. It is sealed under the key of the person it is about (or of its
// collection, when it is about nobody), with tenant, collection, record and
// version as associated data: a row moved elsewhere does not open. Its row's hash
// stands in the leaf of the change that wrote it. A reader gets personal data only
// with a declared purpose, and only once the leaf of the reading is durable. A
// restricted person's data leaves by no path.
//
// Read service.go first, then record.go; store.go holds all the SQL.
//
// # Errors, concurrency, durability
//
// errs.Invalid with pointers: the record breaks its collection; errs.Precondition
// and errs.Stale: If-Match or Purpose; errs.Restricted: processing is restricted;
// errs.Forbidden: a class or a transition is not the caller's; errs.Erased: the
// person's key is gone; errs.TooLarge and errs.Conflict: bounds and taken keys;
// errs.Corrupt: a row does not open or is not what the log says. Service is safe for
// concurrent use. A change that returned nil is durable with its leaf.
//
// Sources: GDPR articles 5, 18 and 25; RFC 9110 for ETags; RFC 6901 for pointers.
package vault
