package audit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"garant.example/internal/audit"
)

// Every operation of package leaf has its name here too.
func TestWordsAreTheSame(t *testing.T) {
	names := func(file string) map[string]bool {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		check(t, err)
		all := map[string]bool{}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				all[s.(*ast.ValueSpec).Names[0].Name] = true
			}
		}
		return all
	}
	here, there := names("words.go"), names("leaf/operation.go")
	for name := range there {
		switch name {
		case "Read", "Write", "Other": // ClassRead, ClassWrite, ClassOther here
			name = "Class" + name
		}
		if !here[name] {
			t.Errorf("%s is missing in words.go", name)
		}
	}
	if len(there) < len(audit.Operations()) {
		t.Errorf("%d operations, %d constants", len(audit.Operations()), len(there))
	}
}
