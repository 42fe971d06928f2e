package awskms

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
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
	Region    string // "eu-west-3" when empty
	Account   string // "111122223333" when empty
	AccessKey string // "AKIDEXAMPLE" when empty
	Secret    string // a random one when empty; Secret tells it
	Session   string // demanded as X-Amz-Security-Token when not empty
	Clock     clock.Clock
}

// Call is one call that was answered, well or badly: what CloudTrail would show.
type Call struct {
	Action  string
	Key     string
	Context map[string]string
	Error   string // "" or the type of the error
}

// Server is the stand-in. Safe for concurrent use.
type Server struct {
	o    Options
	http *http.Server

	mu       sync.Mutex
	keys     map[string]*key
	aliases  map[string]string
	calls    []Call
	expired  bool
	throttle int
	delay    time.Duration
}

// New returns a server without keys; it does not listen yet.
func New(o Options) *Server {
	set(&o.Region, "eu-west-3")
	set(&o.Account, "111122223333")
	set(&o.AccessKey, "AKIDEXAMPLE")
	set(&o.Secret, rand.Text())
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	s := &Server{o: o, keys: map[string]*key{}, aliases: map[string]string{}}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	return s
}

func set(v *string, otherwise string) {
	if *v == "" {
		*v = otherwise
	}
}

// Start serves on l until Close.
func (s *Server) Start(l net.Listener) {
	// The error of Serve is always ErrServerClosed or that of a listener closed
	// under it; the callers see it as a refused connection.
	go func() { _ = s.http.Serve(l) }()
}

// Close ends all connections at once: to its clients the service is unreachable.
func (s *Server) Close() error { return s.http.Close() }

// Credentials are what a client must sign with.
func (s *Server) Credentials() (accessKey, secret, session string) {
	return s.o.AccessKey, s.o.Secret, s.o.Session
}

// Region is the region that a client must sign for.
func (s *Server) Region() string { return s.o.Region }

// Calls are the calls so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// Throttle refuses the next n calls.
func (s *Server) Throttle(n int) { s.mu.Lock(); s.throttle = n; s.mu.Unlock() }

// ExpireCredentials refuses all calls until told false.
func (s *Server) ExpireCredentials(on bool) { s.mu.Lock(); s.expired = on; s.mu.Unlock() }

// Delay makes every answer late.
func (s *Server) Delay(d time.Duration) { s.mu.Lock(); s.delay = d; s.mu.Unlock() }

// problem is an error of the service.
type problem struct {
	status  int
	kind    string
	message string
}

func (p *problem) Error() string { return p.kind + ": " + p.message }

func refuse(kind, format string, args ...any) error {
	return &problem{http.StatusBadRequest, kind, fmt.Sprintf(format, args...)}
}

const (
	maxBody  = 64 << 10
	maxCalls = 10000 // that are remembered: a demo runs for days
)

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
	var call Call
	out, err := s.answer(r, body, &call)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", requestID())
	status := http.StatusOK
	if err != nil {
		p := &problem{http.StatusInternalServerError, "KMSInternalException", err.Error()}
		errors.As(err, &p)
		call.Error, status = p.kind, p.status
		out = map[string]string{"__type": p.kind, "message": p.message}
	}
	s.mu.Lock()
	if len(s.calls) < maxCalls {
		s.calls = append(s.calls, call)
	}
	s.mu.Unlock()
	w.WriteHeader(status)
	// A client that went away is not the server's trouble.
	_ = json.NewEncoder(w).Encode(out)
}

func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// answer checks everything in the order of the real one: form, signature, rate,
// then the call itself.
func (s *Server) answer(r *http.Request, body []byte, call *Call) (any, error) {
	action, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "TrentService.")
	call.Action = action
	if r.Method != http.MethodPost || r.URL.Path != "/" || !ok {
		return nil, &problem{http.StatusNotFound, "UnknownOperationException", ""}
	}
	if r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		return nil, &problem{http.StatusNotFound, "UnknownOperationException", ""}
	}
	if err := s.checkSignature(r, body); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.throttle > 0 {
		s.throttle--
		return nil, refuse("ThrottlingException", "Rate exceeded")
	}
	var in input
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, refuse("SerializationException", "%v", err)
	}
	call.Key, call.Context = in.KeyId, in.EncryptionContext
	switch action {
	case "Encrypt":
		return s.encrypt(in)
	case "Decrypt":
		return s.decrypt(in)
	case "DescribeKey":
		return s.describe(in)
	case "GetKeyRotationStatus":
		return s.rotationStatus(in)
	case "ListKeyRotations":
		return s.rotations(in)
	}
	return nil, &problem{http.StatusNotFound, "UnknownOperationException", ""}
}
