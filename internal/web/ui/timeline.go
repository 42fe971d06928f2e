package ui

// Outcome is what a decision came to.
type Outcome int

// The outcomes.
const (
	Refused Outcome = iota
	Allowed
	Partial
)

// Entry is a line of the audit log as people read it.
type Entry struct {
	ID        string // anchor; may be empty
	Time      Moment
	Actor     string
	ActorKind string // "staff, through grant 12"; may be empty
	Operation string
	Object    Link // Href may be empty
	Purpose   string
	Outcome   Outcome
	Reason    string // why it was decided so; may be empty
	Proof     Link   // may be empty
	Leaf      string // hash of the leaf; may be empty
}

// Day is the entries of one day, newest first.
type Day struct {
	Title   string
	Entries []Entry
	Level   int // of the heading: 2, or 3 when it is 0
}

func (o Outcome) name() string {
	switch o {
	case Allowed:
		return "allowed"
	case Partial:
		return "partial"
	}
	return "refused"
}

func (o Outcome) word(l Lang) string {
	switch o {
	case Allowed:
		return l.words().Allowed
	case Partial:
		return l.words().Partial
	}
	return l.words().Refused
}

func (o Outcome) icon() Icon {
	switch o {
	case Allowed:
		return IconCheck
	case Partial:
		return IconAlert
	}
	return IconCross
}
