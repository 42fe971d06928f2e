// Command testsum reads what "go test -json" prints, shows what failed, and
// counts what ran.
//
//	go test -json ./... | go run ./tools/testsum -count FILE
//
// It is strict where the go command is kind: a skipped test is a failure, a
// package that did not build or died is a failure, and so is a run in which no
// test ran at all. The counts go to FILE as "passed failed", for the caller that
// adds stages up. Exit status 0 when everything passed, 1 otherwise.
package main
