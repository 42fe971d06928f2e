//go:build !race

package sqlite_test

// Memory is what it is.
const (
	overhead    = 1 // by which the bounds of memory are multiplied
	manyPlaces  = 10000
	busyTenants = 100
)
