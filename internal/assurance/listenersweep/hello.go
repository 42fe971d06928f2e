package listenersweep

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"garant.example/internal/web"
)

// versionSSL3 is the version that crypto/tls no longer speaks.
const versionSSL3 = 0x0300

// name of a version as people write it.
func name(version uint16) string {
	switch version {
	case versionSSL3:
		return "SSL 3"
	case tls.VersionTLS10:
		return "1.0"
	case tls.VersionTLS11:
		return "1.1"
	case tls.VersionTLS12:
		return "1.2"
	case tls.VersionTLS13:
		return "1.3"
	}
	return fmt.Sprintf("%#04x", version)
}

// versions offers a door each version alone.
func (r *run) versions(ctx context.Context, door web.Listener) {
	lowest := uint16(0)
	agreed := 0
	for _, version := range []uint16{versionSSL3, tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		ok, err := r.offer(ctx, door, version)
		if err != nil {
			r.f.Skipped()
			r.f.Miss("listener_sweep.reason.unreachable", err)
			continue
		}
		r.f.Saw()
		if !ok {
			continue
		}
		agreed++
		if lowest == 0 {
			lowest = version
		}
		if version < r.wanted.minimum {
			r.f.Fail("listener_sweep.reason.old_version", "door/"+door.Name+"/"+name(version))
		}
	}
	if agreed == 0 {
		r.f.Miss("listener_sweep.reason.unreachable", nil)
		return
	}
	r.f.Say("lowest_version", name(lowest))
}

// offer says whether a door agrees to a version when it is offered nothing else.
func (r *run) offer(ctx context.Context, door web.Listener, version uint16) (bool, error) {
	conn, err := dial(ctx, knock(door.Addr))
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if version == versionSSL3 {
		return agreesSSL3(conn)
	}
	client := tls.Client(conn, &tls.Config{MinVersion: version, MaxVersion: version, ServerName: r.anyHost(), CipherSuites: suites(),
		InsecureSkipVerify: true}) // who answers is measured elsewhere; here any agreement counts
	err = client.HandshakeContext(ctx)
	return err == nil, nil
}

// suites are all that can be spoken, the broken ones too.
func suites() []uint16 {
	var list []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		list = append(list, s.ID)
	}
	return list
}

// anyHost is a host name that a door of this platform serves.
func (r *run) anyHost() string {
	for _, t := range r.control.Tenants {
		if len(t.Hosts) > 0 {
			return t.Hosts[0]
		}
	}
	return "localhost"
}

// knock is where to reach a bound address from here.
func knock(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip != nil && ip.To4() == nil {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port)
}

func dial(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: patience}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	deadline, ok := ctx.Deadline()
	if own := now().Add(patience); !ok || own.Before(deadline) {
		deadline = own
	}
	return conn, conn.SetDeadline(deadline)
}

// agreesSSL3 sends a hello of SSL 3 and says whether the server goes on with it.
func agreesSSL3(conn net.Conn) (bool, error) {
	if _, err := conn.Write(helloSSL3()); err != nil {
		return false, nil // hung up on: refused
	}
	answer := make([]byte, 64)
	n, err := io.ReadAtLeast(conn, answer, 6)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			return false, err
		}
	}
	return isServerHello(answer[:n]), nil
}

// Types of records and messages.
const (
	recordHandshake    = 22
	messageClientHello = 1
	messageServerHello = 2
)

// helloSSL3 is a ClientHello as RFC 6101 has it: no extensions.
func helloSSL3() []byte {
	body := []byte{versionSSL3 >> 8, versionSSL3 & 0xff}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	body = append(append(body, random...), 0)
	offered := []uint16{0x0035, 0x002f, 0x000a, 0x0005, 0x0004} // AES, 3DES, RC4 with RSA
	body = binary.BigEndian.AppendUint16(body, uint16(2*len(offered)))
	for _, s := range offered {
		body = binary.BigEndian.AppendUint16(body, s)
	}
	body = append(body, 1, 0) // no compression
	message := append([]byte{messageClientHello, 0, byte(len(body) >> 8), byte(len(body))}, body...)
	record := []byte{recordHandshake, versionSSL3 >> 8, versionSSL3 & 0xff, byte(len(message) >> 8), byte(len(message))}
	return append(record, message...)
}

// isServerHello says whether an answer begins with a handshake that goes on.
func isServerHello(answer []byte) bool {
	return len(answer) >= 6 && answer[0] == recordHandshake && answer[1] == 3 && answer[5] == messageServerHello
}

// tampering is a connection that flips one bit of what is written once it is armed.
type tampering struct {
	net.Conn
	armed bool
}

func (t *tampering) Write(b []byte) (int, error) {
	if t.armed && len(b) > 0 {
		b = append([]byte(nil), b...)
		b[len(b)-1] ^= 1
	}
	return t.Conn.Write(b)
}

// now is the machine's time, which deadlines of sockets go by.
func now() time.Time { return machine().Now() }
