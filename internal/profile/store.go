package profile

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Applied is one application of a profile to a tenant.
type Applied struct {
	Number   int64     `json:"number"` // from 1, without gaps
	Profile  id.Name   `json:"profile"`
	Version  int       `json:"version"`
	Digest   string    `json:"digest"`
	At       time.Time `json:"at"`
	By       string    `json:"by"` // reference of the actor
	ByKind   string    `json:"by_kind"`
	Declared *Profile  `json:"declared"` // as it was then; without its promises
}

// sealKey names the key that seals what was applied.
const sealKey = "config"

// appliedAD binds a row to its tenant and its place in the history.
func appliedAD(t id.Tenant, number int64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte("profile.applied\x00"), t.Bytes()...), uint64(number))
}

// current reads the last application; ok is false when there is none.
func (s *Service) current(ctx context.Context, tx db.Tx, t tenant.Tenant) (a Applied, ok bool, err error) {
	var number int64
	var sealed []byte
	err = tx.Row(`SELECT number, body FROM profile_applied ORDER BY number DESC LIMIT 1`).Scan(&number, &sealed)
	if errors.Is(err, db.ErrNoRows) {
		return Applied{}, false, nil
	}
	if err != nil {
		return Applied{}, false, err
	}
	sealer, err := s.opt.Tenants.Sealer(ctx, t.ID, sealKey)
	if err != nil {
		return Applied{}, false, err
	}
	plain, err := sealer.Open(nil, sealed, appliedAD(t.ID, number))
	if err != nil {
		return Applied{}, false, err
	}
	if err := json.Unmarshal(plain, &a); err != nil || a.Declared == nil || a.Number != number {
		return Applied{}, false, errs.New(errs.Corrupt, "profile.applied.corrupt").Cause(err)
	}
	return a, true, nil
}

// store adds an application to the history.
func (s *Service) store(ctx context.Context, tx db.Tx, t id.Tenant, a Applied) error {
	if err := tx.Row(`SELECT COALESCE(MAX(number), 0) FROM profile_applied`).Scan(&a.Number); err != nil {
		return err
	}
	a.Number++
	plain, err := json.Marshal(a, json.Deterministic(true))
	if err != nil {
		return err
	}
	sealer, err := s.opt.Tenants.Sealer(ctx, t, sealKey)
	if err != nil {
		return err
	}
	sealed, err := sealer.Seal(nil, plain, appliedAD(t, a.Number))
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO profile_applied (number, applied, body) VALUES (?1, ?2, ?3)`, a.Number, clock.Micros(a.At), sealed)
	return err
}
