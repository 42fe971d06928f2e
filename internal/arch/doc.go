// Package arch is the shape of the house as tests: which package may import
// which, how large a file may grow, where the clock is read. It holds no code
// that runs; read the tests as the rules.
//
// Each test walks the source with go/parser (never by asking the go command,
// whose answers the test cache cannot see), says how many things it looked at,
// and fails when it saw none. An exception stands in exceptions_test.go with its
// reason; an exception that is no longer needed fails too.
package arch
