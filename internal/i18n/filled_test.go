package i18n

import (
	"go/ast"
	"go/token"
	"testing"
)

// built is an error that is made and returned in one expression, so that all of
// its parameters can be read off the source.
type built struct {
	keys   []string // of the message and of the next step, which share parameters
	params map[string]bool
	place  string
}

// builtErrors finds "return errs.New(…).With(…).Do(…)".
func builtErrors(fset *token.FileSet, file *ast.File) []built {
	var out []built
	ast.Inspect(file, func(n ast.Node) bool {
		ret, ok := n.(*ast.ReturnStmt)
		if !ok {
			return true
		}
		for _, e := range ret.Results {
			if b, ok := readChain(e); ok {
				b.place = fset.Position(e.Pos()).String()
				out = append(out, b)
			}
		}
		return true
	})
	return out
}

func readChain(e ast.Expr) (built, bool) {
	b := built{params: map[string]bool{}}
	for {
		call, ok := e.(*ast.CallExpr)
		if !ok {
			return b, false
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || len(call.Args) == 0 {
			return b, false
		}
		word := ""
		if i := keyArgument(call); i >= 0 && i < len(call.Args) {
			word, _ = literal(call.Args[i])
		}
		switch sel.Sel.Name {
		case "With":
			name, ok := literal(call.Args[0])
			if !ok {
				return b, false
			}
			b.params[name] = true
		case "Do":
			b.keys = append(b.keys, word)
		case "New":
			b.keys = append(b.keys, word)
			return b, word != ""
		case "At", "Cause":
		default:
			return b, false
		}
		e = sel.X
	}
}

func TestMessagesOfErrorsAreFilled(t *testing.T) {
	en, s := files(t, English), readSource(t)
	if len(s.built) == 0 {
		t.Fatal("no error was found")
	}
	for _, b := range s.built {
		for _, key := range b.keys {
			p, err := parsePattern(en[key].other)
			if err != nil {
				t.Fatal(err)
			}
			for name := range p.names() {
				if !b.params[name] {
					t.Errorf("%s: %s needs {%s}, and nothing gives it", b.place, key, name)
				}
			}
		}
	}
	t.Logf("%d errors looked at", len(s.built))
}
