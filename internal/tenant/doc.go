// Package tenant knows who the customers are and where their data lies.
//
// # Words
//
// A Region is a place with a jurisdiction, an engine, a store of files and a KMS.
// A Placement is one database of one tenant, for some classes of its data, in one
// region. A Handle opens a tenant's placements; code gets one only from an
// authorisation decision of package access. The operator's own tenant exists from
// the first start: the operator is its own first customer.
//
// # Invariants
//
// One tenant, one database per placement, one keyring, one log per database
// (law 3). Nothing falls back to a default tenant: an unknown name or host is an
// error. The region follows from the tenant's country by a declared rule; a country
// without a rule is refused. A change of the directory and its leaf are one
// transaction of the control database (law 1), and what people typed stands there
// sealed (law 2).
//
// # Errors, concurrency, durability
//
// errs.NotFound: no such tenant or host; errs.Conflict: a name or a state does not
// allow it; errs.Stale: somebody changed it before; errs.Config: regions as declared
// cannot be; errs.Unavailable: a place cannot be reached now. ErrFresh,
// ErrNoMetadata and ErrMetadata say when they are returned. Service and Memory are
// safe for concurrent use. A tenant is opened in steps that are repeated after a
// crash until it is open; what was acknowledged is durable.
package tenant
