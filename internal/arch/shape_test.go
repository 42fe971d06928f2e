package arch

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Limits of size, in lines. Nobody wants to open the file that broke them.
const (
	maxFileLines     = 500
	maxFunctionLines = 60
	maxTestLines     = 100 // a test function; its table of cases is data and not counted
)

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	n := 0
	for dir, files := range readTree(t).dirs() {
		n++
		files = slices.DeleteFunc(files, func(s source) bool { return s.generated })
		var doc *ast.CommentGroup
		holder := ""
		for _, s := range files {
			if s.file.Doc != nil {
				doc, holder = s.file.Doc, s.path
			}
		}
		switch {
		case doc == nil:
			t.Errorf("%s has no package comment", dir)
		case !strings.HasSuffix(holder, "/doc.go"):
			t.Errorf("%s: the package comment stands in %s, not in doc.go", dir, holder)
		case len(doc.Text()) < 60:
			t.Errorf("%s: the package comment says too little", dir)
		}
	}
	saw(t, n, "packages")
}

func TestFilesStaySmall(t *testing.T) {
	n, permitted := 0, allow(largeFiles())
	for _, s := range readTree(t).files {
		if s.generated {
			continue
		}
		n++
		if s.lines >= maxFileLines && !permitted.has(s.path) {
			t.Errorf("%s has %d lines; under %d is the rule", s.path, s.lines, maxFileLines)
		}
	}
	permitted.stale(t)
	saw(t, n, "files")
}

func TestFunctionsStaySmall(t *testing.T) {
	all, n, permitted := readTree(t), 0, allow(largeFunctions())
	for _, s := range all.files {
		if s.generated {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			n++
			lines, limit := all.lines(f), maxFunctionLines
			if s.test {
				lines, limit = lines-all.tableLines(f), maxTestLines
			}
			key := s.dir + "." + f.Name.Name
			if lines >= limit && !permitted.has(key) {
				t.Errorf("%s: %s has %d lines; under %d is the rule", all.place(f), key, lines, limit)
			}
		}
	}
	permitted.stale(t)
	saw(t, n, "functions")
}

// lines of a node, from its first to its last.
func (t tree) lines(n ast.Node) int {
	return t.fset.Position(n.End()).Line - t.fset.Position(n.Pos()).Line + 1
}

// tableLines are those of the composite literals of a test.
func (t tree) tableLines(f *ast.FuncDecl) int {
	n := 0
	ast.Inspect(f.Body, func(node ast.Node) bool {
		if c, ok := node.(*ast.CompositeLit); ok {
			n += t.lines(c) - 1
			return false
		}
		return true
	})
	return n
}

func TestNoInit(t *testing.T) {
	all, n := readTree(t), 0
	all.product(func(s source) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				n++
				if f.Recv == nil && f.Name.Name == "init" {
					t.Errorf("%s: everything is built in one place; no init", all.place(f))
				}
			}
		}
	})
	saw(t, n, "functions")
}

// Package-level variables are errors, embedded files and interface guards.
func TestNoGlobalVariables(t *testing.T) {
	all, n, permitted := readTree(t), 0, allow(globals())
	all.product(func(s source) {
		if s.generated {
			return
		}
		for _, d := range s.file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				n++
				if isSentinel(v) || isGuard(v) || isEmbedded(g, v) {
					continue
				}
				for _, name := range v.Names {
					if key := s.dir + "." + name.Name; !permitted.has(key) {
						t.Errorf("%s: %s is a global variable", all.place(name), key)
					}
				}
			}
		}
	})
	permitted.stale(t)
	saw(t, n, "package-level variables")
}

// isSentinel is errX = errors.New(…), fmt.Errorf(…), errs.New(…) or pkg.ErrX.
func isSentinel(v *ast.ValueSpec) bool {
	for _, name := range v.Names {
		if !strings.HasPrefix(name.Name, "Err") && !strings.HasPrefix(name.Name, "err") {
			return false
		}
	}
	for _, value := range v.Values {
		if sel, ok := value.(*ast.SelectorExpr); ok && strings.HasPrefix(sel.Sel.Name, "Err") {
			continue // another package's sentinel under our name
		}
		for {
			call, ok := value.(*ast.CallExpr)
			if !ok {
				return false
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return false
			}
			if pkg, ok := sel.X.(*ast.Ident); ok {
				if !slices.Contains([]string{"errors.New", "fmt.Errorf", "errs.New"}, pkg.Name+"."+sel.Sel.Name) {
					return false
				}
				break
			}
			value = sel.X // errs.New(…).Do(…)
		}
	}
	return len(v.Values) > 0
}

func isGuard(v *ast.ValueSpec) bool {
	return len(v.Names) == 1 && v.Names[0].Name == "_" && v.Type != nil
}

func isEmbedded(g *ast.GenDecl, v *ast.ValueSpec) bool {
	for _, doc := range []*ast.CommentGroup{g.Doc, v.Doc} {
		if doc == nil {
			continue
		}
		for _, c := range doc.List {
			if strings.HasPrefix(c.Text, "//go:embed ") {
				return true
			}
		}
	}
	return false
}

// calls visits every call pkg.Name(…) or x.Name(…) in a file.
func calls(f *ast.File, visit func(call *ast.CallExpr, receiver, name string)) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
			receiver := ""
			if x, ok := sel.X.(*ast.Ident); ok {
				receiver = x.Name
			}
			visit(call, receiver, sel.Sel.Name)
		}
		return true
	})
}

func TestOnlyTheClockReadsTheTime(t *testing.T) {
	all, n, permitted := readTree(t), 0, allow(clockReaders())
	for _, s := range all.files {
		// A value as well as a call: "now: time.Now" reads the time too.
		ast.Inspect(s.file, func(node ast.Node) bool {
			sel, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := sel.X.(*ast.Ident)
			if !ok || x.Name != "time" {
				return true
			}
			n++
			switch sel.Sel.Name {
			case "Now", "Since", "Until":
			default:
				return true
			}
			if s.dir != "internal/clock" && !permitted.has(s.path) {
				t.Errorf("%s: time.%s; the time is given in (internal/clock)", all.place(node), sel.Sel.Name)
			}
			return true
		})
	}
	permitted.stale(t)
	saw(t, n, "uses of package time")
}

func TestNothingSleeps(t *testing.T) {
	all, n, permitted := readTree(t), 0, allow(sleepers())
	for _, s := range all.files {
		calls(s.file, func(call *ast.CallExpr, receiver, name string) {
			n++
			if receiver == "time" && name == "Sleep" && !permitted.has(s.path) {
				t.Errorf("%s: time.Sleep; wait for what is meant, not for a while", all.place(call))
			}
		})
	}
	permitted.stale(t)
	saw(t, n, "calls")
}

func TestNothingIsSkipped(t *testing.T) {
	all, n := readTree(t), 0
	for _, s := range all.files {
		if !s.test && !strings.HasPrefix(s.dir, "testkit/") && !strings.HasSuffix(s.dir, "/dbtest") {
			continue
		}
		n++
		calls(s.file, func(call *ast.CallExpr, receiver, name string) {
			skips := slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, name) && slices.Contains([]string{"t", "b", "f", "tb", "rt"}, receiver)
			if skips || receiver == "testing" && name == "Short" {
				t.Errorf("%s: a test that may be skipped proves nothing", all.place(call))
			}
		})
	}
	saw(t, n, "test files")
}

// Every place that turns a secret into a plain text is listed.
func TestSecretsAreRevealedInKnownPlaces(t *testing.T) {
	all, n, permitted := readTree(t), 0, allow(revealers())
	all.product(func(s source) {
		calls(s.file, func(call *ast.CallExpr, _, name string) {
			if name != "Reveal" {
				return
			}
			n++
			if !permitted.has(s.path) {
				t.Errorf("%s reveals a secret and is not listed", all.place(call))
			}
		})
	})
	permitted.stale(t)
	saw(t, n, "uses of Reveal")
}

// Every domain has its floors, so that whoever knows one knows all: what it is
// (doc.go), where its SQL begins (store.go, when it speaks SQL), and tests.
func TestDomainsHaveTheirFloors(t *testing.T) {
	all, n, permitted := readTree(t), 0, allow(missingFloors())
	for _, domain := range domains() {
		files, floors := map[string]bool{}, []string{"doc.go"}
		for _, s := range all.files {
			if s.dir != "internal/"+domain {
				continue
			}
			files[path.Base(s.path)] = true
			files["a test"] = files["a test"] || s.test
			if !s.test && speaksSQL(s.file) {
				floors = append(floors, "store.go")
			}
		}
		if len(files) == 0 {
			continue
		}
		n++
		for _, floor := range slices.Compact(append(floors, "a test")) {
			if key := domain + "/" + floor; !files[floor] && !permitted.has(key) {
				t.Errorf("internal/%s is missing", key)
			}
		}
	}
	permitted.stale(t)
	saw(t, n, "domains")
}

var statement = regexp.MustCompile(`^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM) `)

func speaksSQL(f *ast.File) bool {
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			found = found || statement.MatchString(strings.Trim(lit.Value, "`\""))
		}
		return !found
	})
	return found
}
