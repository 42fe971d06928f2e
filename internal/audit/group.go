package audit

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"garant.example/internal/audit/leaf"
	"garant.example/internal/clock"
	"garant.example/internal/db"
)

// Bounds of one segment row. A group that has more is cut into several.
const (
	maxSegmentEntries = 4096
	maxSegmentBytes   = 1 << 20
)

// group is what one group commit adds to the log. It runs on the writer of its
// database alone.
type group struct {
	state   *state
	begun   bool
	ended   bool
	base    uint64 // size of the log before the group
	before  int64  // time of the last entry before the group, µs
	last    int64  // time of the latest entry, µs
	body    []byte // the entries, one after another as segments keep them
	ends    []int  // where each entry ends in body
	leaves  []Hash
	details []byte   // scratch: salt and encoding
	ad      []byte   // scratch: associated data
	keys    []string // scratch: sorting of details
	content []byte   // scratch: content hash
	hasher  *leaf.Hasher
}

type groupKey struct{}

// groupOf returns the group of the running transaction.
func groupOf(database db.DB, tx db.Tx) *group {
	return tx.Join(groupKey{}, func() db.Finisher {
		s := stateOf(database)
		return s.newGroup()
	}).(*group)
}

// begin looks at the head once per group. Where several nodes write, it takes the
// row's lock, so that groups of all nodes follow one another.
func (g *group) begin(tx db.Tx) error {
	if g.begun {
		return nil
	}
	if err := g.state.follow(tx); err != nil {
		return err
	}
	g.begun, g.base, g.last = true, g.state.tree.Size(), g.state.last
	g.before = g.last
	return nil
}

func (g *group) next() uint64 { return g.base + uint64(len(g.leaves)) }

// mark and takeBack undo the entries of a change that did not go through.
func (g *group) mark() int { return len(g.leaves) }

func (g *group) takeBack(mark int) {
	if mark >= len(g.leaves) {
		return
	}
	g.leaves, g.ends = g.leaves[:mark], g.ends[:mark]
	g.body = g.body[:g.end(mark-1)]
	if g.last = g.before; mark > 0 {
		g.last = int64(binary.BigEndian.Uint64(g.body[g.end(mark-2)+2:]))
	}
}

// end is where entry i ends in body; 0 for -1.
func (g *group) end(i int) int {
	if i < 0 {
		return 0
	}
	return g.ends[i]
}

// add encodes, seals and hashes one entry. On an error nothing was added.
func (g *group) add(l *Log, now time.Time, e *Entry) (uint64, error) {
	if l.opt.Sealer == nil {
		return 0, ErrNoSealer
	}
	at := clock.Micros(now)
	e.Behind = 0
	if at < g.last {
		e.Behind, at = time.Duration(g.last-at)*time.Microsecond, g.last
	}
	e.At = clock.FromMicros(at)
	if err := e.Check(); err != nil {
		return 0, err
	}
	seq, start := g.next(), len(g.body)
	header := leaf.Header{Class: e.Operation.Class(), At: e.At, Object: e.Object, Row: e.Row}
	body := leaf.AppendHeader(g.body, header)
	g.body = body[:start] // keeps a grown buffer; the length changes only at the end

	var salt [leaf.SaltSize]byte
	rand.Read(salt[:])
	var err error
	g.details, g.keys, err = leaf.AppendDetails(g.details[:0], salt, e, g.keys)
	if err != nil {
		return 0, err
	}
	g.ad = leaf.AppendAD(g.ad[:0], l.origin, seq, body[start:])
	body, content, err := g.seal(l.opt.Sealer, body)
	if err != nil {
		return 0, err
	}
	g.leaves = append(g.leaves, g.hasher.Leaf(body[start:start+leaf.HeaderSize], content))
	g.ends = append(g.ends, len(body))
	g.body, g.last = body, at
	return seq, nil
}

// seal appends length, commitment and sealed details to body, which ends with the
// header, and returns it with the content hash.
func (g *group) seal(sealer Sealer, body []byte) (grown, content []byte, err error) {
	lengthAt := len(body)
	body = append(body, 0, 0) // the length of the sealed details, known below
	body = g.hasher.AppendCommitment(body, g.details)
	sealedAt := len(body)
	if body, err = sealer.Seal(body, g.details, g.ad); err != nil {
		return nil, nil, err
	}
	if len(body)-sealedAt > maxSealed {
		return nil, nil, ErrTooLarge
	}
	binary.BigEndian.PutUint16(body[lengthAt:], uint16(len(body)-sealedAt))
	g.content = g.hasher.AppendContent(g.content[:0], body[lengthAt+2:])
	return body, g.content, nil
}

// Finish writes the group's segments, the tiles it filled and the new head.
func (g *group) Finish(tx db.Tx) error {
	if len(g.leaves) == 0 {
		return nil
	}
	for from := 0; from < len(g.leaves); {
		to := g.cut(from)
		body := g.body[g.end(from-1):g.end(to-1)]
		first := int64(binary.BigEndian.Uint64(body[2:]))
		last := int64(binary.BigEndian.Uint64(g.body[g.end(to-2)+2:]))
		if err := insertSegment(tx, segmentRow{g.base + uint64(from), to - from, first, last, body}); err != nil {
			return err
		}
		from = to
	}
	g.ended = true
	full := g.state.grow(g.leaves, g.last)
	for _, t := range full {
		if err := insertTile(tx, t); err != nil {
			return err
		}
	}
	return updateHead(tx, head{g.state.tree.Size(), g.state.root, g.last})
}

// cut returns where the segment that begins with entry from ends.
func (g *group) cut(from int) int {
	to := from + 1
	for to < len(g.leaves) && to-from < maxSegmentEntries && g.ends[to]-g.end(from-1) <= maxSegmentBytes {
		to++
	}
	return to
}

// Done remembers the new head if the group is durable, and forgets it otherwise:
// the next group reads what is there.
func (g *group) Done(durable bool) {
	switch {
	case g.ended && durable:
		g.state.durable()
	case g.ended:
		g.state.forget()
	}
	g.state.keep(g)
}
