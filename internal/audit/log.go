package audit

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
)

// Sealer seals and opens under one key; package keys gives them. Seal appends to
// dst; two seals of the same text differ. Open appends the text to dst and fails
// unless ad is what Seal was given. Both are safe for concurrent use.
type Sealer interface {
	Seal(dst, plaintext, ad []byte) ([]byte, error)
	Open(dst, sealed, ad []byte) ([]byte, error)
}

// SpaceGuard says whether there is room for the log. It answers at once.
type SpaceGuard interface {
	// Allow returns ErrSpace when room is short; essential entries pass longer.
	Allow(essential bool) error
	// Release gives the reserved room back to the disk, so that essential entries
	// can still be written; false when there is nothing left to give.
	Release() bool
}

// Options are what a log stands on.
type Options struct {
	// Origin names the log in its checkpoints, for example
	// "garant.example/t/t_…/primary": no spaces, no plus.
	Origin string
	// Sealer seals entries. Without one the log can be verified, not written.
	Sealer Sealer
	// Signer is the operator's Ed25519 key for checkpoints; without one nothing
	// is signed.
	Signer crypto.Signer
	// Keys are further public keys whose checkpoints are accepted: former keys of
	// the operator, the newest first.
	Keys []ed25519.PublicKey
	// Clock gives the times of entries and checkpoints; without one the time of
	// the transaction serves.
	Clock clock.Clock
	// Space guards the room for the log; without one only the engine does.
	Space SpaceGuard
}

// Log is the audit log of one open database. It is safe for concurrent use. It
// costs nothing to open: what it remembers lives with the database.
type Log struct {
	db     db.DB
	opt    Options
	origin string
}

// Open returns the log of a database.
func Open(database db.DB, o Options) *Log { return &Log{db: database, opt: o, origin: o.Origin} }

// Origin is the name of the log in its checkpoints.
func (l *Log) Origin() string { return l.origin }

// Write runs a change with its entries in one transaction, and returns once both
// are durable. fn must call t.Record at least once if it wrote anything; else the
// change is undone and the cause is ErrUnrecorded. fn may run more than once (see
// db.DB.Write). When fn fails, nothing of its change nor of its entries remains,
// and its error is returned. errs.LogUnavailable when the log cannot be written.
func (l *Log) Write(ctx context.Context, fn func(t *Tx) error) error {
	if err := l.allow(false); err != nil {
		return refuse(err)
	}
	return refuse(l.db.Write(ctx, func(tx db.Tx) error { return l.change(tx, fn) }))
}

// WriteEssential is Write for what must go on while space is short: removing,
// pruning, revoking. Every entry it records must be of an essential operation,
// else the cause is ErrSpace when space is short.
func (l *Log) WriteEssential(ctx context.Context, fn func(t *Tx) error) error {
	return refuse(l.essential(func() error {
		short := l.allow(false) != nil
		return l.db.Write(ctx, func(tx db.Tx) error {
			return l.change(tx, func(t *Tx) error {
				t.onlyEssential = short
				return fn(t)
			})
		})
	}))
}

// Append makes entries durable that tell of no change: a read of personal data is
// answered only after it. It returns the sequence number of the first; the others
// follow it. When space is short, entries that are all of essential operations
// still pass. errs.LogUnavailable when the log cannot be written.
func (l *Log) Append(ctx context.Context, entries ...Entry) (first uint64, err error) {
	write := func() error {
		return l.db.Write(ctx, func(tx db.Tx) error {
			return l.change(tx, func(t *Tx) error {
				for i := range entries {
					if seq := t.Record(entries[i]); i == 0 {
						first = seq
					}
				}
				return nil
			})
		})
	}
	if allEssential(entries) {
		return first, refuse(l.essential(write))
	}
	if err := l.allow(false); err != nil {
		return 0, refuse(err)
	}
	err = write()
	return first, refuse(err)
}

// Read runs fn on a snapshot of the database. Whoever hands out personal data read
// here must Append before answering.
func (l *Log) Read(ctx context.Context, fn func(db.Tx) error) error {
	return unread(l.db.Read(ctx, fn))
}

// ReadOne is Read for a function that runs one SELECT and no more.
func (l *Log) ReadOne(ctx context.Context, fn func(db.Tx) error) error {
	return unread(l.db.ReadOne(ctx, fn))
}

func (l *Log) allow(essential bool) error {
	if l.opt.Space == nil {
		return nil
	}
	return l.opt.Space.Allow(essential)
}

func (l *Log) now(tx db.Tx) time.Time {
	if l.opt.Clock == nil {
		return tx.Now()
	}
	return l.opt.Clock.Now()
}

func allEssential(entries []Entry) bool {
	for i := range entries {
		if !entries[i].Operation.Essential() {
			return false
		}
	}
	return len(entries) > 0
}
