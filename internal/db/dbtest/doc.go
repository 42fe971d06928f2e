// Package dbtest is the suite that every engine of package db passes: law 8, one
// rule, two engines. An engine runs it in a few lines:
//
//	func TestContract(t *testing.T) {
//		dbtest.Run(t, func(t *testing.T) dbtest.Engine { … })
//	}
//
// Nothing in it sleeps or measures time. Where changes have to be in one group, a
// first change holds the writer until all the others wait (Stats.Queued).
//
// Run fails its test and returns nothing; each engine is its test's own.
package dbtest
