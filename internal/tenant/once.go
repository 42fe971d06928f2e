package tenant

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
)

// OnceLife is how long what came of a request is kept under its Idempotency-Key.
const OnceLife = 24 * time.Hour

// Once is a request that acts once, however often it is sent. What came of it is
// kept in the very transaction of the change: either both are durable or neither.
type Once struct {
	// Tag and Digest are keyed hashes: of the caller, the route and the key that
	// the client chose; and of the request. Nothing can be read out of them.
	Tag, Digest []byte
	// Control says that the change is one of the directory of tenants.
	Control bool
	// Seal turns what the change gave into what is kept of it. It may run more than
	// once, within the transaction.
	Seal func(result any) ([]byte, error)

	begun bool // its first change of the directory is durable: what follows belongs to it
}

type onceKey struct{}

// Acting puts a request that acts once into a context.
func Acting(ctx context.Context, o *Once) context.Context {
	return context.WithValue(ctx, onceKey{}, o)
}

// Keep keeps what a change of a tenant gave, when its request acts once; else it
// does nothing. It stands last in the transaction of the change, and undoes it when
// the same request was quicker elsewhere.
func Keep(ctx context.Context, tx *audit.Tx, result func() (any, error)) error {
	o, _ := ctx.Value(onceKey{}).(*Once)
	if o == nil || o.Control {
		return nil
	}
	return o.keepResult(tx, result)
}

// keepControl is Keep for a change of the directory.
func keepControl(ctx context.Context, tx *audit.Tx, result func() (any, error)) error {
	o, _ := ctx.Value(onceKey{}).(*Once)
	if o == nil || !o.Control || o.begun {
		return nil
	}
	return o.keepResult(tx, result)
}

// begun notes that a request's first change of the directory is durable.
func begun(ctx context.Context) {
	if o, _ := ctx.Value(onceKey{}).(*Once); o != nil && o.Control {
		o.begun = true
	}
}

func (o *Once) keepResult(tx *audit.Tx, result func() (any, error)) error {
	_, found, err := o.Recall(tx)
	if err != nil {
		return err
	}
	if found {
		return keyRunning()
	}
	var kept []byte
	if result != nil {
		v, err := result()
		if err != nil {
			return err
		}
		if kept, err = o.Seal(v); err != nil {
			return err
		}
	}
	return o.Keep(tx, kept)
}

// Recall returns what is kept of the request. Nothing but found says that the
// change was begun and what it gave is not known. It refuses when the key was used
// for another request.
func (o *Once) Recall(tx db.Tx) (kept []byte, found bool, err error) {
	var digest []byte
	err = tx.Row(`SELECT digest, body FROM tenant_once WHERE tag = ?1 AND at >= ?2`, o.Tag,
		clock.Micros(tx.Now().Add(-OnceLife))).Scan(&digest, &kept)
	if errors.Is(err, db.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if subtle.ConstantTimeCompare(digest, o.Digest) != 1 {
		return nil, false, keyReused()
	}
	return kept, true, nil
}

// Keep writes what is kept of the request; an older outcome, past its life, gives way.
func (o *Once) Keep(tx db.Tx, kept []byte) error {
	if kept == nil {
		kept = []byte{}
	}
	return tx.Queue(`INSERT INTO tenant_once (tag, digest, at, body) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (tag) DO UPDATE SET digest = excluded.digest, at = excluded.at, body = excluded.body`,
		o.Tag, o.Digest, clock.Micros(tx.Now()), kept)
}

// Complete keeps what a change of several transactions gave, after the last one.
func (o *Once) Complete(ctx context.Context, log *audit.Log, result any) error {
	kept, err := o.Seal(result)
	if err != nil {
		return err
	}
	return log.Write(ctx, func(tx *audit.Tx) error {
		who := actor.From(ctx)
		tx.Record(audit.Entry{Actor: audit.ActorOf(who), Operation: audit.ConfigChange, Kind: onceKind,
			Outcome: audit.Done, Count: 1, Request: who.Request})
		return o.Keep(tx, kept)
	})
}

const onceKind = "idempotency"

// SweepOnce drops what is kept of requests that nobody may send again, in every
// database of a tenant and, for the operator, in the directory. A job calls it.
func (s *Service) SweepOnce(ctx context.Context, t Tenant) error {
	for _, p := range t.Placements {
		if err := s.sweepOnce(ctx, func() (*audit.Log, func(), error) { return s.Log(ctx, t, p.Name) }); err != nil {
			return err
		}
	}
	if t.ID != s.operator {
		return nil
	}
	return s.sweepOnce(ctx, func() (*audit.Log, func(), error) { return s.ControlLog(ctx) })
}

func (s *Service) sweepOnce(ctx context.Context, open func() (*audit.Log, func(), error)) error {
	log, release, err := open()
	if err != nil {
		return err
	}
	defer release()
	before := clock.Micros(s.opt.Clock.Now().Add(-OnceLife))
	return log.Write(ctx, func(tx *audit.Tx) error {
		var old int64
		if err := tx.Row(`SELECT COUNT(*) FROM tenant_once WHERE at < ?1`, before).Scan(&old); err != nil || old == 0 {
			return err
		}
		tx.Record(audit.Entry{Actor: audit.ActorOf(actor.Platform("tenant")), Operation: audit.ConfigChange, Kind: onceKind,
			Outcome: audit.Done, Count: old})
		return tx.Queue(`DELETE FROM tenant_once WHERE at < ?1`, before)
	})
}

// Outcome reads from a log what is kept of the request.
func (o *Once) Outcome(ctx context.Context, log *audit.Log) (kept []byte, found bool, err error) {
	err = log.Read(ctx, func(tx db.Tx) (err error) { kept, found, err = o.Recall(tx); return err })
	return kept, found, err
}
