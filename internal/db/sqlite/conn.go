package sqlite

import (
	"context"
	"fmt"
	"strconv"
	"time"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"
)

const (
	ptrSize     = unsafe.Sizeof(uintptr(0))
	maxStmts    = 256       // prepared statements kept per connection; a few KB each
	busyTimeout = 5000      // milliseconds to wait for a lock that only a foreign tool can hold
	keepArena   = 32 * 1024 // bytes of copied arguments a statement keeps between uses

	interruptEvery = time.Millisecond
)

// conn is one connection. It is used by one goroutine at a time; only
// interrupt may come from another.
type conn struct {
	tls   *libc.TLS
	db    uintptr
	out   uintptr // two words for results that C returns through pointers
	stmts map[string]*stmt
	extra []*stmt // second copies of statements that were still being read
	lastQ string  // the statement used last, to skip the map
	lastS *stmt

	reading int // statements in the middle of their rows
}

// openConn opens a connection to an existing file.
func openConn(path, vfs string, flags int32) (*conn, error) {
	c := &conn{tls: libc.NewTLS(), stmts: map[string]*stmt{}}
	c.out = libc.Xmalloc(c.tls, types.Size_t(2*ptrSize))
	name, err := libc.CString(path)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, name)
	var zvfs uintptr
	if vfs != "" {
		if zvfs, err = libc.CString(vfs); err != nil {
			return nil, err
		}
		defer libc.Xfree(c.tls, zvfs)
	}
	rc := lib.Xsqlite3_open_v2(c.tls, name, c.out, flags|lib.SQLITE_OPEN_NOMUTEX, zvfs)
	c.db = libc.AtomicLoadPUintptr(c.out)
	if rc != lib.SQLITE_OK {
		err = c.failure(rc)
		c.close()
		return nil, err
	}
	lib.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	lib.Xsqlite3_busy_timeout(c.tls, c.db, busyTimeout)
	return c, nil
}

// close finalizes all statements and closes the connection.
func (c *conn) close() {
	for _, s := range c.stmts {
		s.finalize()
	}
	for _, s := range c.extra {
		s.finalize()
	}
	c.stmts, c.extra, c.lastS = nil, nil, nil
	if c.db != 0 {
		lib.Xsqlite3_close_v2(c.tls, c.db)
		c.db = 0
	}
	if c.out != 0 {
		libc.Xfree(c.tls, c.out)
		c.out = 0
	}
	if c.tls != nil {
		c.tls.Close()
		c.tls = nil
	}
}

// prepare returns a statement that is not being read, from the cache if it can.
func (c *conn) prepare(query string) (*stmt, error) {
	if c.lastS != nil && c.lastQ == query && c.lastS.reader == nil {
		return c.lastS, nil
	}
	s, ok := c.stmts[query]
	if ok && s.reader == nil {
		c.lastQ, c.lastS = query, s
		return s, nil
	}
	for _, e := range c.extra {
		if e.reader == nil && e.query == query {
			return e, nil
		}
	}
	fresh, err := c.compile(query)
	if err != nil {
		return nil, err
	}
	if ok { // the cached one is in the middle of its rows
		c.extra = append(c.extra, fresh)
		return fresh, nil
	}
	if len(c.stmts) >= maxStmts {
		c.evict()
	}
	c.stmts[query] = fresh
	c.lastQ, c.lastS = query, fresh
	return fresh, nil
}

// evict drops some statements: Go's maps are walked in random order, which is
// as good a choice as any for a cache that is hardly ever full.
func (c *conn) evict() {
	c.lastS = nil
	for q, s := range c.stmts {
		if s.reader != nil {
			continue
		}
		s.finalize()
		delete(c.stmts, q)
		if len(c.stmts) <= maxStmts*3/4 {
			return
		}
	}
}

// compile prepares one statement and refuses a second one behind it.
func (c *conn) compile(query string) (*stmt, error) {
	s, tail, err := c.compileFirst(query, lib.SQLITE_PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, fmt.Errorf("%w: empty statement", errUsage)
	}
	if !blank(tail) {
		s.finalize()
		return nil, fmt.Errorf("%w: two statements in one", errUsage)
	}
	return s, nil
}

// compileFirst prepares the first statement of a script and returns the rest.
// The statement is nil when there is nothing but blanks and comments.
func (c *conn) compileFirst(query string, flags uint32) (*stmt, string, error) {
	z, err := libc.CString(query)
	if err != nil {
		return nil, "", err
	}
	defer libc.Xfree(c.tls, z)
	ztail := c.out + ptrSize
	rc := lib.Xsqlite3_prepare_v3(c.tls, c.db, z, int32(len(query)+1), flags, c.out, ztail)
	if rc != lib.SQLITE_OK {
		return nil, "", c.failure(rc)
	}
	tail := query[int(libc.AtomicLoadPUintptr(ztail)-z):]
	p := libc.AtomicLoadPUintptr(c.out)
	if p == 0 {
		return nil, tail, nil
	}
	s := &stmt{
		c: c, p: p, query: query,
		params:   int(lib.Xsqlite3_bind_parameter_count(c.tls, p)),
		columns:  int(lib.Xsqlite3_column_count(c.tls, p)),
		readonly: lib.Xsqlite3_stmt_readonly(c.tls, p) != 0,
	}
	return s, tail, nil
}

// script runs statements without parameters, one after another.
func (c *conn) script(sql string) error {
	for !blank(sql) {
		s, tail, err := c.compileFirst(sql, 0)
		if err != nil {
			return err
		}
		if s != nil {
			_, err = s.run()
			s.finalize()
			if err != nil {
				return err
			}
		}
		sql = tail
	}
	return nil
}

// exec runs a cached statement without parameters or rows.
func (c *conn) exec(query string) error {
	s, err := c.prepare(query)
	if err != nil {
		return err
	}
	_, err = s.run()
	return err
}

// number runs a statement whose first column of the first row is a number.
func (c *conn) number(query string) (int64, error) {
	r, err := c.query(context.Background(), query, nil)
	if err != nil {
		return 0, err
	}
	var n int64
	err = r.Scan(&n)
	return n, err
}

// text runs a statement whose first column of the first row is a text.
func (c *conn) text(query string) (string, error) {
	r, err := c.query(context.Background(), query, nil)
	if err != nil {
		return "", err
	}
	var s string
	err = r.Scan(&s)
	return s, err
}

// pragma sets one setting; value is one of our constants.
func (c *conn) pragma(name string, value int64) error {
	return c.script("PRAGMA " + name + "=" + strconv.FormatInt(value, 10))
}

// config switches one of the connection's settings on.
func (c *conn) config(op int32) error {
	args := libc.NewVaList(int32(1), uintptr(0))
	defer libc.Xfree(c.tls, args)
	if rc := lib.Xsqlite3_db_config(c.tls, c.db, op, args); rc != lib.SQLITE_OK {
		return c.failure(rc)
	}
	return nil
}

// inTransaction says whether a transaction is open: some failures end it.
func (c *conn) inTransaction() bool {
	return lib.Xsqlite3_get_autocommit(c.tls, c.db) == 0
}

// rollback ends the transaction if one is open.
func (c *conn) rollback() {
	c.release()
	if c.inTransaction() {
		// It fails only when there is nothing to undo any more.
		_ = c.exec("ROLLBACK")
	}
}

// release ends all rows that are still being read and drops second copies.
func (c *conn) release() {
	if c.reading > 0 {
		for _, s := range c.stmts {
			if s.reader != nil {
				s.reset()
			}
		}
	}
	for _, s := range c.extra {
		s.finalize()
	}
	c.extra = c.extra[:0]
}

// checkpoint copies the WAL into the file and returns how many pages the WAL
// holds and how many of them are copied.
func (c *conn) checkpoint(mode int32) (pages, copied int, err error) {
	rc := lib.Xsqlite3_wal_checkpoint_v2(c.tls, c.db, 0, mode, c.out, c.out+ptrSize)
	pages = int(libc.AtomicLoadPInt32(c.out))
	copied = int(libc.AtomicLoadPInt32(c.out + ptrSize))
	if rc != lib.SQLITE_OK {
		return pages, copied, c.failure(rc)
	}
	return pages, copied, nil
}

// interruptAfter makes the running statement fail when ctx ends, until the
// function it returns was called. SQLite forgets an interruption that comes
// between two statements, hence it is repeated.
func (c *conn) interruptAfter(ctx context.Context) (end func()) {
	ended, stopped := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		tls := libc.NewTLS() // not c.tls: that belongs to the goroutine that reads
		defer tls.Close()
		again := time.NewTicker(interruptEvery)
		defer again.Stop()
		for {
			lib.Xsqlite3_interrupt(tls, c.db)
			select {
			case <-again.C:
			case <-ended:
				return
			}
		}
	})
	return func() {
		close(ended)
		if !stop() {
			<-stopped // or it would interrupt the next read on this connection
		}
	}
}
