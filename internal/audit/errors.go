package audit

import (
	"errors"

	"garant.example/internal/audit/leaf"
	"garant.example/internal/db"
	"garant.example/internal/errs"
)

var (
	// ErrUnrecorded is returned when a change wrote something and recorded
	// nothing; it has been undone.
	ErrUnrecorded = errors.New("audit: change without an entry")
	// ErrIncomplete is returned when an entry lacks a known operation, an outcome
	// or an origin; the change has been undone.
	ErrIncomplete = leaf.ErrIncomplete
	// ErrTooLarge is returned when a part of an entry is over its bound.
	ErrTooLarge = leaf.ErrTooLarge
	// ErrBack is returned when the log in the database is shorter than, or
	// different from, the one this process wrote: something replaced it.
	ErrBack = errors.New("audit: the log went back")
	// ErrSpace is returned when the guard says that room for the log is short.
	ErrSpace = errors.New("audit: space is short")
	// ErrPruned is returned for an entry that was removed after its retention.
	ErrPruned = errors.New("audit: entry pruned")
	// ErrNoSealer is returned when the log was opened without a sealer, so that it
	// can be verified but not written or read.
	ErrNoSealer = errors.New("audit: no sealer")
)

// refuse turns what stopped a write of the log into what a caller may see. Errors
// of the domain that ran within the change pass unchanged.
func refuse(err error) error {
	var known *errs.Error
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.Is(err, ErrUnrecorded), errors.Is(err, ErrIncomplete), errors.Is(err, ErrTooLarge):
		return errs.New(errs.Internal, "error.internal").Do("error.internal.fix").Cause(err)
	case errors.Is(err, ErrSpace), errors.Is(err, db.ErrFull):
		return errs.New(errs.LogUnavailable, "audit.full").Do("audit.full.fix").Cause(err)
	case errors.Is(err, db.ErrReadOnly):
		return errs.New(errs.LogUnavailable, "audit.readonly").Do("audit.readonly.fix").Cause(err)
	case errors.Is(err, ErrBack), errors.Is(err, db.ErrCorrupt):
		return errs.New(errs.LogUnavailable, "audit.back").Do("audit.back.fix").Cause(err)
	case errors.Is(err, db.ErrUnavailable), errors.Is(err, db.ErrClosed), errors.Is(err, ErrNoSealer):
		return errs.New(errs.LogUnavailable, "audit.unavailable").Do("audit.unavailable.fix").Cause(err)
	case errors.Is(err, db.ErrUnknownOutcome):
		return errs.New(errs.LogUnavailable, "audit.unknown").Do("audit.unknown.fix").Cause(err)
	}
	return err
}

// unread turns what stopped a read of the database into what a caller may see.
// Errors of the domain that read pass unchanged.
func unread(err error) error {
	var known *errs.Error
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.Is(err, db.ErrCorrupt):
		return pages(err)
	case errors.Is(err, db.ErrFull): // a server may need temporary files for a read
		return errs.New(errs.Unavailable, "audit.full").Do("audit.full.fix").Cause(err)
	case errors.Is(err, db.ErrUnavailable), errors.Is(err, db.ErrClosed):
		return errs.New(errs.Unavailable, "audit.away").Do("audit.away.fix").Cause(err)
	}
	return err
}

// pages is the answer when the engine finds that a page is not what it wrote.
func pages(err error) error {
	return errs.New(errs.Corrupt, "audit.pages").Do("audit.pages.fix").Cause(err)
}

// damaged is the answer when what is stored cannot be what was written.
func damaged(err error) error {
	return errs.New(errs.Corrupt, "audit.corrupt").Do("audit.corrupt.fix").Cause(err)
}
