package listenersweep

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/web"
)

func machine() clock.Clock { return clock.System() }

// maxHeard bounds what is read of an answer in clear.
const maxHeard = 64 << 10

// heard is what a plain request brought back.
type heard struct {
	raw      []byte
	status   int // 0: no HTTP
	location string
	body     []byte
}

// content says whether something was served in clear.
func (h heard) content() bool { return h.status/100 == 2 }

// sendsToTLS says whether the answer only points to HTTPS.
func (h heard) sendsToTLS() bool {
	return h.status/100 == 3 && strings.HasPrefix(h.location, "https://")
}

// ask sends a request in clear and reads what comes back. Silence and a hung up line
// are answers too.
func ask(ctx context.Context, addr, host, path string) (heard, error) {
	conn, err := dial(ctx, knock(addr))
	if err != nil {
		return heard{}, err
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nUser-Agent: garant-probe/1\r\n\r\n", path, host); err != nil {
		return heard{}, nil
	}
	raw, _ := io.ReadAll(io.LimitReader(conn, maxHeard)) // whatever came before the line was cut
	return parseHeard(raw), nil
}

func parseHeard(raw []byte) heard {
	h := heard{raw: raw}
	res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(raw))), nil)
	if err != nil {
		return h
	}
	defer res.Body.Close()
	h.status, h.location = res.StatusCode, res.Header.Get("Location")
	h.body, _ = io.ReadAll(io.LimitReader(res.Body, maxHeard)) // as far as it came
	return h
}

// inClear speaks to a TLS door without TLS.
func (r *run) inClear(ctx context.Context, door web.Listener) {
	h, err := ask(ctx, door.Addr, r.anyHost(), "/")
	if err != nil {
		r.f.Skipped()
		r.f.Miss("listener_sweep.reason.unreachable", err)
		return
	}
	r.f.Saw()
	if h.content() || h.status/100 == 3 && !h.sendsToTLS() {
		r.f.Fail("listener_sweep.reason.plain", "door/"+door.Name)
	}
}

// window looks at the loopback door without TLS: it may be bound to this machine
// alone, and sends whoever asks for a tenant's host name to HTTPS.
func (r *run) window(ctx context.Context, door web.Listener) {
	r.relaxed++
	host, _, err := net.SplitHostPort(door.Addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		r.f.Fail("listener_sweep.reason.exposed", "door/"+door.Name)
	}
	for _, t := range r.control.Tenants {
		for _, name := range t.Hosts {
			h, err := ask(ctx, door.Addr, name, "/")
			if err != nil {
				r.f.Skipped()
				r.f.Miss("listener_sweep.reason.unreachable", err)
				continue
			}
			r.f.Saw()
			if h.content() || h.status/100 == 3 && !h.sendsToTLS() {
				r.f.Fail("listener_sweep.reason.plain", t.ID.String())
			}
		}
	}
}

// certificates shakes hands under each host name of the tenants and looks at what
// is shown: a chain that is trusted, the name, and the days that are left.
func (r *run) certificates(ctx context.Context, door web.Listener) {
	least := time.Duration(-1)
	hosts := 0
	for _, t := range r.control.Tenants {
		for _, host := range t.Hosts {
			leaf, err := r.shown(ctx, door, host)
			switch {
			case errors.Is(err, errUntrusted):
				r.f.Saw()
				r.f.Fail("listener_sweep.reason.certificate", t.ID.String())
				continue
			case err != nil:
				r.f.Skipped()
				r.f.Miss("listener_sweep.reason.unreachable", err)
				continue
			}
			r.f.Saw()
			hosts++
			left := leaf.NotAfter.Sub(r.house.Clock.Now())
			if least < 0 || left < least {
				least = left
			}
			if left <= r.wanted.left {
				r.f.Fail("listener_sweep.reason.ending", t.ID.String())
			}
		}
	}
	if hosts > 0 {
		r.f.Measure("hosts", float64(hosts), "")
		r.f.Measure("cert_left", float64(int(least/(24*time.Hour))), "d")
	}
}

// errUntrusted is returned when a certificate is shown that must not be trusted.
var errUntrusted = errors.New("listenersweep: the certificate is not to be trusted")

// shown is the leaf that a door shows for a host, verified.
func (r *run) shown(ctx context.Context, door web.Listener, host string) (*x509.Certificate, error) {
	conn, err := dial(ctx, knock(door.Addr))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	client := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: r.house.Roots(), MinVersion: tls.VersionTLS12, Time: r.house.Clock.Now})
	if err := client.HandshakeContext(ctx); err != nil {
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			return nil, errUntrusted
		}
		return nil, err
	}
	return client.ConnectionState().PeerCertificates[0], nil
}

// altered sends one request as it is, and one of which a bit is flipped on its way.
func (r *run) altered(ctx context.Context, door web.Listener) {
	good, err := r.through(ctx, door, false)
	if err == nil && !good {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		r.f.Skipped()
		r.f.Miss("listener_sweep.reason.unreachable", err)
		return
	}
	r.f.Saw()
	if bad, err := r.through(ctx, door, true); err == nil && bad {
		r.f.Fail("listener_sweep.reason.altered", "door/"+door.Name)
	}
	r.f.Saw()
}

// through says whether a request over TLS was answered.
func (r *run) through(ctx context.Context, door web.Listener, alter bool) (bool, error) {
	raw, err := dial(ctx, knock(door.Addr))
	if err != nil {
		return false, err
	}
	defer raw.Close()
	line := &tampering{Conn: raw}
	client := tls.Client(line, &tls.Config{ServerName: "localhost", RootCAs: r.house.Roots(), MinVersion: tls.VersionTLS12, Time: r.house.Clock.Now})
	if err := client.HandshakeContext(ctx); err != nil {
		return false, err
	}
	line.armed = alter
	if _, err := io.WriteString(client, "GET /en/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); err != nil {
		return false, nil // cut
	}
	start := make([]byte, 5)
	_, err = io.ReadFull(client, start)
	return err == nil && string(start) == "HTTP/", nil
}
