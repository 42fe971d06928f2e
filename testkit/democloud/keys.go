package democloud

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"garant.example/internal/assurance"
	"garant.example/internal/clock"
	"garant.example/internal/id"
	"garant.example/internal/keys/kms"
	"garant.example/internal/server"
	"garant.example/internal/web/localca"
	"garant.example/testkit/awskms"
)

// withKeys names the regions that have a key service of their own: those of the
// training programmes, whose page names it.
func withKeys() []string { return []string{"sydney", "london"} }

// keyAlias names the key that wraps tenants' keys.
const keyAlias = "tenants"

// keyService is the key service of one region.
type keyService struct {
	server *awskms.Server
	kms    server.KMS
}

// kmsOf is how the configuration names the key service of a region.
func kmsOf(region string) id.Name { return id.Name("aws-" + region) }

// openKeys starts the key services, over TLS with a certificate of the cloud's own
// authority. Their keys lie in a file: what they wrapped has to open after a restart.
func (c *Cloud) openKeys() error {
	ca, err := localca.Open(filepath.Join(c.o.Dir, "places", "ca"), clock.System())
	if err != nil {
		return err
	}
	for _, p := range places() {
		for _, name := range withKeys() {
			if p.name != name {
				continue
			}
			if err := c.openService(p, ca); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Cloud) openService(p place, ca *localca.CA) error {
	s := awskms.New(awskms.Options{Region: p.code, Clock: c.o.Clock})
	arn, err := c.restore(s, p)
	if err != nil {
		return err
	}
	socket, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: ca.Get, MinVersion: tls.VersionTLS12})
	if err != nil {
		return err
	}
	s.Start(socket)
	trust := &tls.Config{RootCAs: ca.Pool(), MinVersion: tls.VersionTLS12}
	access, secret, session := s.Credentials()
	client, err := kms.NewAWS(kms.AWSOptions{Region: p.code, Endpoint: "https://" + socket.Addr().String(), Clock: c.o.Clock,
		Client:      &http.Client{Transport: &http.Transport{TLSClientConfig: trust}},
		Credentials: kms.StaticCredentials(kms.Credentials{AccessKey: access, Secret: secret, Session: session})})
	if err != nil {
		return errors.Join(err, s.Close())
	}
	address := socket.Addr().String()
	link := assurance.Link{Name: "kms " + p.name, Address: address, TLS: true, Config: trust}
	c.services[p.name] = &keyService{server: s, kms: server.KMS{Service: client, Key: arn, Links: []assurance.Link{link}}}
	c.sockets = append(c.sockets, address)
	return nil
}

// restore gives a service the keys of its file, or makes them and the file.
func (c *Cloud) restore(s *awskms.Server, p place) (arn string, err error) {
	path := filepath.Join(c.o.Dir, "places", p.name+"-kms.json")
	data, err := os.ReadFile(path)
	if err == nil {
		if err = s.Restore(data); err != nil {
			return "", err
		}
		return s.ARN(keyAlias), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	arn = s.AddKey(keyAlias)
	if data, err = s.Save(); err != nil {
		return "", err
	}
	return arn, replace(path, data)
}

// replace writes a whole file beside and moves it in place.
func replace(path string, data []byte) error {
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Deny makes the key services refuse to unwrap.
func (c *Cloud) Deny(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.denials[name] = true
	c.deny()
}

// deny lets the key services refuse while anybody wants it. The caller holds the lock.
func (c *Cloud) deny() {
	for _, s := range c.services {
		s.server.Deny(s.kms.Key, len(c.denials) > 0)
	}
}
