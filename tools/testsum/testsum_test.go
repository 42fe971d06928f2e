package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	const start = `{"Action":"start","Package":"p"}` + "\n" + `{"Action":"run","Package":"p","Test":"TestA"}` + "\n"
	cases := []struct{ name, in, count, text string }{
		{"passes", start + `{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}
			{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}
			{"Action":"pass","Package":"p"}`, "1 0\n", "1 passed, 0 failed, 1 packages"},
		{"fails", start + `{"Action":"output","Package":"p","Test":"TestA","Output":"why\n"}
			{"Action":"fail","Package":"p","Test":"TestA"}
			{"Action":"fail","Package":"p"}`, "0 1\n", "--- FAIL p TestA\nwhy\n"},
		{"is skipped", start + `{"Action":"skip","Package":"p","Test":"TestA"}
			{"Action":"pass","Package":"p"}`, "0 1\n", "skipped"},
		{"has no tests", `{"Action":"skip","Package":"p"}`, "0 1\n", "no test ran"},
		{"does not build", `{"ImportPath":"p [p.test]","Action":"build-output","Output":"x.go:1: undefined\n"}
			{"ImportPath":"p [p.test]","Action":"build-fail"}
			{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`, "0 1\n", "undefined"},
		{"dies", start + `{"Action":"output","Package":"p","Test":"TestA","Output":"panic: x\n"}
			{"Action":"output","Package":"p","Output":"FAIL p\n"}
			{"Action":"fail","Package":"p"}`, "0 1\n", "panic: x"},
		{"prints no JSON", "go: cannot find main module\n", "0 1\n", "cannot find"},
		{"prints broken JSON", "{", "0 1\n", "not an event"},
		{"prints nothing", "", "0 1\n", "no test ran"},
	}
	for _, c := range cases {
		file := filepath.Join(t.TempDir(), "count")
		var out strings.Builder
		status := run(strings.NewReader(c.in), &out, file)
		count, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(count) != c.count || !strings.Contains(out.String(), c.text) {
			t.Errorf("a run that %s: count %q\n%s", c.name, count, out.String())
		}
		if (status == 0) != strings.HasSuffix(c.count, " 0\n") {
			t.Errorf("a run that %s: status %d", c.name, status)
		}
	}
	var out strings.Builder
	if status := run(strings.NewReader(cases[0].in), &out, filepath.Join(t.TempDir(), "no", "folder")); status != 1 {
		t.Errorf("a count that cannot be written: status %d", status)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"Action":"fail","Package":"p","FailedBuild":"p"}`))
	f.Add([]byte(`{"Action":"pass","Package":"p","Test":"T"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out strings.Builder
		s := newSum(&out)
		err := s.read(strings.NewReader(string(in)))
		s.finish()
		if err == nil && s.passed == 0 && s.failed == 0 {
			t.Fatal("a run without a test passed")
		}
	})
}
