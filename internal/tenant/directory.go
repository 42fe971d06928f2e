package tenant

import (
	"cmp"
	"slices"
	"sync"

	"garant.example/internal/id"
)

// directory holds every tenant's row in memory: ten thousand cost a few
// megabytes, and neither a name nor a host name needs an index on disk, where it
// would be readable.
type directory struct {
	mu     sync.RWMutex
	byID   map[id.Tenant]Tenant
	bySlug map[id.Name]id.Tenant
	byHost map[string]id.Tenant
}

func newDirectory() *directory {
	return &directory{byID: map[id.Tenant]Tenant{}, bySlug: map[id.Name]id.Tenant{}, byHost: map[string]id.Tenant{}}
}

func (d *directory) put(t Tenant) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if old, ok := d.byID[t.ID]; ok {
		delete(d.bySlug, old.Slug)
		for _, h := range old.Hosts {
			delete(d.byHost, h)
		}
	}
	d.byID[t.ID] = t
	d.bySlug[t.Slug] = t.ID
	for _, h := range t.Hosts {
		d.byHost[h] = t.ID
	}
}

func (d *directory) get(t id.Tenant) (Tenant, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	found, ok := d.byID[t]
	return found, ok
}

func (d *directory) slug(s id.Name) (Tenant, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	t, ok := d.byID[d.bySlug[s]]
	return t, ok
}

func (d *directory) host(h string) (Tenant, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	t, ok := d.byID[d.byHost[h]]
	return t, ok
}

func (d *directory) all() []Tenant {
	d.mu.RLock()
	defer d.mu.RUnlock()
	list := make([]Tenant, 0, len(d.byID))
	for _, t := range d.byID {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b Tenant) int { return cmp.Compare(a.Slug, b.Slug) })
	return list
}
