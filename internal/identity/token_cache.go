package identity

import (
	"sync"
	"sync/atomic"
	"time"

	"garant.example/internal/actor"
	"garant.example/internal/id"
)

// tokenCache keeps tokens that were used lately, so that a request costs no look
// at the database. What it holds is never older than maxTokenAge; a token revoked
// on this node leaves it before the revocation is acknowledged.
type tokenCache struct {
	mu   sync.RWMutex
	most int
	held map[tokenKey]*heldToken
	// generation grows with every eviction: a read that began before one is not
	// kept after it.
	generation uint64
}

type tokenKey struct {
	tenant id.Tenant
	token  id.Token
}

// heldToken is one cached token; it does not change once it is in the cache.
type heldToken struct {
	row       *tokenRow
	actor     actor.Actor
	at        int64 // when it was read, µs
	refreshes atomic.Bool
}

const (
	maxTokenAge = int64(time.Second / time.Microsecond)
	// After freshTokenAge one request reads the token anew while the others go on.
	freshTokenAge = maxTokenAge / 2
)

func newTokenCache(most int) tokenCache {
	return tokenCache{most: most, held: make(map[tokenKey]*heldToken)}
}

// get returns a cached token that may still be used at a moment; nil when it must
// be read. The first to ask after freshTokenAge is told to read as well.
func (c *tokenCache) get(key tokenKey, now int64) *heldToken {
	c.mu.RLock()
	h := c.held[key]
	c.mu.RUnlock()
	if h == nil || now < h.at || now-h.at >= maxTokenAge {
		return nil
	}
	if now-h.at >= freshTokenAge && h.refreshes.CompareAndSwap(false, true) {
		return nil
	}
	return h
}

// begin returns the generation to hand to put.
func (c *tokenCache) begin() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.generation
}

func (c *tokenCache) put(key tokenKey, h *heldToken, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation != generation {
		return
	}
	if len(c.held) >= c.most {
		if _, there := c.held[key]; !there {
			clear(c.held) // rare, and cheaper than an exact order of use
		}
	}
	c.held[key] = h
}

func (c *tokenCache) evict(key tokenKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	delete(c.held, key)
}
