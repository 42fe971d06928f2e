package tenant

import (
	"errors"

	"garant.example/internal/db"
	"garant.example/internal/errs"
)

// ErrFresh is returned by Load when the data folder holds no platform yet.
var ErrFresh = errors.New("tenant: never started")

func notFound() error {
	return errs.New(errs.NotFound, "tenant.unknown").Do("tenant.unknown.fix")
}

// unavailable turns what an engine says at opening into what a person may see.
func unavailable(err error) error {
	switch {
	case errors.Is(err, db.ErrNewer):
		return errs.New(errs.Unavailable, "tenant.database.newer").Do("tenant.database.newer.fix").Cause(err)
	case errors.Is(err, db.ErrCorrupt):
		return errs.New(errs.Corrupt, "tenant.database.corrupt").Do("tenant.database.corrupt.fix").Cause(err)
	case errors.Is(err, db.ErrMissing):
		return errs.New(errs.Unavailable, "tenant.database.missing").Do("tenant.database.missing.fix").Cause(err)
	default:
		return errs.New(errs.Unavailable, "tenant.database.unavailable").Do("tenant.database.unavailable.fix").Cause(err)
	}
}

// keyReused refuses an Idempotency-Key that comes with another request.
func keyReused() error {
	return errs.New(errs.Conflict, "tenant.once.reused").Do("tenant.once.reused.fix").
		At("header/Idempotency-Key", "tenant.once.reused", nil)
}

// keyRunning refuses a request while the first one with its key is not known to
// have ended.
func keyRunning() error {
	return errs.New(errs.Conflict, "tenant.once.running").Do("tenant.once.running.fix").
		At("header/Idempotency-Key", "tenant.once.running", nil)
}

// Running is what a request is refused with of which nothing is known but that it
// was begun.
func (o *Once) Running() error { return keyRunning() }
