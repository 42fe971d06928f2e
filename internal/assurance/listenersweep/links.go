package listenersweep

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"time"

	"garant.example/internal/assurance"
)

// databases begin the names of links to databases.
const databases = "database "

// links looks at every connection that the platform opens to others.
func (r *run) links(ctx context.Context) {
	var inside, outside int
	for _, link := range r.house.Links() {
		switch {
		case r.wanted.databaseOnly() && !strings.HasPrefix(link.Name, databases):
			continue
		case link.InHouse || strings.HasPrefix(link.Address, "/"): // no wire leaves the machine
			inside++
			r.f.Saw()
		case link.Machine:
			r.machine(link)
		case strings.HasPrefix(link.Name, databases):
			outside++
			r.database(ctx, link)
		default:
			outside++
			r.link(ctx, link)
		}
	}
	r.f.Measure("links_inside", float64(inside), "")
	r.f.Measure("links_outside", float64(outside), "")
}

// machine looks at a service of the machine itself: it has no encryption, and needs
// none as long as its address cannot leave the machine.
func (r *run) machine(link assurance.Link) {
	r.f.Saw()
	r.relaxed++
	a, err := netip.ParseAddrPort(strings.Replace(link.Address, "localhost:", "127.0.0.1:", 1))
	own := err == nil && (a.Addr().Unmap().IsLoopback() || a.Addr().Unmap().IsLinkLocalUnicast() || a.Addr() == netip.MustParseAddr("fd00:ec2::254"))
	if !own {
		r.f.Fail("listener_sweep.reason.link_plain", "link/"+link.Name)
	}
}

// link shakes hands with the peer as the link itself does, and lets an impostor try.
func (r *run) link(ctx context.Context, link assurance.Link) {
	culprit := "link/" + link.Name
	conn, err := dial(ctx, link.Address)
	if err != nil {
		r.f.Skipped()
		r.f.Miss("listener_sweep.reason.link_unreachable", err)
		return
	}
	defer conn.Close()
	r.f.Saw()
	config := link.Config
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12} // is there TLS at all?
	}
	config = named(config, link.Address)
	err = tls.Client(conn, config).HandshakeContext(ctx)
	_, doubted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case link.Config == nil, err != nil && !doubted:
		r.f.Fail("listener_sweep.reason.link_plain", culprit)
		return
	case doubted:
		r.f.Fail("listener_sweep.reason.link_certificate", culprit)
		return
	}
	fooled, err := impostor(ctx, config)
	if err != nil {
		r.f.Skipped()
		r.f.Miss("assurance.reason.broken", err)
		return
	}
	r.f.Saw()
	if fooled {
		r.f.Fail("listener_sweep.reason.link_unverified", culprit)
	}
}

// named is a configuration that knows whom it talks to, as the dialer makes it.
func named(c *tls.Config, address string) *tls.Config {
	c = c.Clone()
	if host, _, err := net.SplitHostPort(address); err == nil && c.ServerName == "" {
		c.ServerName = host
	}
	return c
}

// impostor says whether a configuration trusts somebody with the right name and a
// certificate that nobody vouches for.
func impostor(ctx context.Context, config *tls.Config) (fooled bool, err error) {
	certificate, err := selfSigned(config.ServerName, machine().Now())
	if err != nil {
		return false, err
	}
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	deadline := now().Add(patience)
	for _, end := range []net.Conn{ours, theirs} {
		if err := end.SetDeadline(deadline); err != nil {
			return false, err
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tls.Server(theirs, &tls.Config{Certificates: []tls.Certificate{certificate}}).HandshakeContext(ctx) // the other end tells
		_ = theirs.Close()
	}()
	err = tls.Client(ours, config).HandshakeContext(ctx)
	_ = ours.Close()
	<-done
	return err == nil, nil
}

// selfLife is how long a certificate of an impostor lasts.
const selfLife = 90 * 24 * time.Hour

// selfSigned is a certificate that vouches for itself.
func selfSigned(host string, at time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, NotBefore: at.Add(-time.Hour),
		NotAfter: at.Add(selfLife), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
