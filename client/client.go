package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Options say how to reach a server. URL is required.
type Options struct {
	URL   string // "https://host:port", without a path
	Token string // service token, "grt_…"; WithToken changes it later

	// CAFile names a PEM file of the authorities that are trusted besides the
	// system's; Roots replaces all of them. Both empty trust the system's alone.
	CAFile string
	Roots  *x509.CertPool

	UserAgent string // names the program in the audit log; default "garant-go"
	Lang      string // language of problems, "en" or "fr"; default "en"

	// Retries is how often a request is sent again at most; 2 when zero, none when
	// negative. Creations carry an Idempotency-Key only when they may be repeated.
	Retries int
	// Explained, when given, asks of every call why it was let in or refused, and is
	// called with each answer: a dictionary (RFC 9651) of allowed, reason, role, rule,
	// action, resource and collection. It holds nothing of a person.
	Explained func(decision string)
	// Connections bounds the connections kept open to the server; 128 when zero.
	Connections int
	// Transport replaces the connection to the server, for tests and tools; CAFile,
	// Roots and Connections then count for nothing.
	Transport http.RoundTripper
}

const (
	defaultRetries     = 2
	defaultConnections = 128
	defaultAgent       = "garant-go"
)

// ErrAddress is returned by New when the URL is none, or not https, or http to
// another machine than this one.
var ErrAddress = errors.New("client: the address must be https://host, or http://localhost")

// ErrCA is returned by New when CAFile holds no certificate.
var ErrCA = errors.New("client: no certificate in the file")

// Client is a connection to one server. Make it with New.
type Client struct {
	base    *url.URL
	http    *http.Client
	token   string
	agent   string
	lang    string
	retries int
	pause   pauser

	explained func(string)
}

// New returns a client. It opens no connection yet.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" || base.Scheme != "https" && (base.Scheme != "http" || !local(base.Hostname())) {
		return nil, fmt.Errorf("%w: %q", ErrAddress, o.URL)
	}
	transport := o.Transport
	if transport == nil {
		if transport, err = o.transport(); err != nil {
			return nil, err
		}
	}
	c := &Client{base: &url.URL{Scheme: base.Scheme, Host: base.Host}, token: o.Token, agent: o.UserAgent, lang: o.Lang,
		retries: o.Retries, pause: sleep, explained: o.Explained, http: &http.Client{Transport: transport, CheckRedirect: refuseRedirect}}
	if c.agent == "" {
		c.agent = defaultAgent
	}
	if c.lang == "" {
		c.lang = "en"
	}
	switch {
	case c.retries == 0:
		c.retries = defaultRetries
	case c.retries < 0:
		c.retries = 0
	}
	return c, nil
}

func local(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// refuseRedirect keeps a token from going where it was not meant for.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (o Options) transport() (http.RoundTripper, error) {
	roots := o.Roots
	if roots == nil && o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("client: %w", err)
		}
		if roots, err = x509.SystemCertPool(); err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%w: %s", ErrCA, o.CAFile)
		}
	}
	connections := o.Connections
	if connections == 0 {
		connections = defaultConnections
	}
	// HTTP/1.1: one connection per concurrent call costs both sides less than
	// streams that share one, and bulk calls are full duplex on it all the same.
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		MaxIdleConns:        connections,
		MaxIdleConnsPerHost: connections,
		MaxConnsPerHost:     connections,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}, nil
}

// WithToken returns the same client with another token.
func (c *Client) WithToken(token string) *Client {
	out := *c
	out.token = token
	return &out
}

// Token is what the client acts with.
func (c *Client) Token() string { return c.token }

// URL is the address of the server.
func (c *Client) URL() string { return c.base.String() }

// Close closes the connections that are idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Tenant is a tenant by its id or its short name. It asks nothing.
func (c *Client) Tenant(name string) *Tenant {
	return &Tenant{c: c, path: "/v1/tenants/" + url.PathEscape(name)}
}

// Platform is the operator's whole; it needs a token of the operator. It asks
// nothing.
func (c *Client) Platform() *Platform { return &Platform{c: c} }

// Tenant is where everything of one tenant lies.
type Tenant struct {
	c    *Client
	path string
}

// Platform is where the operator opens and ends tenants.
type Platform struct{ c *Client }

// query joins parameters that are set; pairs are name, value.
func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Add(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

func segment(s string) string { return strings.ReplaceAll(url.PathEscape(s), ":", "%3A") }
