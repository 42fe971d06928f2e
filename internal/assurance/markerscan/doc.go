// Package markerscan decides promises about bytes that must be unreadable on disk,
// or must lie in one store only.
//
// # Words
//
// A Mark is something planted whose bytes nobody can meet by chance: a Token is a
// text of 128 random bits that a person or a program typed, a Window is a piece of
// a sealed body as the database keeps it. A Place is one database, or a folder
// outside every database. A Hit is a mark met in a place.
//
// # What a run does
//
// It plants tokens in every field of the canary that holds text, in values that are
// searched for, in idempotency keys, in refused bodies, in filters and cursors of
// lists, in the name and the lines of an imported file, in forms of the console, in an
// account's name, address and password, through the doors as anybody would. It reads each back: what
// cannot be read back proves nothing by being absent. Then it reads the raw bytes
// of every file of the platform and of every row of the canary's databases, in the
// encodings of the profile, streams opened. A token met anywhere is a failure, and
// so is a window met outside its own place. Beside that it flips bytes of what was
// stored, tries another tenant's key, and takes everything away again.
//
// # Invariants
//
// Of other tenants than the canary only headers and pieces of ciphertext are
// looked at. A file that could not be read to its end makes the result unknown.
//
// Read measure.go first. Source: the product's own mechanisms and their parameters.
package markerscan
