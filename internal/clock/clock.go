package clock

import (
	"sync"
	"time"
)

// Clock tells the time, in UTC. Implementations are safe for concurrent use.
type Clock interface {
	Now() time.Time
}

type system struct{ offset time.Duration }

func (s system) Now() time.Time { return time.Now().Add(s.offset).UTC() }

// System returns the clock of the machine.
func System() Clock { return system{} }

// Offset returns the clock of the machine moved by d: a demo folder that lives
// in another year keeps ticking.
func Offset(d time.Duration) Clock { return system{offset: d} }

// Fake is a clock that moves only when told. The zero value is not usable;
// make one with NewFake.
type Fake struct {
	mu  sync.Mutex
	now time.Time
}

// NewFake returns a clock that stands at now.
func NewFake(now time.Time) *Fake { return &Fake{now: now.UTC()} }

// Now returns the time the clock stands at.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Advance moves the clock forward (or back, with a negative d).
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// Micros is how every database keeps a time: microseconds since 1970 in UTC.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// FromMicros reads a time kept by Micros. Zero is the zero time.
func FromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
