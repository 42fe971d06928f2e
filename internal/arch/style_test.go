package arch

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// maxPackageLines bounds what a newcomer has to hold in mind of a domain or an
// engine: lines of code, without tests, comments and empty lines. Edges have a file
// per domain and grow with them.
const maxPackageLines = 4000

func TestPackagesStaySmall(t *testing.T) {
	all, n, permitted := readTree(t), 0, allow(largePackages())
	for dir, files := range all.dirs() {
		if ring, _, _ := ringOf(dir); ring > ringDomain {
			continue
		}
		n++
		lines := 0
		for _, s := range files {
			if !s.generated {
				lines += all.codeLines(s)
			}
		}
		if lines >= maxPackageLines && !permitted.has(dir) {
			t.Errorf("%s has %d lines; under %d is the rule", dir, lines, maxPackageLines)
		}
	}
	permitted.stale(t)
	saw(t, n, "packages")
}

// codeLines counts the lines on which something of the syntax begins or ends.
func (t tree) codeLines(s source) int {
	lines := map[int]bool{}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.Comment, *ast.CommentGroup:
			return false
		}
		lines[t.fset.Position(n.Pos()).Line] = true
		lines[t.fset.Position(n.End()-1).Line] = true
		return true
	})
	return len(lines)
}

var numbered = regexp.MustCompile(`\$[0-9]`)

// SQL is written once for both engines (law 8), with ?1, ?2: SQLite numbers $1, $2 by
// where they first appear, and swaps them without a word.
func TestParametersAreWrittenForBothEngines(t *testing.T) {
	all, n := readTree(t), 0
	all.product(func(s source) {
		if strings.HasPrefix(s.dir, "internal/db/postgres") || strings.HasPrefix(s.dir, "testkit/") || strings.HasPrefix(s.dir, "internal/assurance/") {
			return // they speak to PostgreSQL alone
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			lit, ok := node.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING || !statement.MatchString(strings.Trim(lit.Value, "`\"")) {
				return true
			}
			n++
			if numbered.MatchString(lit.Value) {
				t.Errorf("%s: a statement with $1; write ?1", all.place(lit))
			}
			return true
		})
	})
	saw(t, n, "statements")
}

// A sentinel is named Err… and says when it is returned.
func TestSentinelsSayWhen(t *testing.T) {
	all, n := readTree(t), 0
	all.product(func(s source) {
		for _, d := range s.file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				if !isSentinel(v) || !v.Names[0].IsExported() {
					continue
				}
				n++
				text := g.Doc.Text() + v.Doc.Text() + v.Comment.Text()
				if !strings.Contains(text, "returned") {
					t.Errorf("%s: %s does not say when it is returned", all.place(v), v.Names[0].Name)
				}
			}
		}
	})
	saw(t, n, "sentinels")
}

// A cause is wrapped, so that errors.Is and errors.As see it.
func TestCausesAreWrapped(t *testing.T) {
	all, n := readTree(t), 0
	all.product(func(s source) {
		calls(s.file, func(call *ast.CallExpr, receiver, name string) {
			if receiver != "fmt" || name != "Errorf" || len(call.Args) < 2 {
				return
			}
			n++
			format, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				return
			}
			for _, arg := range call.Args[1:] {
				if id, ok := arg.(*ast.Ident); ok && id.Name == "err" && !strings.Contains(format.Value, "%w") {
					t.Errorf("%s: the cause is told and not wrapped; write %%w", all.place(call))
				}
			}
		})
	})
	saw(t, n, "calls of fmt.Errorf")
}

// Data has types. A map of any hides what stands in it from the compiler and from
// the reader.
func TestNoMapsOfAny(t *testing.T) {
	all, n, permitted := readTree(t), 0, allow(mapsOfAny())
	all.product(func(s source) {
		if ring, _, _ := ringOf(s.dir); s.generated || ring == ringProgram || strings.HasSuffix(s.dir, "/dbtest") {
			return // programs and stand-ins speak the JSON of others
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			m, ok := node.(*ast.MapType)
			if !ok {
				return true
			}
			n++
			key, named := m.Key.(*ast.Ident)
			value, ok := m.Value.(*ast.Ident)
			if ok && named && key.Name == "string" && value.Name == "any" && !permitted.has(s.path) {
				t.Errorf("%s: a map of any; give it a type", all.place(m))
			}
			return true
		})
	})
	permitted.stale(t)
	saw(t, n, "map types")
}

// Only programs end the process or write to the terminal by themselves.
func TestOnlyProgramsEndTheProcess(t *testing.T) {
	all, n := readTree(t), 0
	all.product(func(s source) {
		if ring, _, _ := ringOf(s.dir); ring == ringProgram {
			return
		}
		calls(s.file, func(call *ast.CallExpr, receiver, name string) {
			n++
			prints := receiver == "fmt" && (name == "Print" || name == "Println" || name == "Printf")
			if prints || receiver == "os" && name == "Exit" || receiver == "log" && !strings.HasPrefix(name, "New") && importsLog(s.file) {
				t.Errorf("%s: %s.%s in a package that others use", all.place(call), receiver, name)
			}
		})
	})
	saw(t, n, "calls")
}

func importsLog(f *ast.File) bool {
	for _, spec := range f.Imports {
		if spec.Path.Value == `"log"` {
			return true
		}
	}
	return false
}

// A test is named like the sentence that it checks, without underscores, in a file
// beside what it tests; two of one package never differ in case alone.
func TestTestNames(t *testing.T) {
	all, n := readTree(t), 0
	seen := map[string]string{}
	for _, s := range all.files {
		if !s.test {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil {
				continue
			}
			rest, ok := strings.CutPrefix(f.Name.Name, "Test")
			if !ok || rest == "Main" {
				continue
			}
			n++
			if rest == "" || !unicode.IsUpper(rune(rest[0])) || strings.Contains(rest, "_") {
				t.Errorf("%s: %s is no name of a test", all.place(f), f.Name.Name)
			}
			key := s.dir + "." + strings.ToLower(f.Name.Name)
			if other := seen[key]; other != "" {
				t.Errorf("%s: %s differs from %s in case alone", all.place(f), f.Name.Name, other)
			}
			seen[key] = f.Name.Name
		}
	}
	saw(t, n, "tests")
}

// Whatever a package shows to others has a comment.
func TestExportedNamesAreExplained(t *testing.T) {
	all, n := readTree(t), 0
	all.product(func(s source) {
		if s.generated || s.file.Name.Name == "main" {
			return
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || f.Recv != nil && !exportedReceiver(f) {
				continue
			}
			n++
			if f.Doc == nil && !speaksForItself(f) {
				t.Errorf("%s: %s has no comment", all.place(f), f.Name.Name)
			}
		}
	})
	saw(t, n, "exported functions")
}

func exportedReceiver(f *ast.FuncDecl) bool {
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if index, ok := t.(*ast.IndexExpr); ok {
		t = index.X
	}
	id, ok := t.(*ast.Ident)
	return ok && id.IsExported()
}

// speaksForItself is true for the methods that every Go programmer knows by their
// interface.
func speaksForItself(f *ast.FuncDecl) bool {
	switch f.Name.Name {
	case "Error", "Unwrap", "Is", "As", "String", "Len", "Less", "Swap", "Close", "Read", "Write":
		return f.Recv != nil
	}
	return false
}

// Migrations are named after the domain whose tables they make; package migrations
// tests their numbers.
func TestMigrationsAreNamedAfterDomains(t *testing.T) {
	n := 0
	err := walk(func(name string) error {
		if !strings.HasPrefix(name, "internal/db/migrations/") || path.Ext(name) != ".sql" {
			return nil
		}
		n++
		_, words, _ := strings.Cut(path.Base(name), "_")
		if domain, _, _ := strings.Cut(words, "_"); !slices.Contains(domains(), domain) && words != "migration_list.sql" {
			t.Errorf("%s is named after no domain", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	saw(t, n, "migrations")
}
