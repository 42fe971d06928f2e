package kms

import (
	"context"
	"time"
)

// Context is what a wrapped text is bound to. It is authenticated, not secret: a
// service may write it to its log.
type Context map[string]string

// KMS wraps and unwraps small secrets. Implementations are safe for concurrent
// use. Every error is an *Error.
type KMS interface {
	// Name is "local", "transit" or "aws".
	Name() string
	// Wrap seals plaintext (at most MaxPlaintext bytes) under the named key.
	Wrap(ctx context.Context, key string, plaintext []byte, bound Context) ([]byte, error)
	// Unwrap opens what Wrap returned for the same key and context.
	Unwrap(ctx context.Context, key string, wrapped []byte, bound Context) ([]byte, error)
	// Describe says what the service knows of the key.
	Describe(ctx context.Context, key string) (State, error)
}

// MaxPlaintext is the most that every service wraps in one call: 4096 bytes, the
// limit of AWS KMS.
const MaxPlaintext = 4096

// State is what a service says of a key. A zero time is one it does not tell.
type State struct {
	Service   string // Name of the KMS
	Key       string // the name asked for
	ID        string // how the service itself names the key, when it differs
	Enabled   bool
	Detail    string // the service's own word for the state
	Algorithm string
	Versions  int // versions the service keeps; zero when it does not tell
	Created   time.Time
	RotatedAt time.Time // the last rotation; zero when there was none or it is not told
	RotateBy  time.Time // the next automatic rotation; zero when there is none
}
