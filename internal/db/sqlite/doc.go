// Package sqlite keeps the contract of package db on SQLite files.
//
// # Promises
//
// One goroutine per open database writes; it takes all waiting changes into one
// transaction, so one flush to the disk (synchronous=FULL, fdatasync) serves
// them all. It adds no delay: a group ends when the queue is empty or holds
// db.MaxGroup changes. Reads run beside it on a few connections of their own,
// each on one snapshot, and never wait for the writer.
//
// A change is dropped from its group without harm when it failed before it wrote
// anything; when it failed later, the group is undone and run again without it.
//
// # Files
//
// "x.db" has mode 0600 in a folder of mode 0700. Beside it lie "x.db-wal" and
// "x.db-shm" while it is open, and "x.db-lock", which holds no data: it is locked
// (flock) so that no second process writes to the database. Temporary tables
// stay in memory. A database is made under the name "x.db-new" and renamed when
// it is complete, so that an empty "x.db" is never taken for a new one.
//
// The WAL is brought into the file by the writer, between two groups, when it
// passes a bound, and at Close. The bound is large on purpose: a page that many
// groups touched is then copied once.
//
// # Words
//
// A conn is one connection to the library with its prepared statements; it is
// used by one goroutine at a time. The library is called at the level of its C
// interface, without database/sql: fewer copies, and access to the WAL, to the
// error numbers of the system, and to the flush (see vfs_linux.go).
//
// Sources: https://sqlite.org/wal.html, https://sqlite.org/c3ref/intro.html,
// https://sqlite.org/atomiccommit.html; docs/decisions/0002-sqlite-driver.md.
package sqlite
