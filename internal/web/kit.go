package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"

	"garant.example/internal/clock"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
)

// DefaultBodyLimit is how many bytes a request may send where its route says
// nothing else: a record of 1 KB a thousand times over.
const DefaultBodyLimit = 1 << 20

// Kit is what every request needs from the outside. Fields without a comment on
// a default are required.
type Kit struct {
	Catalog   *i18n.Catalog
	Log       *slog.Logger
	Clock     clock.Clock
	Lang      string         // language when the client names none of ours; default "en"
	Trusted   []netip.Prefix // proxies whose X-Forwarded-For is believed; default none
	BodyLimit int64          // bytes; default DefaultBodyLimit
	CSP       string         // default DefaultCSP
	Limiter   *Limiter       // requests per client address; default no limit
}

// Wrap puts the toolkit round the handler of a listener, in this order: request
// state, access log, recovery, security headers, rate, body limit.
func (k *Kit) Wrap(h http.Handler) http.Handler {
	h = k.limitRate(h)
	h = k.secureHeaders(h)
	h = recoverPanic(h)
	h = k.logAccess(h)
	return k.begin(h)
}

// begin gives the request its state.
func (k *Kit) begin(next http.Handler) http.Handler {
	fallback := k.Lang
	if !i18n.Known(fallback) {
		fallback = i18n.English
	}
	limit := k.BodyLimit
	if limit <= 0 {
		limit = DefaultBodyLimit
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &state{id: id.NewRequest(), catalog: k.Catalog, clientID: clientID(r.Header.Get("X-Request-Id"))}
		var viaProxy bool
		s.address, viaProxy = clientAddress(r, k.Trusted)
		s.secure = isSecure(r, viaProxy)
		s.trace = traceFor(r, s.id)
		s.printer = k.Catalog.Printer(k.Catalog.Match(r.Header.Get("Accept-Language"), fallback))
		s.log = k.Log

		out := &recorder{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), stateKey{}, s))
		s.body = &lazyBody{w: w, body: r.Body, max: limit}
		r.Body = s.body
		out.Header().Set("X-Request-Id", s.id.String())
		next.ServeHTTP(out, r)
	})
}

// recorder hears how an answer went. It passes on everything else through
// Unwrap, as http.ResponseController expects.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 { // 1xx may come before the answer
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Flush sends what was written; streams of bulk results need it.
func (w *recorder) Flush() {
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// begun says whether the status line of an answer has been sent.
func begun(w http.ResponseWriter) bool {
	for {
		switch v := w.(type) {
		case *recorder:
			return v.status != 0
		case interface{ Unwrap() http.ResponseWriter }:
			w = v.Unwrap()
		default:
			return false
		}
	}
}
