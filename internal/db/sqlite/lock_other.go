//go:build !unix

package sqlite

import (
	"fmt"
	"os"

	"garant.example/internal/db"
)

// lockFile keeps other processes out by being open: such systems do not remove
// a file that is open.
type lockFile struct{ f *os.File }

// takeLock returns db.ErrInUse when the lock is held.
func takeLock(path string) (*lockFile, error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("%w: %s", db.ErrInUse, path)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", db.ErrInUse, path)
	}
	return &lockFile{f}, nil
}

// release lets others in.
func (l *lockFile) release() {
	l.f.Close()
	os.Remove(l.f.Name())
}
