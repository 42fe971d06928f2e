package server_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/server"
	"garant.example/testkit/house"
)

// What the program says it can break without being started is what it can break once
// it runs, and every promise that it decides is among it.
func TestSabotagesAreThoseThatPlay(t *testing.T) {
	h := house.Open(t, house.Options{})
	set := h.House.Profiles.Set()
	said, err := server.Sabotages(set)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range set.Promises() {
		if said[p.ID] != h.Assurance.Sabotaged(p.ID) || said[p.ID] != h.Assurance.Built(p) {
			t.Errorf("%s: said %t, plays %t, decided %t", p.ID, said[p.ID], h.Assurance.Sabotaged(p.ID), h.Assurance.Built(p))
		}
		if p.Slice == "kernel" && !said[p.ID] {
			t.Errorf("%s of the kernel has no sabotage", p.ID)
		}
	}
	if len(said) < 50 {
		t.Errorf("only %d sabotages", len(said))
	}
}

// A sabotage of a promise that another mechanism decides would turn nothing red.
func TestASabotageOfAnothersPromiseIsRefused(t *testing.T) {
	h := house.Open(t, house.Options{})
	o := assurance.Options{Set: h.House.Profiles.Set(), Mechanisms: []assurance.Mechanism{
		{Name: "log-verifier", Breaks: map[id.Name]assurance.Break{"abt-log-limited": nil}}}}
	if _, err := assurance.New(o); err == nil {
		t.Error("it was taken")
	}
}

// A file that the process writes its log to is searched wherever it lies; a terminal or
// a pipe keeps nothing.
func TestLogFiles(t *testing.T) {
	path, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(path, "garant.log")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if got := server.LogFiles(w, file, file); !slices.Equal(got, []string{path}) {
		t.Errorf("%v, not %s", got, path)
	}
}
