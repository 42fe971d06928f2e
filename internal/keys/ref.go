package keys

import (
	"fmt"
	"strconv"
)

// Ref names one data key of one keyring. A subject's key is block<<8|slot; a named
// key has bit 62 set. Every Ref fits a signed 64-bit column. Zero names no key.
type Ref uint64

const (
	slotBits  = 8
	slotMask  = 1<<slotBits - 1
	namedBit  = 1 << 62
	maxBlock  = 1<<48 - 1 // far above any use, far below namedBit
	maxNumber = 1<<31 - 1
)

func subjectRef(block int64, slot int) Ref { return Ref(uint64(block)<<slotBits | uint64(slot)) }

func namedRef(number int64) Ref { return Ref(namedBit | uint64(number)) }

// Named says whether the key has a name (a collection, the log, …) rather than a
// place in a block of subjects' keys.
func (r Ref) Named() bool { return r&namedBit != 0 }

// Int64 is how a database keeps the reference.
func (r Ref) Int64() int64 { return int64(r) }

// RefOf reads back what Int64 gave.
func RefOf(v int64) Ref { return Ref(v) }

// String is for logs: "k12.7" or "n3".
func (r Ref) String() string {
	if r.Named() {
		return "n" + strconv.FormatUint(uint64(r&^namedBit), 10)
	}
	return fmt.Sprintf("k%d.%d", r.block(), r.slot())
}

func (r Ref) block() int64  { return int64(r >> slotBits) }
func (r Ref) slot() int     { return int(r & slotMask) }
func (r Ref) number() int64 { return int64(r &^ namedBit) }

// valid says whether a Ref read from stored bytes can name a key at all.
func (r Ref) valid() bool {
	if r.Named() {
		return r>>62 == 1 && r.number() >= 1 && r.number() <= maxNumber
	}
	return r.block() >= 1 && r.block() <= maxBlock
}
