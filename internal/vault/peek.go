package vault

import (
	"context"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/id"
)

// Peek shows one record as a list does: its open fields, the rest masked. It opens
// nothing and needs no purpose; its leaf is durable before it is answered.
func (s *Service) Peek(ctx context.Context, p *access.Permit, rec id.Record) (Record, error) {
	if err := allow(p, access.Read); err != nil {
		return Record{}, err
	}
	d, err := s.open(ctx, p)
	if err != nil {
		return Record{}, err
	}
	defer d.release()
	var r *row
	if err := d.log.Read(ctx, func(tx db.Tx) error { r, err = readRow(tx, d.collection, rec); return err }); err != nil {
		return Record{}, err
	}
	out, err := d.mask(r)
	if err != nil {
		return Record{}, err
	}
	e := p.Entry(audit.RecordList)
	e.Object, e.Count, e.Detail = rec.Raw, 1, map[string]string{"fields": "masked"}
	_, err = d.log.Append(ctx, e)
	return out, err
}
