package audit

import (
	"bytes"
	"context"
	"io"
	"time"

	"garant.example/internal/audit/casefile"
	"garant.example/internal/audit/leaf"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/spec/tlog"
)

// Period says which entries a bundle is about: those of a time, or those of a
// stretch of numbers; both bounds hold when both are given.
type Period struct {
	Since, Until time.Time // Until exclusive; zero is without bound
	From, To     uint64    // To exclusive; 0 is to the end
	// Sealed leaves the details closed: the bundle proves what is there and shows
	// none of it.
	Sealed bool
}

// Bundle writes a case bundle: every entry of the period with its contents, proved
// against a fresh checkpoint, for somebody who trusts nothing but the public key.
// It does not log that it was made: who hands it out appends LogExport first.
// Entries that were pruned are not in it, and the manifest says so.
func (l *Log) Bundle(ctx context.Context, w io.Writer, p Period) (casefile.Manifest, error) {
	mu := quiet(l.db)
	mu.RLock()
	defer mu.RUnlock()
	cp, err := l.Checkpoint(ctx)
	if err != nil {
		return casefile.Manifest{}, err
	}
	m := casefile.Manifest{Origin: l.origin, Key: l.VerifierKey(), Former: l.FormerKeys(), Since: p.Since.UTC(), Until: p.Until.UTC(), Size: cp.Size, Root: cp.Root}
	if p.Since.IsZero() {
		m.Since = time.Time{}
	}
	if p.Until.IsZero() {
		m.Until = time.Time{}
	}
	out := casefile.NewBundle(w)
	err = l.snapshot(ctx, func(tx db.Tx, h head, r *subtrees) error {
		// The tree as it was at the checkpoint, whatever came after.
		m.Created = l.now(tx)
		if last := clock.FromMicros(h.last); m.Created.Before(last) { // the clock is behind its own log
			m.Created = last
		}
		if err := l.period(tx, p, &m); err != nil {
			return err
		}
		from, to := m.First, m.First+m.Count
		if m.Before {
			from--
		}
		if m.After {
			to++
		}
		proof, err := tlog.ProveRange(from, to, m.Size, r)
		if err != nil {
			return err
		}
		m.Left, m.Right = proof.Left, proof.Right
		return l.lines(tx, from, to, p, &m, out)
	})
	if err != nil {
		return m, err
	}
	return m, out.Finish(&m, cp.Note, func(text string) ([]byte, error) { return tlog.Sign(text, l.origin, l.opt.Signer) })
}

// period finds the numbers of a period and which neighbours can bound it.
func (l *Log) period(tx db.Tx, p Period, m *casefile.Manifest) (err error) {
	if m.PrunedBelow, err = readPruned(tx); err != nil {
		return err
	}
	low := min(m.PrunedBelow, m.Size)
	from, to := min(max(p.From, low), m.Size), m.Size
	if p.To != 0 {
		to = max(from, min(to, p.To))
	}
	if !p.Since.IsZero() {
		if from, err = firstAt(tx, from, to, clock.Micros(p.Since)); err != nil {
			return err
		}
	}
	if !p.Until.IsZero() {
		if to, err = firstAt(tx, from, to, clock.Micros(p.Until)); err != nil {
			return err
		}
	}
	m.First, m.Count = from, to-from
	m.Before, m.After = from > low, to < m.Size
	return nil
}

// lines writes the entries of [from, to).
func (l *Log) lines(tx db.Tx, from, to uint64, p Period, m *casefile.Manifest, out *casefile.BundleWriter) error {
	hasher := leaf.NewHasher()
	for seg, err := range segments(tx, from, to) {
		if err != nil {
			return err
		}
		err := seg.each(func(seq uint64, e stored) error {
			if seq < from || seq >= to {
				return nil
			}
			line := casefile.Line{Content: casefile.Content{Seq: seq, Leaf: e.data(hasher)}}
			if seq < m.First || seq >= m.First+m.Count {
				line.Boundary = true
				return out.Add(line)
			}
			var err error
			if line.Content, err = l.content(seq, e, hasher, !p.Sealed); err != nil {
				return err
			}
			if line.Details != nil {
				m.Disclosed++
			}
			return out.Add(line)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// content is one entry as it leaves, opened if asked.
func (l *Log) content(seq uint64, e stored, hasher *leaf.Hasher, open bool) (casefile.Content, error) {
	commitment := e.commitment()
	c := casefile.Content{Seq: seq, Leaf: e.data(hasher), Commitment: commitment[:], Sealed: bytes.Clone(e.sealed())}
	if !open || l.opt.Sealer == nil {
		return c, nil
	}
	h, details, err := l.openDetails(seq, e)
	if err != nil {
		return c, err
	}
	entry, err := leaf.Decode(h, details)
	if err != nil {
		return c, damaged(err)
	}
	c.Details = details
	c.Entry, err = casefile.MarshalView(entry)
	return c, err
}

// InclusionFile returns the proof of one entry against the present checkpoint, in
// the form that garant-verify reads; with open its details are shown. Of a pruned
// entry only leaf data that was kept can be proved; else ErrPruned.
func (l *Log) InclusionFile(ctx context.Context, seq uint64, open bool) (casefile.Inclusion, error) {
	cp, err := l.Checkpoint(ctx)
	if err != nil {
		return casefile.Inclusion{}, err
	}
	f := casefile.Inclusion{Format: casefile.FormatInclusion, Origin: l.origin, Checkpoint: string(cp.Note)}
	err = l.snapshot(ctx, func(tx db.Tx, h head, r *subtrees) error {
		if seq >= cp.Size {
			return beyond(seq, cp.Size)
		}
		if f.Content, err = l.storedContent(tx, seq, open); err != nil {
			return err
		}
		f.Proof, err = tlog.ProveInclusion(seq, cp.Size, r)
		return err
	})
	return f, err
}

func (l *Log) storedContent(tx db.Tx, seq uint64, open bool) (casefile.Content, error) {
	below, err := readPruned(tx)
	if err != nil {
		return casefile.Content{}, err
	}
	if seq < below {
		for k, err := range keptLeaves(tx, seq, seq+1) {
			return casefile.Content{Seq: seq, Leaf: k.data}, err
		}
		return casefile.Content{}, pruned(seq)
	}
	seg, err := segmentAt(tx, seq)
	if err != nil {
		return casefile.Content{}, err
	}
	var c casefile.Content
	err = seg.each(func(n uint64, e stored) (err error) {
		if n == seq {
			c, err = l.content(seq, e, leaf.NewHasher(), open)
		}
		return err
	})
	return c, err
}

// EvidenceFile returns a document with the proof that the entry holds its SHA-256:
// what a control found, for somebody outside. errs.Conflict when the entry holds
// another hash.
func (l *Log) EvidenceFile(ctx context.Context, seq uint64, document []byte) (casefile.Evidence, error) {
	inclusion, err := l.InclusionFile(ctx, seq, true)
	if err != nil {
		return casefile.Evidence{}, err
	}
	e := casefile.Evidence{Format: casefile.FormatEvidence, Document: document, Inclusion: inclusion}
	if !e.Vouched() {
		return casefile.Evidence{}, errs.New(errs.Conflict, "audit.evidence").With("number", seq)
	}
	return e, nil
}

// ConsistencyFile returns the proof that the present log continues an older
// checkpoint of its own, given as the signed note that somebody kept.
func (l *Log) ConsistencyFile(ctx context.Context, older []byte) (casefile.Consistency, error) {
	from, err := tlog.OpenCheckpoint(older, l.origin, l.keys()...)
	if err != nil {
		return casefile.Consistency{}, errs.New(errs.Invalid, "audit.cosigned").Cause(err)
	}
	cp, err := l.Checkpoint(ctx)
	if err != nil {
		return casefile.Consistency{}, err
	}
	f := casefile.Consistency{Format: casefile.FormatConsistency, Origin: l.origin, From: string(older), To: string(cp.Note)}
	f.Proof, err = l.ProveConsistency(ctx, from.Size, cp.Size)
	return f, err
}
