// Package pgserver gives tests a real PostgreSQL on loopback.
//
// Start returns the one server that all tests of a process share; a test takes
// a database of its own from it with Place. Own starts a server that a test may
// stop and kill. Both install Debian's package "postgresql" when the machine has
// none, run as an unprivileged user in a temporary folder, and end with the test
// process, however that ends: the server's keeper waits on a pipe that the
// system closes when the process is gone.
package pgserver
