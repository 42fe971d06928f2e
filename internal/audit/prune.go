package audit

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"garant.example/internal/audit/leaf"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/spec/tlog"
)

// Pruned is what Prune did, or would do.
type Pruned struct {
	From, Below uint64 // entries removed: [From, Below)
	Kept        uint64 // leaf data kept because it proves a row that is still there
}

// pruneStep bounds one transaction of pruning, in entries: a reader or a writer
// waits for no more than that.
const pruneStep = 16_384

// PlanPrune says what Prune would remove, and removes nothing.
func (l *Log) PlanPrune(ctx context.Context, before time.Time) (Pruned, error) {
	var p Pruned
	err := l.snapshot(ctx, func(tx db.Tx, h head, _ *subtrees) (err error) {
		p, err = prunable(tx, h, before)
		return err
	})
	return p, err
}

// prunable finds the whole segments that are older than before and lie in full
// tiles, so that every leaf hash of theirs is kept.
func prunable(tx db.Tx, h head, before time.Time) (Pruned, error) {
	from, err := readPruned(tx)
	p := Pruned{From: from, Below: from}
	if err != nil {
		return p, err
	}
	end, err := firstAt(tx, from, h.size, clock.Micros(before))
	if err != nil {
		return p, err
	}
	if end = min(end, h.size&^(tlog.TileWidth-1)); end <= from {
		return p, nil
	}
	last, err := segmentAt(tx, end-1)
	if err != nil {
		return p, err
	}
	if p.Below = last.first; last.first+uint64(last.count) == end {
		p.Below = end
	}
	return p, nil
}

// Prune removes the entries that are older than before: who did what, in sealed
// form, and the clear headers with it. Their leaf hashes stay, so every proof goes
// on working, and of the last write of each object that is still there the leaf
// data stays, so VerifyRows does too. What was removed is itself logged. It may be
// interrupted and run again. Legal holds are the caller's: it chooses before.
func (l *Log) Prune(ctx context.Context, actor Actor, before time.Time) (Pruned, error) {
	mu := quiet(l.db)
	mu.Lock()
	defer mu.Unlock()
	p, err := l.PlanPrune(ctx, before)
	if err != nil || p.Below == p.From {
		return p, err
	}
	keep, err := l.provesRows(ctx, p.Below)
	if err != nil {
		return p, err
	}
	p.Kept = uint64(len(keep))
	for from := p.From; from < p.Below; {
		to, err := l.pruneOnce(ctx, actor, from, p.Below, keep)
		if err != nil {
			return p, err
		}
		from = to
	}
	return p, refuse(l.db.Write(ctx, func(tx db.Tx) error { return dropSuperseded(tx, p.Below, keep) }))
}

// provesRows returns the numbers below a bound of the entries that are the last
// write of an object which is still there, sorted.
func (l *Log) provesRows(ctx context.Context, below uint64) ([]uint64, error) {
	s, known, err := l.lastWrites(ctx)
	if err != nil {
		return nil, err
	}
	root, _, _, err := s.trees()
	if err != nil {
		return nil, err
	}
	if root != s.head.root {
		// What was changed is not swept away: first somebody looks at it.
		return nil, damaged(ErrBack)
	}
	var keep []uint64
	for _, last := range known {
		if last.seq < below && last.row != [32]byte{} {
			keep = append(keep, last.seq)
		}
	}
	slices.Sort(keep)
	return keep, nil
}

// pruneOnce removes the segments of one step and returns where the next begins.
func (l *Log) pruneOnce(ctx context.Context, actor Actor, from, below uint64, keep []uint64) (to uint64, err error) {
	err = l.WriteEssential(ctx, func(t *Tx) error {
		now, err := readPruned(t)
		if err != nil {
			return err
		}
		if now != from { // another node prunes too: it goes on from there
			to = max(now, from)
			t.Record(l.pruneEntry(actor, from, to))
			return nil
		}
		if to, err = keepLeaves(t.Tx, from, below, keep); err != nil {
			return err
		}
		if _, err := t.Exec(`DELETE FROM audit_segment WHERE first_seq >= ?1 AND first_seq < ?2`, int64(from), int64(to)); err != nil {
			return err
		}
		if _, err := t.Exec(`UPDATE audit_pruned SET below = ?1, at = ?2 WHERE one = 1`, int64(to), clock.Micros(l.now(t.Tx))); err != nil {
			return err
		}
		t.Record(l.pruneEntry(actor, from, to))
		return nil
	})
	return to, err
}

func (l *Log) pruneEntry(actor Actor, from, to uint64) Entry {
	return Entry{Actor: actor, Operation: LogPrune, Object: id.Raw{}, Kind: "log", Outcome: Done, Count: int64(to - from),
		Detail: map[string]string{"from": strconv.FormatUint(from, 10), "below": strconv.FormatUint(to, 10)}}
}

// keepLeaves copies what must stay of the segments from a number on, for one step,
// and returns where the step ends.
func keepLeaves(tx db.Tx, from, below uint64, keep []uint64) (uint64, error) {
	type leafRow struct {
		seq  uint64
		data []byte
	}
	var rows []leafRow
	to, hasher := from, leaf.NewHasher()
	for seg, err := range segments(tx, from, min(below, from+pruneStep)) {
		if err != nil {
			return 0, err
		}
		if seg.first+uint64(seg.count) > below {
			break
		}
		err := seg.each(func(seq uint64, e stored) error {
			if _, ok := slices.BinarySearch(keep, seq); ok {
				rows = append(rows, leafRow{seq, e.data(hasher)})
			}
			return nil
		})
		if err != nil {
			return 0, damaged(err)
		}
		to = seg.first + uint64(seg.count)
	}
	if to == from {
		return 0, damaged(ErrBack)
	}
	for _, r := range rows {
		if err := tx.Queue(`INSERT INTO audit_kept (seq, leaf) VALUES (?1, ?2) ON CONFLICT (seq) DO NOTHING`, int64(r.seq), r.data); err != nil {
			return 0, err
		}
	}
	return to, nil
}

// dropSuperseded removes kept leaf data of objects that have since been written
// again or are gone.
func dropSuperseded(tx db.Tx, below uint64, keep []uint64) error {
	var drop []uint64
	for k, err := range keptLeaves(tx, 0, below) {
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		if _, ok := slices.BinarySearch(keep, k.seq); !ok {
			drop = append(drop, k.seq)
		}
	}
	for _, seq := range drop {
		if err := tx.Queue(`DELETE FROM audit_kept WHERE seq = ?1`, int64(seq)); err != nil {
			return err
		}
	}
	return nil
}
