package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"

	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
)

// state is what the toolkit knows of one request. It is reached through the
// context and changed only by the goroutine that serves the request.
type state struct {
	id       id.Request
	trace    trace
	address  netip.Addr
	secure   bool // the client's own connection is TLS, seen through trusted proxies
	printer  *i18n.Printer
	catalog  *i18n.Catalog
	log      *slog.Logger // of the listener
	lines    *slog.Logger // of this request; made when first asked for
	actor    []any
	body     *lazyBody
	pattern  string    // route pattern, when a wrapper between us and the router hid it
	code     errs.Code // of the problem that was answered
	clientID string    // X-Request-Id of the client, when it is only digits
}

type stateKey struct{}

func stateOf(ctx context.Context) *state {
	s, _ := ctx.Value(stateKey{}).(*state)
	return s
}

// RequestID is the id of the request; it stands in answers and in the log.
// Outside a request it is zero.
func RequestID(ctx context.Context) id.Request {
	if s := stateOf(ctx); s != nil {
		return s.id
	}
	return id.Request{}
}

// Address is the address of the client, behind trusted proxies. Outside a
// request it is the zero address, which no allow-list holds.
func Address(ctx context.Context) netip.Addr {
	if s := stateOf(ctx); s != nil {
		return s.address
	}
	return netip.Addr{}
}

// Secure says whether the client reached us over TLS, directly or through a
// trusted proxy that says so.
func Secure(ctx context.Context) bool {
	s := stateOf(ctx)
	return s != nil && s.secure
}

// Printer is the printer of the request's language, or nil outside a request.
func Printer(ctx context.Context) *i18n.Printer {
	if s := stateOf(ctx); s != nil {
		return s.printer
	}
	return nil
}

// Log is the logger of the request: its lines carry the request id and trace.
// Outside a request it discards.
func Log(ctx context.Context) *slog.Logger {
	if s := stateOf(ctx); s != nil {
		return s.logger()
	}
	return slog.New(slog.DiscardHandler)
}

// logger makes the request's logger late: most requests write one line, which
// carries its fields itself.
func (s *state) logger() *slog.Logger {
	if s.lines == nil {
		s.lines = s.log.With(slog.String("request", s.id.String()), slog.String("trace", s.trace.id)).With(s.actor...)
	}
	return s.lines
}

// SetLang changes the language of the request, where the address decides it
// (/fr/…) and not the header. An unknown language changes nothing.
func SetLang(ctx context.Context, lang string) {
	if s := stateOf(ctx); s != nil && i18n.Known(lang) {
		s.printer = s.catalog.Printer(lang)
	}
}

// Routed notes the pattern that a router found, for the access log. It is needed
// only where a middleware between Kit.Wrap and the router makes a new request.
func Routed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := stateOf(r.Context()); s != nil {
			s.pattern = r.Pattern
		}
		next.ServeHTTP(w, r)
	})
}
