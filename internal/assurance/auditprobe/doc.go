// Package auditprobe decides whether every touch of data leaves its entry in the log.
//
// # How it looks
//
// It touches: through every path that the promise names and the platform has, as a
// member, as a program and as staff, with records made for the occasion. Each touch
// keeps the number that the platform gave the request. Then it reads the log and
// compares one to one, both ways: a touch without its entry, an entry without its
// touch, and an entry that lacks what the promise says it holds are failures. The
// rows that the storage holds anew must be those that the log tells of.
//
// An answer that shows something and left no entry is what it is after: it asks the
// doors, not the code, so whatever stands between door and storage is looked at as
// well.
//
// # Words
//
// A touch is one request that must leave an entry. A tape is the touches of one run
// against one tenant. A path is a way to data; a path that the platform does not
// have is told as such in the figures, one that it has and the probe cannot play
// makes the result unknown.
//
// Staff reach no tenant without a grant: so every operation on a tenant is tried as
// staff, must be refused, and must stand in the tenant's own log with the person, the
// client, the time and the session. What staff do read are the operator's registers:
// those reads must stand in the operator's log with their purpose and object, between
// the entries that open and close the session.
//
// It stores nothing of its own, belongs to one run at a time, and names culprits by
// opaque id. Source: mechanisms of the product, audit-probe.
package auditprobe
