package web

import (
	"net/http"

	"garant.example/internal/errs"
)

// statusOf is the one table from codes to statuses. A code that is not in it is
// answered as an internal error.
func statusOf(code errs.Code) (int, bool) {
	switch code {
	case errs.Invalid:
		return http.StatusUnprocessableEntity, true
	case errs.Unauthenticated:
		return http.StatusUnauthorized, true
	case errs.Forbidden:
		return http.StatusForbidden, true
	case errs.NotFound:
		return http.StatusNotFound, true
	case errs.Conflict:
		return http.StatusConflict, true
	case errs.Stale:
		return http.StatusPreconditionFailed, true
	case errs.Precondition:
		return http.StatusPreconditionRequired, true
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge, true
	case errs.TooMany:
		return http.StatusTooManyRequests, true
	case errs.Restricted:
		return http.StatusLocked, true
	case errs.Erased:
		return http.StatusGone, true
	case errs.Sealed, errs.LogUnavailable, errs.Unavailable, errs.Setup:
		return http.StatusServiceUnavailable, true
	case errs.Corrupt, errs.Config, errs.Internal:
		return http.StatusInternalServerError, true
	}
	return http.StatusInternalServerError, false
}

// Status is the HTTP status of a code.
func Status(code errs.Code) int {
	status, _ := statusOf(code)
	return status
}

// CodeOf is the way back, for a client whose answer carries no problem document
// (a proxy answered in our place). Success has no code: it returns "".
func CodeOf(status int) errs.Code {
	switch status {
	case http.StatusUnauthorized:
		return errs.Unauthenticated
	case http.StatusForbidden:
		return errs.Forbidden
	case http.StatusNotFound:
		return errs.NotFound
	case http.StatusConflict:
		return errs.Conflict
	case http.StatusGone:
		return errs.Erased
	case http.StatusPreconditionFailed:
		return errs.Stale
	case http.StatusRequestEntityTooLarge:
		return errs.TooLarge
	case http.StatusLocked:
		return errs.Restricted
	case http.StatusPreconditionRequired:
		return errs.Precondition
	case http.StatusTooManyRequests:
		return errs.TooMany
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return errs.Unavailable
	}
	switch {
	case status < 400:
		return ""
	case status < 500:
		return errs.Invalid
	}
	return errs.Internal
}

// Retryable says whether the same request may succeed later, unchanged.
func Retryable(code errs.Code) bool {
	switch code {
	case errs.TooMany, errs.Sealed, errs.LogUnavailable, errs.Unavailable, errs.Setup:
		return true
	}
	return false
}
