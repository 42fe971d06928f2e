// Package democloud is a small cloud of loopback for the demo and for tests: one
// place for each region that the profiles name, which says of itself where it is,
// and the key services of those regions.
//
// The regions of AWS have a metadata service in its form (package imds); the others
// a file that the provisioning of a machine would have written. What a place says
// can be changed under the name of a hole, and the service of keys be made to
// refuse, so that a sabotage can break the fact behind a promise. All of it runs in
// the process of the platform; Sockets tells which sockets are its own.
package democloud
