package pgserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"syscall"
)

// binaries returns the folder of initdb and postgres, and installs them first
// when they are missing.
func binaries() (string, error) {
	if dir := find(); dir != "" {
		return dir, nil
	}
	if err := install(); err != nil {
		return "", err
	}
	if dir := find(); dir != "" {
		return dir, nil
	}
	return "", fmt.Errorf("pgserver: the package is installed, but there is no /usr/lib/postgresql/*/bin/postgres")
}

// find looks where Debian puts them, newest version last, and then in PATH.
func find() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is well formed
	sort.Strings(found)
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p)
		}
	}
	return ""
}

// install runs apt-get, one process of the machine at a time.
func install() error {
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "garant-pgserver-install.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	if find() != "" {
		return nil // another test process was faster
	}
	command := []string{"apt-get", "install", "-y", "--no-install-recommends", "postgresql"}
	if os.Getuid() != 0 {
		command = append([]string{"sudo", "-n"}, command...)
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pgserver: PostgreSQL is missing and could not be installed (%w): %s", err, out)
	}
	return nil
}
