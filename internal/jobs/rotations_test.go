package jobs_test

import (
	"strings"
	"testing"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/clock"
	"garant.example/internal/id"
	"garant.example/internal/jobs"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/testkit/house"
)

const day = 24 * time.Hour

// yard is a platform at a date of its own, with the job that rotates keys.
type yard struct {
	*testing.T
	h     *house.House
	of    tenant.Tenant
	clock *clock.Fake
	jobs  []jobs.Job
}

func onBoth(t *testing.T, run func(yard)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			o := house.Options{}
			if engine == "postgres" {
				o = house.OnPostgres(t)
			}
			now := clock.NewFake(time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC))
			o.Clock = now
			h := house.Open(t, o)
			in := h.House
			rotator := vault.NewRotator(in.Vault)
			run(yard{t, h, h.Tenant("school", "digital-training", "AU", false), now,
				[]jobs.Job{jobs.Rotations(in.Tenants, in.Rings, rotator, in.Profiles.KeyTerms, now), jobs.Reseals(in.Tenants, rotator, now)}})
		})
	}
}

func (y yard) turn() {
	y.Helper()
	for _, j := range y.jobs {
		if err := j.Run(house.Platform()); err != nil {
			y.Fatal(err)
		}
	}
}

func (y yard) status() keys.Status {
	y.Helper()
	s, err := y.h.House.Rings.Status(y.Context(), y.of.ID)
	if err != nil {
		y.Fatal(err)
	}
	return s
}

func (y yard) turns() []keys.Turn {
	y.Helper()
	terms, err := y.h.House.Profiles.KeyTerms(y.Context(), y.of)
	if err != nil {
		y.Fatal(err)
	}
	return y.status().Turns(terms, y.clock.Now())
}

// A profile that says 365 days gets its keys replaced after 365 days, all levels of
// them, and not before; what takes longer than 72 hours is overdue.
func TestKeysAreRotatedWhenTheyAreDue(t *testing.T) {
	onBoth(t, func(y yard) {
		p := y.h.Permit(y.of, access.Ask{Action: access.Create, On: access.Record, Collection: "learners"})
		rec, err := y.h.House.Vault.Create(house.Platform(), p,
			[]byte(`{"email":"ada@example.org","given_name":"Ada","family_name":"L","standing":"learner"}`), vault.CreateOptions{})
		if err != nil {
			y.Fatal(err)
		}
		made := y.status().Created
		for _, turn := range y.turns() {
			if !turn.Due.Equal(made.Add(365*day)) || !turn.Deadline.Equal(made.Add(368*day)) || turn.Running || turn.Overdue {
				y.Errorf("%+v", turn)
			}
		}
		y.clock.Advance(364 * day)
		y.turn()
		if s := y.status(); s.KEK != 1 || len(s.Rotations) != 0 {
			y.Fatalf("before it is due: %+v", s)
		}
		y.clock.Advance(4*day + time.Hour)
		for _, turn := range y.turns() {
			if !turn.IsDue(y.clock.Now()) || !turn.Overdue {
				y.Errorf("three days late: %+v", turn)
			}
		}
		y.turn()
		y.clock.Advance(5 * time.Minute) // with PostgreSQL other nodes must know by now
		y.turn()
		s := y.status()
		if s.KEK != 2 || s.OldWrap != 0 || len(s.Rotations) != 2 {
			y.Fatalf("%+v", s)
		}
		for _, r := range s.Rotations {
			if r.Running || r.Level == keys.LevelSubjects && r.Destroyed != 1 {
				y.Errorf("%+v", r)
			}
		}
		for _, turn := range y.turns() {
			if turn.Running || turn.Overdue || turn.IsDue(y.clock.Now()) || !turn.Last.After(made) {
				y.Errorf("%+v", turn)
			}
		}
		read := y.h.Permit(y.of, access.Ask{Action: access.Read, On: access.Record, Collection: "learners"})
		got, err := y.h.House.Vault.Get(house.Platform(), read, rec.ID, purposeOf(y))
		if err != nil || !strings.Contains(string(got.Fields), "ada@example.org") {
			y.Errorf("%s %v", got.Fields, err)
		}
		y.turn()
		if again := y.status(); again.KEK != 2 || len(again.Rotations) != 2 || again.Rotations[0].ID != s.Rotations[0].ID {
			y.Errorf("rotated again: %+v", again)
		}
	})
}

// purposeOf is a purpose that learners are read for.
func purposeOf(y yard) id.Name {
	y.Helper()
	p := y.h.Permit(y.of, access.Ask{Action: access.Read, On: access.Collection, Collection: "learners"})
	schema, err := y.h.House.Vault.Schema(house.Platform(), p)
	if err != nil {
		y.Fatal(err)
	}
	c, err := schema.Collection("learners")
	if err != nil {
		y.Fatal(err)
	}
	return c.Purposes[0].Name
}

// Whoever begins a rotation wakes the job, once for any number of them.
func TestTheJobIsWoken(t *testing.T) {
	onBoth(t, func(y yard) {
		r := vault.NewRotator(y.h.House.Vault)
		for range 2 {
			if plan, err := r.Begin(house.Platform(), y.of, keys.LevelSubjects); err != nil || !plan.Running {
				y.Fatal(plan, err)
			}
		}
		select {
		case <-r.Woken():
		default:
			y.Fatal("the job sleeps on")
		}
		select {
		case <-r.Woken():
			y.Error("woken twice")
		default:
		}
		if list := r.Begun(); len(list) != 1 || list[0] != y.of.ID || len(r.Begun()) != 0 {
			y.Errorf("begun: %v", list)
		}
		y.turn()
		y.clock.Advance(5 * time.Minute)
		y.turn()
		if s := y.status(); len(s.Rotations) != 1 || s.Rotations[0].Running {
			y.Errorf("%+v", s.Rotations)
		}
	})
}

// A woken turn looks at the tenants that were begun and at no other, and a rotation
// that waits for other nodes asks for its turn when that is over, not before.
func TestAWokenTurnIsAboutThoseThatWereBegun(t *testing.T) {
	onBoth(t, func(y yard) {
		other := y.h.Tenant("other", "digital-training", "AU", false)
		in := y.h.House
		rotator := vault.NewRotator(in.Vault) // the house's own may have a job of its own
		job := jobs.Reseals(in.Tenants, rotator, y.clock)
		turn := func() {
			y.Helper()
			if err := job.Run(house.Platform()); err != nil {
				y.Fatal(err)
			}
		}
		turn()
		before := in.Tenants.Mark(other.ID)
		if _, err := rotator.Begin(house.Platform(), y.of, keys.LevelCollections); err != nil {
			y.Fatal(err)
		}
		turn()
		for at := job.Next(); !at.IsZero(); at = job.Next() {
			if wait := at.Sub(y.clock.Now()); wait <= 0 || wait > 5*time.Minute {
				y.Fatalf("the next turn in %s", wait)
			}
			turn() // too early: nothing comes of it
			if !job.Next().Equal(at) {
				y.Errorf("%s became %s", at, job.Next())
			}
			y.clock.Advance(at.Sub(y.clock.Now()))
			turn()
		}
		if s := y.status(); len(s.Rotations) != 1 || s.Rotations[0].Running {
			y.Errorf("%+v", s.Rotations)
		}
		if in.Tenants.Mark(other.ID) != before {
			y.Error("a tenant without a rotation was opened")
		}
	})
}
