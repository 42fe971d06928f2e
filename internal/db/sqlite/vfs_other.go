//go:build !linux

package sqlite

// registerVFS leaves the flush to the library.
func registerVFS() (string, error) { return "", nil }
