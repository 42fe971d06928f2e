//go:build unix

package server

import (
	"os"
	"syscall"

	"garant.example/internal/db"
	"garant.example/internal/errs"
)

// sameDisk says whether two folders lie on one file system.
func sameDisk(a, b string) bool {
	one, err := os.Stat(a)
	other, otherErr := os.Stat(b)
	if err != nil || otherErr != nil {
		return false
	}
	x, ok := one.Sys().(*syscall.Stat_t)
	y, otherOK := other.Sys().(*syscall.Stat_t)
	return ok && otherOK && x.Dev == y.Dev
}

// hold keeps every other platform out of a data folder until release, also when all
// its databases lie elsewhere. The kernel lets go when the process dies. It returns
// db.ErrInUse when another holds the folder.
func hold(path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, errs.New(errs.Config, "server.data.unwritable").With("Path", path).Do("server.data.unwritable.fix").Cause(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		return nil, db.ErrInUse
	}
	return func() { _ = f.Close() }, nil // and with it the lock goes
}
