// Package server is the composition root: it makes every part, hands each what it
// stands on, and decides nothing. Whoever wants to know how Garant hangs together
// reads house.go from top to bottom.
package server
