package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"garant.example/internal/api"
	"garant.example/internal/assurance"
	"garant.example/internal/console"
	"garant.example/internal/jobs"
	"garant.example/internal/portal"
	"garant.example/internal/web"
	"garant.example/internal/web/localca"
)

// headerTimeout is how long a client may take for its header on a hole.
const headerTimeout = 5 * time.Second

// defaultGrace is how long running requests may take to end.
const defaultGrace = 10 * time.Second

// Serving is how a house is shown to the network.
type Serving struct {
	Listen    string   // HTTPS, host:port
	Plain     string   // loopback without TLS; empty for none
	Metrics   string   // loopback without TLS, for figures alone; empty for none
	Hosts     []string // names that the certificate covers besides localhost
	URL       string   // how people reach it; empty: the HTTPS address
	Trusted   []netip.Prefix
	Lang      string
	BodyLimit int64         // bytes; 0 takes the toolkit's
	Limiter   *web.Limiter  // requests per client address; nil for none
	Grace     time.Duration // for running requests at the end; 0 takes 10 s
	Faults    *Faults       // nil but in a demo
	// OldBrowsers adds the suites that browsers of 2013 need.
	OldBrowsers bool
	// Certificate serves a certificate made elsewhere; nil: the local authority.
	Certificate web.GetCertificate
	Extra       func(*Running) // adds edges before the doors open; may be nil
	// Idle leaves the jobs out: for a command that looks and goes.
	Idle bool
}

// Running is a house with open doors.
type Running struct {
	House     *House
	API       *api.API
	Portal    *portal.Portal
	Console   *console.Console
	Assurance *assurance.Service
	Saboteur  *assurance.Saboteur // nil but in a demo
	CA        *localca.CA
	serving   Serving
	doors     *web.Server
	mux       *http.ServeMux
	jobs      *jobs.Runner
	cancel    context.CancelFunc
	ended     chan error
}

// Serve opens the doors of a house. Stop closes them.
func Serve(ctx context.Context, h *House, s Serving) (*Running, error) {
	r := &Running{House: h, serving: s, mux: http.NewServeMux(), ended: make(chan error, 1)}
	var err error
	if r.CA, err = localca.Open(filepath.Join(h.Opt.Dir, "ca"), h.Opt.Clock, append([]string{"localhost"}, s.Hosts...)...); err != nil {
		return nil, err
	}
	if err := r.edges(); err != nil {
		return nil, err
	}
	if s.Faults != nil {
		s.Faults.tenants = h.Tenants
	}
	if r.doors, err = web.Open(h.Opt.Log, r.declared()...); err != nil {
		return nil, err
	}
	if err := r.assure(ctx); err != nil {
		return nil, err
	}
	r.Console.Assurance, r.Console.Saboteur = r.Assurance, r.Saboteur
	r.jobs = r.work()
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancel = cancel
	var work sync.WaitGroup
	work.Go(func() { r.jobs.Run(run) })
	go func() {
		err := r.doors.Run(run, cmp.Or(s.Grace, defaultGrace))
		work.Wait()
		r.ended <- err
	}()
	return r, nil
}

// declared lists the doors as they are meant to be.
func (r *Running) declared() []web.Door {
	s := r.serving
	kit := &web.Kit{Catalog: r.House.Catalog, Log: r.House.Opt.Log, Clock: r.House.Opt.Clock, Lang: s.Lang, Trusted: s.Trusted,
		BodyLimit: s.BodyLimit, Limiter: s.Limiter}
	handler := kit.Wrap(r.mux)
	certificate := s.Certificate
	if certificate == nil {
		certificate = r.CA.Get
	}
	scope := []string{"api", "console", "portal"}
	doors := []web.Door{s.Faults.serving(web.Door{Listener: web.Listener{Name: "https", Addr: s.Listen, Scope: scope,
		Exposure: exposure(s.Listen), OldBrowsers: s.OldBrowsers, TLSMinimum: r.House.Profiles.Set().TLSMinimum()}, Handler: handler, Certificate: certificate})}
	if s.Plain != "" {
		doors = append(doors, s.Faults.serving(web.Door{Listener: web.Listener{Name: "window", Addr: s.Plain, Scope: scope,
			Exposure: web.Loopback, Plaintext: true}, Handler: r.window(handler)}))
	}
	if s.Metrics != "" {
		doors = append(doors, web.Door{Listener: web.Listener{Name: "metrics", Addr: s.Metrics, Scope: []string{"metrics"},
			Exposure: web.Loopback, Plaintext: true}, Handler: r.metrics()})
	}
	return doors
}

// window serves the loopback door without TLS: what it says never leaves the
// machine. Tenants' own host names are never served there.
func (r *Running) window(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		host, _, err := net.SplitHostPort(req.Host)
		if err != nil {
			host = req.Host
		}
		if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
			http.Redirect(w, req, "https://"+host+portOf(r.Door("https").Addr)+req.URL.RequestURI(), http.StatusPermanentRedirect)
			return
		}
		next.ServeHTTP(w, req)
	})
}

func portOf(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil || port == "443" {
		return ""
	}
	return ":" + port
}

func exposure(addr string) web.Exposure {
	host, _, err := net.SplitHostPort(addr)
	ip, parsed := netip.ParseAddr(host)
	if err == nil && (host == "localhost" || parsed == nil && ip.IsLoopback()) {
		return web.Loopback
	}
	return web.Public
}

// Door returns an open door by its name.
func (r *Running) Door(name string) web.Listener {
	for _, l := range r.doors.Listeners() {
		if l.Name == name {
			return l
		}
	}
	return web.Listener{}
}

// URL is the address of the HTTPS door, as a program on this machine reaches it.
func (r *Running) URL() string {
	if r.serving.URL != "" {
		return r.serving.URL
	}
	return "https://localhost" + portOf(r.Door("https").Addr)
}

// WindowURL is the address of the loopback door without TLS; empty without one.
func (r *Running) WindowURL() string {
	if r.serving.Plain == "" {
		return ""
	}
	return "http://localhost" + portOf(r.Door("window").Addr)
}

// Roots is what the certificates chain to: the local authority, and with a
// certificate made elsewhere those of the system too.
func (r *Running) Roots() *x509.CertPool {
	if r.serving.Certificate == nil {
		return r.CA.Pool()
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return r.CA.Pool()
	}
	pool.AddCert(r.CA.Root())
	return pool
}

// Wait blocks until the doors are closed.
func (r *Running) Wait() error { return <-r.ended }

// Stop closes the doors, then the house.
func (r *Running) Stop(ctx context.Context) error {
	r.cancel()
	err := <-r.ended
	if closed := r.House.Close(ctx); err == nil {
		err = closed
	}
	return err
}

// checkpointEvery is how often the heads of logs that grew are signed.
const checkpointEvery = 10 * time.Minute

// work lists what the clock calls.
func (r *Running) work() *jobs.Runner {
	h := r.House
	if r.serving.Idle {
		h.Rotator.Inline()
		return jobs.NewRunner(h.Opt.Clock, h.Opt.Log)
	}
	return jobs.NewRunner(h.Opt.Clock, h.Opt.Log, jobs.Controls(r.Assurance), jobs.Checkpoints(h.Tenants, checkpointEvery),
		jobs.Sessions(h.Tenants, h.Identity), jobs.Outcomes(h.Tenants),
		jobs.Rotations(h.Tenants, h.Rings, h.Rotator, h.Profiles.KeyTerms, h.Opt.Clock),
		jobs.Reseals(h.Tenants, h.Rotator, h.Opt.Clock))
}

// edges mounts what the doors show.
func (r *Running) edges() error {
	h := r.House
	secret := make([]byte, 32)
	rand.Read(secret) // cursors live as long as the process: a page lost is asked for again
	cursors, err := web.NewCursors(secret, h.Opt.Clock, web.CursorLife)
	if err != nil {
		return err
	}
	r.API = &api.API{Catalog: h.Catalog, Tenants: h.Tenants, Gate: h.Gate, Identity: h.Identity, Vault: h.Vault,
		Rings: h.Rings, Rotator: h.Rotator, Profiles: h.Profiles, Cursors: cursors, OpenTenant: h.openWithPeople, Rows: h.Rows}
	r.liveness()
	served := r.API.Handler()
	for _, path := range []string{"/v1/", "/problems/", "/openapi.json"} {
		r.mux.Handle(path, served)
	}
	r.public()
	if err := r.rooms(cursors); err != nil {
		return err
	}
	if r.serving.Extra != nil {
		r.serving.Extra(r)
	}
	return nil
}

// tenantIn finds the tenant's name in a path: /v1/tenants/NAME/… or /t/NAME/….
func tenantIn(path string) string {
	for _, prefix := range []string{"/v1/tenants/", "/t/"} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			name, _, _ := strings.Cut(rest, "/")
			return name
		}
	}
	return ""
}
