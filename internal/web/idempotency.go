package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"strings"
	"time"

	"garant.example/internal/errs"
)

// IdempotencyLife is how long a key is remembered.
const IdempotencyLife = 24 * time.Hour

const maxIdempotencyKey = 128 // characters

// IdempotencyKey names one attempt of one caller.
type IdempotencyKey struct {
	Caller string // opaque reference of the actor and its tenant; keys of others never meet
	Key    string // what the client sent
	Hash   [32]byte
}

// SavedAnswer is an answer that can be given again. Its body may be personal
// data: a store keeps it sealed.
type SavedAnswer struct {
	Status      int
	ContentType string
	ETag        string
	Location    string
	Body        []byte
}

// IdempotencyStore remembers answers for IdempotencyLife. It must survive a
// crash: a key whose change was acknowledged must not be forgotten.
type IdempotencyStore interface {
	// Begin reserves the key. It returns the saved answer when there is one
	// under the same hash; Conflict when the hash is another, or when the first
	// attempt is still running.
	Begin(ctx context.Context, key IdempotencyKey) (*SavedAnswer, error)
	// Finish keeps the answer of a reserved key.
	Finish(ctx context.Context, key IdempotencyKey, answer SavedAnswer) error
	// Abandon frees a reserved key: the attempt changed nothing.
	Abandon(ctx context.Context, key IdempotencyKey) error
}

// ErrKeyReused is what a store returns when a key comes with another request.
func ErrKeyReused() error {
	return errs.New(errs.Conflict, "web.idempotency.reused").
		At("header/Idempotency-Key", "web.idempotency.reused", nil).Do("web.idempotency.reused.fix")
}

// ErrKeyRunning is what a store returns while the first attempt is running.
func ErrKeyRunning() error {
	return errs.New(errs.Conflict, "web.idempotency.running").
		At("header/Idempotency-Key", "web.idempotency.running", nil).Do("web.idempotency.running.fix")
}

// ReadIdempotencyKey reads the header and hashes the request: method, path,
// query, If-Match, media type and body. It returns nil when the header is
// absent, and Invalid when it is malformed.
func ReadIdempotencyKey(r *http.Request, caller string, body []byte) (*IdempotencyKey, error) {
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		return nil, nil
	}
	key := strings.Trim(values[0], `"`) // the draft writes it as a quoted string
	if len(values) > 1 || key == "" || len(key) > maxIdempotencyKey || !etagBytes(key) {
		return nil, errs.New(errs.Invalid, "web.idempotency.invalid").With("max", maxIdempotencyKey).
			At("header/Idempotency-Key", "web.idempotency.invalid", errs.Params{"max": maxIdempotencyKey})
	}
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("If-Match"),
		r.Header.Get("Content-Type"), string(body)} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return &IdempotencyKey{caller, key, [32]byte(h.Sum(nil))}, nil
}

// Idempotent serves a handler whose work must be done once per key. The body is
// read whole, within the limit of the route. Problems free the key, so that the
// client may try again with it; a handler must therefore answer a problem only
// when it changed nothing.
func Idempotent(store IdempotencyStore, caller func(*http.Request) string, next http.Handler) http.Handler {
	return Handle(func(w http.ResponseWriter, r *http.Request) error {
		if r.Header.Get("Idempotency-Key") == "" {
			next.ServeHTTP(w, r)
			return nil
		}
		body, err := ReadBody(r)
		if err != nil {
			return err
		}
		key, err := ReadIdempotencyKey(r, caller(r), body)
		if err != nil {
			return err
		}
		saved, err := store.Begin(r.Context(), *key)
		if err != nil {
			return err
		}
		if saved != nil {
			saved.write(w)
			return nil
		}
		r.Body = readCloser{bytes.NewReader(body)}
		return runOnce(store, *key, w, r, next)
	})
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

func runOnce(store IdempotencyStore, key IdempotencyKey, w http.ResponseWriter, r *http.Request, next http.Handler) error {
	// The work goes on when the client hangs up: its answer must be kept.
	ctx := context.WithoutCancel(r.Context())
	held := &heldAnswer{header: w.Header(), status: http.StatusOK}
	done := false
	defer func() {
		if !done { // a panic on its way up
			_ = store.Abandon(ctx, key)
		}
	}()
	next.ServeHTTP(held, r)
	done = true
	answer := held.answer()
	if answer.Status >= http.StatusBadRequest {
		if err := store.Abandon(ctx, key); err != nil {
			return err
		}
	} else if err := store.Finish(ctx, key, answer); err != nil {
		return err
	}
	answer.write(w)
	return nil
}

func (a SavedAnswer) write(w http.ResponseWriter) {
	for name, value := range map[string]string{"Content-Type": a.ContentType, "ETag": a.ETag, "Location": a.Location} {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // the client is gone: nobody is left to tell
}

// heldAnswer keeps an answer back until the store has it.
type heldAnswer struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func (h *heldAnswer) Header() http.Header { return h.header }

func (h *heldAnswer) WriteHeader(status int) {
	if !h.wrote && status >= 200 {
		h.status, h.wrote = status, true
	}
}

func (h *heldAnswer) Write(b []byte) (int, error) {
	h.wrote = true
	return h.body.Write(b)
}

func (h *heldAnswer) answer() SavedAnswer {
	return SavedAnswer{Status: h.status, ContentType: h.header.Get("Content-Type"), ETag: h.header.Get("ETag"),
		Location: h.header.Get("Location"), Body: h.body.Bytes()}
}
