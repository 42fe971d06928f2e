package keys

import (
	"context"
	"errors"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/keys/kms"
)

// refusal is the answer that closed a ring, kept so that a storm of requests does
// not become a storm of calls to the KMS.
type refusal struct {
	err error
	at  time.Time
}

// holdRefusal is how many of these refusals fit into a probe period: with one
// minute, a refused opening is tried again after five seconds.
const holdRefusal = 12

// alive returns the open KEK. An answer of the KMS holds for a probe period: in its
// second half the next question is asked in the background, past it before anything
// is served. Only while the KMS is silent does the ring go on without an answer,
// for the outage grace.
func (k *Ring) alive(ctx context.Context) (*kek, error) {
	state := k.state.Load()
	if state == nil {
		return k.open(ctx)
	}
	period := k.rings.o.ProbePeriod
	now := k.rings.o.Clock.Now()
	age := now.Sub(clock.FromMicros(state.confirmed.Load()))
	if age < period/2 {
		return state, nil
	}
	asked := now.Sub(clock.FromMicros(state.tried.Load()))
	if age <= period || asked <= period && age <= k.rings.o.OutageGrace {
		if asked >= period/2 {
			k.probeLater(state)
		}
		return state, nil
	}
	return k.confirm(ctx, state, state.tried.Load())
}

// open unwraps the KEK, unless a refusal is fresh.
func (k *Ring) open(ctx context.Context) (*kek, error) {
	k.opening.Lock()
	defer k.opening.Unlock()
	if state := k.state.Load(); state != nil {
		return state, nil
	}
	now := k.rings.o.Clock.Now()
	if no := k.shut.Load(); no != nil && now.Sub(no.at) < k.rings.o.ProbePeriod/holdRefusal && !now.Before(no.at) {
		return nil, no.err
	}
	generation := k.generation.Load()
	state, err := k.unseal(ctx)
	if err != nil {
		// What the caller's own deadline cut short says nothing about the key.
		if errs.Is(err, errs.Sealed) && ctx.Err() == nil {
			k.shut.Store(&refusal{err, now})
		}
		return nil, err
	}
	k.shut.Store(nil)
	if !k.install(state, generation) {
		return nil, revoked()
	}
	_ = k.rings.observe(ctx, Event{Act: ActOpened, Tenant: k.tenant, Version: int(state.version)})
	return state, nil
}

// install makes state the open KEK, unless the ring was told to forget since
// generation. It looks again after storing: forget moves the generation first, so
// one of the two sees the other.
func (k *Ring) install(state *kek, generation uint64) bool {
	k.state.Store(state)
	if k.generation.Load() != generation && k.state.CompareAndSwap(state, nil) {
		return false
	}
	k.rings.touched(k)
	return true
}

func revoked() error { return errs.New(errs.Sealed, "keys.revoked").Do("keys.revoked.fix") }

// unseal reads the keyring, has the KMS unwrap the keyset and proves that the KEK
// opens what stands there.
func (k *Ring) unseal(ctx context.Context) (*kek, error) {
	ctx, cancel := context.WithTimeout(ctx, k.rings.o.CallTimeout)
	defer cancel()
	var row ringRow
	var names *nameTable
	var m moving
	err := k.read(ctx, func(tx db.Tx) (err error) {
		if row, err = readRing(tx, k.tenant); err != nil {
			return err
		}
		if names, err = readNames(tx); err != nil {
			return err
		}
		m, err = readMoving(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	service, err := k.service(row)
	if err != nil {
		return nil, err
	}
	state, err := unsealKEK(ctx, service, row.serviceKey, k.tenant, row.keyset)
	if err != nil {
		return nil, err
	}
	if err := state.prove(k, row); err != nil {
		return nil, err
	}
	now := clock.Micros(k.rings.o.Clock.Now())
	state.confirmed.Store(now)
	state.tried.Store(now)
	state.shreds.Store(row.shreds)
	k.names.Store(names)
	k.moving.Store(&m)
	return state, nil
}

// service returns the KMS that wrapped the keyset as stored. A resolver that names
// another key of the same service is not followed: the stored name opens, and
// Rewrap moves it.
func (k *Ring) service(row ringRow) (KMS, error) {
	service, _, err := k.rings.o.KMS(k.tenant)
	if err != nil {
		return nil, err
	}
	if service.Name() != row.service {
		return nil, errs.New(errs.Sealed, "keys.other_service").With("stored", row.service).
			With("configured", service.Name()).Do("keys.other_service.fix")
	}
	return service, nil
}

// prove opens the ring's known text.
func (s *kek) prove(k *Ring, row ringRow) error {
	text, err := s.unwrap(k.tenant, kindProbe, 0, 0, row.probe)
	if err != nil || string(text) != probeText {
		return errs.New(errs.Sealed, "keys.wrong_kek").Do("keys.wrong_kek.fix").Cause(errors.Join(errDamaged, err))
	}
	return nil
}

// reopen unseals again because what is stored is newer than what is open.
func (k *Ring) reopen(ctx context.Context, old *kek) (*kek, error) {
	k.opening.Lock()
	defer k.opening.Unlock()
	if state := k.state.Load(); state != nil && state != old {
		return state, nil
	}
	generation := k.generation.Load()
	state, err := k.unseal(ctx)
	if err != nil {
		return nil, err
	}
	if !k.install(state, generation) {
		return nil, revoked()
	}
	return state, nil
}

// confirm asks the KMS and acts on the answer, unless somebody asked since the
// caller looked: tried is what it saw.
func (k *Ring) confirm(ctx context.Context, old *kek, tried int64) (*kek, error) {
	k.opening.Lock()
	defer k.opening.Unlock()
	state := k.state.Load()
	if state == nil {
		if no := k.shut.Load(); no != nil {
			return nil, no.err
		}
		return nil, revoked()
	}
	if state != old || state.tried.Load() != tried {
		return state, nil
	}
	generation := k.generation.Load()
	now := k.rings.o.Clock.Now()
	// The caller's patience must not decide over the ring: a request that was
	// given up would otherwise count as a silent KMS.
	fresh, err := k.unseal(context.WithoutCancel(ctx))
	state.tried.Store(clock.Micros(now))
	if err == nil {
		if fresh.shreds.Load() != state.shreds.Load() {
			// Another node has shredded: what is cached here may be gone.
			generation = k.generation.Add(1)
			k.rings.cache.dropRing(k)
		}
		if !k.install(fresh, generation) {
			return nil, revoked()
		}
		return fresh, nil
	}
	return k.judge(ctx, state, err, now)
}

// judge decides what a failed probe means: a decision of the key's holder closes
// the ring now, silence closes it after the grace.
func (k *Ring) judge(ctx context.Context, state *kek, err error, now time.Time) (*kek, error) {
	reason := string(kms.ReasonOf(err))
	if passing(err) {
		since := clock.FromMicros(state.confirmed.Load())
		if now.Sub(since) <= k.rings.o.OutageGrace {
			return state, nil
		}
		reason = "grace"
		err = errs.New(errs.Sealed, "keys.outage").With("since", since).
			With("grace", k.rings.o.OutageGrace).Do("keys.outage.fix").Cause(err)
	}
	k.forget(&refusal{err, now})
	_ = k.rings.observe(ctx, Event{Act: ActClosed, Tenant: k.tenant, Reason: reason})
	return nil, err
}

// passing says whether a failed probe may pass by itself. Trouble of our own
// database is no decision of the key's holder either.
func passing(err error) bool {
	var e *kms.Error
	if errors.As(err, &e) {
		return e.Reason.Passing()
	}
	code := errs.Of(err).Code
	return code == errs.Unavailable || code == errs.Internal
}

// probeLater asks in the background, once at a time.
func (k *Ring) probeLater(state *kek) {
	if !k.probing.CompareAndSwap(false, true) {
		return
	}
	if !k.rings.begin() {
		k.probing.Store(false)
		return
	}
	tried := state.tried.Load()
	go func() {
		defer k.rings.work.Done()
		defer k.probing.Store(false)
		// The outcome stands in the ring; the next use sees it.
		_, _ = k.confirm(context.Background(), state, tried)
	}()
}

// Probe asks the KMS of every open ring now, whatever the age of its last answer,
// and returns how many it closed. A schedule may call it; every use of a ring asks
// by itself when it is time.
func (r *Rings) Probe(ctx context.Context) (closed int, err error) {
	for _, tenant := range r.OpenTenants() {
		if err := ctx.Err(); err != nil {
			return closed, err
		}
		k, err := r.ring(tenant)
		if err != nil {
			return closed, err
		}
		state := k.state.Load()
		if state == nil {
			continue
		}
		if _, err := k.confirm(ctx, state, state.tried.Load()); err != nil {
			closed++
		}
	}
	return closed, nil
}

// forget drops everything of this ring that is in memory. Keys of the current block
// that were not handed out are lost until a sweep.
func (k *Ring) forget(no *refusal) {
	k.shut.Store(no)
	k.generation.Add(1)
	k.state.Store(nil)
	k.rings.cache.dropRing(k)
	k.hand.drop()
	k.rings.mu.Lock()
	k.rings.opened.remove(k)
	k.rings.mu.Unlock()
}

// retire closes a ring that others have pushed out; it opens again by itself.
func (k *Ring) retire() {
	if !k.rings.begin() {
		return
	}
	go func() {
		defer k.rings.work.Done()
		// Keys that cannot be given back stay unused until they are swept.
		_ = k.giveBack(context.Background())
		k.forget(nil)
	}()
}
