package vault

import (
	"context"
	"iter"

	"garant.example/internal/access"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Stored is what a stored record says of itself without being opened: for checks
// of seals, placements and of the log against the rows. It holds no plaintext but
// the open fields.
type Stored struct {
	ID         id.Record
	Collection id.Name
	Version    int64
	Hash       [32]byte
	Open       []byte
	Body       []byte // sealed
	AD         []byte // what the body is bound to
	Canary     bool
}

// Stored walks over every row of one placement of a tenant. A row whose collection
// no longer exists is told with an empty collection name.
func (s *Service) Stored(ctx context.Context, t tenant.Tenant, placement id.Name) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		schema, err := s.schema(ctx, t)
		if err != nil {
			yield(Stored{}, err)
			return
		}
		log, release, err := s.tenants.Log(ctx, t, placement)
		if err != nil {
			yield(Stored{}, err)
			return
		}
		defer release()
		byNumber := map[int64]*Collection{}
		for i := range schema.Collections {
			byNumber[schema.Collections[i].Number] = &schema.Collections[i]
		}
		err = log.Read(ctx, func(tx db.Tx) error {
			for cols, err := range tx.Rows(`SELECT ` + columns + ` FROM vault_record ORDER BY n`) {
				if err != nil {
					return err
				}
				r, err := scanRow(cols)
				if err != nil {
					return err
				}
				if !yield(stored(t, byNumber[r.n>>numberShift], r), nil) {
					return errStop
				}
			}
			return nil
		})
		if err != nil && err != errStop {
			yield(Stored{}, err)
		}
	}
}

func stored(t tenant.Tenant, c *Collection, r *row) Stored {
	out := Stored{ID: r.id, Version: r.version, Hash: r.hash(), Open: r.open, Body: r.body, Canary: r.flags&flagCanary != 0}
	if c != nil {
		out.Collection = c.Name
		out.AD = sealAD(t.ID, c, r.id, r.version)
	}
	return out
}

// Count counts the records of a collection. It shows nothing of any of them.
func (s *Service) Count(ctx context.Context, p *access.Permit, collection id.Name) (int64, error) {
	schema, err := s.schema(ctx, p.Tenant())
	if err != nil {
		return 0, err
	}
	c, err := schema.Collection(collection)
	if err != nil {
		return 0, err
	}
	log, release, err := p.Log(ctx, c.Placement)
	if err != nil {
		return 0, err
	}
	defer release()
	var n int64
	err = log.Read(ctx, func(tx db.Tx) error { n, err = countRows(tx, c); return err })
	return n, err
}
