package keys

import (
	"context"
	"slices"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
)

// Shred destroys subjects' keys. When it returns nil, their wrapped bytes are zero
// and durable, every copy in this process is forgotten, leftovers of older rows
// in its database are scrubbed, and Open answers errs.Erased for ever. Keys that are shredded
// already are left alone, so the call may be repeated after a failure. It returns
// errs.Invalid for a named key, errs.Corrupt for a key that never existed, and
// destroys nothing then.
func (k *Ring) Shred(ctx context.Context, refs ...Ref) error {
	if len(refs) == 0 {
		return nil
	}
	for _, ref := range refs {
		if !ref.valid() || ref.Named() {
			return errs.New(errs.Invalid, "keys.not_a_subject").With("ref", ref.String())
		}
	}
	if err := k.rings.observe(ctx, Event{Act: ActShred, Tenant: k.tenant, Count: len(refs)}); err != nil {
		return err
	}
	if err := k.shredAll(ctx, refs, true); err != nil {
		return err
	}
	return k.scrub(ctx)
}

// shredAll zeroes subjects' keys in one transaction, and ends the replacements they
// had a part in. With both, the other key of each goes too: while a person's key is
// being replaced the person has two.
func (k *Ring) shredAll(ctx context.Context, refs []Ref, both bool) error {
	var shreds int64
	var gone []Ref
	err := k.write(ctx, func(tx db.Tx) (err error) {
		if gone, err = endMoves(tx, refs, both); err != nil {
			return err
		}
		for rest := gone; len(rest) > 0; {
			same := 1
			for same < len(rest) && rest[same].block() == rest[0].block() {
				same++
			}
			if err := shredIn(tx, rest[:same]); err != nil {
				return err
			}
			rest = rest[same:]
		}
		shreds, err = countShred(tx)
		return err
	})
	if err != nil {
		return err
	}
	forgotten := make([]cacheKey, 0, len(gone))
	for _, ref := range gone {
		forgotten = append(forgotten, cacheKey{k, ref, subjectMaxVer})
	}
	k.destroyed(shreds, forgotten...)
	return nil
}

// endMoves forgets the replacements that keys have a part in and returns the keys to
// destroy, in order, each once.
func endMoves(tx db.Tx, refs []Ref, both bool) ([]Ref, error) {
	all := slices.Clone(refs)
	if left, err := countMoves(tx); err != nil || left == 0 {
		return sorted(all), err
	}
	for _, ref := range refs {
		for m, err := range movesOf(tx, ref) {
			if err != nil {
				return nil, err
			}
			if both {
				all = append(all, m.Old, m.New)
			}
		}
	}
	all = sorted(all)
	for _, ref := range all {
		if err := deleteMove(tx, ref); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func sorted(refs []Ref) []Ref {
	slices.Sort(refs)
	return slices.Compact(refs)
}

// shredIn zeroes slots of one block.
func shredIn(tx db.Tx, refs []Ref) error {
	row, err := readBlock(tx, refs[0].block())
	if err != nil {
		return err
	}
	changed := false
	for _, ref := range refs {
		if int64(ref.slot()) >= row.size {
			return corrupt("keys.no_key", nil)
		}
		slot := row.slot(ref.slot())
		if isZero(slot) {
			continue
		}
		clear(slot)
		row.shredded++
		changed = true
		if err := insertShred(tx, ref); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	return updateBlock(tx, row, false)
}

// destroyed forgets keys whose wrapped bytes are gone. The generation moves first,
// so that a reader which read before cannot put its copy back.
func (k *Ring) destroyed(shreds int64, gone ...cacheKey) {
	k.generation.Add(1)
	for _, key := range gone {
		k.rings.cache.drop(key)
		k.hand.withdraw(key.ref)
	}
	if state := k.state.Load(); state != nil {
		// Only our own step: one of another node must still be noticed.
		state.shreds.CompareAndSwap(shreds-1, shreds)
	}
}

// withdraw takes a key that was shredded before it was handed out from the lease.
func (d *dispenser) withdraw(ref Ref) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range []*lease{d.now, d.spare} {
		if l != nil && l.block == ref.block() && ref.slot() < l.size {
			clear(l.keys[ref.slot()])
			l.keys[ref.slot()] = nil
		}
	}
}

// scrub overwrites what older versions of rows left behind in the database.
func (k *Ring) scrub(ctx context.Context) error {
	database, release, err := k.rings.o.Open(ctx, k.tenant)
	if err != nil {
		return storeError(err)
	}
	defer release()
	if s, ok := database.(db.Scrubber); ok {
		return storeError(s.Scrub(ctx))
	}
	return nil
}

// Shredded says when the key was destroyed; the zero time when it was not.
func (k *Ring) Shredded(ctx context.Context, ref Ref) (time.Time, error) {
	var at time.Time
	err := k.read(ctx, func(tx db.Tx) error {
		for row, err := range tx.Rows(`SELECT at FROM keyring_shred WHERE ref = ?1`, ref.Int64()) {
			if err != nil {
				return err
			}
			var us int64
			if err := row.Scan(&us); err != nil {
				return err
			}
			at = clock.FromMicros(us)
		}
		return nil
	})
	return at, err
}

// Sweep destroys keys that were handed out and are used by nobody: a process died
// between taking a key and storing what it sealed. used says which references in
// [first, last] the tenant's databases know; it is asked once per block. Blocks
// that a process may still hold, and the rest of a block given back, are left
// alone. It returns how many keys were destroyed.
func (k *Ring) Sweep(ctx context.Context, used func(ctx context.Context, first, last Ref) (map[Ref]bool, error)) (int, error) {
	before := clock.Micros(k.rings.o.Clock.Now().Add(-sweepAfter))
	var blocks []blockRow
	err := k.read(ctx, func(tx db.Tx) error {
		for row, err := range tx.Rows(`SELECT `+blockColumns+` FROM keyring_block
			WHERE leased_at < ?1 AND shredded < handed ORDER BY block`, before) {
			if err != nil {
				return err
			}
			var b blockRow
			if err := b.scan(row); err != nil {
				return err
			}
			blocks = append(blocks, b)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	swept := 0
	for _, b := range blocks {
		known, err := used(ctx, subjectRef(b.block, 0), subjectRef(b.block, int(b.size)-1))
		if err != nil {
			return swept, err
		}
		if err := k.keepSuccessors(ctx, b.block, known); err != nil {
			return swept, err
		}
		var lost []Ref
		for slot := range int(b.handed) {
			if ref := subjectRef(b.block, slot); !known[ref] && !isZero(b.slot(slot)) {
				lost = append(lost, ref)
			}
		}
		if err := k.Shred(ctx, lost...); err != nil {
			return swept, err
		}
		swept += len(lost)
	}
	return swept, nil
}

// keepSuccessors adds to the known keys those that will replace another: a rotation
// that was cut short has not sealed with them yet.
func (k *Ring) keepSuccessors(ctx context.Context, block int64, known map[Ref]bool) error {
	return k.read(ctx, func(tx db.Tx) error {
		for m, err := range successorsIn(tx, block) {
			if err != nil {
				return err
			}
			known[m.New] = true
		}
		return nil
	})
}
