package listenersweep

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/id"
)

// breaks are the sabotages: doors and links that somebody opened or loosened.
func breaks() map[id.Name]assurance.Break {
	return map[id.Name]assurance.Break{
		"ehq-tls-cert":       selfSignedHost,
		"wywm-transit-all":   plainDoor,
		"wywm-db-crypt":      plainLink("database replica", plainServer),
		"abt-tls12":          oldVersion,
		"abt-internal-crypt": plainLink("log receiver", swallow),
		"abt-admin-tls":      plainDoor,
		"weg-https":          mixedContent,
		"weg-conf-transit":   unverifiedLink,
	}
}

var errNoHost = errors.New("listenersweep: the canary has no host name")

// selfSignedHost shows a certificate that nobody vouches for on one host of the
// canary.
func selfSignedHost(_ context.Context, c assurance.Control, s *assurance.Stage) error {
	if len(c.Canary.Hosts) == 0 {
		return errNoHost
	}
	host := c.Canary.Hosts[0]
	certificate, err := selfSigned(host, s.House.Clock.Now())
	if err != nil {
		return err
	}
	return s.Fault("certificate", func(name string) error {
		s.Faults.Door(name, func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if hello.ServerName != host {
				return nil, nil
			}
			return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
		})
		return nil
	})
}

// oldVersion lets the doors agree to TLS 1.1.
func oldVersion(_ context.Context, _ assurance.Control, s *assurance.Stage) error {
	return s.Fault("version", func(name string) error {
		s.Faults.Door(name, func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return &tls.Config{MinVersion: tls.VersionTLS11, CipherSuites: suites()}, nil
		})
		return nil
	})
}

// plainDoor opens one more listener on which everything is served without TLS.
func plainDoor(_ context.Context, _ assurance.Control, s *assurance.Stage) error {
	target, err := url.Parse(s.House.URL())
	if err != nil {
		return err
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: s.House.Roots(), MinVersion: tls.VersionTLS12}}}
	return s.Fault("door", func(name string) error {
		socket, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		return s.Faults.Listen(name, socket, proxy)
	})
}

// mixedContent serves the trust page of the canary with a picture that is loaded
// without TLS.
func mixedContent(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	door := probe.NewDoor(s.House)
	defer door.Close()
	path := trustPage(c.Canary, "en")
	page, err := door.Must(ctx, probe.Call{Method: http.MethodGet, Path: path})
	if err != nil {
		return err
	}
	body := strings.Replace(string(page.Body), "</body>", `<img src="http://pictures.example/pixel.png" alt=""></body>`, 1)
	return s.Fault("page", func(name string) error {
		s.Faults.Route(name, http.MethodGet, path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Strict-Transport-Security", "max-age=63072000")
			_, _ = io.WriteString(w, body) // whoever asked may have gone
		})
		return nil
	})
}

// plainLink connects the platform to a receiver without TLS.
func plainLink(label string, receive func(net.Conn)) assurance.Break {
	return func(ctx context.Context, _ assurance.Control, s *assurance.Stage) error {
		return s.Fault("link", func(name string) error {
			receiver, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			go accept(receiver, receive)
			held, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", receiver.Addr().String())
			if err != nil {
				return errors.Join(err, receiver.Close())
			}
			s.Faults.Link(name, assurance.Link{Name: label, Address: receiver.Addr().String()}, receiver, held)
			return nil
		})
	}
}

// accept serves a receiver until its socket is closed.
func accept(receiver net.Listener, receive func(net.Conn)) {
	for {
		conn, err := receiver.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			receive(conn)
		}()
	}
}

// swallow takes whatever comes, as a careless receiver of logs does, and hangs up on
// what is no line of text.
func swallow(conn net.Conn) {
	first := make([]byte, 1)
	if _, err := conn.Read(first); err != nil || first[0] == recordHandshake {
		return
	}
	_, _ = io.Copy(io.Discard, conn) // until the other end hangs up
}

// plainServer answers as a PostgreSQL server without TLS that lets everybody in.
func plainServer(conn net.Conn) {
	message := make([]byte, maxFirst)
	n, err := conn.Read(message)
	if err != nil {
		return
	}
	answer := []byte{'R', 0, 0, 0, 8, 0, 0, 0, 0} // AuthenticationOk
	if string(message[:n]) == string(request(askTLS, nil)) {
		answer = []byte{'N'}
	}
	if _, err := conn.Write(answer); err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, conn) // until the other end hangs up
}

// unverifiedLink connects the platform over TLS to a receiver that nobody vouches
// for, and does not look.
func unverifiedLink(ctx context.Context, _ assurance.Control, s *assurance.Stage) error {
	certificate, err := selfSigned("127.0.0.1", s.House.Clock.Now())
	if err != nil {
		return err
	}
	// The fault itself: a client that takes any peer.
	careless := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	return s.Fault("link", func(name string) error {
		receiver, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
		if err != nil {
			return err
		}
		go accept(receiver, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
		dialer := &tls.Dialer{NetDialer: &net.Dialer{Timeout: patience}, Config: careless}
		held, err := dialer.DialContext(ctx, "tcp", receiver.Addr().String())
		if err != nil {
			return errors.Join(err, receiver.Close())
		}
		s.Faults.Link(name, assurance.Link{Name: "log receiver", Address: receiver.Addr().String(), TLS: true, Config: careless}, receiver, held)
		return nil
	})
}
