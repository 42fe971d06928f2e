package postgres

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"garant.example/internal/db"
	"garant.example/internal/db/commit"
)

// tx is what one change, one finisher or one read holds. It ends with the
// function it was given to.
type tx struct {
	w     *work // nil once it is over
	bind  *rebinder
	ctx   context.Context
	now   time.Time
	group *commit.Group // nil in a read
	owner int

	one bool // a single SELECT may run
	ran bool // and did

	queued bool  // a statement waits to be sent
	dirty  bool  // something was sent that may have written, or a finisher was joined
	failed error // the first statement that failed
}

func (t *tx) Engine() db.Engine        { return db.Postgres }
func (t *tx) Context() context.Context { return t.ctx }
func (t *tx) Now() time.Time           { return t.now }

// call runs fn and ends the transaction object. A statement that failed fails
// the change, whatever it answers.
func (t *tx) call(fn func(db.Tx) error) error {
	w := t.w
	defer func() {
		if w.stream != nil {
			w.stream.skip()
		}
		t.w = nil
	}()
	err := commit.Protect(func() error { return fn(t) })
	if err == nil {
		err = t.failed
	}
	return err
}

// open says whether a statement may run.
func (t *tx) open() error {
	if t.failed != nil {
		return plain(t.failed)
	}
	if t.w == nil {
		return usageError("the transaction is over")
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
		return t.fail(usageError("ReadOne runs one SELECT"))
	}
	t.ran = true
	return nil
}

// fail remembers the first failure.
func (t *tx) fail(err error) error {
	if t.failed == nil {
		t.failed = err
	}
	return plain(err)
}

// plain is the error as a domain sees it.
func plain(err error) error {
	var b *commit.Blame
	if errors.As(err, &b) {
		return b.Err
	}
	return err
}

// hand adds a statement to those that wait.
func (t *tx) hand(query string, args []any) error {
	if err := t.admit(query); err != nil {
		return err
	}
	if err := t.w.add(t.owner, t.bind.rebind(query), args); err != nil {
		return t.fail(err)
	}
	return nil
}

// sent notes that all that waited was sent.
func (t *tx) sent(query string) {
	if t.queued || !reads(query) {
		t.dirty = true
	}
}

// reads says whether a statement surely writes nothing.
func reads(query string) bool {
	const word = "SELECT"
	q := strings.TrimLeft(query, " \t\r\n")
	return len(q) >= len(word) && strings.EqualFold(q[:len(word)], word)
}

// Exec runs a statement, with all that was queued before it, in one round trip.
func (t *tx) Exec(query string, args ...any) (int64, error) {
	if err := t.hand(query, args); err != nil {
		return 0, err
	}
	t.sent(query)
	tag, err := t.w.send(false)
	if err != nil {
		return 0, t.fail(err)
	}
	if tag.Select() {
		return 0, nil // as in SQLite: it touched nothing
	}
	return tag.RowsAffected(), nil
}

// Queue hands over a statement that is sent with a later one, or with COMMIT.
func (t *tx) Queue(query string, args ...any) error {
	if err := t.hand(query, args); err != nil {
		return err
	}
	t.queued = true
	return nil
}

// Row runs a query of which the first row matters.
func (t *tx) Row(query string, args ...any) db.Row {
	st, err := t.query(query, args)
	if err != nil {
		return &row{failed: err}
	}
	values, err := st.next()
	if err != nil {
		return &row{failed: t.fail(err)}
	}
	if values == nil {
		return &row{failed: db.ErrNoRows}
	}
	r := &row{fields: st.fields, values: copyRow(values)}
	if st.r != nil {
		if err := st.finish(); err != nil {
			return &row{failed: t.fail(err)}
		}
	}
	return r
}

func (t *tx) query(query string, args []any) (*stream, error) {
	if err := t.hand(query, args); err != nil {
		return nil, err
	}
	t.sent(query)
	if _, err := t.w.send(true); err != nil {
		return nil, t.fail(err)
	}
	return t.w.stream, nil
}

// Rows runs a query. Another statement within the loop first brings the rows
// that are left into memory.
func (t *tx) Rows(query string, args ...any) iter.Seq2[db.Row, error] {
	return func(yield func(db.Row, error) bool) {
		st, err := t.query(query, args)
		if err != nil {
			yield(nil, err)
			return
		}
		defer st.skip()
		for {
			values, err := st.next()
			if err != nil {
				yield(nil, t.fail(err))
				return
			}
			if values == nil || !yield(&row{fields: st.fields, values: values}, nil) {
				return
			}
			if err := t.open(); err != nil {
				yield(nil, err)
				return
			}
			if t.group == nil && t.ctx.Err() != nil {
				yield(nil, t.ctx.Err())
				return
			}
		}
	}
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
	if err := t.w.script(sql); err != nil {
		return t.fail(err)
	}
	return nil
}

// row is one row; within a loop its values are valid until the next step.
type row struct {
	fields []pgconn.FieldDescription
	values [][]byte
	failed error
}

// Scan copies the columns.
func (r *row) Scan(dest ...any) error {
	if r.failed != nil {
		return r.failed
	}
	if len(dest) != len(r.values) {
		return usageError("%d destinations for %d columns", len(dest), len(r.values))
	}
	for i, d := range dest {
		if err := decode(&r.fields[i], r.values[i], d); err != nil {
			return err
		}
	}
	return nil
}
