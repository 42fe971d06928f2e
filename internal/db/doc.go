// Package db is what a domain knows of a database: a small set of verbs that
// SQLite and PostgreSQL keep alike (law 8: one rule, two engines). It knows no
// domain; sub-packages sqlite and postgres implement it on the group commit of
// package commit, dbtest holds the suite that both must pass, migrations holds the
// numbered SQL of each. Pool keeps a bounded set of databases open.
//
// # Words
//
// A database is one SQLite file or one PostgreSQL database: the control
// database, one placement of one tenant, or one keyring. A change is a function
// that reads and writes within a transaction. A group commit is the transaction
// that carries all the changes that were waiting when it began.
//
// # Invariants
//
// Each open database has one writer, so changes never wait for each other's
// locks, and one flush serves all the changes of a group. A change that returned
// nil is durable: it survives the loss of power of the machine. A change that
// returned an error left nothing behind, except after ErrUnknownOutcome.
//
// # Rules that both engines enforce
//
// A statement that failed fails its change, whatever the change returns; insert
// with ON CONFLICT DO NOTHING and look at the number of rows instead. Texts are
// UTF-8 without zero bytes. NULL goes into []byte (nil) and into pointers only.
// Scan a Row before the next statement. Other statements may run within a loop
// over Rows. A transaction is over when its function returns. Within Write, call
// neither Write nor Close of the same database; within Read, not Read: each would
// wait for itself.
//
// # SQL
//
// Statements are written once for both engines: parameters are ?1, ?2 … (the
// PostgreSQL engine writes them $1, $2 …), casts are CAST(… AS …), times are
// int64 microseconds (clock.Micros), opaque ids are 16 bytes. Where one
// statement cannot serve both, it is written twice side by side and chosen by
// Tx.Engine.
//
// # Errors and concurrency
//
// The sentinels in errors.go say when each is returned; drivers' errors do not leave
// the engines. ErrUnknownOutcome alone means that a change may have happened. DB and
// Pool are safe for concurrent use, a Tx is not. Times are int64 microseconds in
// UTC.
//
// Sources: the documents of SQLite (WAL, synchronous=FULL) and PostgreSQL
// (synchronous_commit) on what durable means.
package db
