package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"garant.example/internal/db"
)

// Error is what the server said. It stands in the log: the code, and what names
// tables, columns and constraints; never the detail, which may hold values.
type Error struct {
	SQLState string // https://www.postgresql.org/docs/15/errcodes-appendix.html
	Message  string
	kind     error // the error of package db, nil when there is none
}

// Error is for the log.
func (e *Error) Error() string {
	s := "postgres: " + e.Message + " (" + e.SQLState + ")"
	if e.kind != nil {
		s = e.kind.Error() + ": " + s
	}
	return s
}

// Unwrap returns the error of package db.
func (e *Error) Unwrap() error { return e.kind }

// translate turns an error of the client library into one of package db. What
// is not an answer of the server is a broken connection.
func translate(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, db.ErrUsage) || errors.Is(err, db.ErrUnavailable) {
		return err
	}
	var p *pgconn.PgError
	if !errors.As(err, &p) {
		return fmt.Errorf("%w: %w", db.ErrUnavailable, err)
	}
	e := &Error{SQLState: p.Code, kind: kindOf(p.Code)}
	switch p.Code[:min(2, len(p.Code))] {
	case "22", "23": // these messages may repeat a value
		e.Message = "refused"
		for _, name := range []string{p.TableName, p.ColumnName, p.ConstraintName} {
			if name != "" {
				e.Message += " " + name
			}
		}
	default:
		e.Message = p.Message
	}
	return e
}

// kindOf maps an SQLSTATE to the errors of package db.
func kindOf(code string) error {
	switch code {
	case "53100", "53400": // disk_full, configuration_limit_exceeded
		return db.ErrFull
	case "25006": // read_only_sql_transaction: a standby answered
		return db.ErrReadOnly
	case "3D000": // invalid_catalog_name
		return db.ErrMissing
	case "55006": // object_in_use
		return db.ErrInUse
	case "XX001", "XX002": // data_corrupted, index_corrupted
		return db.ErrCorrupt
	}
	if len(code) < 2 {
		return db.ErrUnavailable
	}
	switch code[:2] {
	case "23":
		return db.ErrConflict
	case "08", "28", "53", "57", "58", "40", "55", "XX":
		return db.ErrUnavailable
	case "22", "42", "0A", "26", "34", "25":
		return db.ErrUsage
	}
	return nil
}

// grave says whether an error is about the server and not about one change.
func grave(err error) bool {
	return errors.Is(err, db.ErrUnavailable) || errors.Is(err, db.ErrFull) ||
		errors.Is(err, db.ErrReadOnly) || errors.Is(err, db.ErrCorrupt)
}

// passing says whether the same group may well succeed when it runs again.
func passing(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.SQLState {
	case "40001", "40P01", "55P03": // serialization_failure, deadlock_detected, lock_not_available
		return true
	}
	return false
}
