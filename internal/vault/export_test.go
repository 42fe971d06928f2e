package vault

import (
	"context"

	"garant.example/internal/access"
	"garant.example/internal/audit"
)

// SetRound makes a rotator replace at most n subjects' keys before it destroys the
// old ones.
func (r *Rotator) SetRound(n int) { r.round = n }

// CreateAround is Create with something that happens between the drafting of the
// record and its transaction.
func (s *Service) CreateAround(ctx context.Context, p *access.Permit, body []byte, opt CreateOptions, between func()) (Record, error) {
	d, err := s.open(ctx, p)
	if err != nil {
		return Record{}, err
	}
	defer d.release()
	dr, err := d.draft(ctx, s, body, opt)
	if err != nil {
		return Record{}, err
	}
	between()
	err = d.log.Write(ctx, func(tx *audit.Tx) error { return dr.insert(tx, opt.operation()) })
	if err != nil {
		return Record{}, err
	}
	return d.show(dr.row, dr.values)
}
