// Package server is the composition root: it makes every part, hands each what it
// stands on, and decides nothing. Whoever wants to know how Garant hangs together
// reads house.go from top to bottom.
//
// # Errors, concurrency, durability
//
// Open, Serve and Configured return an errs.Config that says what to correct;
// nothing is left running then. A House and a Running are safe for concurrent use;
// Stop lets running requests end, then closes every database, so that nothing
// acknowledged is lost. It stores nothing but the local authority's files.
package server
