package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"garant.example/internal/db"
	"garant.example/internal/db/commit"
)

// nobody owns what the engine itself sends: BEGIN, COMMIT, finishers.
const nobody = -1

// work is one transaction on one connection: the statements that wait to be
// sent, and the rows that are being read.
type work struct {
	s   *session
	ctx context.Context

	items []item
	spans []span
	arena []byte // the arguments of items, encoded

	bare   bool    // one statement without a transaction
	begun  bool    // something was sent, hence a transaction is open
	sends  int     // how often
	over   bool    // the server will accept only ROLLBACK
	misled bool    // the server is a standby: the connection is of no use
	stream *stream // rows that are still on the connection
}

// item is one statement that waits.
type item struct {
	owner int // number of the change, or nobody
	sd    *pgconn.StatementDescription
	from  int // its first span
	n     int // its number of spans
}

// span is one argument within the arena.
type span struct {
	from, to int
	null     bool
}

// mark is a point that the list of waiting statements can be cut back to.
type mark struct{ items, spans, arena int }

// newWork prepares a transaction that begin opens; nothing is sent yet.
func newWork(ctx context.Context, s *session, begin string) (*work, error) {
	w := &work{s: s, ctx: ctx}
	return w, w.add(nobody, begin, nil)
}

// add hands over a statement to be sent with the others. Its arguments are
// copied. The server is asked only when it has not seen the statement before.
func (w *work) add(owner int, sql string, args []any) error {
	sd, ok := w.s.stmts[sql]
	if !ok {
		if err := w.drain(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(w.ctx, answerTime)
		defer cancel()
		var err error
		if sd, err = w.s.prepare(ctx, sql); err != nil {
			w.over = w.over || w.begun
			return w.ended(err)
		}
	}
	if len(args) != len(sd.ParamOIDs) {
		return usageError("%d arguments for %d parameters", len(args), len(sd.ParamOIDs))
	}
	before := w.mark()
	for i, a := range args {
		from := len(w.arena)
		arena, null, err := encode(w.arena, sd.ParamOIDs[i], a)
		if err != nil {
			w.cut(before)
			return err
		}
		w.arena = arena
		w.spans = append(w.spans, span{from, len(arena), null})
	}
	w.items = append(w.items, item{owner, sd, before.spans, len(args)})
	return nil
}

func (w *work) mark() mark { return mark{len(w.items), len(w.spans), len(w.arena)} }

// cut forgets the statements handed over since m, none of which was sent.
func (w *work) cut(m mark) {
	w.items, w.spans, w.arena = w.items[:m.items], w.spans[:m.spans], w.arena[:m.arena]
}

// send sends all that waits. With rows, what the last statement gives is left in
// w.stream; without, the tag of the last one is returned. An error of a
// statement comes as *commit.Blame with its owner.
func (w *work) send(rows bool) (tag pgconn.CommandTag, err error) {
	if err := w.drain(); err != nil {
		return tag, err
	}
	ctx, cancel := context.WithTimeout(w.ctx, answerTime)
	p := w.s.conn.StartPipeline(ctx)
	st := &stream{w: w, p: p, cancel: cancel}
	w.write(p)
	items := w.items
	w.cut(mark{})
	w.begun = !w.bare
	w.sends++
	if err := p.Sync(); err != nil {
		return tag, st.fail(nobody, err)
	}
	for i, it := range items {
		result, err := p.GetResults()
		if err != nil {
			return tag, st.fail(it.owner, err)
		}
		r, ok := result.(*pgconn.ResultReader)
		if !ok {
			return tag, st.fail(it.owner, errors.New("postgres: no result where one is due"))
		}
		if rows && i == len(items)-1 {
			st.begin(r, it)
			w.stream = st
			return tag, nil
		}
		if tag, err = r.Close(); err != nil {
			return tag, st.fail(it.owner, err)
		}
	}
	return tag, st.end(nobody)
}

// write puts all that waits into the connection's buffer.
func (w *work) write(p *pgconn.Pipeline) {
	binary := []int16{1} // of all parameters and all columns
	var values [][]byte
	for _, it := range w.items {
		values = values[:0]
		for _, sp := range w.spans[it.from : it.from+it.n] {
			if sp.null {
				values = append(values, nil)
			} else {
				values = append(values, w.arena[sp.from:sp.to:sp.to])
			}
		}
		p.SendQueryStatement(it.sd, values, binary, binary)
	}
}

// drain brings rows that are still being read into memory, so that the
// connection is free for another statement.
func (w *work) drain() error {
	if w.stream == nil {
		return nil
	}
	return w.stream.keepRest()
}

// script runs statements without parameters in the transaction.
func (w *work) script(sql string) error {
	if _, err := w.send(false); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(w.ctx, answerTime)
	defer cancel()
	if err := w.s.conn.Exec(ctx, sql).Close(); err != nil {
		w.over = true
		return w.ended(err)
	}
	return nil
}

// ended prefers the end of the caller's context to what followed from it.
func (w *work) ended(err error) error {
	if w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	err = translate(err)
	w.misled = w.misled || errors.Is(err, db.ErrReadOnly)
	return err
}

// rollback ends the transaction, if one is open and the connection stands.
func (w *work) rollback() {
	if w.stream != nil {
		w.stream.skip()
	}
	if !w.begun || w.s.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	// When it fails, the connection is closed, and the server does the same.
	if err := w.s.conn.Exec(ctx, "ROLLBACK").Close(); err != nil {
		w.s.close()
	}
}

// stream is the rows of one statement.
type stream struct {
	w      *work
	p      *pgconn.Pipeline
	cancel context.CancelFunc
	owner  int
	r      *pgconn.ResultReader // nil once the rest is in memory
	fields []pgconn.FieldDescription
	rest   [][][]byte
	tag    pgconn.CommandTag
	err    error // of the rest
}

func (st *stream) begin(r *pgconn.ResultReader, it item) {
	st.r, st.owner = r, it.owner
	st.fields = append([]pgconn.FieldDescription(nil), r.FieldDescriptions()...)
}

// next returns the values of the next row, valid until the following call; nil
// when there is none.
func (st *stream) next() ([][]byte, error) {
	if st.r == nil {
		if len(st.rest) == 0 {
			return nil, st.err
		}
		row := st.rest[0]
		st.rest = st.rest[1:]
		return row, nil
	}
	if st.r.NextRow() {
		return st.r.Values(), nil
	}
	return nil, st.finish()
}

// finish ends the statement once its rows are read.
func (st *stream) finish() error {
	r := st.r
	st.r, st.w.stream = nil, nil
	tag, err := r.Close()
	st.tag = tag
	if err != nil {
		st.err = st.fail(st.owner, err)
	} else {
		st.err = st.end(st.owner)
	}
	return st.err
}

// keepRest copies the rows that are left.
func (st *stream) keepRest() error {
	for st.r.NextRow() {
		st.rest = append(st.rest, copyRow(st.r.Values()))
	}
	return st.finish()
}

// skip leaves the rest unread.
func (st *stream) skip() {
	if st.r != nil {
		// An error here has no reader: the next statement will meet it again.
		_ = st.finish()
	}
	st.rest = nil
}

// end waits for the server to say that it is ready.
func (st *stream) end(owner int) error {
	_, err := st.p.GetResults()
	if err == nil {
		err = st.p.Close()
	}
	if err != nil {
		return st.fail(owner, err)
	}
	st.cancel()
	return nil
}

// fail ends the pipeline after an error of the statement of owner.
func (st *stream) fail(owner int, err error) error {
	_ = st.p.Close() // reads on until the server is ready; err is the cause
	st.cancel()
	st.w.over = true
	err = st.w.ended(err)
	if owner == nobody || grave(err) || passing(err) || st.w.ctx.Err() != nil {
		return err
	}
	return &commit.Blame{Index: owner, Err: err}
}

func copyRow(values [][]byte) [][]byte {
	row := make([][]byte, len(values))
	for i, v := range values {
		if v != nil {
			row[i] = append(make([]byte, 0, len(v)), v...)
		}
	}
	return row
}
