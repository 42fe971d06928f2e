package arch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// isText is true for files that people read or write.
func isText(name string) bool {
	switch filepath.Ext(name) {
	case ".go", ".md", ".yaml", ".yml", ".json", ".sql", ".templ", ".txt", ".css", ".scss", ".js", ".mjs", ".sh", ".html":
		return true
	}
	return !strings.Contains(filepath.Base(name), ".")
}

func textFiles(t *testing.T, visit func(name, text string)) int {
	t.Helper()
	n := 0
	err := walk(func(name string) error {
		if !isText(name) {
			return nil
		}
		data, err := os.ReadFile(filepath.Join(root(), filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if bytes.IndexByte(data, 0) >= 0 {
			return nil // a program that somebody built here, not a text
		}
		n++
		visit(name, string(data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// One SQLite per program: two implementations on one file lose rows without an
// error.
func TestOneSQLite(t *testing.T) {
	known := []string{"modernc.org/sqlite", "github.com/ncruces/go-sqlite3", "github.com/mattn/go-sqlite3",
		"github.com/glebarez/go-sqlite", "github.com/glebarez/sqlite", "zombiezen.com/go/sqlite", "crawshaw.io/sqlite",
		"github.com/tursodatabase/go-libsql", "github.com/cvilsmeier/sqinn-go"}
	data, err := os.ReadFile(filepath.Join(root(), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	lines := strings.Split(string(data), "\n")
	for _, line := range lines {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) >= 2 && slices.Contains(known, fields[0]) {
			found = append(found, fields[0])
		}
	}
	if len(found) != 1 {
		t.Errorf("go.mod holds %d implementations of SQLite: %v; one is right", len(found), found)
	}
	saw(t, len(lines), "lines of go.mod")
}

var citedPath = regexp.MustCompile(`\b(?:docs|internal|cmd|client|testkit|profiles|tools)/[A-Za-z0-9_./*{},-]*[A-Za-z0-9_*}]`)

// TestCitedPathsExist reads comments of Go files and whole documents.
func TestCitedPathsExist(t *testing.T) {
	n, permitted := 0, allow(citedExceptions())
	check := func(where, text string) {
		for _, span := range citedPath.FindAllStringIndex(text, -1) {
			cited := text[span[0]:span[1]]
			if before := text[:span[0]]; strings.HasSuffix(before, "/") || strings.HasSuffix(before, "@") ||
				strings.Contains(cited, "NNNN") || strings.HasPrefix(text[span[1]:], "<") || strings.HasPrefix(text[span[1]:], "…") {
				continue // part of an address, or a pattern for people
			}
			n++
			if !exists(cited) && !permitted.has(cited) {
				t.Errorf("%s cites %s, which does not exist", where, cited)
			}
		}
	}
	for _, s := range readTree(t).files {
		if s.generated || s.dir == "internal/arch" {
			continue
		}
		for _, group := range s.file.Comments {
			check(s.path, group.Text())
		}
	}
	textFiles(t, func(name, text string) {
		if strings.HasSuffix(name, ".md") {
			check(name, text)
		}
	})
	permitted.stale(t)
	saw(t, n, "cited paths")
}

// exists resolves a path, a pattern, {a,b} alternatives, and package.Name.
func exists(cited string) bool {
	for _, one := range alternatives(cited) {
		ok := false
		for _, try := range []string{one, strings.TrimSuffix(one, filepath.Ext(one)), one + ".go"} {
			matches, err := filepath.Glob(filepath.Join(root(), filepath.FromSlash(try)))
			ok = ok || err == nil && len(matches) > 0
		}
		if !ok {
			return false
		}
	}
	return true
}

func alternatives(s string) []string {
	before, rest, ok := strings.Cut(s, "{")
	if !ok {
		return []string{s}
	}
	inner, after, ok := strings.Cut(rest, "}")
	if !ok {
		return []string{s}
	}
	var out []string
	for _, one := range strings.Split(inner, ",") {
		out = append(out, alternatives(before+one+after)...)
	}
	return out
}

// unspoken are the SHA-256 of words, in lower case, that may not stand in the
// product: names of companies whose published pages its promises were read
// from. As hashes they do not stand here either.
func unspoken() []string {
	return []string{
		"dd5204246860217c8e6d037fd0690cd9ec32ff89e25891202406e545537bfaab",
		"9873858770b2bbbafb09e3610013f6ecb953e1427142c353670fcca517d6b4eb",
		"abc3eb95cc4f130dd9df4a89c1a7d2ad597f498fb9133100a4f0a2452ec2800c",
		"0743292d9e8e6b9c1121b7a60a6794f28124319383d195935ff4bee22e3824a3",
	}
}

var word = regexp.MustCompile(`[a-z0-9]+`)

func TestNoVendorIsNamed(t *testing.T) {
	forbidden := map[string]bool{}
	for _, h := range unspoken() {
		forbidden[h] = true
	}
	words := 0
	files := textFiles(t, func(name, text string) {
		before := ""
		for _, w := range word.FindAllString(strings.ToLower(text), -1) {
			words++
			for _, try := range []string{w, before + w} {
				if len(try) < 6 || len(try) > 20 {
					continue
				}
				sum := sha256.Sum256([]byte(try))
				if forbidden[hex.EncodeToString(sum[:])] {
					t.Errorf("%s names a company: %q", name, try)
				}
			}
			before = w
		}
	})
	saw(t, files, "files")
	saw(t, words, "words")
}

// The documents speak of the product, not of the machine it was written on.
func TestNoPathOfAWorkplace(t *testing.T) {
	paths := []string{"/work" + "/main", "/work" + "/shared", "/root" + "/go", "/tmp" + "/brief"}
	n := textFiles(t, func(name, text string) {
		for _, p := range paths {
			if strings.Contains(text, p) {
				t.Errorf("%s holds the path %s", name, p)
			}
		}
	})
	saw(t, n, "files")
}

// Some packages read megabytes when they are linked, at every start of every
// command. What they hold is read when it is needed, through others.
func TestNothingHeavyAtTheStart(t *testing.T) {
	heavy := []string{"github.com/ccojocar/zxcvbn-go", "github.com/ccojocar/zxcvbn-go/matching", "github.com/ccojocar/zxcvbn-go/frequency"}
	n := 0
	readTree(t).product(func(s source) {
		for _, spec := range s.file.Imports {
			n++
			if slices.Contains(heavy, strings.Trim(spec.Path.Value, `"`)) {
				t.Errorf("%s imports %s, which reads its lists at the start of the program", s.path, spec.Path.Value)
			}
		}
	})
	saw(t, n, "imports")
}
