package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Run is what a running server writes into its data folder, so that commands on the
// same machine reach it. It holds secrets: only the owner of the folder may read it.
type Run struct {
	URL string `json:"url"`
	CA  string `json:"ca,omitempty"` // PEM file, if the certificate is of its own authority
	PID int    `json:"pid"`
	// Tokens are what commands act with, by short name of the tenant ("operator" is
	// the operator's own), or by name and need: "acme/audit" reads the log,
	// "acme/manage" manages accounts, tokens and keys.
	Tokens map[string]string `json:"tokens,omitempty"`
	// SignIns are the same for people, who sign in for each command. Only a demo,
	// whose people are made up, has them.
	SignIns map[string]RunSignIn `json:"sign_ins,omitempty"`
}

// RunSignIn is a made-up person of a demo.
type RunSignIn struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

// runFile is where it stands below the data folder.
const runFile = "run/server.json"

// ErrExposed is returned when others than the owner may read the file.
var ErrExposed = errors.New("client: the file of the running server can be read by others")

// RunPath is where a server on a data folder says how to reach it.
func RunPath(dir string) string { return filepath.Join(dir, filepath.FromSlash(runFile)) }

// ReadRun reads how to reach the server that runs on a data folder. The error is
// fs.ErrNotExist when none runs. A server that was killed leaves its file behind:
// whoever cannot connect takes it for none.
func ReadRun(dir string) (Run, error) {
	path := RunPath(dir)
	info, err := os.Stat(path)
	if err != nil {
		return Run{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Run{}, fmt.Errorf("%w: %s", ErrExposed, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Run{}, err
	}
	var r Run
	if err := json.Unmarshal(data, &r); err != nil {
		return Run{}, fmt.Errorf("client: %s: %w", path, err)
	}
	return r, nil
}

// WriteRun writes the file, whole or not at all; RemoveRun takes it away.
func WriteRun(dir string, r Run) error {
	path := RunPath(dir)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), ".server-*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = fresh.Write(append(data, '\n'))
	if closed := fresh.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		_ = os.Remove(fresh.Name()) // half a file helps nobody
	}
	return err
}

// RemoveRun removes the file; that it is gone already is no error.
func RemoveRun(dir string) error {
	if err := os.Remove(RunPath(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
