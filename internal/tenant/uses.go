package tenant

import (
	"sync"

	"garant.example/internal/id"
)

// uses counts, for each tenant, how often one of its logs was opened and given back
// in this process. A sweep that comes back and finds the count where it left it has
// nothing to do there: thousands of quiet tenants are not opened to see that nothing
// happened.
type uses struct {
	mu sync.Mutex
	of map[id.Tenant]uint64
}

func (u *uses) count(t id.Tenant) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.of == nil {
		u.of = map[id.Tenant]uint64{}
	}
	u.of[t]++
}

// Mark tells one moment of a tenant's logs from another, for this process: it
// changes when one of them is opened or given back, by whomever, and when
// checkpoints are signed with another key.
type Mark struct {
	uses    uint64
	signing int
}

// After is what the mark becomes when nobody but the caller uses the tenant, and the
// caller opens and gives back so many logs.
func (m Mark) After(logs int) Mark {
	m.uses += 2 * uint64(logs)
	return m
}

// Mark returns the present mark of a tenant.
func (s *Service) Mark(t id.Tenant) Mark {
	s.used.mu.Lock()
	defer s.used.mu.Unlock()
	return Mark{s.used.of[t], s.signing()}
}
