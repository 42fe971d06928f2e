package vault

import (
	"context"
	"maps"
	"slices"
	"time"

	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
)

// resealing is one run of one rotation.
type resealing struct {
	tenant   tenant.Tenant
	ring     *keys.Ring
	byNumber map[int64]*Collection
	places   []place
	plan     keys.Rotation
	round    int
	replaced map[keys.Ref]keys.Ref    // LevelSubjects: successor by key
	ours     map[keys.Ref]bool        // LevelCollections: the keys of collections
	found    finding                  // the first row that may not be touched
	look     finding                  // the same, of the look under way
	unread   finding                  // the first person's own row that names no key
	held     map[keys.KeyVersion]bool // what such rows are sealed under: it is kept
}

// place is one of the tenant's databases.
type place struct {
	name    id.Name
	log     *audit.Log
	release func()
}

func (s *Service) resealing(ctx context.Context, t tenant.Tenant, ring *keys.Ring, plan keys.Rotation) (*resealing, error) {
	schema, err := s.schema(ctx, t)
	if err != nil {
		return nil, err
	}
	w := &resealing{tenant: t, ring: ring, plan: plan, byNumber: map[int64]*Collection{}, held: map[keys.KeyVersion]bool{}}
	for i := range schema.Collections {
		w.byNumber[schema.Collections[i].Number] = &schema.Collections[i]
	}
	for _, p := range t.Placements {
		log, release, err := s.tenants.Log(ctx, t, p.Name)
		if err != nil {
			w.release()
			return nil, err
		}
		w.places = append(w.places, place{p.Name, log, release})
	}
	return w, nil
}

func (w *resealing) release() {
	for _, p := range w.places {
		p.release()
	}
}

// run works until the old keys are destroyed, or until they may be. A row that may not
// be touched keeps its own key and no other: the rotation goes on with the rest, does
// not end, and returns what it found.
func (w *resealing) run(ctx context.Context) (time.Duration, error) {
	for {
		if w.plan.Phase == keys.PhaseKeys {
			if err := w.renew(ctx); err != nil {
				return 0, err
			}
			w.plan.Phase = keys.PhaseRows
			if err := w.save(ctx); err != nil {
				return 0, err
			}
		}
		if err := w.learn(ctx); err != nil {
			return 0, err
		}
		if w.plan.Level == keys.LevelSubjects && !w.plan.Single && len(w.replaced) == 0 {
			return 0, w.end(ctx)
		}
		if len(w.held) > 0 && w.allHeld() { // of the persons nobody else is left
			return 0, w.end(ctx)
		}
		if err := w.clean(ctx); err != nil {
			return 0, err
		}
		if err := w.save(ctx); err != nil { // other nodes are waited for with what was found told
			return 0, err
		}
		wait, err := w.ring.Settle(ctx, w.plan)
		if err == nil && wait > 0 && w.found.err != nil {
			err = w.found.err
		}
		if err != nil || wait > 0 {
			return wait, err
		}
		if err := w.destroy(ctx); err != nil {
			return 0, err
		}
		if w.plan.Level == keys.LevelCollections || w.plan.Single {
			return 0, w.end(ctx)
		}
		w.plan.Phase = keys.PhaseKeys
	}
}

// end ends the rotation, unless a row was found that may not be touched.
func (w *resealing) end(ctx context.Context) error {
	if w.found.err == nil && w.plan.Level == keys.LevelSubjects && !w.plan.Single {
		if err := w.strangers(ctx); err != nil {
			return err
		}
	}
	if w.found.err != nil {
		return w.found.err
	}
	return w.ring.EndRotation(ctx, &w.plan)
}

// strangers looks for persons' own rows that name no key: an earlier run passed them.
func (w *resealing) strangers(ctx context.Context) error {
	for _, c := range w.byNumber {
		if c.About != AboutSelf {
			continue
		}
		for p, after := w.placeOf(c), firstOf(c)-1; ; {
			heads, err := w.heads(ctx, p, after, lastOf(c), headPage)
			if err != nil || len(heads) == 0 {
				if err != nil {
					return err
				}
				break
			}
			after = heads[len(heads)-1].n
			for _, h := range heads {
				if h.Ref == 0 || h.Ref.Named() {
					if err := w.strange(ctx, p, h.n); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// allHeld says whether every key that has a successor is kept for a row that may not
// be touched.
func (w *resealing) allHeld() bool {
	for old := range w.replaced {
		if !w.held[keys.KeyVersion{Ref: old}] {
			return false
		}
	}
	return w.plan.Level == keys.LevelSubjects
}

// save stores how far it has come, and what it has found.
func (w *resealing) save(ctx context.Context) error {
	w.plan.Trouble, w.plan.TroubleAt = keys.NoTrouble, ""
	if w.found.err != nil {
		w.plan.Trouble, w.plan.TroubleAt = keys.TroubleTampered, w.found.where
	}
	w.plan.Done = min(w.plan.Done, w.plan.Total)
	return w.ring.SaveRotation(ctx, w.plan)
}

// renew makes the new keys: of every collection, or of the next persons.
func (w *resealing) renew(ctx context.Context) error {
	if w.plan.Level == keys.LevelSubjects {
		return w.persons(ctx)
	}
	list, err := w.ring.CollectionKeys(ctx)
	for _, n := range list {
		if err != nil {
			return err
		}
		if n.State == "active" && n.Created.Before(w.plan.Started) {
			_, err = w.ring.RotateNamed(ctx, n.Name)
		}
	}
	return err
}

// learn reads which keys are being replaced.
func (w *resealing) learn(ctx context.Context) (err error) {
	if w.plan.Level == keys.LevelSubjects {
		w.replaced, err = w.ring.Moves(ctx)
		return err
	}
	w.ours = map[keys.Ref]bool{}
	list, err := w.ring.CollectionKeys(ctx)
	for _, n := range list {
		w.ours[n.Ref] = true
	}
	return err
}

// next says under which key a text is to be sealed anew, if at all.
func (w *resealing) next(h keys.Header) (keys.Ref, bool) {
	if w.plan.Level == keys.LevelCollections {
		return h.Ref, w.ours[h.Ref] && !w.ring.Seals(h)
	}
	ref, ok := w.replaced[h.Ref]
	return ref, ok
}

// destroy ends the old keys: clean has proved that nothing is sealed under them.
func (w *resealing) destroy(ctx context.Context) error {
	end := w.ring.RetireOld
	if w.plan.Level == keys.LevelSubjects {
		end = w.ring.DestroyReplaced
	}
	n, err := end(ctx, w.held)
	w.plan.Destroyed += n
	if err != nil {
		return err
	}
	return w.save(ctx)
}

// persons gives the next persons new keys and seals their own records under them.
// Records about them follow in clean; what is written about them meanwhile asks for
// the new key within its transaction.
func (w *resealing) persons(ctx context.Context) error {
	if err := w.learn(ctx); err != nil {
		return err
	}
	fresh := make(map[keys.Ref]bool, len(w.replaced))
	for _, ref := range w.replaced {
		fresh[ref] = true
	}
	for _, n := range slices.Sorted(maps.Keys(w.byNumber)) { // the order of the rows
		c := w.byNumber[n]
		if c.About != AboutSelf || w.plan.LastRow >= lastOf(c) {
			continue
		}
		for {
			more, err := w.somePersons(ctx, c, fresh)
			if err != nil || len(w.replaced)-len(w.held) >= w.round {
				return err
			}
			if !more {
				break
			}
		}
	}
	return nil
}

// somePersons handles the next persons of a collection; false when there are no more.
func (w *resealing) somePersons(ctx context.Context, c *Collection, fresh map[keys.Ref]bool) (bool, error) {
	p := w.placeOf(c)
	heads, err := w.heads(ctx, p, max(w.plan.LastRow, firstOf(c)-1), lastOf(c), resealBatch)
	if err != nil || len(heads) == 0 {
		return false, err
	}
	var old []keys.Ref
	var rows []int64
	for _, h := range heads {
		if h.created >= clock.Micros(w.plan.Started) || fresh[h.Ref] {
			continue
		}
		if h.Ref == 0 || h.Ref.Named() { // no key of a person: somebody changed it
			if err := w.strange(ctx, p, h.n); err != nil {
				return false, err
			}
			continue
		}
		old, rows = append(old, h.Ref), append(rows, h.n)
	}
	moves, err := w.ring.Replace(ctx, old)
	if err != nil {
		return false, err
	}
	for _, m := range moves {
		w.replaced[m.Old], fresh[m.New] = m.New, true
	}
	out, err := w.seal(ctx, p, rows)
	if err != nil {
		return false, err
	}
	w.plan.LastRow = heads[len(heads)-1].n
	w.plan.Done += int64(len(heads)-len(rows)) + out.sealed + out.erased
	return true, w.save(ctx)
}

func (w *resealing) placeOf(c *Collection) place {
	for _, p := range w.places {
		if p.name == c.Placement {
			return p
		}
	}
	return w.places[0]
}

// clean looks at every row of every database, seals anew what is under an old key,
// and looks again until it finds nothing but rows that may not be touched.
func (w *resealing) clean(ctx context.Context) error {
	for {
		left := int64(0)
		clear(w.held)
		w.look = w.unread
		for _, p := range w.places {
			// What began to be written before the keys were new is written now.
			if err := p.log.Write(ctx, func(*audit.Tx) error { return nil }); err != nil {
				return err
			}
		}
		for _, p := range w.places {
			n, err := w.pass(ctx, p)
			if err != nil {
				return err
			}
			left += n
		}
		w.found = w.look
		if left == 0 {
			return nil
		}
	}
}

// pass seals anew what it finds in one database and counts it.
func (w *resealing) pass(ctx context.Context, p place) (found int64, err error) {
	erased := int64(0)
	for after := int64(0); ; {
		heads, err := w.heads(ctx, p, after, 1<<62, headPage)
		if err != nil || len(heads) == 0 {
			w.plan.Erased = max(w.plan.Erased, erased)
			return found, err
		}
		after = heads[len(heads)-1].n
		var rows []int64
		for _, h := range heads {
			if _, ok := w.next(h.Header); ok {
				rows = append(rows, h.n)
			}
		}
		for len(rows) > 0 {
			some := rows[:min(resealBatch, len(rows))]
			rows = rows[len(some):]
			out, err := w.seal(ctx, p, some)
			if err != nil {
				return found, err
			}
			found, erased = found+int64(len(some))-out.erased-out.kept, erased+out.erased
			w.plan.Done += out.sealed
		}
		if found > 0 {
			if err := w.save(ctx); err != nil {
				return found, err
			}
		}
	}
}

// head is what a row shows of itself without being opened.
type head struct {
	keys.Header
	n, created int64
}

// headPage is how many headers are read at once.
const headPage = 2048

// heads reads the headers of the next rows.
func (w *resealing) heads(ctx context.Context, p place, after, last int64, limit int) (list []head, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = p.log.Read(ctx, func(tx db.Tx) error {
		list = list[:0]
		for row, err := range headers(tx, after, last, limit) {
			var h head
			var raw []byte
			if err == nil {
				err = row.Scan(&h.n, &h.created, &raw)
			}
			if err != nil {
				return err
			}
			if h.Header, err = keys.ParseHeader(raw); err != nil {
				h.Header = keys.Header{} // no envelope: no key is behind it
			}
			list = append(list, h)
		}
		return nil
	})
	return list, err
}
