package keys

import (
	"context"
	"errors"
	"slices"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Rotations returns, of each level of data keys, the rotation that is under way and
// the last one that ended.
func (k *Ring) Rotations(ctx context.Context) (out []Rotation, err error) {
	err = k.read(ctx, func(tx db.Tx) error { out, err = readRotations(tx); return err })
	return out, err
}

// BeginRotation stores a rotation of data keys; total is how many rows it is about.
// With a move it is the rotation of that one key. It returns the rotation that is
// under way already, if any: with a move, errs.Conflict. Who seals must ask Seals
// and Moved from then on.
func (k *Ring) BeginRotation(ctx context.Context, level Level, total int64, single ...Move) (Rotation, error) {
	if _, err := k.alive(ctx); err != nil {
		return Rotation{}, err
	}
	if running, ok, err := k.running(ctx, level); err != nil || ok {
		return running, k.onlyOne(err, ok && len(single) > 0)
	}
	count := 0
	if len(single) > 0 {
		count = 1
	}
	err := k.rings.observe(ctx, Event{Act: ActRotateData, Tenant: k.tenant, Name: string(level), Count: count})
	if err != nil {
		return Rotation{}, err
	}
	r := Rotation{ID: id.NewPlan(), Level: level, Running: true, Phase: PhaseKeys, Total: total}
	if len(single) > 0 {
		r.Single, r.Phase = true, PhaseRows
	}
	err = k.move(ctx, level, func(tx db.Tx) error {
		r.Started = tx.Now()
		list, err := readRotations(tx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(list, func(o Rotation) bool { return o.Running && o.Level == level }) {
			return errRaced
		}
		for _, m := range single {
			if err := insertMove(tx, m); err != nil {
				return err
			}
		}
		return insertRotation(tx, r)
	})
	if errors.Is(err, errRaced) {
		return r, errs.New(errs.Conflict, "keys.raced").Do("keys.raced.fix").Cause(err)
	}
	return r, err
}

// move runs a transaction that begins or ends a rotation, and keeps in memory whether
// subjects' keys are being replaced after it.
func (k *Ring) move(ctx context.Context, level Level, fn func(db.Tx) error) error {
	k.opening.Lock() // a reading of before must not come second
	defer k.opening.Unlock()
	var m moving
	err := k.write(ctx, func(tx db.Tx) (err error) {
		if err = fn(tx); err == nil {
			m, err = readMoving(tx)
		}
		return err
	})
	if err == nil && level == LevelSubjects {
		k.moving.Store(&m)
	}
	return err
}

func (k *Ring) onlyOne(err error, taken bool) error {
	if err == nil && taken {
		return errs.New(errs.Conflict, "keys.rotation_running").Do("keys.rotation_running.fix")
	}
	return err
}

func (k *Ring) running(ctx context.Context, level Level) (Rotation, bool, error) {
	list, err := k.Rotations(ctx)
	if i := slices.IndexFunc(list, func(r Rotation) bool { return r.Running && r.Level == level }); i >= 0 {
		return list[i], true, err
	}
	return Rotation{}, false, err
}

// SaveRotation stores how far a rotation has come.
func (k *Ring) SaveRotation(ctx context.Context, r Rotation) error {
	return k.write(ctx, func(tx db.Tx) error { return updateRotation(tx, r) })
}

// Stopped notes with every rotation of data keys of a tenant why it does not go on,
// though its ring may be closed, and hands on why.
func (r *Rings) Stopped(ctx context.Context, tenant id.Tenant, trouble Trouble, why error) error {
	k, err := r.ring(tenant)
	if err != nil {
		return why
	}
	list, _ := k.Rotations(ctx)
	for _, p := range list {
		if p.Running {
			p.Trouble, p.TroubleAt = trouble, ""
			// What failed first is what is told.
			_ = k.SaveRotation(ctx, p)
		}
	}
	return why
}

// EndRotation stores that a rotation has ended. It returns errs.Conflict while a key
// that it replaces is there. The observer is told before: of an end that a crash kept
// from being stored it hears again, of none it hears nothing.
func (k *Ring) EndRotation(ctx context.Context, r *Rotation) error {
	if err := k.read(ctx, func(tx db.Tx) error { return noneLeft(tx, r.Level) }); err != nil {
		return err
	}
	// A crash may have come between the destroying of the last keys and this.
	if err := k.scrub(ctx); err != nil {
		return err
	}
	err := k.rings.observe(ctx, Event{Act: ActDataRotated, Tenant: k.tenant, Name: string(r.Level), Count: int(r.Destroyed)})
	if err != nil {
		return err
	}
	ended := *r
	ended.Running, ended.Phase, ended.Done, ended.Trouble, ended.TroubleAt = false, PhaseDone, r.Total, NoTrouble, ""
	err = k.move(ctx, r.Level, func(tx db.Tx) error {
		if err := noneLeft(tx, r.Level); err != nil {
			return err
		}
		ended.Ended = tx.Now()
		return updateRotation(tx, ended)
	})
	if err != nil {
		return err
	}
	*r = ended
	return nil
}

// noneLeft returns errs.Conflict while a subject's key that has a successor is there.
func noneLeft(tx db.Tx, level Level) error {
	left, err := countMoves(tx)
	if err == nil && left > 0 && level == LevelSubjects {
		return errs.New(errs.Conflict, "keys.raced").Do("keys.raced.fix")
	}
	return err
}

// moving is what a node knows of the replacing of subjects' keys.
type moving struct {
	rounds int64 // how often it was begun
	now    bool
}

// Round counts the rotations of subjects' keys that were ever begun. Whoever looks up
// the key of a person asks before, and again within the transaction that stores what
// was sealed: see Moved.
func (k *Ring) Round() int64 {
	if m := k.moving.Load(); m != nil {
		return m.rounds
	}
	return 0
}

// Moved says whether the key of a person, looked up after Round, may not be the
// person's any more: subjects' keys are being replaced now, or were since. Another
// node knows it within the probe period.
func (k *Ring) Moved(since int64) bool {
	m := k.moving.Load()
	return m == nil || m.now || m.rounds != since
}

// Seals says whether a text with this header was sealed by the version that seals
// now. Of a subject's key there is only one.
func (k *Ring) Seals(h Header) bool {
	if !h.Ref.Named() {
		return true
	}
	names := k.names.Load()
	if names == nil {
		return false
	}
	n := names.byNumber[h.Ref.number()]
	return n != nil && n.active == h.Version
}

// Settle says how long a rotation must still wait before it may destroy a key:
// where several nodes serve, until each of them has learnt of it.
func (k *Ring) Settle(ctx context.Context, r Rotation) (wait time.Duration, err error) {
	err = k.read(ctx, func(tx db.Tx) error {
		if tx.Engine() != db.Postgres {
			return nil
		}
		since := r.Started
		rows, err := readNamed(tx, "")
		for _, n := range rows {
			if changed := clock.FromMicros(n.endedAt); r.Level == LevelCollections && n.state == stateOld && ofCollection(n.name) && changed.After(since) {
				since = changed
			}
		}
		wait = max(0, 2*k.rings.o.ProbePeriod-tx.Now().Sub(since))
		return err
	})
	return wait, err
}

// Replace gives subjects' keys a successor each, and returns those that stand: of a
// key that has one already, the one it has.
func (k *Ring) Replace(ctx context.Context, old []Ref) ([]Move, error) {
	fresh := make([]Move, 0, len(old))
	for _, ref := range old {
		if !ref.valid() || ref.Named() {
			return nil, errs.New(errs.Invalid, "keys.not_a_subject").With("ref", ref.String())
		}
		next, err := k.NewSubject(ctx)
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, Move{ref, next})
	}
	var out []Move
	err := k.write(ctx, func(tx db.Tx) error {
		out = out[:0]
		for _, m := range fresh {
			stands, ok, err := readMove(tx, m.Old)
			if err == nil && !ok {
				stands, err = m, insertMove(tx, m)
			}
			if err != nil {
				return err
			}
			out = append(out, stands)
		}
		return nil
	})
	return out, err
}

// Moves returns every replacement that is under way, successor by key.
func (k *Ring) Moves(ctx context.Context) (out map[Ref]Ref, err error) {
	err = k.read(ctx, func(tx db.Tx) error {
		out = map[Ref]Ref{}
		for m, err := range allMoves(tx, 0) {
			if err != nil {
				return err
			}
			out[m.Old] = m.New
		}
		return nil
	})
	return out, err
}

// destroyBatch is how many keys one transaction destroys.
const destroyBatch = 256

// DestroyReplaced destroys every key that has a successor, but for those to keep, and
// returns how many. The caller has proved that nothing is sealed under the others.
func (k *Ring) DestroyReplaced(ctx context.Context, keep map[KeyVersion]bool) (destroyed int64, err error) {
	for {
		var refs []Ref
		err := k.read(ctx, func(tx db.Tx) error {
			refs = refs[:0]
			for m, err := range allMoves(tx, destroyBatch+len(keep)) {
				if err != nil {
					return err
				}
				if !keep[KeyVersion{Ref: m.Old}] && len(refs) < destroyBatch {
					refs = append(refs, m.Old)
				}
			}
			return nil
		})
		if err != nil {
			return destroyed, err
		}
		if len(refs) == 0 {
			return destroyed, k.scrub(ctx)
		}
		if err := k.rings.observe(ctx, Event{Act: ActReplaced, Tenant: k.tenant, Count: len(refs)}); err != nil {
			return destroyed, err
		}
		if err := k.shredAll(ctx, refs, false); err != nil {
			return destroyed, err
		}
		destroyed += int64(len(refs))
	}
}

// RetireOld destroys every old version of a collection's key, but for those to keep,
// and returns how many. The caller has proved that nothing is sealed under the others.
func (k *Ring) RetireOld(ctx context.Context, keep map[KeyVersion]bool) (destroyed int64, err error) {
	list, err := k.CollectionKeys(ctx)
	for _, n := range list {
		if err != nil {
			return destroyed, err
		}
		if n.State == stateOld && !keep[KeyVersion{n.Ref, uint16(n.Version)}] {
			if err = k.Retire(ctx, n.Name, n.Version); err == nil {
				destroyed++
			}
		}
	}
	return destroyed, err
}

// CollectionKeys lists the versions of the keys of collections.
func (k *Ring) CollectionKeys(ctx context.Context) ([]NamedVersion, error) {
	list, err := k.versions(ctx, "")
	return slices.DeleteFunc(list, func(n NamedVersion) bool { return n.Kind != storedSeal || !ofCollection(n.Name) }), err
}

// at is a moment as stored.
func at(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return clock.Micros(t)
}
