package identity

import "garant.example/internal/id"

// What tests look at from outside.

func ParseToken(s string) (id.Token, [32]byte, error) { return parseToken(s) }

func NewTokenText(t id.Token) (string, [32]byte) { return newTokenText(t) }

func ParseSessionSecret(s string) (id.Tenant, [32]byte, error) { return parseSessionSecret(s) }

func NewSessionSecret(t id.Tenant) (string, [32]byte) { return newSessionSecret(t) }

func AppendBase32(dst, src []byte) []byte { return appendBase32(dst, src) }

func ReadBase32(dst []byte, s string) bool { return readBase32(dst, s) }

func Prepare(password string) (string, bool) { return prepare(password) }

func Normalise(name string) (string, bool) { return normalise(name) }

func InitialPassword(rules PasswordRules) string { return initialPassword(rules) }

// Occupy takes places of the hasher, as n hashes under way or waiting would.
func (h *Hasher) Occupy(n int) (release func()) {
	for range n {
		h.queue <- struct{}{}
	}
	return func() {
		for range n {
			<-h.queue
		}
	}
}

// CachedTokens counts what the cache holds.
func (s *Service) CachedTokens() int {
	s.tokens.mu.RLock()
	defer s.tokens.mu.RUnlock()
	return len(s.tokens.held)
}

// Busy counts the tags with attempts under way.
func (s *Service) Busy() int {
	s.trying.mu.Lock()
	defer s.trying.mu.Unlock()
	return len(s.trying.busy)
}
