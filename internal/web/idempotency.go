package web

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"strings"

	"garant.example/internal/errs"
)

// maxIdempotencyKey bounds what a client may choose, in characters.
const maxIdempotencyKey = 128

// IdempotencyKey reads the header by which a client may send a request again. It is
// empty without one, and Invalid when it is malformed or given twice.
func IdempotencyKey(r *http.Request) (string, error) {
	values := r.Header["Idempotency-Key"]
	if len(values) == 0 {
		return "", nil
	}
	key := values[0]
	if n := len(key); n > 1 && key[0] == '"' && key[n-1] == '"' {
		key = key[1 : n-1] // the draft writes it as a quoted string
	}
	if len(values) > 1 || key == "" || len(key) > maxIdempotencyKey || !etagBytes(key) || strings.Contains(key, `"`) {
		return "", errs.New(errs.Invalid, "web.idempotency.invalid").With("max", maxIdempotencyKey).
			At("header/Idempotency-Key", "web.idempotency.invalid", errs.Params{"max": maxIdempotencyKey})
	}
	return key, nil
}

// RequestDigest is what tells one request from another: method, path, query,
// If-Match, media type and body.
func RequestDigest(r *http.Request, body []byte) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("If-Match"),
		r.Header.Get("Content-Type"), string(body)} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// NotOnce refuses an Idempotency-Key on a route that would not act on it: whoever
// believes to be safe and is not must learn it.
func NotOnce(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || len(r.Header["Idempotency-Key"]) == 0 {
		return nil
	}
	return errs.New(errs.Invalid, "web.idempotency.unused").Do("web.idempotency.unused.fix").
		At("header/Idempotency-Key", "web.idempotency.unused", nil)
}
