package sqlite_test

import (
	"bytes"
	"context"
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

// Some tests need a process that can be killed, starved or stripped of its
// rights: this test program, started again with the name of a role.
const roleVariable, dirVariable = "GARANT_TEST_ROLE", "GARANT_TEST_DIR"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	roles := map[string]func(dir string) error{
		"load": roleLoad, "quota": roleQuota, "tmpfs": roleTmpfs, "unprivileged": roleUnprivileged,
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

// openAt opens, and creates if need be, the database dir/name.
func openAt(dir, name string, family db.Family) (db.DB, error) {
	p := db.Place{Engine: db.SQLite, Family: family, Path: filepath.Join(dir, name)}
	v := sqlite.New(sqlite.Options{})
	if err := v.Create(context.Background(), p); err != nil {
		return nil, err
	}
	return v.Open(context.Background(), p)
}

// makeLines makes the table that the roles write to.
func makeLines(d db.DB) error {
	return d.Write(context.Background(), func(tx db.Tx) error {
		_, err := tx.Exec(`CREATE TABLE IF NOT EXISTS line (id TEXT NOT NULL PRIMARY KEY, body BLOB NOT NULL) STRICT`)
		return err
	})
}

func addLine(d db.DB, id string, body []byte) error {
	return d.Write(context.Background(), func(tx db.Tx) error {
		return tx.Queue(`INSERT INTO line (id, body) VALUES (?1, ?2)`, id, body)
	})
}

// lines returns the ids there are.
func lines(d db.DB) (map[string]bool, error) {
	all := map[string]bool{}
	err := d.Read(context.Background(), func(tx db.Tx) error {
		clear(all)
		for row, err := range tx.Rows(`SELECT id FROM line`) {
			if err != nil {
				return err
			}
			var id string
			if err := row.Scan(&id); err != nil {
				return err
			}
			all[id] = true
		}
		return nil
	})
	return all, err
}
