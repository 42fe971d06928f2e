//go:build !unix

package server

import (
	"os"
	"path/filepath"

	"garant.example/internal/db"
)

// sameDisk says whether two folders lie on one volume.
func sameDisk(a, b string) bool { return filepath.VolumeName(a) == filepath.VolumeName(b) }

// hold keeps every other platform out of a data folder by holding a file open: such
// systems do not remove a file that is open.
func hold(path string) (release func(), err error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, db.ErrInUse
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, db.ErrInUse
	}
	return func() { _ = f.Close(); _ = os.Remove(path) }, nil
}
