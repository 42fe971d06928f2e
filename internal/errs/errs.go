package errs

import (
	"errors"
	"fmt"
)

// Code says what happened, for programs. The edge maps each code to one HTTP
// status and one exit status; the list is closed.
type Code string

// The closed list of codes.
const (
	Invalid         Code = "invalid"         // the request is not well formed or breaks a rule
	Unauthenticated Code = "unauthenticated" // nobody known is asking
	Forbidden       Code = "forbidden"       // the decision was no; Reasons say why
	NotFound        Code = "not_found"       // there is nothing there for this caller
	Conflict        Code = "conflict"        // the state does not allow it
	Stale           Code = "stale"           // If-Match does not hold any more
	Precondition    Code = "precondition"    // If-Match, Purpose or another precondition is missing
	TooLarge        Code = "too_large"       // over a stated limit
	TooMany         Code = "too_many"        // over a stated rate
	Restricted      Code = "restricted"      // processing of this person's data is restricted
	Erased          Code = "erased"          // the key is destroyed; nobody can read this any more
	Sealed          Code = "sealed"          // the keys cannot be opened now
	LogUnavailable  Code = "log_unavailable" // the audit log cannot be written, so personal data is closed
	Unavailable     Code = "unavailable"     // a part is down; trying again later may work
	Corrupt         Code = "corrupt"         // what is stored is not what was written
	Setup           Code = "setup"           // the platform is not set up yet
	Config          Code = "config"          // a setting is wrong; the start is refused
	Internal        Code = "internal"        // our fault
)

// Field points at one place of the input and says what is wrong there.
type Field struct {
	Pointer string // JSON pointer (RFC 6901) into the body, or "header/If-Match", "query/limit"
	Key     string // message key
	Params  Params
}

// Params fill the placeholders of a message. Values are never personal data.
type Params map[string]any

// Error is an error that may be shown. Make one with New and its methods.
type Error struct {
	Code   Code
	Key    string // message key: what happened
	Params Params
	Fix    string // message key: the next step; empty when there is none
	Fields []Field
	Err    error // the cause, for the log
}

// New returns an error of a code with the key of its message.
func New(code Code, key string) *Error { return &Error{Code: code, Key: key} }

// With sets a parameter of the message.
func (e *Error) With(name string, value any) *Error {
	if e.Params == nil {
		e.Params = Params{}
	}
	e.Params[name] = value
	return e
}

// Do sets the key of the next step.
func (e *Error) Do(fix string) *Error { e.Fix = fix; return e }

// At adds a place of the input that is wrong.
func (e *Error) At(pointer, key string, params Params) *Error {
	e.Fields = append(e.Fields, Field{pointer, key, params})
	return e
}

// Cause keeps the error behind this one; errors.Is and errors.As see it.
func (e *Error) Cause(err error) *Error { e.Err = err; return e }

// Error is what the log reads: code, key and cause.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %s", e.Code, e.Key)
	for _, f := range e.Fields {
		s += fmt.Sprintf("; %s: %s", f.Pointer, f.Key)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Of returns the Error within err, or an Internal one around it.
// It returns nil for nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return New(Internal, "error.internal").Do("error.internal.fix").Cause(err)
}

// Is says whether err carries the code.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
