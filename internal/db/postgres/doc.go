// Package postgres keeps the contract of package db on PostgreSQL 14 and later.
//
// # Promises
//
// One goroutine per open database writes. Statements handed over with Queue are
// gathered and sent together with the next statement whose result is needed, and
// at the latest with COMMIT: a group whose changes only queue is one round trip,
// from BEGIN to COMMIT. The error of a queued statement becomes the error of the
// change that queued it, and only of that one.
//
// Writes run at READ COMMITTED with synchronous_commit on, reads at REPEATABLE
// READ, READ ONLY: one snapshot. A deadlock with another node runs the group again.
//
// Several nodes may write the same database. Between them, only rows that are
// locked are safe from each other: a finisher that continues a chain (the audit
// log) takes its head with SELECT … FOR UPDATE when it is made, and reads there
// what another node may have written since; Local is a cache, not the truth.
//
// # Connections
//
// All databases of a driver share a bounded set of connections, so that many
// quiet databases cost the server nothing. A group borrows one and gives it back;
// an idle one of another database is closed to make room. Statements are prepared
// once per connection.
//
// When a connection breaks before COMMIT was sent, the group runs again on a new
// one; when it breaks after, its changes are answered with db.ErrUnknownOutcome.
//
// Databases are made with the collation C and UTF-8, so that texts sort as they
// do in SQLite. A text with a zero byte, or that is not UTF-8, is refused by both.
//
// Sources: https://www.postgresql.org/docs/15/protocol-flow.html (pipelining),
// https://www.postgresql.org/docs/15/errcodes-appendix.html.
package postgres
