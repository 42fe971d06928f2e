package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
)

// request is one call.
type request struct {
	method, path string
	in           any    // JSON body; nil for none
	body         []byte // body as it is, instead of in
	stream       io.Reader
	media        string
	accept       string
	purpose      string
	ifMatch      string
	once         bool // carries an Idempotency-Key when it may be sent again
}

// send sends a request, again where that is safe, and reads the answer into out:
// nil ignores it, *[]byte takes it as it is, anything else is JSON.
func (c *Client) send(ctx context.Context, r request, out any) (http.Header, error) {
	if r.in != nil {
		var err error
		if r.body, err = json.Marshal(r.in); err != nil {
			return nil, err
		}
		r.media = "application/json"
	}
	key := ""
	if r.once && c.retries > 0 {
		key = newKey()
	}
	for try := 0; ; try++ {
		header, err := c.attempt(ctx, r, key, out)
		if err == nil || try >= c.retries || !again(ctx, err, r.method == http.MethodGet || key != "") {
			return header, err
		}
		if err := c.pause(ctx, wait(err, try)); err != nil {
			return nil, err
		}
	}
}

// attempt sends a request once.
func (c *Client) attempt(ctx context.Context, r request, key string, out any) (http.Header, error) {
	answer, err := c.open(ctx, r, key)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if out == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxProblem)) // so that the connection is kept
		return answer.Header, nil
	}
	body, err := readAll(answer)
	if err != nil {
		return nil, err
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = body
		return answer.Header, nil
	}
	return answer.Header, json.Unmarshal(body, out)
}

func readAll(r *http.Response) ([]byte, error) {
	if r.ContentLength <= 0 || r.ContentLength > 1<<24 {
		return io.ReadAll(r.Body)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

// open sends a request and returns its successful answer, unread.
func (c *Client) open(ctx context.Context, r request, key string) (*http.Response, error) {
	body := r.stream
	if body == nil && r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base.String()+r.path, body)
	if err != nil {
		return nil, err
	}
	h := req.Header
	h.Set("User-Agent", c.agent)
	h.Set("Accept-Language", c.lang)
	for name, value := range map[string]string{"Content-Type": r.media, "Accept": r.accept, "Purpose": r.purpose,
		"If-Match": r.ifMatch, "Idempotency-Key": key} {
		if value != "" {
			h.Set(name, value)
		}
	}
	if c.token != "" {
		h.Set("Authorization", "Bearer "+c.token)
	}
	if c.explained != nil {
		h.Set("Explain-Permission", "?1")
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if decision := answer.Header.Get("Permission-Decision"); c.explained != nil && decision != "" {
		c.explained(decision)
	}
	if answer.StatusCode >= 200 && answer.StatusCode < 300 {
		return answer, nil
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxProblem))
	if err != nil {
		text = nil // the status alone must do
	}
	return nil, problemOf(answer, text)
}

// again says whether a failed request may be sent again: when the server says that
// it may, or when it was cut off and sending it twice does no harm.
func again(ctx context.Context, err error, harmless bool) bool {
	if ctx.Err() != nil {
		return false
	}
	var p *Problem
	if errors.As(err, &p) {
		return p.Retryable
	}
	var refused interface{ Refused() bool } // a transport that never sends
	if errors.As(err, &refused) {
		return false
	}
	return harmless
}

// Pauses between tries.
const (
	firstPause = 100 * time.Millisecond
	mostPause  = 10 * time.Second
)

// wait is how long to pause before the next try: what the server said, or a
// random part of a span that doubles.
func wait(err error, try int) time.Duration {
	span := min(firstPause<<min(try, 10), mostPause)
	pause := span/2 + mathrand.N(span/2+1)
	var p *Problem
	if errors.As(err, &p) && p.retryAfter > 0 {
		pause += min(p.retryAfter, mostPause)
	}
	return pause
}

// pauser waits, or returns the context's error.
type pauser func(context.Context, time.Duration) error

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newKey makes an Idempotency-Key.
func newKey() string {
	var b [16]byte
	rand.Read(b[:]) // never fails; the program ends without randomness
	return hex.EncodeToString(b[:])
}
