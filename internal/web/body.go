package web

import (
	"io"
	"net/http"
	"time"
)

// lazyBody is a request body whose limit may still be changed until the first
// byte is read, so that a route can have its own.
type lazyBody struct {
	w       http.ResponseWriter
	body    io.ReadCloser
	max     int64
	limited io.ReadCloser
}

func (b *lazyBody) Read(p []byte) (int, error) {
	if b.limited == nil {
		b.limited = http.MaxBytesReader(b.w, b.body, b.max)
	}
	return b.limited.Read(p)
}

func (b *lazyBody) Close() error { return b.body.Close() }

// LimitBody sets how many bytes the bodies of a route may have, more or fewer
// than the default. It must stand before anything that reads the body.
func LimitBody(max int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := stateOf(r.Context()); s != nil && s.body != nil && s.body.limited == nil {
			s.body.max = max
		} else {
			r.Body = http.MaxBytesReader(w, r.Body, max)
		}
		next.ServeHTTP(w, r)
	})
}

// ReadBody reads a whole body. It returns a TooLarge error as soon as the
// announced or the real length passes the limit of the route.
func ReadBody(r *http.Request) ([]byte, error) {
	limit := int64(-1)
	if s := stateOf(r.Context()); s != nil && s.body != nil {
		limit = s.body.max
	}
	if limit >= 0 && r.ContentLength > limit {
		return nil, plain(&http.MaxBytesError{Limit: limit})
	}
	data, err := readAll(r)
	if err != nil {
		return nil, bodyError(err)
	}
	return data, nil
}

// maxForeseen bounds what is set aside on the word of a header, in bytes.
const maxForeseen = 64 << 10

// readAll reads a body into one piece of the announced length, where that is known
// and small: growing bit by bit would copy a record three times.
func readAll(r *http.Request) ([]byte, error) {
	if r.ContentLength <= 0 || r.ContentLength > maxForeseen {
		return io.ReadAll(r.Body)
	}
	data := make([]byte, r.ContentLength, r.ContentLength+1)
	n, err := io.ReadFull(r.Body, data)
	if err != nil {
		return data[:n], err
	}
	rest, err := io.ReadAll(r.Body) // a body of another length than announced is not cut
	return append(data, rest...), err
}

// Stream gives a route that takes or sends long streams its own time: the whole
// request must end within d, instead of within the times of the listener.
func Stream(d time.Duration, now func() time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, until := http.NewResponseController(w), now().Add(d)
		// A transport without deadlines (a test's recorder) has none to move.
		_ = c.SetReadDeadline(until)
		_ = c.SetWriteDeadline(until)
		next.ServeHTTP(w, r)
	})
}
