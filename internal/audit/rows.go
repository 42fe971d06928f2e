package audit

import (
	"context"
	"iter"

	"garant.example/internal/audit/leaf"
	"garant.example/internal/db"
	"garant.example/internal/id"
)

// Row is the present state of one object: its id and the SHA-256 of its row, made
// the same way as Entry.Row.
type Row struct {
	Object id.Raw
	Hash   [32]byte
}

// What VerifyRows can find, beside the faults of Verify.
const (
	FaultRowUnlogged Fault = "row.unlogged" // a row of which the log knows nothing, or that it knows as gone
	FaultRowChanged  Fault = "row.changed"  // a row that is not the last one logged: swapped, changed or rolled back
	FaultRowGone     Fault = "row.gone"     // the log knows the object as there, and no row is
	FaultRowTwice    Fault = "row.twice"    // two rows of one object
)

// VerifyRows compares the rows that are there with the last entry of each object.
// rows must give every object whose writes carry an Entry.Row; it is walked once.
// Hashes of entries are compared with their tree on the way. Writes may go on: an
// object that was written meanwhile is left to the next run.
//
// It holds some 100 bytes of memory for each object.
func (l *Log) VerifyRows(ctx context.Context, rows iter.Seq2[Row, error]) (RowReport, error) {
	mu := quiet(l.db)
	mu.RLock()
	defer mu.RUnlock()
	s, known, err := l.lastWrites(ctx)
	if err != nil {
		return RowReport{}, err
	}
	report := RowReport{Report: Report{Origin: l.origin}}
	seen := make(map[id.Raw]bool, len(known))
	for row, err := range rows {
		if err != nil {
			return report, err
		}
		report.Rows++
		last, ok := known[row.Object]
		switch {
		case seen[row.Object]:
			report.found = append(report.found, Culprit{FaultRowTwice, last.seq, 1, row.Object})
		case !ok, last.row == [32]byte{}:
			report.found = append(report.found, Culprit{FaultRowUnlogged, last.seq, 1, row.Object})
		case last.row != row.Hash:
			report.found = append(report.found, Culprit{FaultRowChanged, last.seq, 1, row.Object})
		}
		seen[row.Object] = true
	}
	for object, last := range known {
		if last.row == [32]byte{} {
			continue
		}
		if report.Objects++; !seen[object] {
			report.found = append(report.found, Culprit{FaultRowGone, last.seq, 1, object})
		}
	}
	return report, l.settle(ctx, s, &report)
}

// RowReport is what VerifyRows found.
type RowReport struct {
	Report
	Rows    uint64 // rows given
	Objects uint64 // objects that the log knows as there
	found   []Culprit
}

// lastWrites reads the last write of every object.
func (l *Log) lastWrites(ctx context.Context) (*scan, map[id.Raw]lastWrite, error) {
	s := &scan{log: l, latest: true}
	err := l.snapshot(ctx, func(tx db.Tx, h head, _ *subtrees) (err error) {
		s.head = h
		s.below, err = readPruned(tx)
		return err
	})
	if err == nil {
		err = s.run(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	known := map[id.Raw]lastWrite{}
	for i := range s.pieces {
		for object, last := range s.pieces[i].writes {
			known[object] = last // pieces are in order: the later wins
		}
		s.pieces[i].writes = nil
	}
	return s, known, nil
}

// settle drops what was found of objects that were written after the log was
// read, and adds what the scan itself found.
func (l *Log) settle(ctx context.Context, s *scan, r *RowReport) error {
	root, _, _, err := s.trees()
	if err != nil {
		return err
	}
	s.report(&r.Report, root)
	if len(r.found) == 0 {
		return nil
	}
	moved := map[id.Raw]bool{}
	err = l.snapshot(ctx, func(tx db.Tx, h head, _ *subtrees) error {
		for seg, err := range segments(tx, s.head.size, h.size) {
			if err != nil {
				return err
			}
			err := seg.each(func(_ uint64, e stored) error {
				if h, err := leaf.ParseHeader(e.header); err == nil && h.Class == leaf.Write {
					moved[h.Object] = true
				}
				return nil
			})
			if err != nil {
				return damaged(err)
			}
		}
		return nil
	})
	for _, c := range r.found {
		if !moved[c.Object] {
			r.add(c)
		}
	}
	r.found = nil
	return err
}
