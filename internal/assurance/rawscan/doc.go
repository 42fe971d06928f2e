// Package rawscan searches raw bytes for many patterns in one pass, however large
// the files: for mechanisms that look for what must not be on a disk.
//
// A pattern that lies across the border of two pieces read is met like any other.
// Source: S. Wu and U. Manber, "A fast algorithm for multi-pattern searching", 1994.
//
// A Set is compiled once, does not change and may be shared by goroutines. Positions
// are bytes from the beginning.
package rawscan
