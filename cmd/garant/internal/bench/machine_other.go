//go:build !linux

package bench

import (
	"os"
	"time"
)

// What only Linux tells is zero elsewhere.
func datasync(f *os.File) error   { return f.Sync() }
func written() (int64, error)     { return 0, nil }
func resident() (int64, error)    { return 0, nil }
func descriptors() (int, error)   { return 0, nil }
func cpu() (time.Duration, error) { return 0, nil }

// Busy is unknown here.
func Busy() string { return "?" }
