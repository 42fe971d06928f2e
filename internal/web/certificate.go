package web

import (
	"crypto/tls"
	"os"
	"sync"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
)

// certificateCheck is how often the files are looked at: a renewed certificate
// is in use within a minute, without a restart.
const certificateCheck = time.Minute

// CertificateFiles serves a certificate that somebody else renews on disk.
type CertificateFiles struct {
	cert, key string
	clock     clock.Clock

	mu      sync.Mutex
	current *tls.Certificate
	stamp   [2]time.Time // of both files when they were read
	next    time.Time    // of the next look
}

// OpenCertificateFiles reads the pair once. It returns a Config error when the
// files cannot be read, do not belong together, or are past their end.
func OpenCertificateFiles(cert, key string, c clock.Clock) (*CertificateFiles, error) {
	f := &CertificateFiles{cert: cert, key: key, clock: c}
	if err := f.load(); err != nil {
		return nil, errs.New(errs.Config, "web.certificate.unusable").With("file", cert).
			Do("web.certificate.unusable.fix").Cause(err)
	}
	if !c.Now().Before(f.current.Leaf.NotAfter) {
		return nil, errs.New(errs.Config, "web.certificate.expired").With("file", cert).
			With("end", f.current.Leaf.NotAfter).Do("web.certificate.unusable.fix")
	}
	return f, nil
}

// Get is the GetCertificate of a Door. A pair that cannot be read while it is
// being replaced leaves the former one in use.
func (f *CertificateFiles) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.clock.Now(); !now.Before(f.next) {
		f.next = now.Add(certificateCheck)
		if stamp, err := f.stamps(); err == nil && stamp != f.stamp {
			_ = f.load() // the next look tries again
		}
	}
	return f.current, nil
}

// End is when the certificate in use stops being valid.
func (f *CertificateFiles) End() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current.Leaf.NotAfter
}

func (f *CertificateFiles) load() error {
	stamp, err := f.stamps()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return err
	}
	f.current, f.stamp = &pair, stamp
	return nil
}

func (f *CertificateFiles) stamps() (out [2]time.Time, err error) {
	for i, name := range []string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			return out, err
		}
		out[i] = info.ModTime()
	}
	return out, nil
}
