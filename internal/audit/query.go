package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"garant.example/internal/audit/leaf"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Record is one entry of the log, opened.
type Record struct {
	Seq   uint64
	Leaf  Hash
	Entry Entry
}

// Query says which entries are wanted; zero values ask for nothing in particular.
type Query struct {
	From, To     uint64    // sequence numbers, To exclusive; To 0 means to the end
	Since, Until time.Time // Until exclusive
	Operations   []Operation
	Object       id.Raw
	Actor        string    // reference of the actor
	ActorTenant  id.Tenant // home of the actor
	Session      id.Session
	Request      id.Request
	Collection   id.Name
	Outcome      Outcome
	NewestFirst  bool
	Limit        int // at most this many; 0 means 100, bounded by 1000
}

// Page is what a query found in one go.
type Page struct {
	Entries []Record
	// Next is where the same query goes on (as From, or with NewestFirst as To);
	// More says whether it has to. A page may be short, or empty, and still have
	// more: each call looks at a bounded number of entries.
	Next uint64
	More bool
	Size uint64 // of the log
	// PrunedBelow is the number below which entries were removed.
	PrunedBelow uint64
}

const (
	defaultLimit = 100
	maxLimit     = 1000
	// maxLook bounds how many entries one call opens: some 100 ms of one core.
	maxLook = 100_000
)

var errEnough = errors.New("audit: enough")

// Entries finds entries and opens them. It does not log that it was called: who
// shows the log to somebody appends LogRead.
func (l *Log) Entries(ctx context.Context, q Query) (Page, error) {
	if l.opt.Sealer == nil {
		return Page{}, refuse(ErrNoSealer)
	}
	var page Page
	err := l.snapshot(ctx, func(tx db.Tx, h head, _ *subtrees) (err error) {
		page = Page{Size: h.size}
		if page.PrunedBelow, err = readPruned(tx); err != nil {
			return err
		}
		return l.find(tx, h, q, &page)
	})
	return page, err
}

// Entry returns one entry. errs.NotFound when the log is not that long, or with
// ErrPruned as cause when it was removed.
func (l *Log) Entry(ctx context.Context, seq uint64) (Record, error) {
	page, err := l.Entries(ctx, Query{From: seq, To: seq + 1})
	switch {
	case err != nil:
		return Record{}, err
	case len(page.Entries) == 1:
		return page.Entries[0], nil
	case seq < page.PrunedBelow:
		return Record{}, pruned(seq)
	}
	return Record{}, beyond(seq, page.Size)
}

func pruned(seq uint64) error {
	return errs.New(errs.NotFound, "audit.pruned").With("number", seq).Cause(ErrPruned)
}

func (l *Log) find(tx db.Tx, h head, q Query, page *Page) error {
	from, to := max(q.From, page.PrunedBelow), h.size
	if q.To != 0 {
		to = min(to, q.To)
	}
	var err error
	if !q.Since.IsZero() {
		var since uint64
		if since, err = firstAt(tx, from, to, clock.Micros(q.Since)); err != nil {
			return err
		}
		from = since
	}
	if !q.Until.IsZero() {
		if to, err = firstAt(tx, from, to, clock.Micros(q.Until)); err != nil {
			return err
		}
	}
	if page.Next = to; from >= to {
		return nil
	}
	limit := min(maxLimit, q.Limit)
	if limit <= 0 {
		limit = defaultLimit
	}
	s := search{log: l, q: &q, page: page, from: from, to: to, limit: limit, hasher: leaf.NewHasher()}
	if err = s.run(tx); errors.Is(err, errEnough) {
		page.More = true
		return nil
	}
	page.Next = to
	if q.NewestFirst {
		page.Next = from
	}
	return err
}

// search is one run of a query.
type search struct {
	log      *Log
	q        *Query
	page     *Page
	from, to uint64
	limit    int
	looked   int
	hasher   *leaf.Hasher
}

func (s *search) run(tx db.Tx) error {
	walk := segments
	if s.q.NewestFirst {
		walk = segmentsBack
	}
	for seg, err := range walk(tx, s.from, s.to) {
		if err != nil {
			return err
		}
		if !s.q.NewestFirst {
			err = seg.each(s.look)
		} else {
			err = s.back(seg)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *search) back(seg segmentRow) error {
	entries := make([]stored, 0, seg.count)
	if err := seg.each(func(_ uint64, e stored) error { entries = append(entries, e); return nil }); err != nil {
		return err
	}
	for i := range slices.Backward(entries) {
		if err := s.look(seg.first+uint64(i), entries[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *search) look(seq uint64, e stored) error {
	if seq < s.from || seq >= s.to {
		return nil
	}
	if len(s.page.Entries) >= s.limit || s.looked >= maxLook {
		if s.page.Next = seq; s.q.NewestFirst {
			s.page.Next = seq + 1
		}
		return errEnough
	}
	s.looked++
	if !s.q.Object.IsZero() && s.q.Object != id.Raw(e.header[10:26]) {
		return nil // told from the clear header, nothing needs opening
	}
	entry, err := s.log.open(seq, e)
	if err != nil {
		return err
	}
	if s.q.wants(&entry) {
		s.page.Entries = append(s.page.Entries, Record{seq, leaf.Hash(e.data(s.hasher)), entry})
	}
	return nil
}

func (q *Query) wants(e *Entry) bool {
	switch {
	case len(q.Operations) > 0 && !slices.Contains(q.Operations, e.Operation),
		q.Actor != "" && q.Actor != e.Actor.Ref,
		!q.ActorTenant.IsZero() && q.ActorTenant != e.Actor.Tenant,
		!q.Session.IsZero() && q.Session != e.Actor.Session,
		!q.Request.IsZero() && q.Request != e.Request,
		q.Collection != "" && q.Collection != e.Collection,
		q.Outcome != 0 && q.Outcome != e.Outcome:
		return false
	}
	return true
}

// open opens one stored entry and checks that it is what its leaf committed to.
func (l *Log) open(seq uint64, e stored) (Entry, error) {
	h, details, err := l.openDetails(seq, e)
	if err != nil {
		return Entry{}, err
	}
	entry, err := leaf.Decode(h, details)
	if err != nil {
		return Entry{}, damaged(fmt.Errorf("entry %d: %w", seq, err))
	}
	return entry, nil
}

func (l *Log) openDetails(seq uint64, e stored) (leaf.Header, []byte, error) {
	h, err := leaf.ParseHeader(e.header)
	if err != nil {
		return h, nil, damaged(fmt.Errorf("entry %d: %w", seq, err))
	}
	details, err := l.opt.Sealer.Open(nil, e.sealed(), leaf.AppendAD(nil, l.origin, seq, e.header))
	if err != nil {
		return h, nil, fmt.Errorf("entry %d: %w", seq, err)
	}
	if leaf.Commitment(details) != e.commitment() {
		return h, nil, damaged(fmt.Errorf("entry %d: commitment", seq))
	}
	return h, details, nil
}

// firstAt returns the number of the first entry in [from, to) whose time is not
// before at; times never go back, so halving finds it.
func firstAt(tx db.Tx, from, to uint64, at int64) (uint64, error) {
	low, high := from, to
	for low < high {
		middle := low + (high-low)/2
		seg, err := segmentAt(tx, middle)
		if err != nil {
			return 0, err
		}
		switch {
		case seg.atLast < at:
			low = max(low, seg.first+uint64(seg.count))
		case seg.atFirst >= at:
			high = min(middle, seg.first)
			if high < low {
				return low, nil
			}
		default:
			return max(low, min(high, within(seg, at))), nil
		}
	}
	return min(low, to), nil
}

// within returns the number of the first entry of a segment not before at.
func within(seg segmentRow, at int64) uint64 {
	found := seg.first + uint64(seg.count)
	_ = seg.each(func(seq uint64, e stored) error { // a malformed end shows when it is read
		if int64(binary.BigEndian.Uint64(e.header[2:])) >= at {
			found = seq
			return errEnough
		}
		return nil
	})
	return found
}
