package client

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"testing"
)

func TestRunFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadRun(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no server: %v", err)
	}
	want := Run{URL: "https://localhost:1", CA: "/ca.pem", PID: 7, Tokens: map[string]string{"operator": "grt_a"},
		SignIns: map[string]RunSignIn{"a/audit": {"ada", "secret"}}}
	if err := WriteRun(dir, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadRun(dir)
	if err != nil || got.URL != want.URL || !maps.Equal(got.Tokens, want.Tokens) || !maps.Equal(got.SignIns, want.SignIns) {
		t.Errorf("%+v, %v", got, err)
	}
	if info, err := os.Stat(RunPath(dir)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := os.Chmod(RunPath(dir), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRun(dir); !errors.Is(err, ErrExposed) {
		t.Errorf("a file that others can read: %v", err)
	}
	if err := RemoveRun(dir); err != nil {
		t.Error(err)
	}
	if err := RemoveRun(dir); err != nil {
		t.Errorf("removed twice: %v", err)
	}
}
