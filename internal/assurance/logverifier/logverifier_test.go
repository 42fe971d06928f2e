package logverifier_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

func open(t *testing.T) (*house.House, tenant.Tenant) { return openAt(t, clock.System()) }

func openAt(t *testing.T, c clock.Clock) (*house.House, tenant.Tenant) {
	t.Helper()
	h := house.Open(t, house.Options{Clock: c})
	h.Tenant("shop", "experimentation", "FR", false)
	return h, h.Tenant("canary", "experimentation", "FR", true)
}

func TestBreaks(t *testing.T) { house.Engines(t, breaks) }

func breaks(t *testing.T, h *house.House) {
	h.Tenant("canary", "experimentation", "FR", true)
	for promise, reason := range map[id.Name]string{
		"abt-log-fields":    "log_verifier.reason.entry",
		"abt-log-integrity": "log_verifier.reason.altered",
		"abt-log-proof":     "log_verifier.reason.bundle",
	} {
		scene, err := h.Saboteur.Play(t.Context(), promise)
		if err != nil || !scene.Turned() {
			t.Errorf("%s: %v\nbefore %s\nbroken %s\nhealed %s", promise, err, &scene.Before.Finding, &scene.Broken.Finding, &scene.Healed.Finding)
		}
		if got := scene.Broken.Finding.Reason; got != reason {
			t.Errorf("%s turned red for %s, not for %s", promise, got, reason)
		}
	}
}

// A log that was cut off, with a head that fits what is left and without its
// checkpoints, is in order in itself: only the head that a witness keeps tells.
func TestWitnessTellsACutLog(t *testing.T) {
	h, canary := open(t)
	run := func(want assurance.Outcome, reason string) {
		t.Helper()
		r, err := h.Assurance.Run(t.Context(), "abt-log-integrity")
		if err != nil || r.Finding.Outcome != want || r.Finding.Reason != reason {
			t.Fatalf("%v %s", err, &r.Finding)
		}
	}
	h.Token(canary, "integration") // one more group of entries
	run(assurance.OutcomeKept, "")
	cut(t, h, canary)
	run(assurance.OutcomeFailing, "log_verifier.reason.rewritten")
	run(assurance.OutcomeFailing, "log_verifier.reason.rewritten") // and the short log was not kept
}

// Heads are kept in the folder that the operator named and nowhere else; while it is
// not there, nothing is known, and no other is begun in its place.
func TestWitnessElsewhere(t *testing.T) {
	apart := filepath.Join(t.TempDir(), "mount")
	if err := os.Mkdir(apart, 0o700); err != nil {
		t.Fatal(err)
	}
	h := house.Open(t, house.Options{Witness: apart})
	canary := h.Tenant("canary", "experimentation", "FR", true)
	run := func(want assurance.Outcome, reason string) {
		t.Helper()
		r, err := h.Assurance.Run(t.Context(), "abt-log-integrity")
		if err != nil || r.Finding.Outcome != want || r.Finding.Reason != reason {
			t.Fatalf("%v %s", err, &r.Finding)
		}
	}
	h.Token(canary, "integration")
	run(assurance.OutcomeKept, "")
	if kept, err := filepath.Glob(filepath.Join(apart, "*.heads")); err != nil || len(kept) == 0 {
		t.Errorf("%v %v", kept, err)
	}
	if _, err := os.Stat(filepath.Join(h.Dir, "witness")); !os.IsNotExist(err) {
		t.Errorf("the data folder holds a witness: %v", err)
	}
	away := apart + "-away"
	if err := os.Rename(apart, away); err != nil {
		t.Fatal(err)
	}
	run(assurance.OutcomeUnknown, "log_verifier.reason.witness")
	run(assurance.OutcomeUnknown, "log_verifier.reason.witness") // nor was it begun anew
	if err := os.Rename(away, apart); err != nil {
		t.Fatal(err)
	}
	run(assurance.OutcomeKept, "")
	if err := os.RemoveAll(filepath.Join(h.Dir, "witness")); err != nil { // whoever rules the data folder
		t.Fatal(err)
	}
	cut(t, h, canary)
	run(assurance.OutcomeFailing, "log_verifier.reason.rewritten")
}

// Whoever empties the witness leaves a run that knows nothing.
func TestEmptiedWitnessIsUnknown(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	h, _ := openAt(t, now)
	if r, err := h.Assurance.Run(t.Context(), "abt-log-integrity"); err != nil || r.Finding.Outcome != assurance.OutcomeKept {
		t.Fatalf("%v %s", err, &r.Finding)
	}
	if err := os.RemoveAll(filepath.Join(h.Dir, "witness")); err != nil {
		t.Fatal(err)
	}
	now.Advance(3 * time.Hour)
	r, err := h.Assurance.Run(t.Context(), "abt-log-integrity")
	if err != nil || r.Finding.Outcome != assurance.OutcomeUnknown || r.Finding.Reason != "log_verifier.reason.witness" {
		t.Fatalf("%v %s", err, &r.Finding)
	}
}

// cut takes the last group of entries away and makes the head fit.
func cut(t *testing.T, h *house.House, of tenant.Tenant) {
	t.Helper()
	log, release, err := h.House.Tenants.Log(t.Context(), of, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	place, err := h.House.Tenants.PlacementPlace(of, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	database, done, err := h.House.Pool.Acquire(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	var last, before int64
	read(t, database, func(tx db.Tx) error {
		if err := tx.Row(`SELECT MAX(first_seq) FROM audit_segment`).Scan(&last); err != nil {
			return err
		}
		return tx.Row(`SELECT MAX(at_last) FROM audit_segment WHERE first_seq < ?1`, last).Scan(&before)
	})
	root, err := log.Root(t.Context(), uint64(last))
	if err != nil {
		t.Fatal(err)
	}
	err = database.Write(context.Background(), func(tx db.Tx) error {
		for _, line := range []struct {
			sql  string
			args []any
		}{{`DELETE FROM audit_segment WHERE first_seq = ?1`, []any{last}}, {`DELETE FROM audit_checkpoint`, nil},
			{`UPDATE audit_head SET size = ?1, root = ?2, at_last = ?3`, []any{last, root[:], before}}} {
			if _, err := tx.Exec(line.sql, line.args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, database db.DB, fn func(db.Tx) error) {
	t.Helper()
	if err := database.Read(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}
