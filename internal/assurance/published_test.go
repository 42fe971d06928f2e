package assurance_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"garant.example/internal/actor"
	"garant.example/internal/assurance"
	"garant.example/internal/audit/casefile"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/testkit/stage"
)

// TestJournalAndEvidence plays a past of results on both engines, and reads it back
// as the public pages do.
func TestJournalAndEvidence(t *testing.T) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) { playPast(t, engine) })
	}
}

const (
	steady id.Name = "ehq-aes-gcm"
	shaky  id.Name = "ehq-access-log"
)

func playPast(t *testing.T, engine db.Engine) {
	began := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	now, ctx := clock.NewFake(began), actor.In(context.Background(), actor.Platform("test"))
	house := stage.Start(t, stage.Options{Engine: engine, Clock: now}).House
	if _, err := house.OpenTenant(ctx, tenant.Opening{Slug: "canary", Title: "Canary", Country: "CA", Lang: "en",
		Profile: "civic-engagement", Canary: true}); err != nil {
		t.Fatal(err)
	}
	broken := false
	measure := func(_ context.Context, c assurance.Control, f *assurance.Finding) error {
		f.Saw()
		f.Measure("files", 12, "")
		if broken && c.Promise.ID == shaky {
			f.Fail("assurance.reason.broken", "r_1")
		}
		return nil
	}
	none := func(context.Context, assurance.Control, *assurance.Stage) error { return nil }
	var mechanisms []assurance.Mechanism
	for _, p := range []id.Name{steady, shaky} {
		declared, ok := house.Profiles.Set().Promise(p)
		if !ok {
			t.Fatalf("%s is not declared", p)
		}
		mechanisms = append(mechanisms, assurance.Mechanism{Name: declared.Control.Mechanism, Measure: measure, Breaks: map[id.Name]assurance.Break{p: none}})
	}
	s, err := assurance.New(assurance.Options{Set: house.Profiles.Set(), Tenants: house.Tenants, Mechanisms: mechanisms, Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	if empty, err := s.Journal(ctx); err != nil || len(empty.Since)+len(empty.Marks)+len(empty.Changes) != 0 {
		t.Fatalf("before anything ran: %+v, %v", empty, err)
	}
	if _, err := s.Evidence(ctx, assurance.Result{Promise: steady}); !errs.Is(err, errs.NotFound) {
		t.Errorf("evidence of nothing: %v", err)
	}
	const runs = 40
	for i := range runs {
		now.Advance(time.Hour)
		broken = i == 10 || i == 11 || i == runs-1
		for _, p := range []id.Name{steady, shaky} {
			if _, err := s.Run(ctx, p); err != nil {
				t.Fatal(err)
			}
		}
	}
	readPast(t, s, began, runs)
	proveLatest(t, s)
	again, err := assurance.New(assurance.Options{Set: house.Profiles.Set(), Tenants: house.Tenants, Mechanisms: mechanisms, Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	proveLatest(t, again) // a result that was read back has the same statement
}

func readPast(t *testing.T, s *assurance.Service, began time.Time, runs int) {
	t.Helper()
	j, err := s.Journal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if at := j.Since[shaky]; !at.Equal(began.Add(time.Hour)) {
		t.Errorf("measured since %v", at)
	}
	marks := j.Marks[shaky]
	if len(marks) != 30 || marks[29].Outcome != assurance.OutcomeFailing || !marks[29].At.Equal(began.Add(time.Duration(runs)*time.Hour)) || !marks[0].At.Before(marks[1].At) {
		t.Errorf("marks: %+v", marks)
	}
	want := []assurance.Change{
		{Promise: shaky, At: began.Add(40 * time.Hour), From: assurance.OutcomeKept, To: assurance.OutcomeFailing},
		{Promise: shaky, At: began.Add(13 * time.Hour), From: assurance.OutcomeFailing, To: assurance.OutcomeKept},
		{Promise: shaky, At: began.Add(11 * time.Hour), From: assurance.OutcomeKept, To: assurance.OutcomeFailing},
	}
	if len(j.Changes) != len(want) {
		t.Fatalf("changes: %+v", j.Changes)
	}
	for i, c := range j.Changes {
		if c.Promise != want[i].Promise || !c.At.Equal(want[i].At) || c.From != want[i].From || c.To != want[i].To {
			t.Errorf("change %d: %+v", i, c)
		}
	}
}

func proveLatest(t *testing.T, s *assurance.Service) {
	t.Helper()
	head, err := s.LogHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.SplitN(head.Key, "+", 3)[2])
	if err != nil {
		t.Fatal(err)
	}
	trust := casefile.Trust{Keys: []ed25519.PublicKey{key[1:]}, Origin: head.Origin}
	for _, p := range []id.Name{steady, shaky} {
		standing, err := s.Standing(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		file, err := s.Evidence(t.Context(), standing.Result)
		if err != nil {
			t.Fatal(err)
		}
		if result := file.Check(trust); !result.OK() {
			t.Errorf("%s: %+v", p, result)
		}
		swapped := standing.Result
		swapped.Finding.Outcome = assurance.OutcomeKept
		swapped.Finding.Culprits = nil
		if _, err := s.Evidence(t.Context(), swapped); p == shaky && !errs.Is(err, errs.Conflict) {
			t.Errorf("a nicer statement was given the same leaf: %v", err)
		}
	}
}
