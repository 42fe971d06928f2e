package imds

import (
	"crypto/rand"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"garant.example/internal/clock"
)

// Machine is what the service says.
type Machine struct {
	Region   string // "ap-southeast-2"
	Zone     string // letter of the zone; "a" when empty
	Account  string // "111122223333" when empty
	Instance string // "i-0123456789abcdef0" when empty
}

// Server is the stand-in. Safe for concurrent use.
type Server struct {
	clock clock.Clock
	http  *http.Server

	mu     sync.Mutex
	says   Machine
	tokens map[string]time.Time // to their end
	mute   bool
}

// New returns a server; it does not listen yet.
func New(m Machine, c clock.Clock) *Server {
	s := &Server{clock: c, tokens: map[string]time.Time{}}
	s.Say(m)
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	return s
}

// Start serves on l until Close.
func (s *Server) Start(l net.Listener) {
	go func() { _ = s.http.Serve(l) }() // ends with Close
}

// Close ends all connections at once.
func (s *Server) Close() error { return s.http.Close() }

// Say changes what the machine is.
func (s *Server) Say(m Machine) {
	for _, v := range []struct {
		at        *string
		otherwise string
	}{{&m.Zone, "a"}, {&m.Account, "111122223333"}, {&m.Instance, "i-0123456789abcdef0"}} {
		if *v.at == "" {
			*v.at = v.otherwise
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.says = m
}

// Mute makes every question fail until told false.
func (s *Server) Mute(on bool) { s.mu.Lock(); s.mute = on; s.mu.Unlock() }

const (
	maxTokenLife = 21600 // s
	maxTokens    = 1000
	lifeHeader   = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
	tokenHeader  = "X-Aws-Ec2-Metadata-Token"
)

// ServeHTTP answers one question.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.mute:
		w.WriteHeader(http.StatusInternalServerError)
	case r.URL.Path == "/latest/api/token":
		s.token(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case !s.clock.Now().Before(s.tokens[r.Header.Get(tokenHeader)]): // also what was never given
		w.WriteHeader(http.StatusUnauthorized)
	default:
		s.answer(w, r.URL.Path)
	}
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	life, err := strconv.Atoi(r.Header.Get(lifeHeader))
	switch {
	case r.Method != http.MethodPut:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case r.Header.Get("X-Forwarded-For") != "":
		w.WriteHeader(http.StatusForbidden)
	case err != nil || life < 1 || life > maxTokenLife:
		w.WriteHeader(http.StatusBadRequest)
	default:
		if len(s.tokens) >= maxTokens {
			clear(s.tokens)
		}
		token := rand.Text()
		s.tokens[token] = s.clock.Now().Add(time.Duration(life) * time.Second)
		w.Header().Set(lifeHeader, strconv.Itoa(life))
		s.text(w, token)
	}
}

func (s *Server) answer(w http.ResponseWriter, path string) {
	zone := s.says.Region + s.says.Zone
	switch strings.TrimSuffix(path, "/") {
	case "/latest/dynamic/instance-identity/document":
		document, err := json.MarshalIndent(map[string]string{"accountId": s.says.Account, "architecture": "arm64", "availabilityZone": zone,
			"imageId": "ami-0123456789abcdef0", "instanceId": s.says.Instance, "instanceType": "m7g.large",
			"pendingTime": "2026-11-01T00:00:00Z", "privateIp": "10.0.0.10", "region": s.says.Region, "version": "2017-09-30"}, "", "  ")
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		s.text(w, string(document))
	case "/latest/meta-data/placement/region":
		s.text(w, s.says.Region)
	case "/latest/meta-data/placement/availability-zone":
		s.text(w, zone)
	case "/latest/meta-data/instance-id":
		s.text(w, s.says.Instance)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *Server) text(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write([]byte(body)) // whoever asked may have gone
}
