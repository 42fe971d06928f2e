// Package errs is the one shape of an error that a person may see.
//
// An Error carries a code (what happened, for programs), a message key with
// parameters (what happened, for people, in two languages), the key of the next
// step, pointers to the fields at fault, and the cause. The cause goes to the
// log and never to the answer; no personal data stands in any of them.
//
// An Error is made and filled by one goroutine, then only read. Codes are a closed
// list, each beside its meaning; New, With, Do, At and Cause change the error they
// are called on and return it. Source: RFC 9457, whose problem an edge makes of it.
package errs
