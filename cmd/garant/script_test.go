package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"garant.example/testkit/stage"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"garant": main})
}

// TestScripts runs the stories of testdata/script: the real program against a real
// server, one tenant each.
func TestScripts(t *testing.T) {
	s := stage.Start(t, stage.Options{})
	survey, err := filepath.Abs("../../testdata/survey")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			name := strings.ReplaceAll(strings.TrimPrefix(filepath.Base(e.WorkDir), "script-"), "_", "-")
			tt := s.Open(name, "civic-engagement", "CA")
			e.Setenv("GARANT_SERVER", s.URL())
			e.Setenv("GARANT_CA", filepath.Join(s.House.Opt.Dir, "ca", "root.crt"))
			e.Setenv("GARANT_TENANT", name)
			e.Setenv("GARANT_TOKEN", tt.Token.Secret)
			e.Setenv("GARANT_LANG", "en")
			e.Setenv("XDG_CONFIG_HOME", e.WorkDir)
			e.Setenv("OPERATOR", s.Operator.Token())
			e.Setenv("MANAGER", tt.ManagerSecret)
			e.Setenv("AUDITOR", tt.Secret("ada-"+name, "auditor"))
			e.Setenv("SURVEY", survey)
			return nil
		},
		Condition: nil,
	})
	scripts, err := filepath.Glob("../../testdata/script/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no script was found: %v", err)
	}
	if _, err := os.Stat(survey); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d scripts", len(scripts))
}
