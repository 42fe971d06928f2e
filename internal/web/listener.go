package web

import (
	"crypto/tls"
	"net"
	"net/netip"

	"garant.example/internal/errs"
)

// Exposure is from where a listener may be reached.
type Exposure string

// The exposures.
const (
	Loopback Exposure = "loopback" // this machine
	Private  Exposure = "private"  // declared networks, behind a firewall
	Public   Exposure = "public"   // everywhere
)

// Listener declares one door, as data: a control compares the declared doors
// with the sockets that are open.
type Listener struct {
	Name       string   // "https", "metrics"
	Addr       string   // host:port; port 0 lets the system choose
	Scope      []string // the edges served here: "api", "console", "portal", "metrics"
	Exposure   Exposure
	Plaintext  bool   // no TLS; loopback only
	TLSMinimum uint16 // tls.VersionTLS12 or newer; 0 means TLS 1.2
	// OldBrowsers adds the CBC suites that browsers of 2013 need beside the
	// modern ones (Safari 7 knows no GCM). Only the portal should ask for it.
	OldBrowsers bool
}

// Validate says what is wrong with a declaration, as a Config error.
func (l Listener) Validate() error {
	host, _, err := net.SplitHostPort(l.Addr)
	if l.Name == "" || len(l.Scope) == 0 || err != nil {
		return errs.New(errs.Config, "web.listener.invalid").With("name", l.Name).With("address", l.Addr).
			Do("web.listener.invalid.fix").Cause(err)
	}
	switch l.Exposure {
	case Loopback, Private, Public:
	default:
		return errs.New(errs.Config, "web.listener.exposure").With("name", l.Name)
	}
	if (l.Plaintext || l.Exposure == Loopback) && !isLoopback(host) {
		return errs.New(errs.Config, "web.listener.plain").With("name", l.Name).With("address", l.Addr).
			Do("web.listener.plain.fix")
	}
	if l.TLSMinimum != 0 && (l.TLSMinimum < tls.VersionTLS12 || l.TLSMinimum > tls.VersionTLS13) {
		return errs.New(errs.Config, "web.listener.tls").With("name", l.Name)
	}
	return nil
}

// isLoopback is true for addresses that no other machine reaches. An empty host
// means every interface.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// GetCertificate finds the certificate for a handshake.
type GetCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// TLS returns the configuration of the listener: TLS 1.2 or newer, forward
// secrecy always, authenticated encryption unless OldBrowsers.
func (l Listener) TLS(certificate GetCertificate) *tls.Config {
	minimum := l.TLSMinimum
	if minimum == 0 {
		minimum = tls.VersionTLS12
	}
	suites := []uint16{ // of TLS 1.2; those of TLS 1.3 are fixed
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
	if l.OldBrowsers {
		suites = append(suites,
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA)
	}
	return &tls.Config{
		MinVersion:     minimum,
		CipherSuites:   suites,
		GetCertificate: certificate,
		NextProtos:     []string{"h2", "http/1.1"},
	}
}
