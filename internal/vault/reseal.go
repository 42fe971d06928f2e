package vault

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
)

// Rotator carries rotations of data keys through the records of tenants: what is
// sealed under an old key is sealed anew, a few rows at a time, while everybody goes
// on reading and writing; then the old keys are destroyed. It is safe for concurrent
// use, also by several nodes at once.
//
// A record that was sealed anew keeps its version and its times, for nothing of it
// changed; its row has another hash, hence its own leaf and another entity tag: who
// was about to change it reads it once more.
type Rotator struct {
	service *Service
	inline  bool
	round   int // how many subjects' keys are replaced before the old ones are destroyed
	wake    chan struct{}

	mu      sync.Mutex
	busy    map[id.Tenant]bool
	waiting map[id.Tenant]bool // since Begun was asked
}

// subjectsARound bounds the memory of a rotation: some megabytes.
const subjectsARound = 1 << 16

// NewRotator returns a rotator of the service's records.
func NewRotator(s *Service) *Rotator {
	return &Rotator{service: s, round: subjectsARound, wake: make(chan struct{}, 1),
		busy: map[id.Tenant]bool{}, waiting: map[id.Tenant]bool{}}
}

// Inline makes Begin and BeginSubject run what they began before they return, as far
// as it may go: for a program in which no job is at work.
func (r *Rotator) Inline() { r.inline = true }

// Woken tells when a rotation was begun: whoever runs rotations asks Begun of whom.
func (r *Rotator) Woken() <-chan struct{} { return r.wake }

// Begun returns the tenants that Run is to be called for, each once.
func (r *Rotator) Begun() []id.Tenant {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.Collect(maps.Keys(r.waiting))
	clear(r.waiting)
	return list
}

// Plan says what Begin would do, and changes nothing: how many rows and keys.
func (r *Rotator) Plan(ctx context.Context, t tenant.Tenant, level keys.Level) (rows, replaced int64, err error) {
	schema, err := r.service.schema(ctx, t)
	if err != nil {
		return 0, 0, err
	}
	for i := range schema.Collections {
		c := &schema.Collections[i]
		if (c.About == AboutNobody) != (level == keys.LevelCollections) {
			continue
		}
		n, err := r.service.rowsIn(ctx, t, c)
		if err != nil {
			return 0, 0, err
		}
		rows += n
		if c.About == AboutSelf {
			replaced += n
		}
	}
	if level != keys.LevelCollections {
		return rows, replaced, nil
	}
	ring, err := r.service.rings.Open(ctx, t.ID)
	if err != nil {
		return 0, 0, err
	}
	list, err := ring.CollectionKeys(ctx)
	for _, n := range list {
		if n.State == "active" {
			replaced++
		}
	}
	return rows, replaced, err
}

// rowsIn counts a collection's rows.
func (s *Service) rowsIn(ctx context.Context, t tenant.Tenant, c *Collection) (n int64, err error) {
	log, release, err := s.tenants.Log(ctx, t, c.Placement)
	if err != nil {
		return 0, err
	}
	defer release()
	err = log.Read(ctx, func(tx db.Tx) error { n, err = countRows(tx, c); return err })
	return n, err
}

// Begin stores a rotation of a level of data keys; Run does it. One that is under way
// is returned as it is.
func (r *Rotator) Begin(ctx context.Context, t tenant.Tenant, level keys.Level) (keys.Rotation, error) {
	if level != keys.LevelCollections && level != keys.LevelSubjects {
		return keys.Rotation{}, errs.New(errs.Internal, "vault.reseal.level")
	}
	rows, _, err := r.Plan(ctx, t, level)
	if err != nil {
		return keys.Rotation{}, err
	}
	ring, err := r.service.rings.Open(ctx, t.ID)
	if err != nil {
		return keys.Rotation{}, err
	}
	return r.begun(ctx, t, ring, func() (keys.Rotation, error) { return ring.BeginRotation(ctx, level, rows) })
}

// BeginSubject stores a rotation of one person's key. It returns errs.NotFound when
// there is no such person, and errs.Conflict while subjects' keys are being rotated.
func (r *Rotator) BeginSubject(ctx context.Context, t tenant.Tenant, person id.Subject) (keys.Rotation, error) {
	schema, err := r.service.schema(ctx, t)
	if err != nil {
		return keys.Rotation{}, err
	}
	ref, rows, err := r.service.sealedFor(ctx, t, schema, person)
	if err != nil {
		return keys.Rotation{}, err
	}
	ring, err := r.service.rings.Open(ctx, t.ID)
	if err != nil {
		return keys.Rotation{}, err
	}
	next, err := ring.NewSubject(ctx)
	if err != nil {
		return keys.Rotation{}, err
	}
	return r.begun(ctx, t, ring, func() (keys.Rotation, error) {
		return ring.BeginRotation(ctx, keys.LevelSubjects, rows, keys.Move{Old: ref, New: next})
	})
}

// begun sees to it that a rotation is run, and says how far it has come.
func (r *Rotator) begun(ctx context.Context, t tenant.Tenant, ring *keys.Ring, begin func() (keys.Rotation, error)) (keys.Rotation, error) {
	plan, err := begin()
	if err != nil {
		return plan, err
	}
	if !r.inline {
		r.Knock(t.ID)
		return plan, nil
	}
	if _, err := r.Run(ctx, t); err != nil {
		return plan, err
	}
	list, err := ring.Rotations(ctx)
	for _, p := range list {
		if p.ID == plan.ID {
			plan = p
		}
	}
	return plan, err
}

// PlanSubject says how many rows BeginSubject would be about, and changes nothing.
func (r *Rotator) PlanSubject(ctx context.Context, t tenant.Tenant, person id.Subject) (rows int64, err error) {
	schema, err := r.service.schema(ctx, t)
	if err != nil {
		return 0, err
	}
	_, rows, err = r.service.sealedFor(ctx, t, schema, person)
	return rows, err
}

// sealedFor finds a person's key, and counts the rows that are about the person.
func (s *Service) sealedFor(ctx context.Context, t tenant.Tenant, schema *Schema, person id.Subject) (ref keys.Ref, rows int64, err error) {
	for i := range schema.Collections {
		c := &schema.Collections[i]
		if c.About == AboutNobody {
			continue
		}
		log, release, err := s.tenants.Log(ctx, t, c.Placement)
		if err != nil {
			return 0, 0, err
		}
		err = log.Read(ctx, func(tx db.Tx) error {
			if c.About == AboutSubject {
				for _, err := range rowsOfSubject(tx, c, person) {
					if err != nil {
						return err
					}
					rows++
				}
				return nil
			}
			own, err := readRow(tx, c, id.Record{Raw: person.Raw})
			if errs.Is(err, errs.NotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			h, err := keys.ParseHeader(own.body)
			ref, rows = h.Ref, rows+1
			return err
		})
		release()
		if err != nil {
			return 0, 0, err
		}
	}
	if ref == 0 {
		return 0, 0, errs.New(errs.NotFound, "vault.subject.unknown")
	}
	return ref, rows, nil
}

// Knock asks whoever runs rotations to call Run for a tenant.
func (r *Rotator) Knock(t id.Tenant) {
	r.mu.Lock()
	r.waiting[t] = true
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default: // it was told already
	}
}

// Run goes on with every rotation of data keys of a tenant, to its end. What stops it
// is kept with the rotation; the next call goes on. wait is how long to wait before
// the next call, when keys may only be destroyed later. A call while another is at
// work in this process does nothing.
func (r *Rotator) Run(ctx context.Context, t tenant.Tenant) (wait time.Duration, err error) {
	if !r.enter(t.ID) {
		return 0, nil
	}
	defer r.leave(t.ID)
	ring, err := r.service.rings.Open(ctx, t.ID)
	if err != nil {
		return 0, r.stopped(ctx, t, err)
	}
	list, err := ring.Rotations(ctx)
	for _, plan := range list {
		if !plan.Running {
			continue
		}
		// What stops one level is no reason for the other to wait.
		rest, failed := r.one(ctx, t, ring, plan)
		wait, err = max(wait, rest), errors.Join(err, failed)
	}
	return wait, err
}

func (r *Rotator) enter(t id.Tenant) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy[t] {
		return false
	}
	r.busy[t] = true
	return true
}

func (r *Rotator) leave(t id.Tenant) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, t)
}

// one goes on with one rotation.
func (r *Rotator) one(ctx context.Context, t tenant.Tenant, ring *keys.Ring, plan keys.Rotation) (time.Duration, error) {
	w, err := r.service.resealing(ctx, t, ring, plan)
	if err != nil {
		return 0, err
	}
	defer w.release()
	w.round = r.round
	wait, err := w.run(ctx)
	if err != nil && ctx.Err() == nil {
		w.plan.Trouble, w.plan.TroubleAt = troubleOf(err), w.found.where
		// The keyring's database may be what failed; the error is told all the same.
		_ = ring.SaveRotation(ctx, w.plan)
	}
	return wait, err
}

// stopped notes with every rotation under way that the ring does not open.
func (r *Rotator) stopped(ctx context.Context, t tenant.Tenant, why error) error {
	return r.service.rings.Stopped(ctx, t.ID, troubleOf(why), why)
}

func troubleOf(err error) keys.Trouble {
	switch errs.Of(err).Code {
	case errs.Sealed:
		return keys.TroubleSealed
	case errs.Corrupt:
		return keys.TroubleTampered
	default:
		return keys.TroubleFailed
	}
}
