package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"garant.example/internal/clock"
)

// Guard watches the free room of the data folder for every log in it. It never
// makes a write wait: free room is measured beside the writes, and a disk that
// does not answer the question counts as full.
type Guard struct {
	opt     GuardOptions
	reserve string

	mu       sync.Mutex
	state    SpaceState
	measured time.Time // when the last answer came
	asked    time.Time // when the question now open was put; zero when none is
	held     bool      // the reserve is on the disk
}

// GuardOptions are the settings of a Guard, in bytes unless said otherwise.
type GuardOptions struct {
	Dir string // the data folder
	// Free measures the room that is left; without one the file system is asked.
	Free func() (uint64, error)
	// Warn is where the early warning begins; 0 means SpaceWarn.
	Warn uint64
	// Refuse is where everything but essential entries is refused; 0 means SpaceRefuse.
	Refuse uint64
	// Reserve is the size of the file that keeps room for essential entries: 16 MB
	// hold some 60,000 of them; 0 means 16 MB.
	Reserve uint64
	// Unreserved makes no reserve: for a place that is only watched.
	Unreserved bool
	// Every is how old an answer may be before the next question; 0 means 1 s.
	Every time.Duration
	// Patience is how long a question may stay open before the disk counts as
	// full; 0 means 10 s.
	Patience time.Duration
	Clock    clock.Clock
	// Notify hears of every change of level, beside the writes, so it must be safe
	// for concurrent use; may be nil.
	Notify func(SpaceState)
}

// SpaceLevel is how short room is.
type SpaceLevel uint8

// The levels.
const (
	RoomEnough  SpaceLevel = iota
	RoomLow                // warn: writes go on
	RoomRefused            // only essential entries
	RoomUnknown            // the disk does not answer: as RoomRefused
)

// String is the word of the level.
func (s SpaceLevel) String() string {
	switch s {
	case RoomEnough:
		return "enough"
	case RoomLow:
		return "low"
	case RoomRefused:
		return "refused"
	default:
		return "unknown"
	}
}

// SpaceState is what the guard knows.
type SpaceState struct {
	Level   SpaceLevel
	Free    uint64 // bytes, at the last answer
	Warn    uint64
	Refuse  uint64
	Reserve uint64 // bytes held for essential entries
}

const reserveFile = "audit.reserve"

// Room that has to be left, in bytes.
const (
	SpaceWarn   = 2_000_000_000 // below it whoever watches is warned
	SpaceRefuse = 256_000_000   // below it only essential entries are written
)

// Judge says which level so much free room is, by the usual bounds.
func Judge(free uint64) SpaceLevel { return judge(free, SpaceWarn, SpaceRefuse) }

func judge(free, warn, refuse uint64) SpaceLevel {
	switch {
	case free < refuse:
		return RoomRefused
	case free < warn:
		return RoomLow
	}
	return RoomEnough
}

// FreeRoom is the room, in bytes, that an ordinary user has left on the file system
// of a folder.
func FreeRoom(dir string) (uint64, error) { return freeBytes(dir) }

// NewGuard measures once, makes the reserve if there is room for it, and returns
// the guard.
func NewGuard(o GuardOptions) (*Guard, error) {
	if o.Free == nil {
		o.Free = func() (uint64, error) { return freeBytes(o.Dir) }
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	o.Warn, o.Refuse = orElse(o.Warn, SpaceWarn), orElse(o.Refuse, SpaceRefuse)
	o.Reserve, o.Every = orElse(o.Reserve, 16_000_000), orElse(o.Every, time.Second)
	o.Patience = orElse(o.Patience, 10*time.Second)
	if o.Refuse > o.Warn {
		return nil, fmt.Errorf("audit: refusal at %d bytes lies above the warning at %d", o.Refuse, o.Warn)
	}
	g := &Guard{opt: o, reserve: filepath.Join(o.Dir, reserveFile)}
	g.state = SpaceState{Level: RoomEnough, Warn: o.Warn, Refuse: o.Refuse}
	g.asked = o.Clock.Now()
	g.measure()
	return g, nil
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Allow returns ErrSpace when room is short. Essential entries always pass: they
// stop only when the disk itself refuses and the reserve is gone.
func (g *Guard) Allow(essential bool) error {
	state := g.State()
	if essential || state.Level <= RoomLow {
		return nil
	}
	return fmt.Errorf("%w: %s, %d bytes free", ErrSpace, state.Level, state.Free)
}

// State returns what is known now and puts the next question if it is due. It
// never waits for the disk.
func (g *Guard) State() SpaceState {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.opt.Clock.Now()
	switch {
	case g.asked.IsZero() && (now.Sub(g.measured) >= g.opt.Every || now.Before(g.measured)):
		g.asked = now
		go g.measure()
	case !g.asked.IsZero() && now.Sub(g.asked) >= g.opt.Patience && g.state.Level != RoomUnknown:
		g.state.Level = RoomUnknown
		if g.opt.Notify != nil {
			go g.opt.Notify(g.state)
		}
	}
	return g.state
}

// measure asks the disk and takes the answer in. One runs at a time.
func (g *Guard) measure() {
	free, err := g.opt.Free()
	g.mu.Lock()
	held := g.held
	g.mu.Unlock()
	if err == nil && !held && !g.opt.Unreserved && free >= g.opt.Refuse+2*g.opt.Reserve {
		held = g.hold() == nil
	}
	g.mu.Lock()
	before := g.state.Level
	g.held, g.asked, g.measured = held, time.Time{}, g.opt.Clock.Now()
	g.state.Free, g.state.Reserve = free, 0
	if held {
		g.state.Reserve = g.opt.Reserve
	}
	if g.state.Level = judge(free, g.opt.Warn, g.opt.Refuse); err != nil {
		g.state.Level = RoomUnknown
	}
	state := g.state
	g.mu.Unlock()
	if state.Level != before && g.opt.Notify != nil {
		g.opt.Notify(state)
	}
}

// hold makes the reserve: real bytes, because a file with holes reserves nothing.
func (g *Guard) hold() error {
	if info, err := os.Stat(g.reserve); err == nil && uint64(info.Size()) == g.opt.Reserve {
		return nil
	}
	f, err := os.OpenFile(g.reserve, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<16)
	for left := g.opt.Reserve; left > 0 && err == nil; {
		n := min(left, uint64(len(block)))
		_, err = f.Write(block[:n])
		left -= n
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(g.reserve))
	}
	return nil
}

// Release gives the reserve back to the disk; false when it was not there.
func (g *Guard) Release() bool {
	g.mu.Lock()
	held := g.held
	g.held, g.state.Reserve = false, 0
	g.mu.Unlock()
	return held && os.Remove(g.reserve) == nil
}
