package vault_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/keys/kms"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/testkit/house"
)

// mill is a town whose keys are rotated, on a clock that the test moves.
type mill struct {
	town
	clock *clock.Fake
	gate  *gate
	r     *vault.Rotator
}

// gate is a key service that can be silent.
type gate struct {
	kms.KMS
	silent atomic.Bool
}

func (g *gate) Unwrap(ctx context.Context, key string, wrapped []byte, bound kms.Context) ([]byte, error) {
	if g.silent.Load() {
		return nil, &kms.Error{Reason: kms.Unreachable, Service: g.Name(), Key: key, Err: errors.New("silent")}
	}
	return g.KMS.Unwrap(ctx, key, wrapped, bound)
}

func milled(t *testing.T, run func(mill)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			o := house.Options{Clock: clock.NewFake(time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC))}
			if engine == "postgres" {
				on := house.OnPostgres(t)
				o.Regions, o.Control = on.Regions, on.Control
			}
			local, err := kms.CreateLocal(kms.LocalOptions{Path: filepath.Join(t.TempDir(), "kms.json"), Secret: []byte("a passphrase for tests"),
				Clock: o.Clock, Cost: kms.Cost{Memory: 8 << 10, Passes: 1, Threads: 1}}, "tenants")
			if err != nil {
				t.Fatal(err)
			}
			g := &gate{KMS: local}
			o.KMS = map[id.Name]server.KMS{"local": {Service: g, Key: "tenants"}}
			h := house.Open(t, o)
			w := town{t, h, h.Tenant("town", "civic-engagement", "CA", false)}
			run(mill{w, o.Clock.(*clock.Fake), g, vault.NewRotator(h.House.Vault)})
		})
	}
}

func (m mill) ring() *keys.Ring {
	m.Helper()
	ring, err := m.h.House.Rings.Open(m.Context(), m.t.ID)
	if err != nil {
		m.Fatal(err)
	}
	return ring
}

// finish runs the rotations to their end.
func (m mill) finish() {
	m.Helper()
	for range 5 {
		wait, err := m.r.Run(house.Platform(), m.t)
		if err != nil {
			m.Fatal(err)
		}
		if wait == 0 {
			break
		}
		m.clock.Advance(wait)
	}
	for _, r := range m.rotations() {
		if r.Running || r.Phase != keys.PhaseDone || r.Done != r.Total || r.Ended.IsZero() {
			m.Fatalf("not at its end: %+v", r)
		}
	}
}

func (m mill) rotations() []keys.Rotation {
	m.Helper()
	list, err := m.ring().Rotations(m.Context())
	if err != nil {
		m.Fatal(err)
	}
	return list
}

func (m mill) begin(level keys.Level) keys.Rotation {
	m.Helper()
	m.clock.Advance(time.Hour) // the keys were made before
	plan, err := m.r.Begin(house.Platform(), m.t, level)
	if err != nil {
		m.Fatal(err)
	}
	return plan
}

// create makes a record, about a person or about nobody.
func (m mill) create(collection id.Name, subject id.Subject, body string) vault.Record {
	m.Helper()
	rec, err := m.h.House.Vault.Create(house.Platform(), m.permit(access.Create, collection), []byte(body), vault.CreateOptions{Subject: subject})
	if err != nil {
		m.Fatal(err)
	}
	return rec
}

const request = `{"subject":"A question","message":"When?","channel":"mail"}`

func (m mill) request(of vault.Record) vault.Record {
	m.Helper()
	return m.create("help-requests", id.Subject{Raw: of.ID.Raw}, request)
}

func (m mill) consultation(n int) vault.Record {
	m.Helper()
	return m.create("consultations", id.Subject{}, fmt.Sprintf(`{"title":"Consultation %d","format":"survey"}`, n))
}

// stored is every row by its id, as it lies on disk.
func (m mill) stored() map[id.Record]vault.Stored {
	m.Helper()
	out := map[id.Record]vault.Stored{}
	for _, p := range m.t.Placements {
		for s, err := range m.h.House.Vault.Stored(house.Platform(), m.t, p.Name) {
			if err != nil {
				m.Fatal(err)
			}
			out[s.ID] = s
		}
	}
	return out
}

// replaced wants every row to be sealed under another key than before, with its
// version as it was, and the old texts to be closed for ever.
func (m mill) replaced(before map[id.Record]vault.Stored, but ...id.Record) {
	m.Helper()
	after := m.stored()
	ring := m.ring()
	for rec, was := range before {
		now := after[rec]
		old, _ := keys.ParseHeader(was.Body)
		h, err := keys.ParseHeader(now.Body)
		if len(but) > 0 && rec == but[0] {
			if string(was.Body) != string(now.Body) {
				m.Errorf("%s was touched", rec)
			}
			continue
		}
		if err != nil || h == old || now.Version != was.Version {
			m.Errorf("%s is as it was: %v v%d, %v", rec, h, now.Version, err)
		}
		if _, err := ring.Open(nil, now.Body, now.AD); err != nil {
			m.Errorf("%s: %v", rec, err)
		}
		if _, err := ring.Open(nil, was.Body, was.AD); !errs.Is(err, errs.Erased) {
			m.Errorf("%s: the old text: %v", rec, err)
		}
	}
}

// kept wants the same fields as ever, and the log to agree with the rows.
func (m mill) kept(list ...vault.Record) {
	m.Helper()
	for _, rec := range list {
		purpose := id.Name("support")
		if rec.Collection == "consultations" {
			purpose = ""
		}
		got, err := m.h.House.Vault.Get(house.Platform(), m.permit(access.Read, rec.Collection), rec.ID, purpose)
		if err != nil || string(got.Fields) != string(rec.Fields) || got.Version != rec.Version || !got.Updated.Equal(rec.Updated) {
			m.Errorf("%s: %s, wanted %s: %v", rec.ID, got.Fields, rec.Fields, err)
		}
	}
	m.check()
	if report, err := m.ring().Verify(m.Context()); err != nil || !report.Sound() {
		m.Errorf("keyring: %+v %v", report, err)
	}
}

// entries counts the entries of an operation in the log.
func (m mill) entries(op audit.Operation) int {
	m.Helper()
	log, release, err := m.permit(access.Read, "participants").Log(house.Platform(), tenant.Main)
	if err != nil {
		m.Fatal(err)
	}
	defer release()
	page, err := log.Entries(house.Platform(), audit.Query{Operations: []audit.Operation{op}, Limit: 1000})
	if err != nil {
		m.Fatal(err)
	}
	return len(page.Entries)
}

// The key of a collection is replaced: every record is sealed anew, each with its
// leaf; the old version is destroyed; the keys of persons are left alone.
func TestCollectionsRotate(t *testing.T) {
	milled(t, func(m mill) {
		person := m.person("ines@example.org")
		var list []vault.Record
		for n := range 70 {
			list = append(list, m.consultation(n))
		}
		before := m.stored()
		own := before[person.ID]
		delete(before, person.ID)
		if rows, replaced, err := m.r.Plan(m.Context(), m.t, keys.LevelCollections); err != nil || rows != 70 || replaced != 1 {
			m.Errorf("plan: %d rows, %d keys, %v", rows, replaced, err)
		}
		if plan := m.begin(keys.LevelCollections); !plan.Running || plan.Total != 70 {
			m.Errorf("%+v", plan)
		}
		m.finish()
		m.replaced(before)
		if now := m.stored()[person.ID]; string(now.Body) != string(own.Body) {
			m.Error("a person's record was sealed anew")
		}
		m.kept(append(list, person)...)
		if n := m.entries(audit.RecordReseal); n != 70 {
			m.Errorf("%d leaves of sealing anew", n)
		}
		if r := m.rotations(); len(r) != 1 || r[0].Destroyed != 1 || r[0].Erased != 0 {
			m.Errorf("%+v", r)
		}
		versions, err := m.ring().CollectionKeys(m.Context())
		if err != nil || len(versions) != 2 || versions[0].State != "retired" || versions[1].State != "active" {
			m.Errorf("%+v %v", versions, err)
		}
	})
}

// Every person's key is replaced, round by round, with all that is about the person;
// what was found by its tag is found still, and a restriction stays.
func TestSubjectsRotate(t *testing.T) {
	milled(t, func(m mill) {
		m.r.SetRound(40)
		ctx, v := house.Platform(), m.h.House.Vault
		var list []vault.Record
		for n := range 90 {
			p := m.person(fmt.Sprintf("p%d@example.org", n))
			list = append(list, p)
			if n%3 == 0 {
				list = append(list, m.request(p))
			}
		}
		held, err := v.Restrict(ctx, m.permit(access.Restrict, "participants"), list[0].ID, list[0].ETag(), true)
		if err != nil {
			m.Fatal(err)
		}
		before := m.stored()
		m.begin(keys.LevelSubjects)
		m.finish()
		m.replaced(before)
		m.kept(list[2:]...)
		found, err := v.Find(ctx, m.permit(access.Find, "participants"), "email", "p7@example.org", "support")
		if err != nil || len(found) != 1 {
			m.Errorf("found %v, %v", found, err)
		}
		if _, err := v.Get(ctx, m.permit(access.Read, "participants"), held.ID, "support"); !errs.Is(err, errs.Restricted) {
			m.Errorf("a restricted person: %v", err)
		}
		if r := m.rotations(); len(r) != 1 || r[0].Destroyed != 90 || r[0].Total != 120 {
			m.Errorf("%+v", r)
		}
		// Who read before may not change without reading again, and then may.
		rec := list[2]
		update := func(etag string) (vault.Record, error) {
			return v.Update(ctx, m.permit(access.Update, "participants"), rec.ID, etag, []byte(`{"display_name":"Zoé"}`))
		}
		if _, err := update(rec.ETag()); !errs.Is(err, errs.Stale) {
			m.Errorf("with the former entity tag: %v", err)
		}
		now, err := v.Peek(ctx, m.permit(access.Read, "participants"), rec.ID)
		if err != nil {
			m.Fatal(err)
		}
		if _, err := update(now.ETag()); err != nil {
			m.Error(err)
		}
		m.check()
	})
}

// One person's key, and nobody else's.
func TestOneSubjectRotates(t *testing.T) {
	milled(t, func(m mill) {
		one, other := m.person("one@example.org"), m.person("other@example.org")
		asked := m.request(one)
		before := m.stored()
		beside := before[other.ID]
		delete(before, other.ID)
		m.clock.Advance(time.Hour)
		plan, err := m.r.BeginSubject(house.Platform(), m.t, id.Subject{Raw: one.ID.Raw})
		if err != nil || !plan.Single || plan.Total != 2 {
			m.Fatalf("%+v %v", plan, err)
		}
		if _, err := m.r.BeginSubject(house.Platform(), m.t, id.Subject{Raw: other.ID.Raw}); !errs.Is(err, errs.Conflict) {
			m.Errorf("a second at once: %v", err)
		}
		m.finish()
		m.replaced(before)
		if now := m.stored()[other.ID]; string(now.Body) != string(beside.Body) {
			m.Error("the other person's record was sealed anew")
		}
		m.kept(one, other, asked)
		if _, err := m.r.BeginSubject(house.Platform(), m.t, id.Subject{Raw: id.NewRecord().Raw}); !errs.Is(err, errs.NotFound) {
			m.Errorf("nobody: %v", err)
		}
	})
}

// cutting is a context that ends when it was asked often enough.
type cutting struct {
	context.Context
	left *atomic.Int64
}

func (c cutting) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// A rotation that is cut short anywhere goes on in another process.
func TestARotationCutShortGoesOn(t *testing.T) {
	milled(t, func(m mill) {
		var list []vault.Record
		for n := range 40 {
			p := m.person(fmt.Sprintf("p%d@example.org", n))
			list = append(list, p, m.request(p), m.consultation(n))
		}
		before := m.stored()
		m.begin(keys.LevelSubjects)
		m.begin(keys.LevelCollections)
		cuts := 0
		for left := int64(1); ; left += 2 {
			m.h.House.Rings.Revoke(m.t.ID)
			m.r = vault.NewRotator(m.h.House.Vault)
			m.r.SetRound(16)
			budget := &atomic.Int64{}
			budget.Store(left)
			wait, err := m.r.Run(cutting{house.Platform(), budget}, m.t)
			if err != nil && !errors.Is(err, context.Canceled) {
				m.Fatal(err)
			}
			m.clock.Advance(wait)
			if err == nil && wait == 0 {
				break
			}
			if cuts++; cuts > 500 {
				m.Fatal("it comes to no end")
			}
		}
		if cuts < 5 {
			m.Errorf("cut short only %d times", cuts)
		}
		m.finish()
		m.replaced(before)
		m.kept(list...)
	})
}
