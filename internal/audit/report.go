package audit

import (
	"slices"
	"time"

	"garant.example/internal/id"
)

// Fault is the closed list of what Verify can find.
type Fault string

// The faults.
const (
	FaultSegment    Fault = "segment"    // a segment's bytes are not entries
	FaultMissing    Fault = "missing"    // entries are not there and were not pruned
	FaultExtra      Fault = "extra"      // entries or tiles stand where none may
	FaultLeaf       Fault = "leaf"       // an entry is not the one that was logged
	FaultTile       Fault = "tile"       // a tile is not what its entries give
	FaultHead       Fault = "head"       // the head is not what the entries give
	FaultDetails    Fault = "details"    // an entry does not open, or not as committed
	FaultEntry      Fault = "entry"      // an entry lacks a field or names an unknown operation
	FaultTime       Fault = "time"       // an entry is older than the one before it
	FaultCheckpoint Fault = "checkpoint" // a checkpoint's signature or root is wrong
	FaultOutside    Fault = "outside"    // a checkpoint kept elsewhere is of another log
	FaultKept       Fault = "kept"       // kept leaf data is not of its leaf
)

// Culprit is one place where something is wrong. Of a row it names the object, of
// anything else the sequence number (for a checkpoint: its size).
type Culprit struct {
	Fault  Fault
	Seq    uint64
	Count  uint64 // how many in a row, at least 1
	Object id.Raw
}

// maxCulprits bounds how many are listed; Problems counts them all.
const maxCulprits = 20

// Report is what Verify found.
type Report struct {
	Origin      string
	Size        uint64
	Root        Hash      // as computed from what is stored
	Hashed      uint64    // leaves computed from their entries
	Opened      uint64    // entries whose sealed details were opened and compared
	PrunedBelow uint64    // entries below were lawfully removed; their leaves come from tiles
	Kept        uint64    // pruned entries whose leaf data was compared
	Tiles       uint64    // stored tiles compared
	Checkpoints int       // own checkpoints compared, signatures included
	Outside     int       // checkpoints kept elsewhere that were compared
	First, Last time.Time // times of the first entry that is there and of the last
	Problems    uint64
	Culprits    []Culprit // the first maxCulprits, in order
}

// OK says that nothing is wrong.
func (r *Report) OK() bool { return r.Problems == 0 }

// add takes culprits in and keeps the list short and in order.
func (r *Report) add(list ...Culprit) {
	for _, c := range list {
		r.Problems += max(c.Count, 1)
	}
	r.Culprits = append(r.Culprits, list...)
	slices.SortStableFunc(r.Culprits, func(a, b Culprit) int {
		switch {
		case a.Seq < b.Seq:
			return -1
		case a.Seq > b.Seq:
			return 1
		}
		return 0
	})
	r.Culprits = slices.Clip(r.Culprits[:min(len(r.Culprits), maxCulprits)])
}
