package i18n

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// use is a place in the source that names a key.
type use struct{ key, place string }

// source is what the walk over the program's own code found.
type source struct {
	files    int
	uses     []use           // keys: where only a key can stand, or a package's own
	built    []built         // errors made and returned in one expression
	literals map[string]bool // every string literal
	prefixes []string        // literals that end in a dot: "status." + word
	suffixes []use           // literals that begin with one, by package: key + ".fix"
	figures  map[string]bool // package and name of what a mechanism measures
}

// keyArgument says which argument of a call is a message key, or -1.
func keyArgument(call *ast.CallExpr) int {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return -1
	}
	pkg := ""
	if x, ok := sel.X.(*ast.Ident); ok {
		pkg = x.Name
	}
	switch sel.Sel.Name {
	case "T", "N", "Do", "Fail", "Miss":
		return 0
	case "At":
		return 1
	case "New":
		if pkg == "errs" {
			return 1
		}
	}
	return -1
}

// notKeys look like keys of their package and are names of files.
func notKeys() map[string]bool {
	return map[string]bool{"demo.json": true, "audit.reserve": true}
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

func readSource(t *testing.T) source {
	t.Helper()
	out := source{literals: map[string]bool{}, figures: map[string]bool{}}
	fset := token.NewFileSet()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") && name != ".." && path != root) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		out.files++
		out.read(fset, file)
		out.built = append(out.built, builtErrors(fset, file)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *source) read(fset *token.FileSet, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit:
			if text, ok := literal(n); ok {
				s.literals[text] = true
				if isKey(text) && strings.HasPrefix(text, file.Name.Name+".") && !notKeys()[text] {
					s.uses = append(s.uses, use{text, fset.Position(n.Pos()).String()})
				}
				if len(text) > 1 && strings.HasSuffix(text, ".") && isKey(text+"x") {
					s.prefixes = append(s.prefixes, text)
				}
				if len(text) > 1 && strings.HasPrefix(text, ".") && isKey("x"+text) {
					s.suffixes = append(s.suffixes, use{text, file.Name.Name})
				}
			}
		case *ast.CallExpr:
			if name, ok := figure(n); ok {
				s.figures[file.Name.Name+"."+name] = true
			}
			i := keyArgument(n)
			if i < 0 || i >= len(n.Args) {
				return true
			}
			if text, ok := literal(n.Args[i]); ok && text != "" {
				s.uses = append(s.uses, use{text, fset.Position(n.Pos()).String()})
			}
		}
		return true
	})
}

func TestEveryKeyInCodeExists(t *testing.T) {
	c, s := Must(), readSource(t)
	if s.files < 5 || len(s.uses) == 0 {
		t.Fatalf("the walk saw %d files and %d uses: it looked in the wrong place", s.files, len(s.uses))
	}
	for _, u := range s.uses {
		if !c.Has(u.key) {
			t.Errorf("%s: key %q exists in no catalog", u.place, u.key)
		}
	}
	t.Logf("%d uses in %d files", len(s.uses), s.files)
}

func TestNoKeyIsUnused(t *testing.T) {
	c, s := Must(), readSource(t)
	for _, key := range c.Keys(English) {
		if !s.used(key) {
			t.Errorf("%s is used nowhere", key)
		}
	}
}

// figure is the name of what f.Measure or f.Say tells; its words are the key
// <mechanism>.figure.<name>.
func figure(call *ast.CallExpr) (string, bool) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) < 2 || sel.Sel.Name != "Measure" && sel.Sel.Name != "Say" {
		return "", false
	}
	return literal(call.Args[0])
}

func (s source) used(key string) bool {
	if mechanism, name, ok := strings.Cut(key, ".figure."); ok {
		return s.figures[strings.ReplaceAll(mechanism, "_", "")+"."+name]
	}
	if s.literals[key] {
		return true
	}
	for _, p := range s.prefixes {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	domain, _, _ := strings.Cut(key, ".")
	for _, suffix := range s.suffixes {
		if base, ok := strings.CutSuffix(key, suffix.key); ok && suffix.place == domain && s.literals[base] {
			return true
		}
	}
	return false
}
