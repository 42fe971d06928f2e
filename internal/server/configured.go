package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/clock"
	"garant.example/internal/config"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys/kms"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
)

// Configured turns a configuration that Load accepted into what a house stands on
// and how it is shown. It opens key services; it returns errs.Config with one
// sentence that says what to do when one cannot be.
func Configured(c *config.Config, k clock.Clock, log *slog.Logger) (Options, Serving, error) {
	if err := writable(c.Data); err != nil {
		return Options{}, Serving{}, err
	}
	o := Options{Dir: c.Data, Control: controlPlace(c), KMS: map[id.Name]KMS{}, Clock: k, Log: log, LogHost: logHost(c),
		OpenDatabases: c.Limits.Databases, OutageGrace: c.Keys.OutageGrace, KeyProbe: c.Keys.Probe, SetupSecret: c.SetupSecret}
	o.Countries = map[id.Name][]string{}
	for _, name := range sortedKeys(c.Regions) {
		o.Countries[id.Name(name)] = c.Regions[name].Countries
		o.Regions = append(o.Regions, regionOf(c, name, c.Regions[name]))
	}
	if len(o.Regions) > 0 {
		o.Home = o.Regions[0].Name
	}
	if o.Witness = c.Witness; c.Witness != "" {
		if err := lasting(c.Witness); err != nil {
			return Options{}, Serving{}, err
		}
	}
	for _, name := range sortedKeys(c.KMS) {
		service, err := openKMS(c, name, k)
		if err != nil {
			return Options{}, Serving{}, err
		}
		o.KMS[id.Name(name)] = service
	}
	s, err := servingOf(c, k)
	return o, s, err
}

func sortedKeys[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// writable makes the data folder and tries it: better one sentence at the start
// than a failure at the first write.
func writable(dir string) error {
	refuse := func(err error) error {
		return errs.New(errs.Config, "server.data.unwritable").With("Path", dir).Do("server.data.unwritable.fix").Cause(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return refuse(err)
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return refuse(err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// lasting tries the folder of the witness and makes none: a disk that is not there
// must not be taken for an empty witness.
func lasting(dir string) error {
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return errs.New(errs.Config, "server.witness.missing").With("Path", dir).Do("server.witness.missing.fix").Cause(err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func controlPlace(c *config.Config) db.Place {
	if db.Engine(c.Engine) == db.Postgres {
		return db.Place{Engine: db.Postgres, Family: db.Control, DSN: c.DSN, Name: "garant_control"}
	}
	return db.Place{Engine: db.SQLite, Family: db.Control, Path: filepath.Join(c.Data, "control.db")}
}

// logHost is the first part of every log's origin: the host people know.
func logHost(c *config.Config) string {
	if u, err := url.Parse(c.URL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "localhost"
}

func regionOf(c *config.Config, name string, r config.Region) tenant.Region {
	out := tenant.Region{Name: id.Name(name), Title: tenant.Text{EN: r.TitleEN, FR: r.TitleFR}, Jurisdiction: r.Jurisdiction,
		Country: r.Country, City: r.City, Provider: r.Provider, Code: r.Code, Engine: db.Engine(r.Engine), Dir: r.Dir, DSN: r.DSN,
		KMS: id.Name(r.KMS), Metadata: r.Metadata}
	if out.Engine == "" {
		out.Engine = db.Engine(c.Engine)
	}
	if out.DSN == "" {
		out.DSN = c.DSN
	}
	if out.Dir == "" {
		out.Dir = filepath.Join(c.Data, "regions", name)
	}
	if out.KMS == "" && len(c.KMS) == 1 {
		for only := range c.KMS {
			out.KMS = id.Name(only)
		}
	}
	return out
}

// tenantsKey is the local key file's key that wraps tenants' keys.
const tenantsKey = "tenants"

// Times of a connection to a key service.
const (
	handshakeTimeout = 10 * time.Second
	idleTimeout      = 90 * time.Second
)

// openKMS opens a key service as it is declared.
func openKMS(c *config.Config, name string, cl clock.Clock) (KMS, error) {
	k := c.KMS[name]
	if k.Kind == "local" {
		service, err := openLocal(c, k.Local, cl)
		return KMS{Service: service, Key: tenantsKey}, err
	}
	trust, err := trusting(k.Transit.CA)
	if err != nil {
		return KMS{}, err
	}
	// No proxy: wrapped keys go where the configuration says, and nowhere else.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust, TLSHandshakeTimeout: handshakeTimeout, IdleConnTimeout: idleTimeout}}
	if k.Kind == "transit" {
		service, err := kms.NewTransit(kms.TransitOptions{Address: k.Transit.Address, Mount: k.Transit.Mount, Namespace: k.Transit.Namespace,
			Token: func() (string, error) { return k.Transit.Token.Reveal(), nil }, Client: client, Clock: cl})
		return KMS{Service: service, Key: k.Transit.Key, Links: []assurance.Link{keyLink(name, k.Transit.Address, trust)}}, err
	}
	service, err := kms.NewAWS(kms.AWSOptions{Region: k.AWS.Region, Endpoint: k.AWS.Endpoint, Client: client, Clock: cl,
		Credentials: credentialsOf(k.AWS, cl)})
	address := k.AWS.Endpoint
	if address == "" {
		address = "https://kms." + k.AWS.Region + ".amazonaws.com"
	}
	links := []assurance.Link{keyLink(name, address, trust)}
	if k.AWS.AccessKey == "" {
		links = append(links, credentialsLink(name))
	}
	return KMS{Service: service, Key: k.AWS.Key, Links: links}, err
}

// openLocal opens the key file, or makes it in a data folder that was never used.
// A folder in use without its key file is refused: a fresh key would open nothing.
func openLocal(c *config.Config, l config.Local, cl clock.Clock) (kms.KMS, error) {
	o := kms.LocalOptions{Path: l.File, Secret: []byte(l.Passphrase.Reveal()), Clock: cl}
	if o.Path == "" {
		o.Path = filepath.Join(c.Data, "kms.json")
	}
	_, err := os.Stat(o.Path)
	if !errors.Is(err, fs.ErrNotExist) {
		return kms.OpenLocal(o)
	}
	if _, err := os.Stat(filepath.Join(c.Data, "control.db")); err == nil {
		return nil, errs.New(errs.Config, "server.kms.lost").With("Path", o.Path).Do("server.kms.lost.fix")
	}
	return kms.CreateLocal(o, tenantsKey)
}

// trusting is what a client connects with that trusts the authorities of a PEM file;
// without one, those of the system.
func trusting(file string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return c, nil
	}
	pem, err := os.ReadFile(file)
	c.RootCAs = x509.NewCertPool()
	if err != nil || !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errs.New(errs.Config, "server.ca.unreadable").With("Path", file).Do("server.ca.unreadable.fix").Cause(err)
	}
	return c, nil
}

func servingOf(c *config.Config, k clock.Clock) (Serving, error) {
	s := Serving{Listen: c.Listen, Plain: c.Plain, Metrics: c.Metrics, OldBrowsers: c.OldBrowsers, Hosts: c.Hosts, URL: c.URL, Trusted: c.Proxies, Lang: c.Lang,
		BodyLimit: int64(c.Limits.Body), Limiter: web.NewLimiter(k, c.Limits.Rate, c.Limits.Burst, c.Limits.Clients), Grace: c.Limits.Shutdown}
	if u, err := url.Parse(c.URL); err == nil && u.Hostname() != "" && !slices.Contains(s.Hosts, u.Hostname()) {
		s.Hosts = append(slices.Clone(s.Hosts), u.Hostname())
	}
	if c.Certificate == "" {
		return s, nil
	}
	files, err := web.OpenCertificateFiles(c.Certificate, c.CertificateKey, k)
	if err != nil {
		return s, err
	}
	s.Certificate = files.Get
	return s, nil
}

// credentialsOf are those of the configuration, or those the machine was given.
func credentialsOf(a config.AWS, cl clock.Clock) kms.CredentialSource {
	if a.AccessKey == "" {
		return kms.HostCredentials(os.Getenv, nil, cl)
	}
	return kms.StaticCredentials(kms.Credentials{AccessKey: a.AccessKey, Secret: a.SecretKey.Reveal(), Session: a.SessionToken.Reveal()})
}
