// Package commit is the group commit of both engines: one goroutine takes the
// changes that wait, runs them in one transaction, and answers each once all of
// them are durable. It adds no delay: a group ends when nothing waits any more
// or when it holds db.MaxGroup changes.
//
// # A change that fails
//
// A change that failed before it left anything in the transaction is dropped
// from its group. One that failed later makes the group undo everything and run
// again without it: finishers are told Done(false) and made anew. A failure
// makes the failures behind it in the group void, because those may have rested
// on what it had written; they run again. Past maxReruns, each change gets a
// transaction of its own, so that many failures cost flushes and not the square
// of their number.
//
// A panic of a change, or runtime.Goexit in it, is an error of that change.
//
// # A group that does not end
//
// A disk or a server may stop answering. The changes of the group that is then
// running wait for their outcome, which nobody knows before; those behind it are
// refused after db.Patience with db.ErrUnavailable, and so is every further one at
// once, until the group has ended. So a hung disk holds one group, not the platform.
//
// What an engine has to do is written at Store.
package commit
