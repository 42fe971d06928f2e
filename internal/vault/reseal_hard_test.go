package vault_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/testkit/house"
)

// sql changes a row behind the platform's back: with a leaf that says nothing of it.
func (m mill) sql(query string, args ...any) {
	m.Helper()
	log, release, err := m.permit(access.Read, "participants").Log(house.Platform(), tenant.Main)
	if err != nil {
		m.Fatal(err)
	}
	defer release()
	err = log.Write(house.Platform(), func(tx *audit.Tx) error { _, err := tx.Tx.Exec(query, args...); return err })
	if err != nil {
		m.Fatal(err)
	}
}

// A row that somebody changed is neither sealed anew nor given a leaf, and its key is
// kept: the rotation stops and says where. Put right, it goes on.
func TestATamperedRowStopsARotation(t *testing.T) {
	milled(t, func(m mill) {
		list := []vault.Record{m.consultation(1), m.consultation(2), m.consultation(3)}
		victim := list[1]
		for name, change := range map[string]func(s vault.Stored) (column string, wrong, right []byte){
			"sealed": func(s vault.Stored) (string, []byte, []byte) {
				wrong := []byte(strings.Clone(string(s.Body)))
				wrong[len(wrong)-1] ^= 1
				return "body", wrong, s.Body
			},
			"open": func(s vault.Stored) (string, []byte, []byte) { return "open", []byte(`{"format":"forum"}`), s.Open },
		} {
			before := m.stored()
			column, wrong, right := change(before[victim.ID])
			m.begin(keys.LevelCollections)
			m.sql(`UPDATE vault_record SET `+column+` = ?2 WHERE id = ?1`, victim.ID.Raw[:], wrong)
			leaves := m.entries(audit.RecordReseal)
			for range 2 { // each run stops, and does no harm
				_, err := m.r.Run(house.Platform(), m.t)
				if !errs.Is(err, errs.Corrupt) || errs.Of(err).Key != "vault.reseal.tampered" {
					m.Fatalf("%s: %v", name, err)
				}
			}
			plan := m.rotations()[len(m.rotations())-1]
			if !plan.Running || plan.Trouble != keys.TroubleTampered || plan.TroubleAt != "main/consultations/"+victim.ID.String() || plan.Destroyed != 0 {
				m.Errorf("%s: %+v", name, plan)
			}
			if n := m.entries(audit.RecordReseal) - leaves; n != len(list)-1 {
				m.Errorf("%s: %d rows have leaves of sealing anew", name, n)
			}
			m.sql(`UPDATE vault_record SET `+column+` = ?2 WHERE id = ?1`, victim.ID.Raw[:], right)
			m.kept(victim)
			m.finish()
			m.replaced(before)
			m.kept(list...)
		}
	})
}

// While the key service is silent for longer than the grace, a rotation stands still
// and says why; then it goes on.
func TestAnOutageInTheMiddle(t *testing.T) {
	milled(t, func(m mill) {
		list := []vault.Record{m.person("a@example.org"), m.person("b@example.org")}
		before := m.stored()
		m.begin(keys.LevelSubjects)
		m.gate.silent.Store(true)
		m.clock.Advance(m.h.House.Rings.OutageGrace() + time.Hour)
		if _, err := m.r.Run(house.Platform(), m.t); !errs.Is(err, errs.Sealed) {
			m.Fatalf("while the service is silent: %v", err)
		}
		status, err := m.h.House.Rings.Status(m.Context(), m.t.ID)
		if err != nil || len(status.Rotations) != 1 || !status.Rotations[0].Running || status.Rotations[0].Trouble != keys.TroubleSealed {
			m.Errorf("%+v %v", status.Rotations, err)
		}
		m.gate.silent.Store(false)
		m.clock.Advance(time.Minute)
		m.finish()
		m.replaced(before)
		m.kept(list...)
	})
}

// A person whose key is shredded in the middle of a rotation stays shredded: both the
// old key and the new one are gone, and the rotation of the others ends.
func TestASubjectShreddedInTheMiddle(t *testing.T) {
	for _, which := range []string{"before", "between"} {
		t.Run(which, func(t *testing.T) {
			milled(t, func(m mill) {
				gone, stays := m.person("gone@example.org"), m.person("stays@example.org")
				asked := m.request(gone)
				before := m.stored()
				m.begin(keys.LevelSubjects)
				if which == "between" {
					if _, err := m.ring().Replace(m.Context(), []keys.Ref{refOf(m, before[gone.ID])}); err != nil {
						m.Fatal(err)
					}
				}
				if err := m.ring().Shred(m.Context(), refOf(m, before[gone.ID])); err != nil {
					m.Fatal(err)
				}
				m.finish()
				after := m.stored()
				for _, rec := range []vault.Record{gone, asked} {
					for _, s := range []vault.Stored{before[rec.ID], after[rec.ID]} {
						if _, err := m.ring().Open(nil, s.Body, s.AD); !errs.Is(err, errs.Erased) {
							m.Errorf("%s: %v", rec.ID, err)
						}
					}
				}
				m.kept(stays)
				if moves, err := m.ring().Moves(m.Context()); err != nil || len(moves) != 0 {
					m.Errorf("%v %v", moves, err)
				}
			})
		})
	}
}

func refOf(m mill, s vault.Stored) keys.Ref {
	m.Helper()
	h, err := keys.ParseHeader(s.Body)
	if err != nil {
		m.Fatal(err)
	}
	return h.Ref
}

// Half of a person's records are under the new key when the person is shredded by it.
func TestShreddingTakesBothKeys(t *testing.T) {
	milled(t, func(m mill) {
		gone := m.person("gone@example.org")
		asked := m.request(gone)
		before := m.stored()
		m.begin(keys.LevelSubjects)
		moves, err := m.ring().Replace(m.Context(), []keys.Ref{refOf(m, before[gone.ID])})
		if err != nil || len(moves) != 1 {
			m.Fatal(moves, err)
		}
		if err := m.ring().Shred(m.Context(), moves[0].New); err != nil {
			m.Fatal(err)
		}
		for _, rec := range []vault.Record{gone, asked} {
			if s := before[rec.ID]; true {
				if _, err := m.ring().Open(nil, s.Body, s.AD); !errs.Is(err, errs.Erased) {
					m.Errorf("%s under the old key: %v", rec.ID, err)
				}
			}
		}
		m.finish()
	})
}

// What was drafted before a rotation and is stored after it, or while it goes on, is
// sealed under the key of now: the one it was drafted with is gone, or will be.
func TestADraftOutlivesARotation(t *testing.T) {
	milled(t, func(m mill) {
		person, first := m.person("ines@example.org"), m.consultation(1)
		list := []vault.Record{person, first}
		create := func(collection id.Name, subject id.Subject, body string, between func()) {
			rec, err := m.h.House.Vault.CreateAround(house.Platform(), m.permit(access.Create, collection), []byte(body),
				vault.CreateOptions{Subject: subject}, between)
			if err != nil {
				m.Fatal(err)
			}
			list = append(list, rec)
		}
		about := id.Subject{Raw: person.ID.Raw}
		create("consultations", id.Subject{}, `{"title":"Two","format":"survey"}`, func() { m.begin(keys.LevelCollections); m.finish() })
		create("help-requests", about, request, func() { m.begin(keys.LevelSubjects); m.finish() })
		create("help-requests", about, request, func() {
			m.begin(keys.LevelSubjects)
			own := m.stored()[person.ID]
			moves, err := m.ring().Replace(m.Context(), []keys.Ref{refOf(m, own)})
			if err != nil {
				m.Fatal(err)
			}
			_, _ = m.r.Run(watching{house.Platform(), m, person.ID, moves[0].New}, m.t)
		})
		m.finish()
		m.kept(list...)
	})
}

// watching is a context that ends as soon as a person's record is under a key.
type watching struct {
	context.Context
	m   mill
	rec id.Record
	ref keys.Ref
}

func (w watching) Err() error {
	if refOf(w.m, w.m.stored()[w.rec]) == w.ref {
		return context.Canceled
	}
	return nil
}

// Everybody goes on writing while all keys are replaced again and again; whatever was
// acknowledged is there afterwards.
func TestWorkGoesOnDuringRotations(t *testing.T) {
	milled(t, func(m mill) {
		ctx, v := house.Platform(), m.h.House.Vault
		stop := make(chan struct{})
		var wg sync.WaitGroup
		var mu sync.Mutex
		last := map[id.Record]vault.Record{}
		keep := func(r vault.Record, fields string) {
			mu.Lock()
			defer mu.Unlock()
			r.Fields = []byte(fields)
			last[r.ID] = r
		}
		for hand := range 4 {
			wg.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					person := m.person(fmt.Sprintf("p%d-%d@example.org", hand, n))
					asked := m.request(person)
					keep(asked, string(asked.Fields))
					c := m.consultation(n)
					keep(c, string(c.Fields))
					for { // a rotation may have sealed it anew since: read and try again
						now, err := v.Peek(ctx, m.permit(access.Read, "participants"), person.ID)
						if err != nil {
							m.Error(err)
							return
						}
						changed, err := v.Update(ctx, m.permit(access.Update, "participants"), person.ID, now.ETag(), []byte(`{"display_name":"Zoé"}`))
						if errs.Is(err, errs.Stale) {
							continue
						}
						if err != nil {
							m.Error(err)
							return
						}
						keep(changed, string(changed.Fields))
						break
					}
				}
			})
		}
		for range 3 {
			m.begin(keys.LevelSubjects)
			m.begin(keys.LevelCollections)
			m.finish()
		}
		close(stop)
		wg.Wait()
		if len(last) < 12 {
			m.Errorf("only %d records were written meanwhile", len(last))
		}
		for _, r := range last {
			purpose := id.Name("support")
			if r.Collection == "consultations" {
				purpose = ""
			}
			got, err := v.Get(ctx, m.permit(access.Read, r.Collection), r.ID, purpose)
			if err != nil || string(got.Fields) != string(r.Fields) {
				m.Errorf("%s: %s, wanted %s: %v", r.ID, got.Fields, r.Fields, err)
			}
		}
		m.check()
	})
}

const (
	customer   = `{"email":"ines@example.org","given_name":"Inès","family_name":"Calvet","standing":"insured"}`
	preference = `{}`
)

// A person in one database, and what is about the person in another: both come under
// the new key, also what was drafted before and is stored after.
func TestSubjectsRotateAcrossDatabases(t *testing.T) {
	milled(t, func(m mill) {
		m.t = m.h.Tenant("insurer", "insurance", "CA", false)
		v := m.h.House.Vault
		person := m.create("customers", id.Subject{}, customer)
		about := id.Subject{Raw: person.ID.Raw}
		first := m.create("preferences", about, preference)
		before := m.stored()
		if len(before) != 2 || len(m.t.Placements) < 3 {
			m.Fatalf("%d rows in %d databases", len(before), len(m.t.Placements))
		}
		m.begin(keys.LevelSubjects)
		m.finish()
		m.replaced(before)
		second, err := v.CreateAround(house.Platform(), m.permit(access.Create, "preferences"), []byte(preference), vault.CreateOptions{Subject: about},
			func() { m.begin(keys.LevelSubjects); m.finish() })
		if err != nil {
			m.Fatal(err)
		}
		for _, s := range m.stored() {
			if _, err := m.ring().Open(nil, s.Body, s.AD); err != nil {
				m.Errorf("%s of %s: %v", s.ID, s.Collection, err)
			}
		}
		if own := m.stored(); refOf(m, own[person.ID]) != refOf(m, own[first.ID]) || refOf(m, own[person.ID]) != refOf(m, own[second.ID]) {
			m.Error("a person has more than one key")
		}
	})
}

// One tampered row in many rounds keeps its own key and no other: every other person's
// is replaced and destroyed, run after run, and the rotation says where it stands.
func TestATamperedRowHoldsNobodyElseUp(t *testing.T) {
	milled(t, func(m mill) {
		m.r.SetRound(40)
		var list []vault.Record
		for n := range 90 {
			list = append(list, m.person(fmt.Sprintf("p%d@example.org", n)))
		}
		course := m.consultation(1)
		victim := list[3]
		before := m.stored()
		wrong := []byte(strings.Clone(string(before[victim.ID].Body)))
		wrong[len(wrong)-1] ^= 1
		m.begin(keys.LevelSubjects)
		m.begin(keys.LevelCollections)
		m.sql(`UPDATE vault_record SET body = ?2 WHERE id = ?1`, victim.ID.Raw[:], wrong)
		m.clock.Advance(time.Hour)
		for n := range 3 {
			wait, err := m.r.Run(house.Platform(), m.t)
			if !errs.Is(err, errs.Corrupt) {
				m.Fatal(err)
			}
			m.clock.Advance(wait) // with PostgreSQL other nodes must know by then
			if n == 0 {
				continue
			}
			for _, r := range m.rotations() {
				if r.Level == keys.LevelCollections {
					if r.Running {
						m.Errorf("the other level waits: %+v", r)
					}
					continue
				}
				if !r.Running || r.Destroyed != 89 || r.Trouble != keys.TroubleTampered || r.TroubleAt != "main/participants/"+victim.ID.String() {
					m.Errorf("%+v", r)
				}
			}
			if moves, err := m.ring().Moves(m.Context()); err != nil || len(moves) != 1 {
				m.Errorf("%v %v", moves, err)
			}
		}
		now := m.stored()
		for rec, was := range before {
			if rec == victim.ID {
				if _, err := m.ring().Open(nil, was.Body, was.AD); err != nil {
					m.Errorf("the text of before the tampering: %v", err)
				}
				continue
			}
			if _, err := m.ring().Open(nil, was.Body, was.AD); !errs.Is(err, errs.Erased) {
				m.Errorf("%s under its old key: %v", rec, err)
			}
			if _, err := m.ring().Open(nil, now[rec].Body, now[rec].AD); err != nil {
				m.Error(rec, err)
			}
		}
		m.sql(`UPDATE vault_record SET body = ?2 WHERE id = ?1`, victim.ID.Raw[:], before[victim.ID].Body)
		m.finish()
		m.replaced(before)
		m.kept(append(list, course)...)
	})
}

// A person's own row that names no key keeps the others from nothing.
func TestARowWithoutAKeyHoldsNobodyElseUp(t *testing.T) {
	milled(t, func(m mill) {
		list := []vault.Record{m.person("a@example.org"), m.person("b@example.org"), m.person("c@example.org")}
		victim := list[1]
		before := m.stored()
		m.begin(keys.LevelSubjects)
		m.sql(`UPDATE vault_record SET body = ?2 WHERE id = ?1`, victim.ID.Raw[:], []byte("nothing at all"))
		m.clock.Advance(time.Hour)
		for range 2 {
			if _, err := m.r.Run(house.Platform(), m.t); !errs.Is(err, errs.Corrupt) {
				m.Fatal(err)
			}
			plan := m.rotations()[0]
			if !plan.Running || plan.Destroyed != 2 || plan.Trouble != keys.TroubleTampered || plan.TroubleAt != "main/participants/"+victim.ID.String() {
				m.Errorf("%+v", plan)
			}
		}
		m.sql(`UPDATE vault_record SET body = ?2 WHERE id = ?1`, victim.ID.Raw[:], before[victim.ID].Body)
		m.finish()
		m.kept(list...)
	})
}
