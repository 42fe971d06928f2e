package kms

import (
	"errors"
	"fmt"

	"garant.example/internal/errs"
)

// Reason is the closed list of why a service did not answer with a key.
type Reason string

// The reasons. Closed ones are a decision of whoever holds the key; Passing ones
// may go away by themselves.
const (
	Disabled    Reason = "disabled"    // the key is disabled, or waits for its deletion
	Denied      Reason = "denied"      // the service refuses us: policy, grant, signature
	Expired     Reason = "expired"     // our token or credential is past its end
	NoKey       Reason = "no_key"      // there is no such key (any more)
	WrongKey    Reason = "wrong_key"   // the text was not wrapped with this key and context
	Throttled   Reason = "throttled"   // too many calls
	Unreachable Reason = "unreachable" // no answer, or an answer that is no answer
	Locked      Reason = "locked"      // the service itself is sealed
	Malformed   Reason = "malformed"   // what we hold is no wrapped text of this service
	Unfit       Reason = "unfit"       // the request cannot be served: too large, wrong kind of key
)

// Closed says whether somebody decided that the key must not be used: caches are
// then forgotten at once. Whether an expired credential of ours is a decision of
// the tenant cannot be told from here, so it counts as one.
func (r Reason) Closed() bool {
	switch r {
	case Disabled, Denied, Expired, NoKey, WrongKey, Malformed:
		return true
	}
	return false
}

// Passing says whether trying again later may work.
func (r Reason) Passing() bool { return r == Throttled || r == Unreachable || r == Locked }

// Error is every error of a KMS.
type Error struct {
	Reason  Reason
	Service string // Name of the KMS
	Key     string
	Err     error // what the service said, for the log
}

// Error is what the log reads.
func (e *Error) Error() string {
	return fmt.Sprintf("kms %s: key %q: %s: %v", e.Service, e.Key, e.Reason, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ReasonOf returns the reason of err; Unreachable for an error of another kind.
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return Unreachable
}

// Explain turns err into what a person may see: the keys cannot be opened now,
// why, and what to do.
func Explain(err error) *errs.Error {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Reason: Unreachable, Err: err}
	}
	key := "keys.kms." + string(e.Reason)
	return errs.New(errs.Sealed, key).With("service", e.Service).With("key", e.Key).Do(key + ".fix").Cause(err)
}
