package vault

import (
	"context"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
)

// Update changes the fields that body names; a null clears one. ifMatch must name
// the version that the caller read: errs.Stale otherwise, errs.Precondition
// without one. A restricted person's record may not be changed.
func (s *Service) Update(ctx context.Context, p *access.Permit, rec id.Record, ifMatch string, body []byte) (Record, error) {
	if err := allow(p, access.Update); err != nil {
		return Record{}, err
	}
	d, err := s.open(ctx, p)
	if err != nil {
		return Record{}, err
	}
	defer d.release()
	changes, err := d.collection.Decode(body, true)
	if err != nil {
		return Record{}, err
	}
	if err := d.mayChange(changes); err != nil {
		return Record{}, err
	}
	if err := d.freeToChange(ctx, rec); err != nil {
		return Record{}, err
	}
	var r *row
	var values Values
	err = d.log.Write(ctx, func(tx *audit.Tx) error {
		r, values, err = d.update(ctx, tx, rec, ifMatch, changes)
		return err
	})
	if err != nil {
		return Record{}, err
	}
	return d.show(r, values)
}

// freeToChange refuses what belongs to a restricted person, before the
// transaction: the person may lie in another placement.
func (d *desk) freeToChange(ctx context.Context, rec id.Record) error {
	var r *row
	err := d.log.Read(ctx, func(tx db.Tx) (err error) { r, err = readRow(tx, d.collection, rec); return err })
	if err != nil {
		return err
	}
	if err := d.unrestricted(ctx, r, Purpose{}); err != nil {
		return d.refused(ctx, audit.AccessRefused, r, "", err)
	}
	return nil
}

func (d *desk) update(ctx context.Context, tx *audit.Tx, rec id.Record, ifMatch string, changes Values) (*row, Values, error) {
	r, err := readRow(tx, d.collection, rec)
	if err != nil {
		return nil, nil, err
	}
	if err := r.match(ifMatch); err != nil {
		return nil, nil, err
	}
	old, err := d.unseal(r)
	if err != nil {
		return nil, nil, err
	}
	e := errs.New(errs.Invalid, "vault.record.invalid").Do("vault.record.invalid.fix")
	merged := d.collection.merge(old, changes, e)
	if len(e.Fields) > 0 {
		return nil, nil, e
	}
	tags, err := d.tags(ctx, merged)
	if err != nil {
		return nil, nil, err
	}
	before, err := d.tags(ctx, old)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range tags {
		if t.unique && !holds(before, t) {
			if err := d.taken(tx, t, merged, r.n); err != nil {
				return nil, nil, err
			}
		}
	}
	if err := d.rewrite(tx, r, merged, audit.RecordUpdate, d.collection.names(changes), nil); err != nil {
		return nil, nil, err
	}
	return r, merged, d.retag(ctx, tx, r.n, old, before, tags)
}

// retag brings the index rows from what they were to what they are now.
func (d *desk) retag(ctx context.Context, tx *audit.Tx, n int64, old Values, before, after []tag) error {
	if err := d.dropTags(ctx, tx, n, old, after); err != nil {
		return err
	}
	for _, t := range after {
		if holds(before, t) {
			continue
		}
		if err := insertTag(tx, t.bytes, n); err != nil {
			return err
		}
	}
	return nil
}

// rewrite seals the next version of a row under the key it has, and writes it
// with its leaf.
func (d *desk) rewrite(tx *audit.Tx, r *row, values Values, op audit.Operation, fields []id.Name, detail map[string]string) error {
	h, err := keys.ParseHeader(r.body)
	if err != nil {
		return errs.New(errs.Corrupt, "vault.record.corrupt").Cause(err)
	}
	prev := uint64(r.leaf) + 1
	r.version++
	r.updated = clock.Micros(tx.Now())
	if err := d.seal(r, h.Ref, values); err != nil {
		return err
	}
	e := d.permit.Entry(op)
	e.Object, e.Prev, e.Fields, e.Detail, e.Row = r.id.Raw, prev, fields, detail, r.hash()
	r.leaf = int64(tx.Record(e))
	return replaceRow(tx, r)
}

// Move carries a record from its state to another along the life cycle. The
// permit was asked for exactly this transition: errs.Stale when the record is no
// longer in the state it names.
func (s *Service) Move(ctx context.Context, p *access.Permit, rec id.Record, ifMatch string) (Record, error) {
	if err := allow(p, access.Transition); err != nil {
		return Record{}, err
	}
	d, err := s.open(ctx, p)
	if err != nil {
		return Record{}, err
	}
	defer d.release()
	edge := p.Ask.Edge
	if !d.collection.Life.crosses(edge) {
		return Record{}, errs.New(errs.Conflict, "vault.transition.unknown").With("From", string(edge.From)).
			With("To", string(edge.To)).Do("vault.transition.unknown.fix")
	}
	if err := d.freeToChange(ctx, rec); err != nil {
		return Record{}, err
	}
	return d.alter(ctx, rec, ifMatch, audit.RecordTransition, func(r *row) (map[string]string, error) {
		if r.state != string(edge.From) {
			return nil, stale()
		}
		r.state = string(edge.To)
		return map[string]string{"from": string(edge.From), "to": string(edge.To)}, nil
	})
}

// StateOf tells the state a record is in, so that a caller can name the
// transition it asks for. Nothing else leaves.
func (s *Service) StateOf(ctx context.Context, t id.Tenant, collection id.Name, rec id.Record) (id.Name, error) {
	found, err := s.tenants.Get(t)
	if err != nil {
		return "", err
	}
	schema, err := s.schema(ctx, found)
	if err != nil {
		return "", err
	}
	c, err := schema.Collection(collection)
	if err != nil {
		return "", err
	}
	log, release, err := s.tenants.Log(ctx, found, c.Placement)
	if err != nil {
		return "", err
	}
	defer release()
	var state id.Name
	err = log.Read(ctx, func(tx db.Tx) error {
		r, err := readRow(tx, c, rec)
		if err == nil {
			state = id.Name(r.state)
		}
		return err
	})
	return state, err
}

// Restrict marks a person's data as not to be processed, or releases it (GDPR
// article 18). It acts on every path from the next request on.
func (s *Service) Restrict(ctx context.Context, p *access.Permit, rec id.Record, ifMatch string, on bool) (Record, error) {
	if err := allow(p, access.Restrict); err != nil {
		return Record{}, err
	}
	d, err := s.open(ctx, p)
	if err != nil {
		return Record{}, err
	}
	defer d.release()
	op := audit.RecordRestrict
	if !on {
		op = audit.RecordRelease
	}
	return d.alter(ctx, rec, ifMatch, op, func(r *row) (map[string]string, error) {
		r.flags &^= flagRestricted
		if on {
			r.flags |= flagRestricted
		}
		return nil, nil
	})
}

// alter changes a row's metadata; its fields stay, sealed anew for the new version.
// What it returns shows no field: nobody asked to read.
func (d *desk) alter(ctx context.Context, rec id.Record, ifMatch string, op audit.Operation, change func(*row) (map[string]string, error)) (Record, error) {
	var r *row
	err := d.log.Write(ctx, func(tx *audit.Tx) (err error) {
		if r, err = readRow(tx, d.collection, rec); err != nil {
			return err
		}
		if err := r.match(ifMatch); err != nil {
			return err
		}
		values, err := d.unseal(r)
		if err != nil {
			return err
		}
		detail, err := change(r)
		if err != nil {
			return err
		}
		if err := d.rewrite(tx, r, values, op, nil, detail); err != nil {
			return err
		}
		return tenant.Keep(ctx, tx, func() (any, error) { return d.mask(r) })
	})
	if err != nil {
		return Record{}, err
	}
	return d.mask(r)
}
