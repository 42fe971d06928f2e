package keys

import (
	"context"

	"garant.example/internal/db"
)

// Report is what Verify found.
type Report struct {
	Blocks   int64
	Keys     int64 // wrapped keys that were opened
	Shredded int64 // zero slots, each with its note
	Named    int64 // versions of named keys that were opened
	KeyBits  int   // shortest key seen, in bits
	// Damaged keys do not open, or are zero without having been shredded.
	Damaged []Ref
	// Revived keys were shredded and are there again: the keyring was put back
	// from an older copy, or written to from outside.
	Revived []Ref
	// Stray blocks or keys are wrapped by another KEK version than their row says.
	Stray []Ref
}

// Sound says whether nothing is wrong.
func (r Report) Sound() bool { return len(r.Damaged)+len(r.Revived)+len(r.Stray) == 0 }

// Verify opens every wrapped key of the keyring in memory and compares each slot
// with what was noted when it was shredded. The keys are not cached. It reads block
// by block: 256 keys take a fraction of a millisecond.
func (k *Ring) Verify(ctx context.Context) (Report, error) {
	var r Report
	state, err := k.alive(ctx)
	if err != nil {
		return r, err
	}
	r.KeyBits = keyBytes * 8
	for after := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		n, err := k.verifyBlock(ctx, state, &after, &r)
		if err != nil {
			return r, err
		}
		if !n {
			break
		}
	}
	return r, k.verifyNamed(ctx, state, &r)
}

// verifyBlock checks the next block after *after; false when there is none.
func (k *Ring) verifyBlock(ctx context.Context, state *kek, after *int64, r *Report) (bool, error) {
	var b blockRow
	found := false
	noted := map[Ref]bool{}
	err := k.read(ctx, func(tx db.Tx) error {
		for row, err := range tx.Rows(`SELECT `+blockColumns+` FROM keyring_block WHERE block > ?1 ORDER BY block LIMIT 1`, *after) {
			if err != nil {
				return err
			}
			if err := b.scan(row); err != nil {
				return err
			}
			found = true
		}
		if !found {
			return nil
		}
		for row, err := range tx.Rows(`SELECT ref FROM keyring_shred WHERE ref >= ?1 AND ref <= ?2`,
			subjectRef(b.block, 0).Int64(), subjectRef(b.block, slotMask).Int64()) {
			if err != nil {
				return err
			}
			var ref int64
			if err := row.Scan(&ref); err != nil {
				return err
			}
			noted[RefOf(ref)] = true
		}
		return nil
	})
	if err != nil || !found {
		return false, err
	}
	*after = b.block
	r.Blocks++
	if b.version > int64(state.version) {
		// The KEK is being rotated while we look.
		if state, err = k.reopen(ctx, state); err != nil {
			return false, err
		}
	}
	for slot := range int(b.size) {
		ref := subjectRef(b.block, slot)
		k.verifyKey(state, wrappedKey{kind: kindSubject, wrapped: b.slot(slot)}, ref, subjectMaxVer, b.version, noted[ref], r)
	}
	return true, nil
}

func (k *Ring) verifyKey(state *kek, w wrappedKey, ref Ref, version uint16, kekVersion int64, shredded bool, r *Report) {
	zero := isZero(w.wrapped)
	switch {
	case zero && shredded:
		r.Shredded++
		return
	case zero:
		r.Damaged = append(r.Damaged, ref)
		return
	case shredded:
		r.Revived = append(r.Revived, ref)
		return
	}
	if int64(wrappedVersion(w.wrapped)) != kekVersion {
		r.Stray = append(r.Stray, ref)
	}
	secret, err := state.unwrap(k.tenant, w.kind, ref, version, w.wrapped)
	if err != nil {
		r.Damaged = append(r.Damaged, ref)
		return
	}
	r.KeyBits = min(r.KeyBits, len(secret)*8)
	clear(secret)
	r.Keys++
}

func (k *Ring) verifyNamed(ctx context.Context, state *kek, r *Report) error {
	var rows []namedRow
	if err := k.read(ctx, func(tx db.Tx) (err error) { rows, err = readNamed(tx, ""); return err }); err != nil {
		return err
	}
	for _, n := range rows {
		ref := namedRef(n.number)
		if n.state == stateRetired {
			if len(n.wrapped) > 0 {
				r.Revived = append(r.Revived, ref)
			}
			continue
		}
		before := r.Keys
		k.verifyKey(state, wrappedKey{kind: kindOf(n.kind), wrapped: n.wrapped}, ref, uint16(n.keyVersion), n.version, false, r)
		r.Named += r.Keys - before
	}
	return nil
}
