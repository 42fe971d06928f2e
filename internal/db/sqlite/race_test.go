//go:build race

package sqlite_test

// The race detector keeps several bytes for each byte it watches, and takes
// its time: it is shown fewer databases.
const (
	overhead    = 3 // by which the bounds of memory are multiplied
	manyPlaces  = 1000
	busyTenants = 20
)
