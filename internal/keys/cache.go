package keys

import (
	"container/list"
	"sync"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/tink"

	"garant.example/internal/spec/blindindex"
)

// material is one opened data key.
type material struct {
	aead  tink.AEAD       // kindSubject and kindSeal
	index *blindindex.Key // kindIndex
	seed  []byte          // kindSign: the private key of RFC 8032
	uses  atomic.Uint64
}

type cacheKey struct {
	ring    *Ring
	ref     Ref
	version uint16
}

// shards keep goroutines of different records from waiting for one lock.
const shards = 16

// cache is a bounded set of opened keys, least recent use dropped first.
type cache struct {
	shard [shards]cacheShard
}

type cacheShard struct {
	mu    sync.Mutex
	most  int
	items map[cacheKey]*list.Element
	order *list.List // front: the most recent use
}

type cacheItem struct {
	key cacheKey
	m   *material
}

func newCache(most int) *cache {
	c := &cache{}
	for i := range c.shard {
		c.shard[i] = cacheShard{most: max(1, most/shards), items: map[cacheKey]*list.Element{}, order: list.New()}
	}
	return c
}

func (c *cache) of(key cacheKey) *cacheShard {
	// Neighbouring slots go to different shards; named keys spread by number.
	return &c.shard[uint64(key.ref)%shards]
}

func (c *cache) get(key cacheKey) *material {
	s := c.of(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.items[key]
	if e == nil {
		return nil
	}
	s.order.MoveToFront(e)
	return e.Value.(*cacheItem).m
}

// put keeps m unless the ring has shredded or forgotten since generation. The
// check happens under the lock that drop takes, so a key dropped after the
// generation moved on can never come back.
func (c *cache) put(key cacheKey, m *material, generation uint64) {
	s := c.of(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if key.ring.generation.Load() != generation {
		return
	}
	if e := s.items[key]; e != nil {
		return // another reader was first; both hold the same key
	}
	s.items[key] = s.order.PushFront(&cacheItem{key, m})
	for s.order.Len() > s.most {
		s.remove(s.order.Back())
	}
}

func (s *cacheShard) remove(e *list.Element) {
	item := s.order.Remove(e).(*cacheItem)
	delete(s.items, item.key)
}

// drop forgets one key.
func (c *cache) drop(key cacheKey) {
	s := c.of(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.items[key]; e != nil {
		s.remove(e)
	}
}

// dropRing forgets every key of a ring.
func (c *cache) dropRing(k *Ring) {
	for i := range c.shard {
		s := &c.shard[i]
		s.mu.Lock()
		for key, e := range s.items {
			if key.ring == k {
				s.remove(e)
			}
		}
		s.mu.Unlock()
	}
}

// count is how many keys are open.
func (c *cache) count() int {
	n := 0
	for i := range c.shard {
		s := &c.shard[i]
		s.mu.Lock()
		n += s.order.Len()
		s.mu.Unlock()
	}
	return n
}

// recency is an ordered set; it has no lock of its own.
type recency[T comparable] struct {
	items map[T]*list.Element
	order *list.List
}

func newRecency[T comparable]() *recency[T] {
	return &recency[T]{items: map[T]*list.Element{}, order: list.New()}
}

func (r *recency[T]) len() int { return r.order.Len() }

func (r *recency[T]) touch(v T) {
	if e := r.items[v]; e != nil {
		r.order.MoveToFront(e)
		return
	}
	r.items[v] = r.order.PushFront(v)
}

func (r *recency[T]) remove(v T) {
	if e := r.items[v]; e != nil {
		r.order.Remove(e)
		delete(r.items, v)
	}
}

func (r *recency[T]) popOldest() T {
	v := r.order.Back().Value.(T)
	r.remove(v)
	return v
}
