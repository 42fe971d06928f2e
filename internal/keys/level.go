package keys

import (
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/id"
)

// Level says which keys a rotation replaces.
type Level string

// The closed list, from the top.
const (
	LevelKEK         Level = "kek"         // the key that wraps all others: they are wrapped anew
	LevelCollections Level = "collections" // the keys of collections about nobody: records are sealed anew
	LevelSubjects    Level = "subjects"    // the key of each person: all that is about the person is sealed anew
)

// Levels returns the closed list.
func Levels() []Level { return []Level{LevelKEK, LevelCollections, LevelSubjects} }

// Phase is how far a rotation of data keys has come.
type Phase string

// The phases.
const (
	PhaseKeys Phase = "keys" // new keys are made
	PhaseRows Phase = "rows" // what is sealed under an old key is sealed anew, until a whole look finds none
	PhaseDone Phase = "done" // the old keys are destroyed
)

// Trouble is why a rotation stopped before its end. It goes on at its next run.
type Trouble string

// The closed list.
const (
	NoTrouble       Trouble = ""
	TroubleTampered Trouble = "tampered" // a record does not open, or is not what the log says: its key is kept
	TroubleSealed   Trouble = "sealed"   // the key service does not open the keys
	TroubleFailed   Trouble = "failed"   // a database could not be read or written
)

// Troubles returns the closed list.
func Troubles() []Trouble { return []Trouble{TroubleTampered, TroubleSealed, TroubleFailed} }

// Rotation is a rotation of data keys as the keyring keeps it.
type Rotation struct {
	ID        id.Plan
	Level     Level
	Running   bool
	Phase     Phase
	Single    bool  // of one subject's key only
	LastRow   int64 // the last subject's row that has a new key
	Total     int64 // rows when it began
	Done      int64
	Erased    int64 // rows whose key was shredded
	Destroyed int64 // old keys
	Trouble   Trouble
	TroubleAt string
	Started   time.Time
	Ended     time.Time
}

// KeyVersion names one version of a key; of a subject's key, which has only one, the
// version is left out.
type KeyVersion struct {
	Ref     Ref
	Version uint16
}

// Move is the replacement of one subject's key by another.
type Move struct{ Old, New Ref }

// Interval is a length of time: calendar months and elapsed time.
type Interval struct {
	Months  int
	Elapsed time.Duration
}

// After is the moment one interval later.
func (i Interval) After(t time.Time) time.Time { return clock.AddMonths(t, i.Months).Add(i.Elapsed) }

// Terms are the times that a profile sets for rotations.
type Terms struct {
	Every  Interval // a key is replaced this long after it was made; zero: never by itself
	Within Interval // how long a rotation may take, once it was begun or is due
}

// Turn is where one level stands in its schedule.
type Turn struct {
	Level    Level
	Last     time.Time // when its keys were last replaced, or made
	Due      time.Time // when the next rotation begins by itself; zero: never
	Deadline time.Time // when the one under way, or the due one, must have ended; zero: never
	Running  bool
	Overdue  bool // the deadline has passed
}

// IsDue says whether a rotation should begin now.
func (t Turn) IsDue(now time.Time) bool { return !t.Running && !t.Due.IsZero() && !now.Before(t.Due) }

// Turns says where each level of a keyring stands.
func (s Status) Turns(terms Terms, now time.Time) []Turn {
	out := make([]Turn, 0, len(Levels()))
	for _, level := range Levels() {
		t := Turn{Level: level, Last: s.Created}
		var started time.Time
		switch {
		case level == LevelKEK:
			t.Last = s.Rotated
			if s.Rotation != nil {
				t.Running, started = true, s.Rotation.StartedAt
			}
		default:
			for _, r := range s.Rotations {
				if r.Level != level {
					continue
				}
				if r.Running {
					t.Running, started = true, r.Started
				}
				if !r.Single && r.Started.After(t.Last) {
					t.Last = r.Started
				}
			}
		}
		t.plan(terms, started)
		t.Overdue = !t.Deadline.IsZero() && now.After(t.Deadline)
		out = append(out, t)
	}
	return out
}

func (t *Turn) plan(terms Terms, started time.Time) {
	if terms.Every != (Interval{}) {
		t.Due = terms.Every.After(t.Last)
	}
	if terms.Within == (Interval{}) {
		return
	}
	if t.Running {
		t.Deadline = terms.Within.After(started)
	} else if !t.Due.IsZero() {
		t.Deadline = terms.Within.After(t.Due)
	}
}
