package sqlite

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"garant.example/internal/db"
	"garant.example/internal/db/commit"
)

// tx is what one change or one read holds. It ends with the function it was
// given to; after that each use answers errUsage.
type tx struct {
	c     *conn
	ctx   context.Context
	now   time.Time
	group *commit.Group // nil in a read

	one bool // a single SELECT may run
	ran bool // and did

	dirty  bool  // something was written, or a finisher was joined
	failed error // the first statement that failed; the change cannot succeed any more
}

func (t *tx) Engine() db.Engine        { return db.SQLite }
func (t *tx) Context() context.Context { return t.ctx }
func (t *tx) Now() time.Time           { return t.now }

// end cuts the transaction off from its connection.
func (t *tx) end() {
	if t.c != nil {
		t.c.release()
		t.c = nil
	}
}

// open says whether a statement may run.
func (t *tx) open() error {
	if t.failed != nil {
		return t.failed
	}
	if t.c == nil {
		return fmt.Errorf("%w: the transaction is over", errUsage)
	}
	return nil
}

// admit says whether this statement may run.
func (t *tx) admit(query string) error {
	if err := t.open(); err != nil {
		return err
	}
	if !t.one {
		return nil
	}
	if t.ran || !reads(query) {
		return t.fail(fmt.Errorf("%w: ReadOne runs one SELECT", errUsage))
	}
	t.ran = true
	return nil
}

// reads says whether a statement surely writes nothing.
func reads(query string) bool {
	const word = "SELECT"
	q := strings.TrimLeft(query, " \t\r\n")
	return len(q) >= len(word) && strings.EqualFold(q[:len(word)], word)
}

// fail remembers the first failure: PostgreSQL ends a transaction there, so
// this engine does as well.
func (t *tx) fail(err error) error {
	if t.failed == nil {
		t.failed = err
	}
	return err
}

// Exec runs a statement and returns how many rows it touched.
func (t *tx) Exec(query string, args ...any) (int64, error) {
	if err := t.admit(query); err != nil {
		return 0, err
	}
	s, err := t.c.prepare(query)
	if err != nil {
		return 0, t.fail(err)
	}
	if err := s.bind(args); err != nil {
		return 0, t.fail(err)
	}
	n, err := s.run()
	if err != nil {
		return 0, t.fail(err)
	}
	if !s.readonly {
		t.dirty = true
	}
	return n, nil
}

// Queue runs the statement at once: there is no round trip to save.
func (t *tx) Queue(query string, args ...any) error {
	_, err := t.Exec(query, args...)
	return err
}

// Row runs a query of which the first row matters.
func (t *tx) Row(query string, args ...any) db.Row {
	if err := t.admit(query); err != nil {
		return &row{failed: err}
	}
	r, err := t.query(query, args)
	if err != nil {
		return &row{failed: err}
	}
	return r
}

func (t *tx) query(query string, args []any) (*row, error) {
	r, err := t.c.query(t.ctx, query, args)
	if err != nil {
		return nil, t.fail(err)
	}
	if !r.readonly { // a statement with RETURNING
		t.dirty = true
	}
	return r, nil
}

// Rows runs a query. Other statements may run within the loop.
func (t *tx) Rows(query string, args ...any) iter.Seq2[db.Row, error] {
	return func(yield func(db.Row, error) bool) {
		if err := t.admit(query); err != nil {
			yield(nil, err)
			return
		}
		r, err := t.query(query, args)
		if err != nil {
			yield(nil, err)
			return
		}
		if r.none {
			return
		}
		r.keep = true
		for {
			if !yield(r, nil) {
				if r.s != nil {
					r.s.reset()
				}
				return
			}
			more, err := t.step(r)
			if err != nil {
				yield(nil, t.fail(err))
				return
			}
			if !more {
				return
			}
		}
	}
}

// step goes on to the next row. A read whose context has ended stops here; a
// change goes on, because its outcome must be known.
func (t *tx) step(r *row) (bool, error) {
	if t.group == nil && t.ctx.Err() != nil {
		if r.s != nil {
			r.s.reset()
		}
		return false, t.ctx.Err()
	}
	return r.next(t.ctx)
}

// Join returns the finisher that this group commit keeps under key.
func (t *tx) Join(key any, make func() db.Finisher) db.Finisher {
	if t.group == nil {
		panic("db: Join outside Write")
	}
	t.dirty = true // what the finisher now holds of this change cannot be taken back
	return t.group.Join(key, make)
}

// Script runs statements without parameters; migrations use it.
func (t *tx) Script(sql string) error {
	if err := t.open(); err != nil {
		return err
	}
	t.dirty = true
	if err := t.c.script(sql); err != nil {
		return t.fail(err)
	}
	return nil
}
