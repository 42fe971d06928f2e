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
