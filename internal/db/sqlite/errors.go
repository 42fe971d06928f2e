package sqlite

import (
	"errors"
	"fmt"
	"syscall"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"garant.example/internal/db"
)

// Error is what the library said. It stands in the log; it names tables and
// columns, never values.
type Error struct {
	Code    int32         // extended result code, https://sqlite.org/rescode.html
	Errno   syscall.Errno // error of the system behind it, 0 when there is none
	Message string
	kind    error // the error of package db, nil when there is none
}

// Error is for the log.
func (e *Error) Error() string {
	s := fmt.Sprintf("sqlite: %s (code %d)", e.Message, e.Code)
	if e.Errno != 0 {
		s += ": " + e.Errno.Error()
	}
	if e.kind != nil {
		s = e.kind.Error() + ": " + s
	}
	return s
}

// Unwrap returns the error of package db.
func (e *Error) Unwrap() error { return e.kind }

// failure turns a result code into an error.
func (c *conn) failure(rc int32) error {
	e := &Error{Code: rc}
	if c.db == 0 {
		e.Message = libc.GoString(lib.Xsqlite3_errstr(c.tls, rc))
	} else {
		e.Message = libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.db))
		if primary := rc & 0xff; primary == lib.SQLITE_IOERR || primary == lib.SQLITE_CANTOPEN || primary == lib.SQLITE_FULL {
			e.Errno = syscall.Errno(lib.Xsqlite3_system_errno(c.tls, c.db))
		}
	}
	e.kind = kindOf(rc, e.Errno)
	return e
}

// kindOf maps a result code to the errors of package db.
func kindOf(rc int32, errno syscall.Errno) error {
	switch rc {
	case lib.SQLITE_CONSTRAINT_DATATYPE:
		return db.ErrUsage // a value of the wrong type is our fault, not the caller's
	case lib.SQLITE_READONLY_DBMOVED:
		return db.ErrMoved
	case lib.SQLITE_IOERR_CORRUPTFS:
		return db.ErrCorrupt
	}
	switch rc & 0xff {
	case lib.SQLITE_FULL:
		return db.ErrFull
	case lib.SQLITE_IOERR:
		// A quota or a limit on the size of a file answers as an error of
		// input and output; for us it is a lack of space all the same.
		if errno == syscall.ENOSPC || errno == syscall.EDQUOT || errno == syscall.EFBIG {
			return db.ErrFull
		}
		if errno == syscall.EROFS { // the file system turned read-only after the file was opened
			return db.ErrReadOnly
		}
		return db.ErrUnavailable
	case lib.SQLITE_READONLY:
		return db.ErrReadOnly
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return db.ErrCorrupt
	case lib.SQLITE_CONSTRAINT:
		return db.ErrConflict
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_PROTOCOL, lib.SQLITE_CANTOPEN, lib.SQLITE_NOMEM:
		return db.ErrUnavailable
	case lib.SQLITE_MISUSE, lib.SQLITE_RANGE, lib.SQLITE_ERROR, lib.SQLITE_MISMATCH, lib.SQLITE_TOOBIG:
		return db.ErrUsage
	}
	return nil
}

// grave says whether an error is about the store and not about one change, so
// that running the other changes again would be of no use.
func grave(err error) bool {
	e, ok := asError(err)
	if !ok {
		return false
	}
	switch e.Code & 0xff {
	case lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_READONLY, lib.SQLITE_CORRUPT,
		lib.SQLITE_NOTADB, lib.SQLITE_NOMEM, lib.SQLITE_BUSY, lib.SQLITE_PROTOCOL, lib.SQLITE_CANTOPEN:
		return true
	}
	return false
}

func asError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}
