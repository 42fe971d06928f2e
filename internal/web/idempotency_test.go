package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"garant.example/internal/errs"
)

// memory is the store that the contract of IdempotencyStore describes, without
// the durability.
type memory struct {
	mu      sync.Mutex
	entries map[string]*entry
}

type entry struct {
	hash   [32]byte
	answer *SavedAnswer
}

func (m *memory) Begin(_ context.Context, k IdempotencyKey) (*SavedAnswer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[k.Caller+"\x00"+k.Key]
	switch {
	case !ok:
		m.entries[k.Caller+"\x00"+k.Key] = &entry{hash: k.Hash}
		return nil, nil
	case e.hash != k.Hash:
		return nil, ErrKeyReused()
	case e.answer == nil:
		return nil, ErrKeyRunning()
	}
	return e.answer, nil
}

func (m *memory) Finish(_ context.Context, k IdempotencyKey, a SavedAnswer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries[k.Caller+"\x00"+k.Key].answer = &a
	return nil
}

func (m *memory) Abandon(_ context.Context, k IdempotencyKey) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, k.Caller+"\x00"+k.Key)
	return nil
}

func TestIdempotent(t *testing.T) {
	b := newBench(t)
	store, calls := &memory{entries: map[string]*entry{}}, 0
	h := Idempotent(store, func(r *http.Request) string { return r.Header.Get("Caller") },
		Handle(func(w http.ResponseWriter, r *http.Request) error {
			calls++
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			switch string(body) {
			case "bad":
				return errs.New(errs.Invalid, "web.json.invalid")
			case "panic":
				panic("x")
			}
			w.Header().Set("Location", "/v1/it")
			w.Header().Set("ETag", ETag("v1"))
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write(append([]byte("made "), body...))
			return nil
		}))
	send := func(caller, key, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/v1/x", strings.NewReader(body))
		r.Header.Set("Caller", caller)
		if key != "" {
			r.Header.Set("Idempotency-Key", key)
		}
		return b.do(h, r)
	}
	first, second := send("a", "k1", "one"), send("a", "k1", "one")
	if calls != 1 || first.Code != 201 || second.Code != 201 || first.Body.String() != "made one" ||
		second.Body.String() != "made one" || second.Header().Get("ETag") != `"v1"` || second.Header().Get("Location") != "/v1/it" {
		t.Errorf("calls %d; first %d %s; second %d %s", calls, first.Code, first.Body, second.Code, second.Body)
	}
	if p := problem(t, send("a", "k1", "two")); p.Code != errs.Conflict || p.Key != "web.idempotency.reused" {
		t.Errorf("another body: %+v", p)
	}
	if send("b", "k1", "two"); calls != 2 {
		t.Errorf("another caller's key met ours")
	}
	if send("a", "", "one"); calls != 3 {
		t.Errorf("without a key: %d calls", calls)
	}
	for range 2 {
		if p := problem(t, send("a", "k2", "bad")); p.Code != errs.Invalid {
			t.Errorf("%+v", p)
		}
	}
	if calls != 5 {
		t.Errorf("a problem did not free its key: %d calls", calls)
	}
	for range 2 {
		if p := problem(t, send("a", "k3", "panic")); p.Code != errs.Internal {
			t.Errorf("%+v", p)
		}
	}
	if calls != 7 {
		t.Errorf("a panic did not free its key: %d calls", calls)
	}
	for _, bad := range []string{strings.Repeat("x", 129), "a b", "\"\""} {
		if p := problem(t, send("a", bad, "one")); p.Code != errs.Invalid {
			t.Errorf("key %q: %+v", bad, p)
		}
	}
}

func TestIdempotentWhileRunning(t *testing.T) {
	b := newBench(t)
	store := &memory{entries: map[string]*entry{}}
	entered, leave := make(chan struct{}), make(chan struct{})
	h := Idempotent(store, func(*http.Request) string { return "a" },
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(entered)
			<-leave
			w.WriteHeader(http.StatusNoContent)
		}))
	request := func() *http.Request {
		r := httptest.NewRequest("POST", "/", strings.NewReader("x"))
		r.Header.Set("Idempotency-Key", "k")
		return r
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // the client hangs up at once; its answer is kept all the same
		if w := b.do(h, request().WithContext(ctx)); w.Code != http.StatusNoContent {
			t.Errorf("first: %d", w.Code)
		}
	})
	<-entered
	other := newBench(t)
	if p := problem(t, other.do(h, request())); p.Key != "web.idempotency.running" {
		t.Errorf("%+v", p)
	}
	close(leave)
	wg.Wait()
	if w := b.do(h, request()); w.Code != http.StatusNoContent {
		t.Errorf("after it ended: %d", w.Code)
	}
}
