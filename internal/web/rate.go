package web

import (
	"container/list"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
)

// Limiter allows each key (a client address, an account, a token) so many
// events per second on average, with a burst. It remembers a bounded number of
// keys, the last used: an attacker with a million addresses costs no more memory
// than one, and gains at most one burst each.
type Limiter struct {
	clock clock.Clock
	rate  rate.Limit
	burst int
	size  int

	mu    sync.Mutex
	keys  map[string]*list.Element
	order *list.List // front: last used
}

type bucket struct {
	key     string
	limiter *rate.Limiter
}

// NewLimiter returns a limiter for perSecond events with a burst, over at most
// size keys.
func NewLimiter(c clock.Clock, perSecond float64, burst, size int) *Limiter {
	return &Limiter{clock: c, rate: rate.Limit(perSecond), burst: burst, size: max(size, 1),
		keys: map[string]*list.Element{}, order: list.New()}
}

// Allow takes one event of a key. When there is none left it says how long to
// wait. It is safe for concurrent use.
func (l *Limiter) Allow(key string) (ok bool, wait time.Duration) {
	now := l.clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(key)
	reservation := b.limiter.ReserveN(now, 1)
	if !reservation.OK() {
		return false, time.Minute // a burst of zero: never
	}
	if wait = reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return false, wait
	}
	return true, 0
}

func (l *Limiter) bucket(key string) *bucket {
	if e, ok := l.keys[key]; ok {
		l.order.MoveToFront(e)
		return e.Value.(*bucket)
	}
	if len(l.keys) >= l.size {
		oldest := l.order.Back()
		delete(l.keys, oldest.Value.(*bucket).key)
		l.order.Remove(oldest)
	}
	b := &bucket{key: key, limiter: rate.NewLimiter(l.rate, l.burst)}
	l.keys[key] = l.order.PushFront(b)
	return b
}

// Len is how many keys are remembered now.
func (l *Limiter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.keys)
}

// RateKey is the key of a client address: the address, or the /64 network of an
// IPv6 client, which has all of its addresses.
func RateKey(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

func (k *Kit) limitRate(next http.Handler) http.Handler {
	if k.Limiter == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := Take(w, k.Limiter, RateKey(Address(r.Context()))); err != nil {
			WriteProblem(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Take is Allow for a handler: it sets Retry-After and returns TooMany.
func Take(w http.ResponseWriter, l *Limiter, key string) error {
	ok, wait := l.Allow(key)
	if ok {
		return nil
	}
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return errs.New(errs.TooMany, "web.too_many").With("wait", time.Duration(seconds)*time.Second).Do("web.too_many.fix")
}
