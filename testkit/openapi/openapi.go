package openapi

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Check says what is wrong with a document; nothing when it is sound. It fails the
// test when the validator is not installed: see ./test.
func Check(tb testing.TB, document []byte) (fault string) {
	tb.Helper()
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Dir(file)
	path := filepath.Join(tb.TempDir(), "document")
	if err := os.WriteFile(path, document, 0o600); err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command("node", filepath.Join(dir, "check.mjs"), path)
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	if err := cmd.Run(); err != nil {
		tb.Fatalf("openapi: %v: %s", err, errors.Bytes())
	}
	return out.String()
}
