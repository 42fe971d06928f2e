package vault

import (
	"context"
	"errors"
	"iter"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
)

// resealBatch is how many rows one transaction seals anew: a millisecond or two of
// the writer, in a group commit with whatever else is being written.
const resealBatch = 32

// outcome is what became of some rows.
type outcome struct{ sealed, erased, kept int64 }

// finding is a row that may not be touched.
type finding struct {
	err   *errs.Error // nil: there is none
	where string
}

// errHeld says that a row was noted and is kept as it is.
var errHeld = errors.New("vault: the row may not be touched")

// resealed is a row, as it was read and as it is to be.
type resealed struct {
	was  [32]byte
	body []byte
	row  *row
}

// seal seals rows anew and writes those that nobody changed meanwhile, each with its
// leaf: a leaf holds the hash of one row, and rows must not be swapped behind the log.
func (w *resealing) seal(ctx context.Context, p place, numbers []int64) (outcome, error) {
	var list []resealed
	var out outcome
	for _, n := range numbers {
		r, err := w.anew(ctx, p, n)
		switch {
		case errs.Is(err, errs.Erased):
			out.erased++
		case errors.Is(err, errHeld):
			out.kept++
		case err != nil:
			return out, err
		case r.row != nil:
			list = append(list, r)
		}
	}
	if len(list) == 0 {
		return out, ctx.Err()
	}
	err := p.log.Write(ctx, func(tx *audit.Tx) error {
		out.sealed = 0
		for _, r := range list {
			done, err := w.put(tx, r)
			if err != nil {
				return err
			}
			if done {
				out.sealed++
			}
		}
		return nil
	})
	return out, err
}

// anew seals one row anew, outside any transaction. A row that does not open, or is
// not the one of which the log speaks, is kept as it is and noted: sealing it would
// give what somebody changed a leaf of its own.
func (w *resealing) anew(ctx context.Context, p place, n int64) (resealed, error) {
	var r *row
	err := p.log.Read(ctx, func(tx db.Tx) (err error) { r, err = rowAt(tx, n); return err })
	if errors.Is(err, db.ErrNoRows) {
		return resealed{}, nil // deleted meanwhile
	}
	if err != nil {
		return resealed{}, err
	}
	h, err := keys.ParseHeader(r.body)
	ref, due := w.next(h)
	if err != nil || !due {
		return resealed{}, nil // changed meanwhile
	}
	r.collects = w.byNumber[n>>numberShift]
	sound, err := attested(ctx, p.log, r)
	if err != nil {
		return resealed{}, err
	}
	if !sound || r.collects == nil {
		return resealed{}, w.note(p, r, h, nil)
	}
	ad := sealAD(w.tenant.ID, r.collects, r.id, r.version)
	plain, err := w.ring.Open(nil, r.body, ad)
	if errs.Is(err, errs.Corrupt) {
		return resealed{}, w.note(p, r, h, err)
	}
	if err != nil {
		return resealed{}, err
	}
	defer clear(plain)
	body, err := w.ring.Seal(nil, ref, plain, ad)
	return resealed{was: r.hash(), body: body, row: r}, err
}

// attested says whether the row is the one that the leaf of its last change is about.
// A leaf that was pruned after the log's retention says nothing against it.
func attested(ctx context.Context, log *audit.Log, r *row) (bool, error) {
	last, err := log.Entry(ctx, uint64(r.leaf))
	if errors.Is(err, audit.ErrPruned) {
		return true, nil
	}
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil && last.Entry.Row == r.hash() && last.Entry.Object == r.id.Raw, err
}

// note keeps the first row that may not be touched, and every key of such rows.
func (w *resealing) note(p place, r *row, h keys.Header, cause error) error {
	held := keys.KeyVersion{Ref: h.Ref}
	if w.plan.Level == keys.LevelCollections {
		held.Version = h.Version
	}
	w.held[held] = true
	first := w.tell(p, r, cause)
	if w.look.err == nil {
		w.look = first
	}
	if w.found.err == nil {
		w.found = first
	}
	return errHeld
}

// strange notes a person's own row that names no key: the person cannot be given
// another, and the rotation does not end while the row is like this.
func (w *resealing) strange(ctx context.Context, p place, n int64) error {
	if w.unread.err != nil {
		return nil
	}
	var r *row
	err := p.log.Read(ctx, func(tx db.Tx) (err error) { r, err = rowAt(tx, n); return err })
	if errors.Is(err, db.ErrNoRows) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	r.collects = w.byNumber[n>>numberShift]
	w.unread = w.tell(p, r, nil)
	if w.found.err == nil {
		w.found = w.unread
	}
	return nil
}

func (w *resealing) tell(p place, r *row, cause error) finding {
	collection := id.Name("")
	if r.collects != nil {
		collection = r.collects.Name
	}
	return finding{errs.New(errs.Corrupt, "vault.reseal.tampered").With("Record", r.id.String()).
		With("Collection", string(collection)).Do("vault.reseal.tampered.fix").Cause(cause),
		string(p.name) + "/" + string(collection) + "/" + r.id.String()}
}

// put writes a row that was sealed anew, unless it was changed since it was read. The
// version stays, and so do the times: nothing that anybody may read has changed.
func (w *resealing) put(tx *audit.Tx, s resealed) (bool, error) {
	r, err := rowAt(tx, s.row.n)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	if err != nil || r.hash() != s.was {
		return false, err
	}
	r.body, r.collects = s.body, s.row.collects
	who := actor.Platform("vault")
	r.leaf = int64(tx.Record(audit.Entry{Actor: audit.ActorOf(who), Operation: audit.RecordReseal, Object: r.id.Raw, Kind: "record",
		Collection: r.collects.Name, Outcome: audit.Done, Request: who.Request, Row: r.hash(), Prev: uint64(r.leaf) + 1,
		Detail: map[string]string{"rotation": w.plan.ID.String()}}))
	return true, replaceRow(tx, r)
}

// rowAt reads a row by its key; db.ErrNoRows when there is none.
func rowAt(tx db.Tx, n int64) (*row, error) {
	return scanRow(tx.Row(`SELECT `+columns+` FROM vault_record WHERE n = ?1`, n))
}

// headers reads the beginnings of sealed bodies, long enough for a header.
func headers(tx db.Tx, after, last int64, limit int) iter.Seq2[db.Row, error] {
	return tx.Rows(`SELECT n, created, substr(body, 1, 40) FROM vault_record WHERE n > ?1 AND n <= ?2 ORDER BY n LIMIT ?3`, after, last, int64(limit))
}

// renewed makes sure, within its transaction, that a draft is sealed under the key
// that seals now: a rotation may have begun since it was drafted, and the key that it
// took then may be destroyed once nothing is found under it.
func (dr *draft) renewed(tx db.Tx) error {
	d := dr.desk
	h, err := keys.ParseHeader(dr.row.body)
	if err != nil {
		return errs.New(errs.Internal, "vault.record.corrupt").Cause(err)
	}
	ref := h.Ref
	if d.collection.About == AboutSubject && d.ring.Moved(d.round) {
		if ref, err = d.presentKey(tx, dr.row.subject); err != nil {
			return err
		}
	}
	if ref == h.Ref && d.ring.Seals(h) {
		return nil
	}
	return d.seal(dr.row, ref, dr.values)
}

// presentKey reads a person's key within a transaction of the record's database.
func (d *desk) presentKey(tx db.Tx, subject id.Subject) (keys.Ref, error) {
	persons, err := d.schema.Collection(d.collection.Of)
	if err != nil {
		return 0, err
	}
	var person *row
	if persons.Placement == d.collection.Placement {
		person, err = readRow(tx, persons, id.Record{Raw: subject.Raw})
	} else {
		person, err = d.person(tx.Context(), subject)
	}
	if errs.Is(err, errs.NotFound) {
		return 0, errs.New(errs.Invalid, "vault.subject.unknown").At("/subject", "vault.subject.unknown", nil)
	}
	if err != nil {
		return 0, err
	}
	h, err := keys.ParseHeader(person.body)
	if err != nil {
		return 0, errs.New(errs.Corrupt, "vault.record.corrupt").Cause(err)
	}
	return h.Ref, nil
}
