// Package stage puts the whole product on a stage for tests: a platform of package
// house, served over HTTPS on port 0, with the operator's first account made through
// the door of the first start, tenants opened on request, and clients for whoever
// acts. Nothing in it is a stand-in: what a test does here goes through the doors
// that everybody uses. A Stage goes with its test.
package stage
