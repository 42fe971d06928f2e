package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"garant.example/internal/actor"
	"garant.example/internal/errs"
)

// logAccess writes one line per request. It holds no address, no path as typed,
// no query and no header: those may name a person.
func (k *Kit) logAccess(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !k.Log.Enabled(r.Context(), slog.LevelInfo) {
			next.ServeHTTP(w, r)
			return
		}
		start := k.Clock.Now()
		defer func() {
			s, out := stateOf(r.Context()), w.(*recorder)
			status := out.status
			if status == 0 {
				status = http.StatusOK // net/http answers so when nothing was written
			}
			pattern := s.pattern
			if pattern == "" {
				pattern = r.Pattern
			}
			if pattern == "" {
				pattern = "other"
			}
			attributes := []slog.Attr{
				slog.String("method", method(r.Method)),
				slog.String("route", pattern),
				slog.Int("status", status),
				slog.Int64("bytes", out.bytes),
				slog.Duration("took", k.Clock.Now().Sub(start).Round(time.Microsecond)),
			}
			if s.code != "" {
				attributes = append(attributes, slog.String("code", string(s.code)))
			}
			if s.clientID != "" {
				attributes = append(attributes, slog.String("client_request", s.clientID))
			}
			s.logger().LogAttrs(r.Context(), slog.LevelInfo, "request", attributes...)
		}()
		next.ServeHTTP(w, r)
	})
}

// method keeps the log free of invented methods.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// recoverPanic answers a panic as an internal error. The value of a panic may
// hold what a person typed, so only errors of the runtime are logged in words;
// the stack of Go shows addresses, not contents.
func recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { // the documented way to cut a connection
				panic(v)
			}
			what := fmt.Sprintf("%T", v)
			if e, ok := v.(runtime.Error); ok {
				what = e.Error()
			}
			Log(r.Context()).Error("panic", slog.String("what", what), slog.String("stack", string(debug.Stack())))
			err := errs.Of(fmt.Errorf("web: panic: %s", what))
			if begun(w) {
				WriteProblem(w, r, err)     // for the log
				panic(http.ErrAbortHandler) // a half answer must not look whole
			}
			WriteProblem(w, r, err)
		}()
		next.ServeHTTP(w, r)
	})
}

// Act returns the request with the actor in its context and the actor's kind
// and reference in the lines of its log.
func Act(r *http.Request, a actor.Actor) *http.Request {
	if s := stateOf(r.Context()); s != nil {
		s.actor, s.lines = []any{slog.String("actor_kind", a.Kind.String()), slog.String("actor", a.Ref())}, nil
	}
	return r.WithContext(actor.In(r.Context(), a))
}
