// Package actor says who acts: which person, program or the platform itself,
// how strongly that was proved, and from which address. It decides nothing.
//
// An Actor is a value: it is copied, never shared, and returns no errors. In and
// From carry it in a context.
package actor
