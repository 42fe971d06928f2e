// Package migrations holds the numbered SQL of every family of databases, in
// both engines, and applies what a database has not seen yet.
//
// A migration is one file NNNN_domain_words.sql in <engine>/<family>; the same
// numbers and names stand in both engines, and tests compare the tables they
// make. A file is never changed after a release: a later one corrects it.
//
// All migrations that are missing run in one transaction, so a database has
// either all of them or none. A database that has seen more than this program
// knows is refused with db.ErrNewer.
//
// Why not a library: see docs/decisions/0005-migrations.md.
//
// Errors: ErrName is returned for a file that is misnamed; others come from the
// engine. Whoever applies holds the database's one writer.
package migrations
