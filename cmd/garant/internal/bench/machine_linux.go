package bench

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"time"
)

func datasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// written is how many bytes this process has caused to be written to the disk.
func written() (int64, error) {
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(b) {
		var n int64
		if _, err := fmt.Sscanf(string(line), "write_bytes: %d", &n); err == nil {
			return n, nil
		}
	}
	return 0, nil
}

// resident is the memory of this process, in bytes.
func resident() (int64, error) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var size, pages int64
	_, err = fmt.Sscan(string(b), &size, &pages)
	return pages * int64(os.Getpagesize()), err
}

// descriptors is how many files, sockets and the like this process holds open.
func descriptors() (int, error) {
	list, err := os.ReadDir("/proc/self/fd")
	return len(list), err
}

// cpu is the processor time this process has used.
func cpu() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}

// Busy is the load of the machine over the last minute: what others do on it
// lowers every figure.
func Busy() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	first, _, _ := bytes.Cut(b, []byte(" "))
	return string(first)
}
