// Package house opens a small real platform for tests: every domain wired as in
// service, on SQLite in a folder of the test's own or on PostgreSQL, with open doors
// on loopback and the operator's first account made. Nothing in it is a stand-in but
// the cheap cost of hashing.
//
// Open is for tests that reach into the domains, Engines runs one on both engines,
// and Do speaks to the API. A House is closed with its test; it belongs to that test
// alone, whose goroutines may share it. Whoever wants clients and signed-in people
// takes package stage, which stands on this one.
package house
