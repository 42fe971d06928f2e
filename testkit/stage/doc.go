// Package stage puts the whole product on a stage for tests: a house over SQLite
// or PostgreSQL, served over HTTPS on port 0, with the operator's first account
// made, tenants opened on request, and clients for whoever acts. Nothing in it is
// a stand-in: what a test does here goes through the doors that everybody uses.
package stage
