package identity

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
)

// throttleRow counts failures under one tag: a sign-in name, whether or not it
// exists, or an address.
type throttleRow struct {
	tag      []byte
	failures int64
	since    int64
	until    int64
}

// blocked says whether the tag is refused at a moment.
func (r throttleRow) blocked(now time.Time) bool { return clock.Micros(now) < r.until }

// counted is how many failures count at a moment.
func (r throttleRow) counted(now time.Time, window time.Duration) int64 {
	if now.Sub(clock.FromMicros(r.since)) >= window {
		return 0
	}
	return r.failures
}

// fail counts one more failure, and blocks at the limit; after the block the
// count begins anew. While the block lasts nothing is counted, so that whoever
// goes on guessing does not keep the right person out for longer. It says whether
// this failure was the one that blocked.
func (r *throttleRow) fail(now time.Time, limit int, rules Lockout) bool {
	if r.blocked(now) {
		return false
	}
	if r.failures = r.counted(now, rules.Window); r.failures == 0 {
		r.since = clock.Micros(now)
	}
	r.failures++
	if r.failures < int64(limit) {
		return false
	}
	r.failures, r.until = 0, clock.Micros(now.Add(rules.Duration))
	return true
}

func readThrottle(tx db.Tx, tag []byte) (throttleRow, error) {
	r := throttleRow{tag: tag}
	err := tx.Row(`SELECT failures, since, until FROM identity_throttle WHERE tag = ?1`, tag).Scan(&r.failures, &r.since, &r.until)
	if errors.Is(err, db.ErrNoRows) {
		err = nil
	}
	return r, err
}

func storeThrottle(tx db.Tx, r throttleRow, rules Lockout) error {
	ends := max(r.until, r.since+rules.Window.Microseconds())
	return tx.Queue(`INSERT INTO identity_throttle (tag, failures, since, until, ends) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (tag) DO UPDATE SET failures = excluded.failures, since = excluded.since, until = excluded.until,
		ends = excluded.ends`, r.tag, r.failures, r.since, r.until, ends)
}

func clearThrottle(tx db.Tx, tag []byte) error {
	return tx.Queue(`DELETE FROM identity_throttle WHERE tag = ?1`, tag)
}

// sweepThrottle removes what says nothing any more. Every failure calls it, so
// that spraying random names cannot fill the table for longer than a window.
func sweepThrottle(tx db.Tx, now int64) error {
	return tx.Queue(`DELETE FROM identity_throttle WHERE ends < ?1`, now)
}

// gauge counts the attempts under way per tag. An attempt is counted in the
// database only when it has failed; until then it counts here, so that a thousand
// guesses at once are no more than a thousand guesses in turn.
type gauge struct {
	mu   sync.Mutex
	busy map[string]int
}

// begin counts an attempt in and returns how many were under way before.
func (g *gauge) begin(tag []byte) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.busy[string(tag)]
	g.busy[string(tag)] = n + 1
	return n
}

func (g *gauge) end(tag []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy[string(tag)]--; g.busy[string(tag)] <= 0 {
		delete(g.busy, string(tag))
	}
}

// network is what an address is counted as: one IPv4 address, or the /64 that one
// subscriber has in IPv6.
func network(a netip.Addr) string {
	a = a.WithZone("").Unmap()
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "none"
	}
	return p.String()
}

func noAddress() netip.Addr { return netip.IPv6Unspecified() }
