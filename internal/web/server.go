package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"garant.example/internal/errs"
)

// Times of a connection. They are generous for a slow phone and short for an
// attacker who holds connections open; streams take their own (see Stream).
const (
	headerTimeout   = 10 * time.Second
	readTimeout     = 60 * time.Second
	writeTimeout    = 120 * time.Second
	idleTimeout     = 120 * time.Second
	maxHeaderBytes  = 32 << 10
	maxHTTP2Streams = 250
)

// Door is a listener with what it serves.
type Door struct {
	Listener
	Handler     http.Handler
	Certificate GetCertificate // nil only when Plaintext
	// Config, when set, may answer a handshake with another configuration than the
	// declared one; nil from it keeps the declared one. A drill uses it.
	Config func(*tls.ClientHelloInfo) (*tls.Config, error)
}

// Server serves several doors as one.
type Server struct {
	log   *slog.Logger
	doors []openDoor
}

type openDoor struct {
	Listener
	socket net.Listener
	server *http.Server
}

// Open binds every door, or none: on error all sockets are closed again. From
// here connections queue up; Run answers them.
func Open(log *slog.Logger, doors ...Door) (*Server, error) {
	s := &Server{log: log}
	for _, d := range doors {
		if err := s.open(d); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *Server) open(d Door) error {
	if err := d.Validate(); err != nil {
		return err
	}
	if d.Plaintext == (d.Certificate != nil) {
		return errs.New(errs.Config, "web.listener.certificate").With("name", d.Name)
	}
	socket, err := net.Listen("tcp", d.Addr)
	if err != nil {
		return errs.New(errs.Config, "web.listener.bind").With("name", d.Name).With("address", d.Addr).
			Do("web.listener.bind.fix").Cause(err)
	}
	d.Addr = socket.Addr().String()
	server := newHTTPServer(d.Handler, s.log)
	if !d.Plaintext {
		server.TLSConfig = d.TLS(d.Certificate)
		server.TLSConfig.GetConfigForClient = d.Config
	}
	s.doors = append(s.doors, openDoor{d.Listener, socket, server})
	return nil
}

func (d openDoor) serve() error {
	if d.Plaintext {
		return d.server.Serve(d.socket)
	}
	return d.server.ServeTLS(d.socket, "", "") // the certificate comes from TLSConfig
}

func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		Protocols:         protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxHTTP2Streams},
		ErrorLog:          slog.NewLogLogger(addressless{log.Handler()}, slog.LevelWarn),
	}
}

// Listeners returns the doors as they are open, with the ports that the system
// chose.
func (s *Server) Listeners() []Listener {
	var out []Listener
	for _, d := range s.doors {
		out = append(out, d.Listener)
	}
	return out
}

// Run answers until ctx ends, then lets running requests end within grace and
// cuts the rest. It returns nil after an orderly end.
func (s *Server) Run(ctx context.Context, grace time.Duration) error {
	failed := make(chan error, len(s.doors))
	var wg sync.WaitGroup
	for _, d := range s.doors {
		wg.Go(func() {
			if err := d.serve(); !errors.Is(err, http.ErrServerClosed) {
				failed <- errs.New(errs.Unavailable, "web.listener.failed").With("name", d.Name).Cause(err)
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.shutdown(context.WithoutCancel(ctx), grace)
	wg.Wait()
	return err
}

func (s *Server) shutdown(ctx context.Context, grace time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	var wg sync.WaitGroup
	for _, d := range s.doors {
		wg.Go(func() {
			if err := d.server.Shutdown(ctx); err != nil {
				s.log.Warn("requests were cut at the end of the grace time", slog.String("listener", d.Name))
				_ = d.server.Close() // the sockets are going anyway
			}
		})
	}
	wg.Wait()
}

func (s *Server) close() {
	for _, d := range s.doors {
		_ = d.socket.Close() // nothing was served yet
	}
}

// addressless keeps the addresses of clients out of what net/http logs by
// itself: "http: TLS handshake error from 192.0.2.1:4711: EOF". Such lines are
// the noise of scanners; they are kept for debugging only.
type addressless struct{ slog.Handler }

func (h addressless) Enabled(ctx context.Context, _ slog.Level) bool {
	return h.Handler.Enabled(ctx, slog.LevelDebug)
}

func (h addressless) Handle(ctx context.Context, r slog.Record) error {
	words := strings.Fields(r.Message)
	for i := 1; i < len(words); i++ {
		if words[i-1] == "from" || strings.Contains(words[i], "]:") {
			words[i] = "client"
		}
	}
	out := slog.NewRecord(r.Time, slog.LevelDebug, strings.Join(words, " "), 0)
	return h.Handler.Handle(ctx, out)
}
