package vault

import (
	"context"
	"slices"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
)

// Service holds the verbs on records. Each takes a permit: the decision was taken
// before. It is safe for concurrent use.
type Service struct {
	tenants *tenant.Service
	rings   *keys.Rings
	schemas tenant.Memory[*Schema]
}

// New returns the service.
func New(tenants *tenant.Service, rings *keys.Rings) *Service {
	return &Service{tenants: tenants, rings: rings}
}

// desk is what one verb works with: the collection of the permit, its log, the
// tenant's ring.
type desk struct {
	permit     *access.Permit
	collection *Collection
	schema     *Schema
	log        *audit.Log
	ring       *keys.Ring
	round      int64 // keys.Ring.Round, before any key of a person was looked up
	release    func()
}

// open lays the desk for a permit on records.
func (s *Service) open(ctx context.Context, p *access.Permit) (*desk, error) {
	schema, err := s.schema(ctx, p.Tenant())
	if err != nil {
		return nil, err
	}
	c, err := schema.Collection(p.Ask.Collection)
	if err != nil {
		return nil, err
	}
	ring, err := s.rings.Open(ctx, p.Tenant().ID)
	if err != nil {
		return nil, err
	}
	log, release, err := p.Log(ctx, c.Placement)
	if err != nil {
		return nil, err
	}
	return &desk{permit: p, collection: c, schema: schema, log: log, ring: ring, round: ring.Round(), release: release}, nil
}

// allow refuses a permit that was given for something else: a handler that mixes
// verbs up must fail, not pass.
func allow(p *access.Permit, actions ...access.Action) error {
	if p.Ask.On != access.Record || !slices.Contains(actions, p.Ask.Action) {
		return errs.New(errs.Internal, "vault.permit.mismatch")
	}
	return nil
}

// Create validates, seals and stores a new record. It returns errs.Invalid with
// every fault, errs.Forbidden with the fields the actor may not set,
// errs.Conflict when a unique field is taken, errs.NotFound when the person it is
// about is not there. The record is durable, with its leaf, when it returns.
func (s *Service) Create(ctx context.Context, p *access.Permit, body []byte, opt CreateOptions) (Record, error) {
	if err := allow(p, access.Create, access.Import); err != nil {
		return Record{}, err
	}
	d, err := s.open(ctx, p)
	if err != nil {
		return Record{}, err
	}
	defer d.release()
	dr, err := d.draft(ctx, s, body, opt)
	if err != nil {
		return Record{}, err
	}
	err = d.log.Write(ctx, func(tx *audit.Tx) error { return dr.insert(tx, opt.operation()) })
	if err != nil {
		return Record{}, err
	}
	if dr.repeat != nil {
		return *dr.repeat, nil
	}
	return d.show(dr.row, dr.values)
}

// CreateOptions are what a create may carry besides the fields.
type CreateOptions struct {
	Subject        id.Subject // AboutSubject: the person
	State          id.Name    // empty: the initial state
	IdempotencyKey string
	Import         bool // the leaf says record.import
	Canary         bool
}

func (o CreateOptions) operation() audit.Operation {
	if o.Import {
		return audit.RecordImport
	}
	return audit.RecordCreate
}

// Get reads one record for a purpose. Its leaf is durable before the fields leave.
// It returns errs.Precondition without a purpose, errs.Restricted when the person's
// data may not be processed for it, errs.Erased when the key is destroyed.
func (s *Service) Get(ctx context.Context, p *access.Permit, rec id.Record, purpose id.Name) (Record, error) {
	if err := allow(p, access.Read); err != nil {
		return Record{}, err
	}
	d, err := s.open(ctx, p)
	if err != nil {
		return Record{}, err
	}
	defer d.release()
	declared, err := d.purpose(purpose)
	if err != nil {
		return Record{}, err
	}
	var r *row
	if err := d.log.ReadOne(ctx, func(tx db.Tx) error { r, err = readRow(tx, d.collection, rec); return err }); err != nil {
		return Record{}, err
	}
	if err := d.unrestricted(ctx, r, declared); err != nil {
		return Record{}, d.refused(ctx, audit.RecordRead, r, purpose, err)
	}
	values, err := d.unseal(r)
	if err != nil {
		return Record{}, err
	}
	out, err := d.show(r, values)
	if err != nil {
		return Record{}, err
	}
	e := p.Entry(audit.RecordRead)
	e.Object, e.Purpose, e.Prev, e.Fields = r.id.Raw, string(purpose), uint64(r.leaf)+1, d.shown(values)
	if _, err := d.log.Append(ctx, e); err != nil {
		return Record{}, err
	}
	return out, nil
}

// Delete removes a record and its index rows. Its key goes with the erasure of
// the person, not with one record.
func (s *Service) Delete(ctx context.Context, p *access.Permit, rec id.Record, ifMatch string) error {
	if err := allow(p, access.Delete); err != nil {
		return err
	}
	d, err := s.open(ctx, p)
	if err != nil {
		return err
	}
	defer d.release()
	return d.log.Write(ctx, func(tx *audit.Tx) error {
		r, err := readRow(tx, d.collection, rec)
		if err != nil {
			return err
		}
		if err := r.match(ifMatch); err != nil {
			return err
		}
		values, err := d.unseal(r)
		if err != nil && !errs.Is(err, errs.Erased) {
			return err
		}
		if values != nil {
			if err := d.dropTags(ctx, tx, r.n, values, nil); err != nil {
				return err
			}
		}
		e := p.Entry(audit.RecordDelete)
		e.Object, e.Prev = r.id.Raw, uint64(r.leaf)+1
		tx.Record(e)
		return deleteRow(tx, r.n)
	})
}
