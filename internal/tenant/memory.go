package tenant

import (
	"sync"
	"time"

	"garant.example/internal/id"
)

const (
	// maxMemory is how many tenants a Memory keeps.
	maxMemory = 1024
	// maxAge is how long a node may go on with what another has changed; on the
	// node that changed it, Forget makes the change act at once.
	maxAge = time.Second
)

// Memory keeps what was read and opened of tenants lately: a policy, a schema,
// settings. It is safe for concurrent use; the zero value is empty.
type Memory[T any] struct {
	mu    sync.RWMutex
	held  map[id.Tenant]remembered[T]
	epoch uint64 // grows when something is forgotten
}

type remembered[T any] struct {
	value T
	at    time.Time
}

// Get returns what is kept of a tenant, or reads it. What was read while something
// was forgotten is returned and not kept: it may be older than the forgetting.
func (m *Memory[T]) Get(t id.Tenant, now time.Time, read func() (T, error)) (T, error) {
	m.mu.RLock()
	r, ok := m.held[t]
	epoch := m.epoch
	m.mu.RUnlock()
	if ok && now.Sub(r.at) < maxAge && !now.Before(r.at) {
		return r.value, nil
	}
	value, err := read()
	if err != nil {
		return value, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.epoch != epoch {
		return value, nil
	}
	if m.held == nil || len(m.held) >= maxMemory {
		m.held = map[id.Tenant]remembered[T]{} // rare, and cheaper than an exact order of use
	}
	m.held[t] = remembered[T]{value, now}
	return value, nil
}

// Forget drops what is kept of a tenant.
func (m *Memory[T]) Forget(t id.Tenant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epoch++
	delete(m.held, t)
}
