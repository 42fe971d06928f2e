package transit

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"garant.example/internal/clock"
)

// Options of New. Zero values are filled in.
type Options struct {
	Mount     string // "transit" when empty
	Namespace string // demanded as X-Vault-Namespace
	Clock     clock.Clock
}

// Call is one call that was answered.
type Call struct {
	Method, Path string
	Status       int
}

// Server is the stand-in. Safe for concurrent use.
type Server struct {
	o    Options
	http *http.Server

	mu       sync.Mutex
	tokens   map[string]*token
	keys     map[string]*key
	calls    []Call
	sealed   bool
	throttle int
	delay    time.Duration
}

// New returns a server without keys and tokens; it does not listen yet.
func New(o Options) *Server {
	if o.Mount == "" {
		o.Mount = "transit"
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	s := &Server{o: o, tokens: map[string]*token{}, keys: map[string]*key{}}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	return s
}

// Start serves on l until Close.
func (s *Server) Start(l net.Listener) {
	// The error of Serve is always ErrServerClosed or that of a listener closed
	// under it; the callers see it as a refused connection.
	go func() { _ = s.http.Serve(l) }()
}

// Close ends all connections at once: to its clients the service is unreachable.
func (s *Server) Close() error { return s.http.Close() }

// Seal seals the service, or unseals it again.
func (s *Server) Seal(on bool) { s.mu.Lock(); s.sealed = on; s.mu.Unlock() }

// Throttle refuses the next n calls.
func (s *Server) Throttle(n int) { s.mu.Lock(); s.throttle = n; s.mu.Unlock() }

// Delay makes every answer late.
func (s *Server) Delay(d time.Duration) { s.mu.Lock(); s.delay = d; s.mu.Unlock() }

// Calls are the calls so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// token is one token with its policy.
type token struct {
	expires   time.Time // zero: it does not end
	life      time.Duration
	renewable bool
	create    bool            // may make keys
	denied    map[string]bool // keys it may not use
}

// AddToken makes a token that may use every key. A life of zero is for ever.
func (s *Server) AddToken(life time.Duration, renewable bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := "s." + rand.Text()
	t := &token{life: life, renewable: renewable, denied: map[string]bool{}}
	if life > 0 {
		t.expires = s.o.Clock.Now().Add(life)
	}
	s.tokens[name] = t
	return name
}

// AllowCreate lets a token make keys.
func (s *Server) AllowCreate(name string) { s.mu.Lock(); s.tokens[name].create = true; s.mu.Unlock() }

// ExpireToken ends a token now.
func (s *Server) ExpireToken(name string) { s.mu.Lock(); delete(s.tokens, name); s.mu.Unlock() }

// Deny takes a key out of the policy of every token, or puts it back.
func (s *Server) Deny(key string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tokens {
		t.denied[key] = on
	}
}

// problem is an error answer: status and texts.
type problem struct {
	status int
	texts  []string
}

func (p *problem) Error() string { return strings.Join(p.texts, "; ") }

func refuse(status int, texts ...string) error { return &problem{status, texts} }

const maxBody = 1 << 20

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return
	}
	s.mu.Lock()
	delay := s.delay
	s.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
			return
		}
	}
	s.mu.Lock()
	out, err := s.answer(r, body)
	status := http.StatusOK
	if err != nil {
		p := &problem{http.StatusInternalServerError, []string{err.Error()}}
		errors.As(err, &p)
		status = p.status
		out = map[string][]string{"errors": append([]string{}, p.texts...)}
	} else if out == nil {
		status = http.StatusNoContent
	}
	s.calls = append(s.calls, Call{r.Method, r.URL.Path, status})
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if out != nil {
		// A client that went away is not the server's trouble.
		_ = json.NewEncoder(w).Encode(out)
	}
}

// answer routes one call. The caller holds the lock.
func (s *Server) answer(r *http.Request, body []byte) (any, error) {
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	if !ok {
		return nil, refuse(http.StatusNotFound)
	}
	if path == "sys/seal-status" {
		return map[string]any{"type": "shamir", "initialized": true, "sealed": s.sealed, "version": "2.0.0"}, nil
	}
	if s.sealed {
		return nil, refuse(http.StatusServiceUnavailable, "Vault is sealed")
	}
	if s.throttle > 0 {
		s.throttle--
		return nil, refuse(http.StatusTooManyRequests, `request path "`+path+`": rate limit quota exceeded`)
	}
	if r.Header.Get("X-Vault-Namespace") != s.o.Namespace {
		return nil, refuse(http.StatusNotFound, `no handler for route "`+path+`". route entry not found.`)
	}
	t, err := s.authenticate(r)
	if err != nil {
		return nil, err
	}
	switch path {
	case "auth/token/lookup-self":
		return s.lookUp(t)
	case "auth/token/renew-self":
		return s.renew(t)
	}
	rest, ok := strings.CutPrefix(path, s.o.Mount+"/")
	if !ok {
		return nil, refuse(http.StatusNotFound, `no handler for route "`+path+`". route entry not found.`)
	}
	return s.engine(r.Method, rest, t, body)
}

const denied = "1 error occurred:\n\t* permission denied\n\n"

func (s *Server) authenticate(r *http.Request) (*token, error) {
	name := r.Header.Get("X-Vault-Token")
	if name == "" {
		return nil, refuse(http.StatusForbidden, "permission denied")
	}
	t := s.tokens[name]
	if t == nil || !t.expires.IsZero() && !s.o.Clock.Now().Before(t.expires) {
		delete(s.tokens, name)
		return nil, refuse(http.StatusForbidden, "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n")
	}
	return t, nil
}

func (s *Server) lookUp(t *token) (any, error) {
	ttl := 0.0
	if !t.expires.IsZero() {
		ttl = t.expires.Sub(s.o.Clock.Now()).Seconds()
	}
	return map[string]any{"data": map[string]any{"ttl": int64(ttl), "renewable": t.renewable, "policies": []string{"default", "garant"}}}, nil
}

func (s *Server) renew(t *token) (any, error) {
	if !t.renewable {
		return nil, refuse(http.StatusBadRequest, "lease is not renewable")
	}
	t.expires = s.o.Clock.Now().Add(t.life)
	return map[string]any{"auth": map[string]any{"lease_duration": int64(t.life.Seconds()), "renewable": true}}, nil
}
