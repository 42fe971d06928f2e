// Package actor says who acts: which person, program or the platform itself,
// how strongly that was proved, and from which address. It decides nothing.
package actor
