package assurance

import "time"

// Status is what a promise's page says of it.
type Status string

// The closed list, worst first as the page counts them.
const (
	Failing   Status = "failing"   // the fact is broken
	Unknown   Status = "unknown"   // nobody knows
	Stale     Status = "stale"     // nobody has looked for too long
	Exception Status = "exception" // broken, and somebody answers for it until a date
	Kept      Status = "kept"
	Planned   Status = "planned"   // no mechanism checks it yet
	Withdrawn Status = "withdrawn" // no longer promised; stays visible, with its reason
)

// Statuses returns the closed list, worst first.
func Statuses() []Status {
	return []Status{Failing, Unknown, Stale, Exception, Kept, Planned, Withdrawn}
}

// Green says whether the status may be shown as kept.
func (s Status) Green() bool { return s == Kept }

// Red says whether somebody has to act.
func (s Status) Red() bool { return s == Failing || s == Stale }

// weigh turns the latest finding of a control into its status at a moment. There
// is one place where a promise can become green, and it is here: the finding says
// kept, and it is young enough.
func weigh(found Outcome, at, now time.Time, until time.Time, excepted bool) Status {
	switch {
	case at.IsZero():
		return Unknown
	case found == OutcomeFailing && excepted:
		return Exception
	case found == OutcomeFailing:
		return Failing
	case found != OutcomeKept:
		return Unknown
	case now.After(until) && excepted:
		return Exception
	case now.After(until):
		return Stale
	default:
		return Kept
	}
}

// Worst returns the worse of two statuses: failing, unknown, stale, exception, kept.
func Worst(a, b Status) Status {
	for _, s := range Statuses() {
		if a == s || b == s {
			return s
		}
	}
	return Unknown
}
