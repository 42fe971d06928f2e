package keys

import (
	"time"

	"garant.example/internal/id"
)

// Act is the closed list of what Options.Observe is told of.
type Act string

// The acts. Each is announced before it happens; the ones marked "after" cannot be
// refused any more.
const (
	ActRotateKEK   Act = "kek.rotate"   // a new KEK version is about to be made
	ActRotateDone  Act = "kek.rotated"  // after: nothing is wrapped by an older version any more
	ActRewrap      Act = "kek.rewrap"   // the keyset is about to be wrapped by another key or service
	ActRotateNamed Act = "named.rotate" // a named key is about to get a new version
	ActRetire      Act = "named.retire" // an old version of a named key is about to be destroyed
	ActRotateData  Act = "data.rotate"  // data keys of the level Name are about to be replaced; Count 1: of one subject
	ActDataRotated Act = "data.rotated" // after: nothing is sealed under an older one, and Count of them are destroyed
	ActReplaced    Act = "data.destroy" // subjects' keys that were replaced are about to be destroyed
	ActShred       Act = "shred"        // subjects' keys are about to be destroyed
	ActClosed      Act = "closed"       // after: the KMS said no, or was silent for longer than the grace
	ActOpened      Act = "opened"       // after: the KMS unwrapped the KEK
)

// Event is what Options.Observe is told.
type Event struct {
	Act     Act
	Tenant  id.Tenant
	At      time.Time
	Name    string // of a named key
	Version int    // the KEK version, or the version of the named key
	Count   int    // how many keys
	Reason  string // of ActClosed: a kms.Reason, or "grace"
	Service string // name of the KMS
	Key     string // name of the service's key
}
