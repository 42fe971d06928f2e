package audit

import (
	"errors"
	"iter"
	"strings"

	"garant.example/internal/db"
)

// Tx is a transaction in which what is written must be recorded. It is not safe
// for concurrent use and is not to be kept after the function it was given to.
type Tx struct {
	db.Tx
	log           *Log
	group         *group
	wrote         bool
	recorded      bool
	onlyEssential bool
	err           error // of Record, which has no result for it
}

// Record adds an entry to the log, in this transaction, and returns its sequence
// number. The number holds only if the change commits: fn may store it, not show
// it. An entry that cannot be written undoes the change with the reason.
func (t *Tx) Record(e Entry) (seq uint64) {
	if t.err != nil {
		return 0
	}
	if t.onlyEssential && !e.Operation.Essential() {
		t.err = ErrSpace
		return 0
	}
	t.recorded = true
	seq, t.err = t.group.add(t.log, t.log.now(t.Tx), &e)
	return seq
}

// Next is the sequence number that the next Record will return: for a row that
// wants to hold the number of the entry which holds its hash.
func (t *Tx) Next() uint64 { return t.group.next() }

// Exec runs a statement; see db.Tx.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	t.wrote = true
	return t.Tx.Exec(query, args...)
}

// Queue hands over a statement; see db.Tx.
func (t *Tx) Queue(query string, args ...any) error {
	t.wrote = true
	return t.Tx.Queue(query, args...)
}

// Row runs a query; see db.Tx.
func (t *Tx) Row(query string, args ...any) db.Row {
	t.wrote = t.wrote || !readsOnly(query)
	return t.Tx.Row(query, args...)
}

// Rows runs a query; see db.Tx.
func (t *Tx) Rows(query string, args ...any) iter.Seq2[db.Row, error] {
	t.wrote = t.wrote || !readsOnly(query)
	return t.Tx.Rows(query, args...)
}

// readsOnly says whether a query can be taken for one that changes nothing. Only
// a plain SELECT is: with WITH and RETURNING a query may write.
func readsOnly(query string) bool {
	query = strings.TrimLeft(query, " \t\r\n")
	return len(query) > 6 && strings.EqualFold(query[:6], "SELECT")
}

// change runs fn within the group's transaction. Entries of a change that does
// not go through are taken back, also when it panics, because the engine may go
// on with the rest of the group.
func (l *Log) change(tx db.Tx, fn func(*Tx) error) error {
	g := groupOf(l.db, tx)
	if err := g.begin(tx); err != nil {
		return err
	}
	mark, through := g.mark(), false
	defer func() {
		if !through {
			g.takeBack(mark)
		}
	}()
	t := Tx{Tx: tx, log: l, group: g}
	if err := fn(&t); err != nil {
		return err
	}
	switch {
	case t.err != nil:
		return t.err
	case t.wrote && !t.recorded:
		return ErrUnrecorded
	}
	through = true
	return nil
}

// essential runs a write that may use the reserved room: when the engine says
// that the disk is full, the reserve is given back and the write tried once more.
func (l *Log) essential(write func() error) error {
	if err := l.allow(true); err != nil {
		return err
	}
	err := write()
	if errors.Is(err, db.ErrFull) && l.opt.Space != nil && l.opt.Space.Release() {
		return write()
	}
	return err
}
