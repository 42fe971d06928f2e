//go:build !unix

package audit

import "errors"

// freeBytes cannot be asked here; a Guard needs its own measure.
func freeBytes(string) (uint64, error) {
	return 0, errors.New("audit: free space cannot be measured on this system")
}
