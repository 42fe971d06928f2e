package assurance

import (
	"context"
	"time"

	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
)

// Control is one promise with what its mechanism is told.
type Control struct {
	Promise profile.Promise
	Canary  tenant.Tenant   // the marked tenant of the profile, served like any other
	Tenants []tenant.Tenant // every tenant of the profile, the canary among them
}

// Parameters are the promise's own.
func (c Control) Parameters() profile.Parameters { return c.Promise.Control.Parameters }

// Mechanism decides promises. It is a value: what measures, and which breaks turn
// it red.
type Mechanism struct {
	Name profile.Mechanism
	// Measure looks, and tells what it found. It reports what it could not see as
	// Miss; an error of its own is unknown as well.
	Measure func(ctx context.Context, c Control, f *Finding) error
	// Breaks holds the sabotage of each promise it decides.
	Breaks map[id.Name]Break
}

// Break breaks the fact behind a promise, through the stage alone: what is done
// there can be undone.
type Break func(ctx context.Context, c Control, s *Stage) error

// Result is a finding that was stored.
type Result struct {
	Run     id.Run        `json:"run"`
	Promise id.Name       `json:"promise"`
	At      time.Time     `json:"at"`
	Took    time.Duration `json:"took,format:nano"`
	Leaf    uint64        `json:"leaf"`   // in the operator's log
	Digest  string        `json:"digest"` // SHA-256 of the statement; its leaf holds it
	Finding Finding       `json:"finding"`
}
