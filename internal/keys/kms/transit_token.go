package kms

import (
	"context"
	"net/http"
	"time"
)

// transitAuth is the part of an answer that tells of a token.
type transitAuth struct {
	LeaseDuration int64 `json:"lease_duration"` // seconds
	Renewable     bool  `json:"renewable"`
}

// lookRetry is when a token of which we could learn nothing is looked at again.
const lookRetry = 5 * time.Minute

// seeToToken renews the token when half of its life is over. A token that may look
// neither at itself nor renew itself is used as it is: the operator renews it.
func (t *Transit) seeToToken(ctx context.Context, key string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.o.Clock.Now()
	if token, err := t.o.Token(); err == nil && token != t.token {
		// Another token, put there by whoever renews it: nothing is known of it yet.
		t.token, t.asked, t.renewAt, t.expires = token, false, time.Time{}, time.Time{}
	}
	if !t.asked {
		t.learn(ctx, key, now)
	}
	if t.renewAt.IsZero() || now.Before(t.renewAt) {
		return nil
	}
	var auth transitAuth
	err := t.send(ctx, key, http.MethodPost, "auth/token/renew-self", struct{}{}, &auth)
	if err == nil && auth.LeaseDuration > 0 {
		t.holds(now, time.Duration(auth.LeaseDuration)*time.Second, auth.Renewable)
		return nil
	}
	// The token may still be good until its end; then the call itself says why not.
	t.renewAt = now.Add(min(lookRetry, max(time.Second, t.expires.Sub(now)/2)))
	return nil
}

// learn asks how long the token lives.
func (t *Transit) learn(ctx context.Context, key string, now time.Time) {
	var about struct {
		TTL       int64 `json:"ttl"` // seconds; 0 for one that does not end
		Renewable bool  `json:"renewable"`
	}
	err := t.send(ctx, key, http.MethodGet, "auth/token/lookup-self", nil, &about)
	if ReasonOf(err).Passing() && err != nil {
		return // asked again with the next call
	}
	t.asked = true
	if err == nil && about.TTL > 0 {
		t.holds(now, time.Duration(about.TTL)*time.Second, about.Renewable)
	}
}

func (t *Transit) holds(now time.Time, life time.Duration, renewable bool) {
	t.expires = now.Add(life)
	t.renewAt = time.Time{}
	if renewable {
		t.renewAt = now.Add(life / 2)
	}
}

// TokenExpires is when the token ends as far as the service told; zero when it does
// not end or the service did not tell.
func (t *Transit) TokenExpires() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.expires
}
