//go:build unix

package sqlite

import (
	"fmt"
	"os"
	"syscall"

	"garant.example/internal/db"
)

// lockFile keeps every other process, and every other handle of this one, from
// opening the same database. It is a file of its own because closing any
// descriptor of the database itself would drop SQLite's own locks (POSIX).
type lockFile struct{ f *os.File }

// takeLock returns db.ErrInUse when the lock is held.
func takeLock(path string) (*lockFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, systemError(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %s", db.ErrInUse, path)
	}
	return &lockFile{f}, nil
}

// release lets others in. The kernel does it too when the process dies.
func (l *lockFile) release() { l.f.Close() }
