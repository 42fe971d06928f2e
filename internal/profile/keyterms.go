package profile

import (
	"context"

	"garant.example/internal/db"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
)

// KeyTerms turns the settings in force into the terms of rotations. What a profile
// leaves out is zero: nothing happens by itself then.
func (s Settings) KeyTerms() (t keys.Terms) {
	if span, ok := s.Span("key_rotation"); ok {
		t.Every = keys.Interval(span)
	}
	if span, ok := s.Span("key_rewrap_within"); ok {
		t.Within = keys.Interval(span)
	}
	return t
}

// KeyTerms says when the keys of a tenant are due for rotation, by the profile that
// was applied last. Without one there are no terms.
func (s *Service) KeyTerms(ctx context.Context, t tenant.Tenant) (terms keys.Terms, err error) {
	log, release, err := s.opt.Tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return terms, err
	}
	defer release()
	err = log.Read(ctx, func(tx db.Tx) error {
		a, ok, err := s.current(ctx, tx, t)
		if ok {
			terms = a.Declared.Settings.KeyTerms()
		}
		return err
	})
	return terms, err
}
