package arch

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const module = "garant.example"

// source is one Go file.
type source struct {
	path      string // from the root of the repository, with slashes
	dir       string
	file      *ast.File
	lines     int
	test      bool
	generated bool
}

// tree is all Go files and the positions of their parts.
type tree struct {
	fset  *token.FileSet
	files []source
}

func root() string { return filepath.Join("..", "..") }

// skipped folders hold no source of ours.
func skipped(name string) bool {
	return name == "node_modules" || name == "testdata" || name == "dist" || strings.HasPrefix(name, ".") && name != "."
}

// readTree parses the whole repository.
func readTree(t *testing.T) tree {
	t.Helper()
	out := tree{fset: token.NewFileSet()}
	err := walk(func(name string) error {
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root(), filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(out.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		out.files = append(out.files, source{
			path: name, dir: path.Dir(name), file: file, lines: bytes.Count(text, []byte("\n")),
			test: strings.HasSuffix(name, "_test.go"), generated: ast.IsGenerated(file),
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.files) < 50 {
		t.Fatalf("the walk saw %d files: it looked in the wrong place", len(out.files))
	}
	return out
}

// walk visits every file of the repository by its path from the root.
func walk(visit func(name string) error) error {
	return filepath.WalkDir(root(), func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root(), name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel != "." && skipped(d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		return visit(filepath.ToSlash(rel))
	})
}

// place is where a node stands, for messages.
func (t tree) place(n ast.Node) string { return t.fset.Position(n.Pos()).String() }

// product calls f for every file that is part of what is shipped, and returns
// how many those were.
func (t tree) product(f func(source)) int {
	n := 0
	for _, s := range t.files {
		if !s.test {
			n++
			f(s)
		}
	}
	return n
}

// dirs are the folders of product packages.
func (t tree) dirs() map[string][]source {
	out := map[string][]source{}
	t.product(func(s source) { out[s.dir] = append(out[s.dir], s) })
	return out
}

// saw fails a test that looked at nothing.
func saw(t *testing.T, n int, what string) {
	t.Helper()
	if n == 0 {
		t.Fatalf("no %s was looked at", what)
	}
	t.Logf("%d %s", n, what)
}

// exceptions is a table of what may break a rule, with the reason. Used marks
// the ones that were needed.
type exceptions struct {
	reasons map[string]string
	used    map[string]bool
}

func allow(reasons map[string]string) exceptions {
	return exceptions{reasons, map[string]bool{}}
}

func (e exceptions) has(key string) bool {
	_, ok := e.reasons[key]
	if ok {
		e.used[key] = true
	}
	return ok
}

// stale fails for exceptions that nothing needs any more.
func (e exceptions) stale(t *testing.T) {
	t.Helper()
	for key, reason := range e.reasons {
		if !e.used[key] {
			t.Errorf("exception %q (%s) is no longer needed", key, reason)
		}
		if len(reason) < 15 {
			t.Errorf("exception %q gives no reason", key)
		}
	}
}
