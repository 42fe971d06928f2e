package sqlite

import (
	"context"
	"fmt"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"garant.example/internal/db"
)

// row is one row of a result, or, within a loop, each row in turn.
type row struct {
	s        *stmt // nil once the statement serves somebody else
	none     bool  // there was no row
	keep     bool  // the loop goes on after Scan
	readonly bool  // the statement writes nothing
	failed   error
}

// next moves to the next row; false when there is none, and then the statement
// is free again.
func (r *row) next(ctx context.Context) (bool, error) {
	s := r.s
	if s == nil {
		return false, fmt.Errorf("%w: rows were ended", errUsage)
	}
	switch rc := lib.Xsqlite3_step(s.c.tls, s.p); rc {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		s.reset()
		return false, nil
	default:
		err := s.c.failure(rc)
		s.reset()
		if rc == lib.SQLITE_INTERRUPT && ctx.Err() != nil {
			err = ctx.Err()
		}
		return false, err
	}
}

// Scan copies the columns.
func (r *row) Scan(dest ...any) error {
	if r.failed != nil {
		return r.failed
	}
	if r.none {
		return db.ErrNoRows
	}
	s := r.s
	if s == nil {
		return fmt.Errorf("%w: the row was scanned too late", errUsage)
	}
	if !r.keep {
		defer s.reset()
	}
	if len(dest) != s.columns {
		return fmt.Errorf("%w: %d destinations for %d columns", errUsage, len(dest), s.columns)
	}
	for i, d := range dest {
		if err := s.column(int32(i), d); err != nil {
			return err
		}
	}
	return nil
}

// column copies one column to its destination.
func (s *stmt) column(i int32, dest any) error {
	kind := lib.Xsqlite3_column_type(s.c.tls, s.p, i)
	if kind == lib.SQLITE_NULL {
		return s.null(i, dest)
	}
	switch d := dest.(type) {
	case *int64:
		return s.integer(i, kind, d)
	case *[]byte:
		return s.bytes(i, kind, d)
	case *string:
		return s.str(i, kind, d)
	case *bool:
		var n int64
		if err := s.integer(i, kind, &n); err != nil {
			return err
		}
		*d = n != 0
		return nil
	case *float64:
		return s.real(i, kind, d)
	case *int:
		var n int64
		if err := s.integer(i, kind, &n); err != nil {
			return err
		}
		*d = int(n)
		return nil
	case **int64:
		*d = new(int64)
		return s.integer(i, kind, *d)
	case **string:
		*d = new(string)
		return s.str(i, kind, *d)
	case **bool:
		*d = new(bool)
		return s.column(i, *d)
	case **float64:
		*d = new(float64)
		return s.real(i, kind, *d)
	case **[]byte:
		*d = new([]byte)
		return s.bytes(i, kind, *d)
	default:
		return fmt.Errorf("%w: destination %d of type %T", errUsage, i+1, dest)
	}
}

// null sets a destination that may be empty.
func (s *stmt) null(i int32, dest any) error {
	switch d := dest.(type) {
	case *[]byte:
		*d = nil
	case **int64:
		*d = nil
	case **string:
		*d = nil
	case **bool:
		*d = nil
	case **float64:
		*d = nil
	case **[]byte:
		*d = nil
	default:
		return fmt.Errorf("%w: column %d is NULL and %T cannot be", errUsage, i+1, dest)
	}
	return nil
}

func (s *stmt) integer(i, kind int32, d *int64) error {
	if kind != lib.SQLITE_INTEGER {
		return s.mismatch(i, kind, "an integer")
	}
	*d = lib.Xsqlite3_column_int64(s.c.tls, s.p, i)
	return nil
}

func (s *stmt) real(i, kind int32, d *float64) error {
	if kind != lib.SQLITE_FLOAT && kind != lib.SQLITE_INTEGER {
		return s.mismatch(i, kind, "a real number")
	}
	*d = lib.Xsqlite3_column_double(s.c.tls, s.p, i)
	return nil
}

func (s *stmt) str(i, kind int32, d *string) error {
	if kind != lib.SQLITE_TEXT {
		return s.mismatch(i, kind, "a text")
	}
	*d = string(s.view(i))
	return nil
}

func (s *stmt) bytes(i, kind int32, d *[]byte) error {
	if kind != lib.SQLITE_BLOB && kind != lib.SQLITE_TEXT {
		return s.mismatch(i, kind, "bytes")
	}
	v := s.view(i)
	*d = append(make([]byte, 0, len(v)), v...)
	return nil
}

// view is a column's bytes in the library's memory, valid until the next step.
func (s *stmt) view(i int32) []byte {
	p := lib.Xsqlite3_column_blob(s.c.tls, s.p, i)
	if p == 0 {
		return nil
	}
	return libc.GoBytes(p, int(lib.Xsqlite3_column_bytes(s.c.tls, s.p, i)))
}

func (s *stmt) mismatch(i, kind int32, want string) error {
	have := "bytes"
	switch kind {
	case lib.SQLITE_INTEGER:
		have = "an integer"
	case lib.SQLITE_FLOAT:
		have = "a real number"
	case lib.SQLITE_TEXT:
		have = "a text"
	}
	return fmt.Errorf("%w: column %d holds %s, asked for %s", errUsage, i+1, have, want)
}
