package identity

import (
	"context"
	"errors"
	"iter"

	"github.com/go-json-experiment/json"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// resealBatch is how many rows one transaction seals anew.
const resealBatch = 100

// Reseal seals everything that this package keeps of a tenant anew, and tags
// sign-in names anew: after the "identity" key got a new version, before the old one
// is retired. No schedule does that: the key is wrapped anew with the KEK and stays
// itself. It may be run again and again; each row has its leaf. It returns how many
// rows it sealed. Tags come out as they were, for the index key has one version only;
// where a keyring was put together from another, a person whose name is not tagged
// anew yet cannot sign in.
func (s *Service) Reseal(ctx context.Context, t tenant.Tenant) (rows int64, err error) {
	log, release, err := s.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return 0, err
	}
	defer release()
	sealer, err := s.sealer(ctx, t.ID)
	if err != nil {
		return 0, err
	}
	r := resealing{s: s, t: t, log: log, sealer: sealer}
	if err := r.settings(ctx); err != nil {
		return r.rows, err
	}
	if err := r.accounts(ctx); err != nil {
		return r.rows, err
	}
	return r.rows, r.tokens(ctx)
}

// resealing is one run of Reseal.
type resealing struct {
	s      *Service
	t      tenant.Tenant
	log    *audit.Log
	sealer audit.Sealer
	rows   int64
}

func (r *resealing) entry(kind string) audit.Entry {
	who := actor.Platform("identity")
	return audit.Entry{Actor: audit.ActorOf(who), Operation: audit.RecordReseal, Kind: kind, Outcome: audit.Done, Request: who.Request}
}

func (r *resealing) settings(ctx context.Context) error {
	return r.log.Write(ctx, func(tx *audit.Tx) error {
		sealed, err := readSettings(tx)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		set, err := r.s.openSettings(ctx, r.t.ID, sealed)
		if err != nil {
			return err
		}
		if err := r.s.Define(ctx, tx, r.t, set); err != nil {
			return err
		}
		tx.Record(r.entry("settings"))
		return nil
	})
}

// inBatches seals the rows of one table anew, a batch in each transaction: list
// gives those after a key, keyOf is the key of a row.
func inBatches[K, R any](ctx context.Context, r *resealing, list func(db.Tx, K, int) iter.Seq2[R, error],
	keyOf func(R) K, seal func(tx *audit.Tx, row R) error) error {
	var after K
	for {
		var page []R
		err := r.log.Write(ctx, func(tx *audit.Tx) error {
			page = page[:0] // a change may run more than once
			for row, err := range list(tx, after, resealBatch) {
				if err != nil {
					return err
				}
				page = append(page, row)
			}
			for _, row := range page {
				if err := seal(tx, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if r.rows += int64(len(page)); len(page) < resealBatch {
			return nil
		}
		after = keyOf(page[len(page)-1])
	}
}

func (r *resealing) accounts(ctx context.Context) error {
	return inBatches(ctx, r, listAccounts, func(row *accountRow) id.Account { return row.id },
		func(tx *audit.Tx, row *accountRow) error { return r.account(ctx, tx, row) })
}

func (r *resealing) account(ctx context.Context, tx *audit.Tx, row *accountRow) error {
	person, err := row.person(r.sealer)
	if err != nil {
		return err
	}
	v, err := row.verifier(r.sealer)
	if err != nil {
		return err
	}
	if err := r.s.write(ctx, r.t.ID, row, person); err != nil {
		return err
	}
	if v != nil {
		err := row.setPassword(r.sealer, *v, clock.FromMicros(row.secretAt), clock.FromMicros(row.secretUntil), row.mustChange)
		if err != nil {
			return err
		}
	}
	if err := updateAccount(tx, row); err != nil {
		return err
	}
	e := r.entry(access.Account.String())
	e.Object, e.Row = row.id.Raw, row.hash()
	tx.Record(e)
	return nil
}

func (r *resealing) tokens(ctx context.Context) error {
	return inBatches(ctx, r, listTokens, func(row *tokenRow) id.Token { return row.id }, r.token)
}

func (r *resealing) token(tx *audit.Tx, row *tokenRow) error {
	body, err := row.openBody(r.sealer)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		return err
	}
	if row.body, err = r.sealer.Seal(nil, plain, bind(tokenAD, row.id.Raw)); err != nil {
		return err
	}
	if err := updateTokenBody(tx, row); err != nil {
		return err
	}
	e := r.entry(access.Token.String())
	e.Object, e.Row = row.id.Raw, row.rowHash()
	tx.Record(e)
	return nil
}
