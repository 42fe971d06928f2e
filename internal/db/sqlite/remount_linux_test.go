package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/db/sqlite"
)

// roleRemount lives on a file system of its own, which turns read-only under it as
// after an error of the disk (ext4: remount,abort), and comes back.
func roleRemount(dir string) error {
	image, at := filepath.Join(dir, "image"), filepath.Join(dir, "at")
	if err := syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, ""); err != nil {
		return err
	}
	mount := func() error { return run("mount", "-o", "loop,errors=remount-ro", image, at) }
	err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, 32<<20), os.Mkdir(at, 0o700), run("mkfs.ext4", "-q", image))
	if err == nil {
		err = mount()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errNoMount, err)
	}
	defer func() { _ = syscall.Unmount(at, syscall.MNT_DETACH) }()
	d, err := openAt(at, "a.db", db.Placement)
	if err != nil {
		return err
	}
	if err := makeLines(d); err != nil {
		return err
	}
	for i := range 20 {
		if err := addLine(d, fmt.Sprint(i), make([]byte, 20_000)); err != nil {
			return err
		}
	}
	if err := run("mount", "-o", "remount,abort", at); err != nil {
		return fmt.Errorf("%w: %w", errNoMount, err)
	}
	if err := readOnly(d, at); err != nil {
		return err
	}
	_ = d.Close() // it cannot bring its WAL into the file, and says so
	if err := errors.Join(syscall.Unmount(at, 0), mount()); err != nil {
		return err
	}
	if d, err = openAt(at, "a.db", db.Placement); err != nil {
		return fmt.Errorf("writable again: %w", err)
	}
	there, err := lines(d)
	if err != nil || len(there) != 20 {
		return fmt.Errorf("%d of 20 lines: %w", len(there), err)
	}
	return errors.Join(addLine(d, "after", []byte{1}), d.Check(context.Background()), d.Close())
}

// readOnly wants changes refused as that and reads to go on.
func readOnly(d db.DB, at string) error {
	for range 3 {
		if err := addLine(d, "refused", make([]byte, 20_000)); !errors.Is(err, db.ErrReadOnly) {
			return fmt.Errorf("a change: %w", err)
		}
		there, err := lines(d)
		if err != nil || len(there) != 20 || there["refused"] {
			return fmt.Errorf("%d of 20 lines are read: %w", len(there), err)
		}
	}
	err := sqlite.New(sqlite.Options{}).Create(context.Background(), db.Place{Family: db.Placement, Path: filepath.Join(at, "new.db")})
	if !errors.Is(err, db.ErrReadOnly) {
		return fmt.Errorf("a new database: %w", err)
	}
	return nil
}

var errNoMount = errors.New("this machine makes no file system")

func run(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

func TestTurnsReadOnlyMounted(t *testing.T) {
	probe := child(t, "remount", t.TempDir())
	probe.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	out, err := probe.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM), err != nil && strings.Contains(string(out), errNoMount.Error()):
		t.Logf("no file system of its own here, so read-only was tried by injection only: %v %s", err, out)
	case err != nil:
		t.Errorf("%v: %s", err, out)
	}
}
