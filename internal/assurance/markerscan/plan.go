package markerscan

import (
	"fmt"
	"slices"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
)

// plan is what a promise asks for.
type plan struct {
	encodings []string
	stores    []string
	onlyIn    bool      // marks may lie in their own store, and nowhere else
	bits      int64     // length of the keys; 0 when the promise names none
	sources   []id.Name // placements in which to plant; empty for all
	account   bool      // plant in an account as well
	settings  bool      // compare every stored header with the settings in force
	events    id.Name   // a placement whose opened records must hold nothing of the other sources
}

// words of stores that are no placements. Whatever the platform writes lies in its
// folders and databases, and those are searched whole: a store that does not exist
// holds nothing.
func storeWords() []string {
	return []string{"database", "journal", "wal", "temporary", "replica", "files", "blob", "event-queue", "queue", "backups", "backup",
		"logs", "log", "crash", "traces"}
}

// planOf reads the parameters of a promise.
func planOf(c assurance.Control) (plan, error) {
	p := c.Parameters()
	mode, err := p.Text("mode")
	if err != nil {
		return plan{}, err
	}
	if mode != "nowhere" && mode != "only-in" {
		return plan{}, fmt.Errorf("mode %q is not known", mode)
	}
	out := plan{onlyIn: mode == "only-in"}
	if out.encodings, err = p.Words("encodings"); err != nil {
		return plan{}, err
	}
	if out.stores, err = p.Words("stores"); err != nil {
		return plan{}, err
	}
	if p.Has("key_bits") {
		if out.bits, err = p.Bits("key_bits"); err != nil {
			return plan{}, err
		}
	}
	for _, s := range out.stores {
		if _, ok := c.Canary.Placement(id.Name(s)); ok {
			out.sources = append(out.sources, id.Name(s))
		} else if !slices.Contains(storeWords(), s) {
			return plan{}, fmt.Errorf("store %q is neither a placement of the canary nor a known kind of store", s)
		}
	}
	whole := slices.Contains(out.stores, "database")
	out.account = whole && !out.onlyIn
	out.settings = whole
	return out.special(c), nil
}

// special is what a promise's own check adds.
func (p plan) special(c assurance.Control) plan {
	switch c.Promise.ID {
	case "weg-account-crypt":
		p.account = true
	case "weg-event-no-rec":
		p.events = "events"
		p.sources = []id.Name{"recordings", "events"}
	}
	return p
}
