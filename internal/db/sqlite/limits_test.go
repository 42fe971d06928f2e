//go:build linux

package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/db/sqlite"
)

// fillUp writes until there is no more room, calls free, and goes on writing.
func fillUp(dir string, free func() error) error {
	d, err := openAt(dir, "a.db", db.Placement)
	if err != nil {
		return err
	}
	if err := makeLines(d); err != nil {
		return err
	}
	body := make([]byte, 50_000)
	written := 0
	for ; ; written++ {
		if err = addLine(d, fmt.Sprint(written), body); err != nil {
			break
		}
		if written > 10_000 {
			return errors.New("there is room without end")
		}
	}
	if !errors.Is(err, db.ErrFull) {
		return fmt.Errorf("no room: %w", err)
	}
	if err := addLine(d, "big", make([]byte, 1<<20)); !errors.Is(err, db.ErrFull) {
		return fmt.Errorf("still no room: %w", err)
	}
	there, err := lines(d) // reading goes on
	if err != nil || len(there) != written {
		return fmt.Errorf("%d of %d lines: %w", len(there), written, err)
	}
	if err := free(); err != nil {
		return err
	}
	for i := range 10 { // and so does writing, once there is room
		if err := addLine(d, fmt.Sprint("after", i), body); err != nil {
			return fmt.Errorf("with room again: %w", err)
		}
	}
	there, err = lines(d)
	if err != nil || len(there) != written+10 || there["big"] {
		return fmt.Errorf("%d of %d lines: %w", len(there), written+10, err)
	}
	return errors.Join(d.Check(context.Background()), d.Close())
}

// roleQuota meets a limit on the size of files, as a quota would be.
func roleQuota(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	small := syscall.Rlimit{Cur: 3 << 20, Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		return err
	}
	return fillUp(dir, func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit) })
}

// roleTmpfs meets a full disk: a file system of its own of four megabytes.
func roleTmpfs(dir string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, ""); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		return err
	}
	return fillUp(dir, func() error { return syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m") })
}

func TestFull(t *testing.T) {
	runChild(t, "quota", t.TempDir(), nil)
	// A mount needs more than the right to be root; without it the quota is
	// all there is, and it takes the same way through the code but for the number.
	probe := child(t, "tmpfs", t.TempDir())
	probe.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if out, err := probe.CombinedOutput(); errors.Is(err, syscall.EPERM) {
		t.Log("this machine allows no mount: a full disk was tried by quota only")
	} else if err != nil {
		t.Errorf("full disk: %v: %s", err, out)
	}
}

// roleUnprivileged opens what it may not write.
func roleUnprivileged(dir string) error {
	if os.Getuid() == 0 {
		if err := syscall.Setgid(65534); err != nil {
			return err
		}
		if err := syscall.Setuid(65534); err != nil {
			return err
		}
	}
	ctx, v := context.Background(), sqlite.New(sqlite.Options{})
	for _, name := range []string{"folder/a.db", "file/a.db"} {
		_, err := v.Open(ctx, db.Place{Family: db.Placement, Path: filepath.Join(dir, name)})
		if !errors.Is(err, db.ErrReadOnly) {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	err := v.Create(ctx, db.Place{Family: db.Placement, Path: filepath.Join(dir, "folder/new.db")})
	if !errors.Is(err, db.ErrReadOnly) {
		return fmt.Errorf("create: %w", err)
	}
	return nil
}

func TestReadOnly(t *testing.T) {
	dir, err := os.MkdirTemp("", "garant-read-only-") // t.TempDir lies in folders that others may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for name, modes := range map[string][2]os.FileMode{"folder": {0o500, 0o600}, "file": {0o700, 0o400}} {
		sub := filepath.Join(dir, name)
		d, err := openAt(sub, "a.db", db.Placement)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(sub, "a.db-lock")); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Chmod(filepath.Join(sub, "a.db"), modes[1]), os.Chmod(sub, modes[0])); err != nil {
			t.Fatal(err)
		}
		if os.Getuid() == 0 {
			err := errors.Join(os.Chown(dir, 65534, 65534), os.Chown(sub, 65534, 65534),
				os.Chown(filepath.Join(sub, "a.db"), 65534, 65534))
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	runChild(t, "unprivileged", dir, nil)
}
