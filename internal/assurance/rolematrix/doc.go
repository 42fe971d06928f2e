// Package rolematrix decides whether every kind of caller can do what the declared
// table says, and nothing else.
//
// # How it looks
//
// It executes cells: an operation of the table of routes, of the API as a program sends
// it and of the console as a browser does, sent as a real request by a real caller of
// the canary (nobody; a person or a program of each role; a token that expired or was
// revoked; somebody who signed out, or whose account was shut; staff; persons and
// programs of another customer), and compares whether the platform turned it away with
// what the profile declares. Credentials that are over were in force before, and did
// serve. The declaration is the one that the program carries, not the one in force: a
// right that somebody added to a tenant is a difference. A cell that cannot be executed
// leaves the result unknown.
//
// Requests are filled so that they change nothing even where they are granted: they
// name what does not exist, or say what fits nothing. The few that could not be are
// sent by those alone who must be refused, and counted.
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
//
// It belongs to one run at a time; a trouble of the doors makes the result unknown
// and is no error. Source: mechanisms of the product, role-matrix.
package rolematrix
