package leaf

import (
	"errors"
	"net/netip"
	"time"

	"garant.example/internal/actor"
	"garant.example/internal/id"
)

// ErrIncomplete is returned when an entry lacks what every entry must hold: a
// known operation, an outcome, and an origin (an actor's reference, or for
// somebody unknown the address).
var ErrIncomplete = errors.New("leaf: entry incomplete")

// ErrTooLarge is returned when a part of an entry is over its bound.
var ErrTooLarge = errors.New("leaf: entry too large")

// Bounds of an entry. What is over them is refused, never cut: a cut entry would
// be a false one.
const (
	maxText   = 512      // bytes of one text
	maxFields = 512      // fields named in one entry
	maxDetail = 32       // pairs of details
	maxSize   = 32 << 10 // bytes of the whole encoding
)

// Entry is what the log says of one act. Personal data never stands in it.
type Entry struct {
	// At is when; the log sets it, whatever the caller wrote. It never goes back
	// within one log: while the clock is behind the last entry, At stays at that
	// entry's time and Behind says by how much the clock was behind.
	At     time.Time
	Behind time.Duration

	Actor     Actor
	Operation Operation
	Object    id.Raw // what was touched; zero when no one thing was
	Kind      string // what the object is: "record", "tenant", "account" …
	// Collection is where the object lives, if in one.
	Collection id.Name
	Purpose    string // why, one of the profile's purposes
	Ticket     string // the tenant's ticket behind a staff act
	Outcome    Outcome
	Reason     string // the code of the decision, or of the failure
	Request    id.Request

	// Row is the SHA-256 of the object's row as it stands after this act; zero
	// when the row is gone or nothing was written. Only an act of class Write may
	// carry one. An object whose writes carry a Row takes part in VerifyRows.
	Row    [32]byte
	Prev   uint64            // sequence number + 1 of the previous write to the same object; 0 none
	Fields []id.Name         // fields touched or shown
	Count  int64             // how many things a bulk act touched
	Detail map[string]string // closed words and figures, no personal data
}

// Actor is who acted, as the log keeps it.
type Actor struct {
	Kind    actor.Kind
	Ref     string    // account, token or component; empty for nobody known
	Tenant  id.Tenant // the actor's home
	Address netip.Addr
	Agent   string // short form of the client program
	Session id.Session
	Device  string // registered device, an opaque id
}

// ActorOf takes from an actor what the log keeps.
func ActorOf(a actor.Actor) Actor {
	return Actor{Kind: a.Kind, Ref: a.Ref(), Tenant: a.Tenant, Address: a.Address.WithZone("").Unmap(),
		Agent: clip(a.Agent), Session: a.Session}
}

// clip shortens what the client chose by itself, so that a long user agent cannot
// stop its own refusal from being logged.
func clip(s string) string {
	if len(s) > maxText {
		return s[:maxText]
	}
	return s
}

// Check says whether the entry may be written: complete, known words, in bounds.
// It returns ErrIncomplete or ErrTooLarge.
func (e *Entry) Check() error {
	op, ok := e.Operation.find()
	switch {
	case !ok, e.Outcome < Done, e.Outcome > Failed, e.Count < 0, e.Behind < 0:
		return ErrIncomplete
	case e.Row != [32]byte{} && op.class != Write, e.Row != [32]byte{} && e.Object.IsZero():
		return ErrIncomplete
	case e.Actor.Kind > actor.System:
		return ErrIncomplete
	case e.Actor.Kind != actor.Anonymous && e.Actor.Ref == "":
		return ErrIncomplete
	case e.Actor.Kind == actor.Anonymous && !e.Actor.Address.IsValid():
		return ErrIncomplete
	case len(e.Fields) > maxFields, len(e.Detail) > maxDetail:
		return ErrTooLarge
	}
	for _, s := range [...]string{e.Actor.Ref, e.Actor.Agent, e.Actor.Device, e.Kind, string(e.Collection), e.Purpose, e.Ticket, e.Reason} {
		if len(s) > maxText {
			return ErrTooLarge
		}
	}
	for _, f := range e.Fields {
		if len(f) > maxText {
			return ErrTooLarge
		}
	}
	for k, v := range e.Detail {
		if len(k) > maxText || len(v) > maxText {
			return ErrTooLarge
		}
	}
	return nil
}
