package keys

import (
	"context"
	"errors"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Plan is a rotation of the KEK: what it will do, or how far it has come. The steps
// are stored, so a run that was cut short goes on where it was.
type Plan struct {
	ID        id.Plan // zero for a plan that was not begun
	Running   bool
	From, To  int   // KEK versions
	Blocks    int64 // blocks wrapped by another version than To
	Keys      int64 // versions of named keys wrapped by another version than To
	Subjects  int64 // subjects' keys in those blocks
	Total     int64 // rows to re-wrap when it began; Blocks+Keys of a dry run
	Done      int64
	Service   string // the KMS that will wrap the new keyset
	Key       string
	StartedAt time.Time
}

// rewrapBatch is how many blocks one transaction re-wraps: about 2,000 keys, some
// milliseconds of the keyring's writer.
const rewrapBatch = 8

// PlanKEKRotation says what RunKEKRotation would do now, and changes nothing. A
// rotation that was begun and not ended is returned as Running.
func (k *Ring) PlanKEKRotation(ctx context.Context) (Plan, error) {
	var p Plan
	err := k.read(ctx, func(tx db.Tx) error {
		row, err := readRing(tx, k.tenant)
		if err != nil {
			return err
		}
		p = Plan{From: int(row.version), To: int(row.version) + 1, Service: row.service, Key: row.serviceKey}
		if err := readPlan(tx, &p); err != nil {
			return err
		}
		err = tx.Row(`SELECT count(*), CAST(coalesce(sum(size - shredded), 0) AS BIGINT) FROM keyring_block WHERE version <> ?1`, int64(p.To)).
			Scan(&p.Blocks, &p.Subjects)
		if err != nil {
			return err
		}
		err = tx.Row(`SELECT count(*) FROM keyring_named WHERE version <> ?1 AND state <> 'retired'`, int64(p.To)).Scan(&p.Keys)
		if !p.Running {
			p.Total = p.Blocks + p.Keys
		}
		return err
	})
	return p, err
}

func readPlan(tx db.Tx, p *Plan) error {
	for row, err := range tx.Rows(`SELECT id, from_version, to_version, total, done, started_at FROM keyring_plan
		WHERE kind = 'kek' AND state = 'running'`) {
		if err != nil {
			return err
		}
		var raw []byte
		var from, to, started int64
		if err := row.Scan(&raw, &from, &to, &p.Total, &p.Done, &started); err != nil {
			return err
		}
		parsed, err := id.FromBytes(raw)
		if err != nil {
			return corrupt("keys.store_damaged", err)
		}
		p.ID, p.Running, p.From, p.To = id.Plan{Raw: parsed}, true, int(from), int(to)
		p.StartedAt = clock.FromMicros(started)
	}
	return nil
}

// RunKEKRotation makes a new KEK version, re-wraps every key under it and drops the
// older versions; or goes on with a rotation that was cut short. progress (may be
// nil) is told after each step. Reading and writing go on meanwhile. A rotation
// never touches a sealed text.
func (k *Ring) RunKEKRotation(ctx context.Context, progress func(Plan)) (Plan, error) {
	state, err := k.alive(ctx)
	if err != nil {
		return Plan{}, err
	}
	p, err := k.PlanKEKRotation(ctx)
	if err != nil {
		return p, err
	}
	if !p.Running {
		if p, err = k.beginRotation(ctx, state); err != nil {
			return p, err
		}
	}
	if int(state.version) != p.To {
		if state, err = k.reopen(ctx, state); err != nil {
			return p, err
		}
	}
	for {
		if progress != nil {
			progress(p)
		}
		if err := ctx.Err(); err != nil {
			return p, err
		}
		done, err := k.rewrapSome(ctx, state, &p)
		if err != nil {
			return p, err
		}
		if done == 0 {
			break
		}
	}
	if err := k.endRotation(ctx, state, &p); err != nil {
		return p, err
	}
	if progress != nil {
		progress(p)
	}
	return p, nil
}

// errRaced is returned when another node changed the keyset first.
var errRaced = errors.New("keys: the keyset was changed meanwhile")

// replaceKeyset wraps a changed KEK by the KMS and stores it, with extra in the
// same transaction, and opens it.
func (k *Ring) replaceKeyset(ctx context.Context, changed *kek, service KMS, key string, rotated bool, extra func(db.Tx) error) error {
	var was ringRow
	if err := k.read(ctx, func(tx db.Tx) (err error) { was, err = readRing(tx, k.tenant); return err }); err != nil {
		return err
	}
	if service == nil {
		var err error
		if service, err = k.service(was); err != nil {
			return err
		}
		key = was.serviceKey
	}
	call, cancel := context.WithTimeout(ctx, k.rings.o.CallTimeout)
	defer cancel()
	now, err := k.rowOf(call, changed, service, key)
	if err != nil {
		return err
	}
	err = k.write(ctx, func(tx db.Tx) error {
		now.rotatedAt, now.wrappedAt = was.rotatedAt, clock.Micros(tx.Now())
		if rotated {
			now.rotatedAt = now.wrappedAt
		}
		if extra != nil {
			if err := extra(tx); err != nil {
				return err
			}
		}
		ok, err := updateKeyset(tx, was, now)
		if err == nil && !ok {
			return errRaced
		}
		return err
	})
	if errors.Is(err, errRaced) {
		return errs.New(errs.Conflict, "keys.raced").Do("keys.raced.fix").Cause(err)
	}
	return err
}

func (k *Ring) beginRotation(ctx context.Context, state *kek) (Plan, error) {
	if err := k.rings.observe(ctx, Event{Act: ActRotateKEK, Tenant: k.tenant, Version: int(state.version) + 1}); err != nil {
		return Plan{}, err
	}
	changed, err := newVersion(state.handle, state.version+1)
	if err != nil {
		return Plan{}, err
	}
	plan := id.NewPlan()
	err = k.replaceKeyset(ctx, changed, nil, "", true, func(tx db.Tx) error {
		var blocks, named int64
		if err := tx.Row(`SELECT count(*) FROM keyring_block`).Scan(&blocks); err != nil {
			return err
		}
		if err := tx.Row(`SELECT count(*) FROM keyring_named WHERE state <> 'retired'`).Scan(&named); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO keyring_plan (id, kind, state, from_version, to_version, total, done, started_at, ended_at)
			VALUES (?1, 'kek', 'running', ?2, ?3, ?4, 0, ?5, 0)`, plan.Bytes(), int64(state.version), int64(changed.version),
			blocks+named, clock.Micros(tx.Now()))
		return err
	})
	if err != nil {
		return Plan{}, err
	}
	return k.PlanKEKRotation(ctx)
}

// rewrapSome re-wraps the next blocks, or all named keys once no block is left, in
// one transaction with the plan's counter.
func (k *Ring) rewrapSome(ctx context.Context, state *kek, p *Plan) (int64, error) {
	var done int64
	err := k.write(ctx, func(tx db.Tx) (err error) {
		if done, err = k.rewrapBlocks(tx, state); err != nil {
			return err
		}
		if done == 0 {
			if done, err = k.rewrapNames(tx, state); err != nil || done == 0 {
				return err
			}
		}
		_, err = tx.Exec(`UPDATE keyring_plan SET done = done + ?2 WHERE id = ?1`, p.ID.Bytes(), done)
		return err
	})
	if err == nil {
		p.Done += done
	}
	return done, err
}

func (k *Ring) rewrapBlocks(tx db.Tx, state *kek) (int64, error) {
	var blocks []blockRow
	for row, err := range tx.Rows(`SELECT `+blockColumns+` FROM keyring_block WHERE version < ?1 ORDER BY block LIMIT ?2`,
		int64(state.version), int64(rewrapBatch)) {
		if err != nil {
			return 0, err
		}
		var b blockRow
		if err := b.scan(row); err != nil {
			return 0, err
		}
		blocks = append(blocks, b)
	}
	for _, b := range blocks {
		for slot := range int(b.size) {
			if isZero(b.slot(slot)) {
				continue
			}
			wrapped, err := k.rewrap(state, kindSubject, subjectRef(b.block, slot), subjectMaxVer, b.slot(slot))
			if err != nil {
				return 0, err
			}
			copy(b.slot(slot), wrapped)
		}
		b.version = int64(state.version)
		if err := updateBlock(tx, b, true); err != nil {
			return 0, err
		}
	}
	return int64(len(blocks)), nil
}

func (k *Ring) rewrapNames(tx db.Tx, state *kek) (int64, error) {
	rows, err := readNamed(tx, "")
	if err != nil {
		return 0, err
	}
	done := int64(0)
	for _, n := range rows {
		if n.state == stateRetired || n.version >= int64(state.version) {
			continue
		}
		n.wrapped, err = k.rewrap(state, kindOf(n.kind), namedRef(n.number), uint16(n.keyVersion), n.wrapped)
		if err != nil {
			return done, err
		}
		n.version = int64(state.version)
		if err := rewrapNamed(tx, n); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

func (k *Ring) rewrap(state *kek, kind byte, ref Ref, version uint16, wrapped []byte) ([]byte, error) {
	secret, err := state.unwrap(k.tenant, kind, ref, version, wrapped)
	if err != nil {
		return nil, corrupt("keys.key_damaged", err)
	}
	defer clear(secret)
	return state.wrap(k.tenant, kind, ref, version, secret)
}

// endRotation drops the older versions, if nothing is wrapped by them any more. The
// plan ends last: a crash before it leaves a rotation under way, whose next run does
// all of this once more; nothing is left out, and a leaf twice does no harm.
func (k *Ring) endRotation(ctx context.Context, state *kek, p *Plan) error {
	final, err := state.onlyVersion()
	if err != nil {
		return err
	}
	err = k.replaceKeyset(ctx, final, nil, "", false, func(tx db.Tx) error {
		var left int64
		if err := tx.Row(`SELECT (SELECT count(*) FROM keyring_block WHERE version < ?1) +
			(SELECT count(*) FROM keyring_named WHERE version < ?1 AND state <> 'retired')`, int64(p.To)).Scan(&left); err != nil {
			return err
		}
		if left > 0 {
			return errs.New(errs.Conflict, "keys.raced").Do("keys.raced.fix")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := k.reopen(ctx, k.state.Load()); err != nil {
		return err
	}
	if err := k.scrub(ctx); err != nil {
		return err
	}
	if err := k.rings.observe(ctx, Event{Act: ActRotateDone, Tenant: k.tenant, Version: p.To, Count: int(p.Total)}); err != nil {
		return err
	}
	err = k.write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(`UPDATE keyring_plan SET state = 'done', done = total, ended_at = ?2 WHERE id = ?1`, p.ID.Bytes(), clock.Micros(tx.Now()))
		return err
	})
	if err == nil {
		p.Running, p.Done, p.Blocks, p.Keys, p.Subjects = false, p.Total, 0, 0, 0
	}
	return err
}

// Rewrap wraps the same KEK again: by a newer version of the service's key, or by
// another key or service, which is how a tenant takes its keys into its own hands.
// Nothing else changes. The resolver must name the new service from then on.
func (k *Ring) Rewrap(ctx context.Context, to KMS, key string) error {
	state, err := k.alive(ctx)
	if err != nil {
		return err
	}
	if err := k.rings.observe(ctx, Event{Act: ActRewrap, Tenant: k.tenant, Service: to.Name(), Key: key}); err != nil {
		return err
	}
	if err := k.replaceKeyset(ctx, state, to, key, false, nil); err != nil {
		return err
	}
	return k.scrub(ctx)
}
