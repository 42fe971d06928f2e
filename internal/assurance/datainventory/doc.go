// Package datainventory decides whether all that is stored was declared, and stands
// in the class it was declared in.
//
// # What it compares
//
// Three things, for every tenant of the profile: the profile in force, the
// collections that the storage goes by, and the rows that are there. Of every
// tenant's rows it reads the collection, the store they lie in and the names of the
// fields that are open; of the canary's it opens the seal as well and reads the names
// of all fields, never anybody's values.
//
// Then it tries: a record with nothing but declared fields must be taken, and the
// same with one field more must be refused.
//
// # Words
//
// A store is one database of a tenant. Its level is that of its classes in the
// profile in force; a store that holds data about persons must have the level that
// the promise names, and the rule that goes with each class (where it may lie) must
// be in force. A class is closed when the promise lists all of them.
//
// It changes nothing that it does not take away again, and belongs to one run at a
// time. Sources: mechanisms of the product, data-inventory; GDPR articles 5 and 30.
package datainventory
