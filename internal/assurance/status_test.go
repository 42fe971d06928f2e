package assurance

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever happened, only a finding that says kept and is young enough is green.
func TestGreenIsRare(t *testing.T) {
	now := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		found := rapid.SampledFrom([]Outcome{OutcomeKept, OutcomeFailing, OutcomeUnknown, "", "skipped"}).Draw(rt, "outcome")
		age := time.Duration(rapid.IntRange(0, 1000).Draw(rt, "age")) * time.Hour
		life := time.Duration(rapid.IntRange(0, 1000).Draw(rt, "life")) * time.Hour
		at := now.Add(-age)
		if rapid.IntRange(0, 9).Draw(rt, "never") == 0 {
			at = time.Time{}
		}
		status := weigh(found, at, now, at.Add(life), rapid.Bool().Draw(rt, "excepted"))
		want := found == OutcomeKept && !at.IsZero() && age <= life
		if status.Green() != want {
			rt.Fatalf("%q aged %v of %v is %s", found, age, life, status)
		}
	})
}

func TestWeigh(t *testing.T) {
	now := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	young, old := now.Add(-time.Hour), now.Add(-48*time.Hour)
	for _, c := range []struct {
		found    Outcome
		at       time.Time
		excepted bool
		want     Status
	}{
		{OutcomeKept, young, false, Kept}, {OutcomeKept, young, true, Kept}, {OutcomeKept, old, false, Stale}, {OutcomeKept, old, true, Exception},
		{OutcomeFailing, young, false, Failing}, {OutcomeFailing, old, false, Failing}, {OutcomeFailing, young, true, Exception},
		{OutcomeUnknown, young, false, Unknown}, {OutcomeUnknown, young, true, Unknown}, {OutcomeUnknown, old, true, Unknown}, {"", time.Time{}, false, Unknown},
	} {
		if got := weigh(c.found, c.at, now, c.at.Add(24*time.Hour), c.excepted); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestWorst(t *testing.T) {
	for i, a := range Statuses() {
		for j, b := range Statuses() {
			if got := Worst(a, b); got != Statuses()[min(i, j)] {
				t.Errorf("%s and %s: %s", a, b, got)
			}
		}
	}
}

// A finding gets worse, never better, and what was not looked at is not kept.
func TestFinding(t *testing.T) {
	f := Keep()
	f.close()
	if f.Outcome != OutcomeUnknown {
		t.Errorf("an empty population: %s", f)
	}
	f = Keep()
	f.Saw()
	f.Skipped()
	f.close()
	if f.Outcome != OutcomeUnknown {
		t.Errorf("a part skipped: %s", f)
	}
	f = Keep()
	f.Saw()
	f.Miss("a", errors.New("cause"))
	f.Fail("b", "x")
	f.Miss("c", nil)
	f.close()
	if f.Outcome != OutcomeFailing || f.Reason != "b" || len(f.Culprits) != 1 {
		t.Errorf("failing after unknown: %s", f)
	}
	f = Keep()
	for i := range 100 {
		f.Saw()
		f.Fail("many", string(rune('a'+i%60))+string(rune('a'+i/60)))
	}
	if len(f.Culprits) != MaxCulprits {
		t.Errorf("%d culprits", len(f.Culprits))
	}
	f = Keep()
	f.Saw()
	f.close()
	if f.Outcome != OutcomeKept {
		t.Errorf("seen and sound: %s", f)
	}
}

// The journal survives an end at any moment, and forgets what was healed.
func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sabotage.json")
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	seven := int64(7)
	for _, w := range []Wound{{Promise: "a", Fault: "a/tap"}, {Promise: "b", Remove: "/x"},
		{Promise: "a", Place: &At{Control: true}, Undo: []Sentence{{SQL: "DELETE", Args: []Arg{B([]byte{0, 1}), {Int: &seven}, T("t"), {Null: true}}}}}} {
		if err := j.add(w); err != nil {
			t.Fatal(err)
		}
	}
	again, err := openJournal(path)
	if err != nil || len(again.wounds) != 3 {
		t.Fatalf("%v %v", again, err)
	}
	args := again.wounds[2].Undo[0].Args
	if string(args[0].value().([]byte)) != "\x00\x01" || args[1].value() != int64(7) || args[2].value() != "t" || args[3].value() != nil {
		t.Errorf("%+v", args)
	}
	if err := again.remove("a"); err != nil {
		t.Fatal(err)
	}
	if again, err = openJournal(path); err != nil || len(again.wounds) != 1 || again.wounds[0].Promise != "b" {
		t.Errorf("%+v %v", again, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}
