package main

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"garant.example/internal/audit/casefile"
)

// The files in testdata were written once by version 1 of the formats. They are
// never written again: a proof that somebody keeps must verify for ever.
var samples = []string{"case.zip", "entry.json", "evidence.json", "consistency.json", "checkpoint"}

func sample(name string) string { return filepath.Join("testdata", name) }

func call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(args, "C", &out, &errs)
	return status, out.String(), errs.String()
}

func TestSamplesHold(t *testing.T) {
	key, err := os.ReadFile(sample("key"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSpace(string(key))
	parts := strings.SplitN(text, "+", 3)
	for _, name := range samples {
		for _, k := range []string{text, sample("key")} {
			if status, out, errs := call(t, "--key", k, sample(name)); status != 0 || !strings.Contains(out, "everything holds") {
				t.Errorf("%s: %d\n%s%s", name, status, out, errs)
			}
		}
		// Every sentence exists in French too, and JSON says the same.
		if status, out, _ := call(t, sample(name), "--lang", "fr", "--key", text); status != 0 || !strings.Contains(out, "tout est vérifié") || strings.Contains(out, "⟦") {
			t.Errorf("%s in French: %d\n%s", name, status, out)
		}
		status, out, _ := call(t, "--json", "--key", text, sample(name))
		var got struct {
			Holds bool
			Files []struct {
				Kind, Origin string
				Holds        bool
			}
		}
		if err := json.Unmarshal([]byte(out), &got, json.MatchCaseInsensitiveNames(true)); err != nil || status != 0 || !got.Holds || len(got.Files) != 1 || got.Files[0].Origin != parts[0] {
			t.Errorf("%s: %v %s", name, err, out)
		}
	}
	if status, out, _ := call(t, "--key", text, "--origin", "garant.example/t/other/primary", sample("entry.json")); status != 2 {
		t.Errorf("proof of another log: %d\n%s", status, out)
	}
}

// Each byte of each sample counts: with any of them changed nothing holds, except
// where only the packing changes (zip and JSON have bytes that mean nothing).
func TestSamplesTampered(t *testing.T) {
	dir := t.TempDir()
	key, name, ok := readKey(sample("key"))
	if !ok {
		t.Fatal("no key")
	}
	trust := casefile.Trust{Keys: []ed25519.PublicKey{key}, Origin: name}
	for _, name := range samples {
		b, err := os.ReadFile(sample(name))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(b); i += 1 + len(b)/400 {
			if name == "case.zip" || b[i] == ' ' || b[i] == '\n' {
				continue
			}
			changed := bytes.Clone(b)
			changed[i] ^= 2
			file := filepath.Join(dir, fmt.Sprintf("%d-%s", i, name))
			if err := os.WriteFile(file, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if c := checkFile(file, trust); c.Holds || c.Unreadable {
				t.Errorf("%s, byte %d (%q): %+v", name, i, b[i], c)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), b[:len(b)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		if status, out, _ := call(t, "--key", sample("key"), filepath.Join(dir, name)); status != 2 {
			t.Errorf("half of %s: %d\n%s", name, status, out)
		}
	}
}

func TestUsage(t *testing.T) {
	other := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for _, c := range []struct {
		status int
		says   string
		args   []string
	}{
		{1, "Name at least one file", nil},
		{1, "Give the public key", []string{"x.zip"}},
		{1, "neither a public key", []string{"--key", "nonsense", "x.zip"}},
		{1, "--loud", []string{"--loud", "x.zip"}},
		{1, "must be fr or en", []string{"--lang", "de", "--key", other, "x.zip"}},
		{1, "cannot be read", []string{"--key", other, "missing.zip"}},
		{1, "cannot be read", []string{"--key", other, "testdata"}},
		{2, "signature", []string{"--key", other, sample("case.zip")}},
		{2, "not a file that Garant writes", []string{"--key", other, "main.go"}},
		{0, "Exit status", []string{"--help"}},
		{0, "Code de sortie", []string{"--help", "--lang", "fr"}},
	} {
		status, out, errs := call(t, c.args...)
		if status != c.status || !strings.Contains(out+errs, c.says) {
			t.Errorf("%v: %d\n%s%s", c.args, status, out, errs)
		}
	}
}

// The verifier stands on as little as possible: no database, no domain.
func TestImports(t *testing.T) {
	allowed := map[string]bool{"audit/leaf": true, "audit/casefile": true, "spec/tlog": true, "id": true, "actor": true, "clock": true, "errs": true, "i18n": true}
	looked := 0
	var walk func(dir string)
	seen := map[string]bool{}
	walk = func(dir string) {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			looked++
			for _, i := range f.Imports {
				name, ours := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), "garant.example/internal/")
				if !ours || seen[name] {
					continue
				}
				if seen[name] = true; !allowed[name] {
					t.Errorf("%s imports %s", file, name)
				}
				walk(filepath.Join("..", "..", "internal", filepath.FromSlash(name)))
			}
		}
	}
	walk(".")
	if looked < 15 {
		t.Errorf("the walk saw only %d files", looked)
	}
}
