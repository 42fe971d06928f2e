// Package testdb opens empty databases for the tests of domains, on both engines
// (law 8: one rule, two engines).
//
// Each runs a test on SQLite and on PostgreSQL. A database is closed and removed
// with its test; nothing is shared between two tests but the PostgreSQL server,
// which one test process starts once. Trouble ends the test: no error is returned.
package testdb
