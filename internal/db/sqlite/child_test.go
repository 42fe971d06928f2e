//go:build linux

package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// Some tests need a process that can be killed, starved or stripped of its
// rights: this test program, started again with the name of a role.
const roleVariable, dirVariable = "GARANT_TEST_ROLE", "GARANT_TEST_DIR"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	roles := map[string]func(dir string) error{
		"load": roleLoad, "quota": roleQuota, "remount": roleRemount, "tmpfs": roleTmpfs, "unprivileged": roleUnprivileged,
		"many": roleMany, "hundred": roleHundred, "opener": roleOpener,
	}
	if err := roles[role](os.Getenv(dirVariable)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child prepares a process in a role.
func child(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role, dirVariable+"="+dir)
	return cmd
}

// runChild runs a role to its end and returns what it said.
func runChild(t *testing.T, role, dir string, attr *syscall.SysProcAttr) string {
	t.Helper()
	cmd := child(t, role, dir)
	cmd.SysProcAttr = attr
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v: %s", role, err, errs.String())
	}
	return strings.TrimSpace(out.String())
}
