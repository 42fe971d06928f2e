package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Agent is how a probe names itself to the doors; the log keeps it.
const Agent = "garant-probe/1"

// CookieOf is what the console calls a session of a tenant over TLS.
func CookieOf(t tenant.Tenant) string { return "__Host-garant." + string(t.Slug) }

const (
	patience  = 20 * time.Second // for one answer
	maxAnswer = 16 << 20         // bytes of one answer
	paces     = 5                // how often one request waits for a slower pace
)

// Door sends requests to the platform as any client would.
type Door struct {
	url    string
	client *http.Client
}

// NewDoor returns a client of the house's public door, which follows no redirect.
func NewDoor(h *assurance.House) *Door {
	return &Door{url: h.URL(), client: &http.Client{Timeout: patience,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: h.Roots(), MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Close ends the connections.
func (d *Door) Close() { d.client.CloseIdleConnections() }

// Call is one request.
type Call struct {
	Method  string
	Path    string // with its query
	Bearer  string // empty: nobody is known
	Host    string // name asked for; empty: the door's own
	Body    string
	Type    string // of the body; JSON when empty
	Purpose string
	IfMatch string
	Cookie  *http.Cookie // of the console: a browser sends the request
}

// Answer is what came back.
type Answer struct {
	Status  int
	Body    []byte
	Request id.Request // as the platform numbered it
	ETag    string
	Key     string // of the problem, when the answer is one
	To      string // where it leads on to

	wait time.Duration // that the door asks for
}

// OK says that the request was granted.
func (a Answer) OK() bool { return a.Status/100 == 2 }

// Refused says that the caller was turned away: not signed in, sent to the sign-in
// page, not allowed, or not even told that there is such a tenant.
func (a Answer) Refused() bool {
	switch a.Status {
	case http.StatusSeeOther:
		path, _, _ := strings.Cut(a.To, "?")
		return strings.HasSuffix(path, "/sign-in")
	case http.StatusUnauthorized, http.StatusForbidden:
		return true
	case http.StatusNotFound:
		return a.Key == "access.not_found" || a.Key == "tenant.unknown"
	default:
		return false
	}
}

// Err is an error for a probe that expected the request to be granted.
func (a Answer) Err(c Call) error {
	if a.OK() {
		return nil
	}
	path, _, _ := strings.Cut(c.Path, "?")
	return fmt.Errorf("probe: %s %s answered %d", c.Method, path, a.Status)
}

// Do sends one request and reads the whole answer. A door that asks for a slower pace
// is given it: a probe walks faster than any client, and must not be what it measures.
func (d *Door) Do(ctx context.Context, c Call) (Answer, error) {
	for range paces {
		a, err := d.once(ctx, c)
		if err != nil || a.Key != "web.too_many" || a.wait <= 0 || a.wait > patience {
			return a, err
		}
		select {
		case <-ctx.Done():
			return a, ctx.Err()
		case <-time.After(a.wait):
		}
	}
	return d.once(ctx, c)
}

func (d *Door) once(ctx context.Context, c Call) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, c.Method, d.url+c.Path, strings.NewReader(c.Body))
	if err != nil {
		return Answer{}, err
	}
	for name, value := range map[string]string{"Purpose": c.Purpose, "If-Match": c.IfMatch, "User-Agent": Agent} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if c.Bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.Bearer)
	}
	if c.Body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Type != "" {
		req.Header.Set("Content-Type", c.Type)
	}
	if c.Host != "" {
		req.Host = c.Host
	}
	if c.Cookie != nil {
		req.AddCookie(c.Cookie)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := d.client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	a := Answer{Status: res.StatusCode, ETag: res.Header.Get("ETag"), To: res.Header.Get("Location")}
	if a.Body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return a, err
	}
	a.Request, _ = id.ParseRequest(res.Header.Get("X-Request-Id")) // zero when the platform gave none
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		a.wait = time.Duration(seconds) * time.Second
	}
	a.Key = problem(res.Header.Get("Content-Type"), a.Body)
	return a, nil
}

// problem reads the key of a problem document.
func problem(media string, body []byte) string {
	if !strings.HasPrefix(media, "application/problem+json") {
		return ""
	}
	var p struct {
		Key  string         `json:"key"`
		Rest jsontext.Value `json:",unknown"`
	}
	if json.Unmarshal(body, &p) != nil {
		return ""
	}
	return p.Key
}

// Must sends a request that has to be granted.
func (d *Door) Must(ctx context.Context, c Call) (Answer, error) {
	a, err := d.Do(ctx, c)
	if err == nil {
		err = a.Err(c)
	}
	return a, err
}
