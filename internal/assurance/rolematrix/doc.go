// Package rolematrix decides whether every kind of caller can do what the declared
// table says, and nothing else.
//
// # How it looks
//
// It executes cells: an operation of the table of routes, sent as a real request by a
// real caller of the canary (nobody, a person or a program of each role, a revoked
// token, staff, the administrator of another customer), and compares whether the
// platform turned it away with what the profile declares. The declaration is the one
// that the program carries, not the one in force: a right that somebody added to a
// tenant is a difference. A cell that cannot be executed leaves the result unknown.
//
// For who may read logs it adds what a request cannot tell: how many persons hold the
// role, whether each reading stands in the log itself, and whether the files that
// hold logs are their owner's alone. For one platform per customer it asks for every
// customer's host name with somebody else's credentials, and compares where every
// customer's databases and keys lie.
//
// # Words
//
// A caller is who asks; a cell is one operation by one caller; a door is an edge with
// a table of its own, or "disk" for whoever has an account on the machine.
package rolematrix
