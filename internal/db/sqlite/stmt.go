package sqlite

import (
	"context"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"

	"garant.example/internal/db"
)

const errUsage = usage("sqlite")

// usage is an error that is db.ErrUsage.
type usage string

func (u usage) Error() string { return string(u) + ": " + db.ErrUsage.Error() }
func (u usage) Unwrap() error { return db.ErrUsage }

// stmt is one prepared statement.
type stmt struct {
	c        *conn
	p        uintptr
	query    string
	params   int
	columns  int
	readonly bool
	reader   *row    // who is reading its rows now, nil when it is free
	arena    uintptr // copies of text and blob arguments, in the library's memory
	arenaCap int
}

// finalize releases the statement.
func (s *stmt) finalize() {
	s.leave()
	lib.Xsqlite3_finalize(s.c.tls, s.p)
	if s.arena != 0 {
		libc.Xfree(s.c.tls, s.arena)
		s.arena, s.arenaCap = 0, 0
	}
}

// reset ends the reading of rows and makes the statement free again.
func (s *stmt) reset() {
	s.leave()
	lib.Xsqlite3_reset(s.c.tls, s.p)
	if s.arenaCap > keepArena {
		lib.Xsqlite3_clear_bindings(s.c.tls, s.p)
		libc.Xfree(s.c.tls, s.arena)
		s.arena, s.arenaCap = 0, 0
	}
}

// enter makes r the reader of the rows.
func (s *stmt) enter(r *row) {
	s.reader = r
	s.c.reading++
}

// leave parts the statement from its reader: a Row kept too long then says so
// instead of reading another's columns.
func (s *stmt) leave() {
	if s.reader != nil {
		s.reader.s = nil
		s.reader = nil
		s.c.reading--
	}
}

// run steps a bound statement to its end and resets it. It returns how many
// rows it changed.
func (s *stmt) run() (int64, error) {
	c := s.c
	before := lib.Xsqlite3_total_changes64(c.tls, c.db)
	rc := lib.Xsqlite3_step(c.tls, s.p)
	for rc == lib.SQLITE_ROW {
		rc = lib.Xsqlite3_step(c.tls, s.p)
	}
	if rc != lib.SQLITE_DONE {
		err := c.failure(rc)
		s.reset()
		return 0, err
	}
	var n int64
	if lib.Xsqlite3_total_changes64(c.tls, c.db) != before {
		n = lib.Xsqlite3_changes64(c.tls, c.db)
	}
	s.reset()
	return n, nil
}

// bind hands over the arguments. Texts and blobs are copied once, into memory
// that the statement keeps.
func (s *stmt) bind(args []any) error {
	if len(args) != s.params {
		return fmt.Errorf("%w: %d arguments for %d parameters", errUsage, len(args), s.params)
	}
	size := 0
	for _, a := range args {
		switch v := a.(type) {
		case []byte:
			size += len(v)
		case string:
			size += len(v)
		case *string:
			if v != nil {
				size += len(*v)
			}
		}
	}
	if err := s.reserve(size); err != nil {
		return err
	}
	at := s.arena
	for i, a := range args {
		var rc int32
		at, rc = s.bindOne(int32(i+1), a, at)
		if rc < 0 {
			return fmt.Errorf("%w: argument %d of type %T", errUsage, i+1, a)
		}
		if rc != lib.SQLITE_OK {
			return s.c.failure(rc)
		}
	}
	return nil
}

// reserve makes room for size bytes. One byte more keeps an empty blob from
// having a nil address, which SQLite takes for NULL.
func (s *stmt) reserve(size int) error {
	if size++; size <= s.arenaCap {
		return nil
	}
	if s.arena != 0 {
		libc.Xfree(s.c.tls, s.arena)
	}
	if size < keepArena {
		size = max(64, size+size/2)
	}
	s.arena, s.arenaCap = libc.Xmalloc(s.c.tls, types.Size_t(size)), size
	if s.arena == 0 {
		s.arenaCap = 0
		return s.c.failure(lib.SQLITE_NOMEM)
	}
	return nil
}

// bindOne binds one argument; it returns -1 for what the contract does not allow.
func (s *stmt) bindOne(i int32, arg any, at uintptr) (uintptr, int32) {
	tls, p := s.c.tls, s.p
	switch v := arg.(type) {
	case int64:
		return at, lib.Xsqlite3_bind_int64(tls, p, i, v)
	case []byte:
		if v == nil {
			return at, lib.Xsqlite3_bind_null(tls, p, i)
		}
		copy(libc.GoBytes(at, len(v)), v)
		return at + uintptr(len(v)), lib.Xsqlite3_bind_blob(tls, p, i, at, int32(len(v)), 0)
	case string:
		if !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0 {
			return at, -1 // PostgreSQL cannot keep such a text
		}
		copy(libc.GoBytes(at, len(v)), v)
		return at + uintptr(len(v)), lib.Xsqlite3_bind_text(tls, p, i, at, int32(len(v)), 0)
	case int:
		return at, lib.Xsqlite3_bind_int64(tls, p, i, int64(v))
	case bool:
		if v {
			return at, lib.Xsqlite3_bind_int64(tls, p, i, 1)
		}
		return at, lib.Xsqlite3_bind_int64(tls, p, i, 0)
	case nil:
		return at, lib.Xsqlite3_bind_null(tls, p, i)
	case uint64:
		if v > math.MaxInt64 {
			return at, -1
		}
		return at, lib.Xsqlite3_bind_int64(tls, p, i, int64(v))
	case float64:
		return at, lib.Xsqlite3_bind_double(tls, p, i, v)
	case *int64:
		return bindPointer(s, i, v, at)
	case *string:
		return bindPointer(s, i, v, at)
	case *bool:
		return bindPointer(s, i, v, at)
	case *float64:
		return bindPointer(s, i, v, at)
	default:
		return at, -1
	}
}

func bindPointer[T int64 | string | bool | float64](s *stmt, i int32, v *T, at uintptr) (uintptr, int32) {
	if v == nil {
		return at, lib.Xsqlite3_bind_null(s.c.tls, s.p, i)
	}
	return s.bindOne(i, *v, at)
}

// query binds and steps once. The row it returns must be scanned before the
// same statement is used again; a row without a result scans as ErrNoRows.
func (c *conn) query(ctx context.Context, query string, args []any) (*row, error) {
	s, err := c.prepare(query)
	if err != nil {
		return nil, err
	}
	if err := s.bind(args); err != nil {
		return nil, err
	}
	r := &row{s: s, readonly: s.readonly}
	s.enter(r)
	more, err := r.next(ctx)
	if err != nil {
		return nil, err
	}
	r.none = !more
	return r, nil
}

// blank says whether nothing but blanks is left.
func blank(sql string) bool { return strings.Trim(sql, " \t\r\n;") == "" }
