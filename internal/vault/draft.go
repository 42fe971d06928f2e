package vault

import (
	"context"

	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
)

// draft is a record that is validated and sealed, waiting for its transaction.
type draft struct {
	desk   *desk
	row    *row
	values Values
	tags   []tag
	entry  audit.Entry
	once   *tenant.Once // of a request that acts once; nil for others
	repeat *Record      // the outcome of an earlier request with the same key
}

// tag is one row of the blind index.
type tag struct {
	bytes  []byte
	field  int
	unique bool
}

// draft does all the work that needs no transaction: decode, check, seal, index.
func (d *desk) draft(ctx context.Context, s *Service, body []byte, opt CreateOptions) (*draft, error) {
	c := d.collection
	values, err := c.Decode(body, false)
	if err != nil {
		return nil, err
	}
	if err := d.mayChange(values); err != nil {
		return nil, err
	}
	state, err := c.initial(opt.State)
	if err != nil {
		return nil, err
	}
	now := clock.Micros(s.tenants.Clock().Now())
	r := &row{id: id.NewRecord(), created: now, updated: now, version: 1, state: string(state), collects: c}
	if opt.Canary {
		r.flags |= flagCanary
	}
	ref, err := d.keyFor(ctx, s, r, opt.Subject)
	if err != nil {
		return nil, err
	}
	if err := d.seal(r, ref, values); err != nil {
		return nil, err
	}
	dr := &draft{desk: d, row: r, values: values}
	if dr.tags, err = d.tags(ctx, values); err != nil {
		return nil, err
	}
	dr.entry = d.permit.Entry(opt.operation())
	dr.entry.Object, dr.entry.Fields = r.id.Raw, c.names(values)
	if opt.IdempotencyKey != "" {
		dr.once, err = d.once(ctx, opt, body)
	}
	return dr, err
}

// initial is the state a new record begins in.
func (c *Collection) initial(asked id.Name) (id.Name, error) {
	if c.Life == nil {
		if asked != "" {
			return "", errs.New(errs.Invalid, "vault.state.none").At("/state", "vault.state.none", nil)
		}
		return "", nil
	}
	if asked != "" && asked != c.Life.Initial {
		return "", errs.New(errs.Invalid, "vault.state.initial").With("State", string(c.Life.Initial)).
			At("/state", "vault.state.initial", errs.Params{"State": string(c.Life.Initial)})
	}
	return c.Life.Initial, nil
}

// keyFor gives the key a new record is sealed under: a fresh one for a person, the
// person's for what belongs to one, the collection's for the rest.
func (d *desk) keyFor(ctx context.Context, s *Service, r *row, subject id.Subject) (keys.Ref, error) {
	switch d.collection.About {
	case AboutSelf:
		return d.ring.NewSubject(ctx)
	case AboutSubject:
		if subject.IsZero() {
			return 0, errs.New(errs.Invalid, "vault.subject.missing").At("/subject", "vault.subject.missing", nil)
		}
		r.subject = subject
		return s.subjectKey(ctx, d, subject)
	default:
		return d.ring.Named(ctx, "collection/"+string(d.collection.Name))
	}
}

// subjectKey finds a person's key in the envelope of the person's own record, and
// refuses when that person's data is restricted.
func (s *Service) subjectKey(ctx context.Context, d *desk, subject id.Subject) (keys.Ref, error) {
	person, err := d.person(ctx, subject)
	if err != nil {
		return 0, err
	}
	if person.flags&flagRestricted != 0 {
		return 0, errs.New(errs.Restricted, "vault.restricted").Do("vault.restricted.fix")
	}
	h, err := keys.ParseHeader(person.body)
	if err != nil {
		return 0, errs.New(errs.Corrupt, "vault.record.corrupt").Cause(err)
	}
	return h.Ref, nil
}

// person reads the record that is the subject of this collection's records.
func (d *desk) person(ctx context.Context, subject id.Subject) (*row, error) {
	persons, err := d.schema.Collection(d.collection.Of)
	if err != nil {
		return nil, err
	}
	log, release, err := d.permit.Log(ctx, persons.Placement)
	if err != nil {
		return nil, err
	}
	defer release()
	var r *row
	err = log.Read(ctx, func(tx db.Tx) error {
		r, err = readRow(tx, persons, id.Record{Raw: subject.Raw})
		return err
	})
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.Invalid, "vault.subject.unknown").At("/subject", "vault.subject.unknown", nil)
	}
	return r, err
}

// insert writes the draft within a transaction; it may run more than once.
func (dr *draft) insert(tx *audit.Tx, op audit.Operation) error {
	dr.repeat = nil
	if dr.once != nil {
		if done, err := dr.recall(tx); done || err != nil {
			return err
		}
	}
	if err := dr.unique(tx); err != nil {
		return err
	}
	if err := dr.renewed(tx); err != nil {
		return err
	}
	n, err := nextKey(tx, dr.desk.collection)
	if err != nil {
		return err
	}
	dr.row.n = n
	dr.entry.Operation, dr.entry.Row = op, dr.row.hash()
	dr.row.leaf = int64(tx.Record(dr.entry))
	if err := insertRow(tx, dr.row); err != nil {
		return err
	}
	for _, t := range dr.tags {
		if err := insertTag(tx, t.bytes, n); err != nil {
			return err
		}
	}
	if dr.once != nil {
		kept, err := dr.row.keep()
		if err != nil {
			return err
		}
		return dr.once.Keep(tx, kept)
	}
	return nil
}

// unique refuses a value that another record of the collection holds.
func (dr *draft) unique(tx db.Tx) error {
	for _, t := range dr.tags {
		if !t.unique {
			continue
		}
		if err := dr.desk.taken(tx, t, dr.values, 0); err != nil {
			return err
		}
	}
	return nil
}

// keyCounter hands out row keys within one group commit: the highest key is read
// once, in the transaction, so that it is right on every engine and every node.
type keyCounter struct{ next map[int64]int64 }

func (*keyCounter) Finish(db.Tx) error { return nil }
func (*keyCounter) Done(bool)          {}

type keyCounterKey struct{}

func nextKey(tx *audit.Tx, c *Collection) (int64, error) {
	counter := tx.Join(keyCounterKey{}, func() db.Finisher { return &keyCounter{next: map[int64]int64{}} }).(*keyCounter)
	n, ok := counter.next[c.Number]
	if !ok {
		last, err := lastRow(tx, c)
		if err != nil {
			return 0, err
		}
		n = last + 1
	}
	if n > lastOf(c) {
		return 0, errs.New(errs.Conflict, "vault.collection.full")
	}
	counter.next[c.Number] = n + 1
	return n, nil
}
