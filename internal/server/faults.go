package server

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"

	"garant.example/internal/assurance"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
)

// Faults are the holes that a sabotage tears into a running demo. The zero value
// has none open; a real service has no Faults at all.
type Faults struct {
	tenants *tenant.Service
	cloud   assurance.Cloud

	mu     sync.RWMutex
	taps   map[string]func(id.Tenant, string, []byte)
	routes map[string]fault
	doors  map[string]func(*tls.ClientHelloInfo) (*tls.Config, error)
	extra  map[string]*http.Server
	links  map[string]heldLink
}

// heldLink is a connection that a sabotage opened, with whoever receives it.
type heldLink struct {
	link     assurance.Link
	receiver net.Listener
	held     net.Conn
}

type fault struct {
	method, path string
	handler      http.HandlerFunc
}

// NewFaults returns closed holes over a cloud whose words can be changed.
func NewFaults(cloud assurance.Cloud) *Faults {
	return &Faults{cloud: cloud, taps: map[string]func(id.Tenant, string, []byte){}, routes: map[string]fault{},
		doors: map[string]func(*tls.ClientHelloInfo) (*tls.Config, error){}, extra: map[string]*http.Server{}, links: map[string]heldLink{}}
}

// Tap hears the bodies of the requests to a tenant.
func (f *Faults) Tap(name string, hear func(t id.Tenant, route string, body []byte)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.taps[name] = hear
}

// Listen serves one more socket, as it comes.
func (f *Faults) Listen(name string, socket net.Listener, handler http.Handler) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.extra[name] != nil {
		return errs.New(errs.Conflict, "server.fault.open")
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout}
	f.extra[name] = server
	go func() { _ = server.Serve(socket) }() // ends with Clear
	return nil
}

// Door changes how the TLS doors answer handshakes.
func (f *Faults) Door(name string, config func(*tls.ClientHelloInfo) (*tls.Config, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.doors[name] = config
}

// Route serves one more handler, past the table.
func (f *Faults) Route(name, method, path string, handler http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.routes[name] = fault{method, path, handler}
}

// Link holds one more connection to a receiver.
func (f *Faults) Link(name string, link assurance.Link, receiver net.Listener, held net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.links[name] = heldLink{link, receiver, held}
}

// linked lists the connections that a sabotage opened.
func (f *Faults) linked() []assurance.Link {
	if f == nil {
		return nil
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	var list []assurance.Link
	for _, l := range f.links {
		list = append(list, l.link)
	}
	return list
}

// beside lists the sockets of this process on which somebody else is played.
func (f *Faults) beside() []string {
	if f == nil {
		return nil
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	var list []string
	for _, l := range f.links {
		list = append(list, l.receiver.Addr().String())
	}
	if f.cloud != nil {
		list = append(list, f.cloud.Sockets()...)
	}
	return list
}

// Cloud is the demo's stand-in for a provider.
func (f *Faults) Cloud() assurance.Cloud { return f.cloud }

// Clear closes a hole.
func (f *Faults) Clear(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.taps, name)
	delete(f.routes, name)
	delete(f.doors, name)
	if server := f.extra[name]; server != nil {
		_ = server.Close() // its sockets go with it
		delete(f.extra, name)
	}
	if l, ok := f.links[name]; ok {
		_, _ = l.held.Close(), l.receiver.Close() // nobody needs them any more
		delete(f.links, name)
	}
	if f.cloud != nil {
		f.cloud.Clear(name)
	}
}

// handshake lets the open holes answer a handshake.
func (f *Faults) handshake(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, config := range f.doors {
		if c, err := config(hello); c != nil || err != nil {
			return c, err
		}
	}
	return nil, nil
}

// maxTapped bounds what a tap keeps of a body, in bytes.
const maxTapped = 64 << 10

// wrap puts the holes before a handler.
func (f *Faults) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.RLock()
		hole := f.hole(r)
		taps := len(f.taps)
		f.mu.RUnlock()
		if hole != nil {
			hole(w, r)
			return
		}
		if taps > 0 && r.Body != nil {
			body, err := io.ReadAll(io.LimitReader(r.Body, maxTapped))
			f.hear(r, body)
			rest := io.Reader(r.Body)
			if err != nil {
				rest = failing{err}
			}
			r.Body = struct {
				io.Reader
				io.Closer
			}{io.MultiReader(bytes.NewReader(body), rest), r.Body}
		}
		next.ServeHTTP(w, r)
	})
}

// failing gives back the error that ended a body.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func (f *Faults) hole(r *http.Request) http.HandlerFunc {
	for _, route := range f.routes {
		if route.method == r.Method && route.path == r.URL.Path {
			return route.handler
		}
	}
	return nil
}

func (f *Faults) hear(r *http.Request, body []byte) {
	t, err := f.named(r)
	if err != nil || len(body) == 0 {
		return
	}
	f.mu.RLock()
	taps := make([]func(id.Tenant, string, []byte), 0, len(f.taps))
	for _, hear := range f.taps {
		taps = append(taps, hear)
	}
	f.mu.RUnlock()
	for _, hear := range taps {
		hear(t, r.URL.Path, slices.Clone(body))
	}
}

var errNoTenant = errors.New("server: no tenant in the path")

// named finds the tenant in a path of the API or of the console.
func (f *Faults) named(r *http.Request) (id.Tenant, error) {
	name := tenantIn(r.URL.Path)
	if name == "" || f.tenants == nil {
		return id.Tenant{}, errNoTenant
	}
	t, err := f.tenants.Named(name)
	return t.ID, err
}

var _ assurance.Faults = (*Faults)(nil)

// serving adds the holes to a door.
func (f *Faults) serving(d web.Door) web.Door {
	if f == nil {
		return d
	}
	d.Handler = f.wrap(d.Handler)
	if !d.Plaintext {
		d.Config = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			c, err := f.handshake(hello)
			if c != nil && len(c.Certificates) == 0 && c.GetCertificate == nil {
				c = c.Clone()
				c.GetCertificate = d.Certificate // the hole changes something else
			}
			return c, err
		}
	}
	return d
}
