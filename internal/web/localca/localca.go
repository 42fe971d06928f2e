package localca

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
)

// Lives. A leaf is renewed early enough that a machine asleep for weeks wakes
// with a valid one.
const (
	rootLife  = 10 * 365 * 24 * time.Hour
	leafLife  = 90 * 24 * time.Hour
	renewLeft = leafLife / 3
	backdate  = time.Hour // for clients whose clock is behind
	maxLeaves = 1000      // kept in memory, about 2 KB each
)

// CA signs the leaves of its hosts. It is safe for concurrent use.
type CA struct {
	dir   string
	clock clock.Clock
	hosts []string
	root  *x509.Certificate
	key   *ecdsa.PrivateKey

	mu     sync.Mutex
	leaves map[string]*tls.Certificate // by host; at most maxLeaves
}

// Open reads the authority of a folder, or makes it there: root.crt (to give to
// browsers) and root.key. Hosts are DNS names (a name covers those below it) and
// IP addresses; loopback is always among them. Open returns a Config error when
// the stored root does not cover the hosts or cannot be read: it never replaces
// a root by itself, because people have imported it.
func Open(dir string, c clock.Clock, hosts ...string) (*CA, error) {
	ca := &CA{dir: dir, clock: c, hosts: normalise(hosts), leaves: map[string]*tls.Certificate{}}
	err := ca.load()
	if _, missing := os.Lstat(ca.RootFile()); errors.Is(missing, fs.ErrNotExist) {
		err = ca.create()
	}
	if err != nil {
		return nil, errs.New(errs.Config, "web.ca.unusable").With("folder", dir).Do("web.ca.unusable.fix").Cause(err)
	}
	for _, h := range ca.hosts {
		if !covers(ca.root, h) {
			return nil, errs.New(errs.Config, "web.ca.host").With("host", h).With("folder", dir).Do("web.ca.host.fix")
		}
	}
	if !c.Now().Before(ca.root.NotAfter.Add(-leafLife)) {
		return nil, errs.New(errs.Config, "web.ca.expired").With("end", ca.root.NotAfter).With("folder", dir).Do("web.ca.host.fix")
	}
	return ca, nil
}

// RootFile is the certificate to import, in PEM.
func (ca *CA) RootFile() string { return filepath.Join(ca.dir, "root.crt") }

// Root is the certificate to trust, for a client in the same process.
func (ca *CA) Root() *x509.Certificate { return ca.root }

// Pool is the root as a pool.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.root)
	return pool
}

// Get is the GetCertificate of a listener. A handshake without a server name is
// one by address.
func (ca *CA) Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if host == "" {
		host = localAddress(hello)
	}
	if !covers(ca.root, host) {
		return nil, errors.New("localca: not a host of ours")
	}
	return ca.leaf(host)
}

func localAddress(hello *tls.ClientHelloInfo) string {
	if hello.Conn == nil {
		return ""
	}
	host, _, err := net.SplitHostPort(hello.Conn.LocalAddr().String())
	if err != nil {
		return ""
	}
	return host
}

func (ca *CA) leaf(host string) (*tls.Certificate, error) {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	now := ca.clock.Now()
	if l, ok := ca.leaves[host]; ok && now.Before(l.Leaf.NotAfter.Add(-renewLeft)) {
		return l, nil
	}
	if len(ca.leaves) >= maxLeaves { // names below a host can be invented without end
		clear(ca.leaves)
	}
	l, err := ca.sign(host, now)
	if err != nil {
		return nil, err
	}
	ca.leaves[host] = l
	return l, nil
}

func (ca *CA) load() error {
	certificate, err := readPEM(ca.RootFile(), "CERTIFICATE")
	if err != nil {
		return err
	}
	keyFile := filepath.Join(ca.dir, "root.key")
	info, err := os.Stat(keyFile)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return errors.New("localca: root.key can be read by others than its owner")
	}
	key, err := readPEM(keyFile, "PRIVATE KEY")
	if err != nil {
		return err
	}
	if ca.root, err = x509.ParseCertificate(certificate); err != nil {
		return err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !private.PublicKey.Equal(ca.root.PublicKey) {
		return errors.New("localca: the key does not belong to the certificate")
	}
	ca.key = private
	return nil
}

func readPEM(name, kind string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(data)
	if block == nil || block.Type != kind || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, errors.New("localca: " + filepath.Base(name) + " is not one PEM block of " + kind)
	}
	return block.Bytes, nil
}
