package client

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
)

// Problem is what a server answers instead of a success (RFC 9457).
type Problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      string         `json:"code"` // stable: "invalid", "stale", "restricted" …
	Key       string         `json:"key"`  // stable and finer
	Errors    []ProblemField `json:"errors"`
	RequestID string         `json:"request_id"`
	Fix       string         `json:"fix"`
	Retryable bool           `json:"retryable"`

	retryAfter time.Duration
}

// ProblemField is one place of the input that is wrong.
type ProblemField struct {
	Pointer string `json:"pointer"` // JSON pointer, "header/NAME" or "query/NAME"
	Key     string `json:"key"`
	Detail  string `json:"detail"`
}

// Error says what happened, with every place at fault.
func (p *Problem) Error() string {
	s := p.Detail
	if s == "" {
		s = p.Title
	}
	for _, f := range p.Errors {
		s += fmt.Sprintf("\n  %s: %s", f.Pointer, f.Detail)
	}
	return s
}

// The codes of problems.
const (
	Invalid         = "invalid"
	Unauthenticated = "unauthenticated"
	Forbidden       = "forbidden"
	NotFound        = "not_found"
	Conflict        = "conflict"
	Stale           = "stale"
	Precondition    = "precondition"
	TooLarge        = "too_large"
	TooMany         = "too_many"
	Restricted      = "restricted"
	Erased          = "erased"
	Sealed          = "sealed"
	LogUnavailable  = "log_unavailable"
	Unavailable     = "unavailable"
	Corrupt         = "corrupt"
	Setup           = "setup"
	Internal        = "internal"
)

// maxProblem bounds what is read of a problem document, in bytes.
const maxProblem = 256 << 10

// problemOf reads a problem document; something in between (a proxy) may have
// answered in another form.
func problemOf(r *http.Response, body []byte) *Problem {
	p := &Problem{}
	if err := json.Unmarshal(body, p); err != nil || p.Code == "" {
		p = &Problem{Title: http.StatusText(r.StatusCode), Code: codeOf(r.StatusCode)}
		p.Detail = fmt.Sprintf("HTTP %d", r.StatusCode)
		p.Retryable = r.StatusCode == http.StatusBadGateway || r.StatusCode == http.StatusServiceUnavailable ||
			r.StatusCode == http.StatusGatewayTimeout || r.StatusCode == http.StatusTooManyRequests
	}
	p.Status = r.StatusCode
	if p.RequestID == "" {
		p.RequestID = r.Header.Get("X-Request-Id")
	}
	if s, err := time.ParseDuration(r.Header.Get("Retry-After") + "s"); err == nil && s > 0 {
		p.retryAfter = s
	}
	return p
}

func codeOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return Unauthenticated
	case http.StatusForbidden:
		return Forbidden
	case http.StatusNotFound:
		return NotFound
	case http.StatusConflict:
		return Conflict
	case http.StatusPreconditionFailed:
		return Stale
	case http.StatusRequestEntityTooLarge:
		return TooLarge
	case http.StatusTooManyRequests:
		return TooMany
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return Unavailable
	}
	if status < http.StatusInternalServerError {
		return Invalid
	}
	return Internal
}
