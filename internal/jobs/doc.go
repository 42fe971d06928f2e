// Package jobs is the edge that the clock calls: work that nobody asks for and that
// must happen all the same. One file per job; each calls the verbs of a domain and
// holds no rule of its own.
//
// A job runs at its start, when it is woken, when it asked to run sooner, and then after
// every interval, counted from its last end, in UTC: no daylight saving moves it, none is ever run twice for a time that
// was missed. A job that fails is told to the log and runs again at its next turn.
//
// # Errors, concurrency, durability
//
// An error ends the turn of its job alone. Every job runs on a goroutine of its own,
// never twice at once; Run returns when its context ends and every turn has. Jobs
// keep no state that matters: what is due is read from the databases, so that a
// crash costs a repeated look and no work is lost.
package jobs
