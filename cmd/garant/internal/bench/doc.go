// Package bench measures what the platform does against what this machine can do at
// most, in one run: a ratio travels from machine to machine, a number does not.
//
// The limits: an echo of the same bytes over the same transport, the same rows
// inserted by the bare engine in the same batches with the same durability, one
// flush of the disk. Clients and server share the machine, as they do in the echo.
package bench
