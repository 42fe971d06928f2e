package config

import (
	"net/netip"
	"time"

	"garant.example/internal/db"
)

// Secret is a text that prints as redacted. See the arch test for every place
// that may reveal one.
type Secret = db.Secret

// Config is everything that can be set. Comments give unit and meaning; the
// defaults are in Defaults.
type Config struct {
	// Data is the folder of everything that this node keeps.
	Data string `yaml:"data"`
	// Lang is the language for whoever names none: "fr" or "en".
	Lang string `yaml:"lang"`

	// Listen is the address of the HTTPS listener, host:port.
	Listen string `yaml:"listen"`
	// Plain is the address of a listener without TLS; loopback only. Empty: none.
	Plain string `yaml:"plain"`
	// Metrics is the address of the listener for metrics, without TLS; loopback
	// only. Empty: none.
	Metrics string `yaml:"metrics"`
	// URL is how people reach the service, for links in mails and pages:
	// "https://garant.example.org". It never comes from a request.
	URL string `yaml:"url"`
	// Hosts are further host names under which the service is reached.
	Hosts []string `yaml:"hosts"`
	// Certificate and CertificateKey are PEM files. Both empty: certificates
	// come from the local authority in the data folder.
	Certificate    string `yaml:"certificate"`
	CertificateKey string `yaml:"certificate_key"`
	// OldBrowsers also offers the TLS suites that browsers of 2013 need.
	OldBrowsers bool `yaml:"old_browsers"`
	// Proxies are the networks whose X-Forwarded-For is believed.
	Proxies []netip.Prefix `yaml:"proxies"`

	// Engine of the control database: "sqlite" or "postgres".
	Engine string `yaml:"engine"`
	// DSN of the PostgreSQL server, when Engine is postgres.
	DSN Secret `yaml:"dsn"`

	// Regions are the places where tenants' data can be, by name.
	Regions map[string]Region `yaml:"regions"`
	// KMS are the key services, by name.
	KMS map[string]KMS `yaml:"kms"`

	// SetupSecret makes the first operator account without the one-time link,
	// and has no effect afterwards. Empty: a link is printed.
	SetupSecret Secret `yaml:"setup_secret"`

	// Witness is the folder of the heads of logs that a run of the control compares
	// with, outside Data: another disk, or a mount of another machine. It must be
	// there. Empty: below Data.
	Witness string `yaml:"witness"`

	Keys   Keys   `yaml:"keys"`
	Limits Limits `yaml:"limits"`
	Log    Log    `yaml:"log"`

	exposed []string          // secrets in a file that everybody may read
	origins map[string]string // where each set value came from, by path
}

// Region is one place. Tenants are placed by country.
type Region struct {
	// TitleEN and TitleFR are what people read.
	TitleEN string `yaml:"title_en"`
	TitleFR string `yaml:"title_fr"`
	// Jurisdiction is whose law holds there: "EU", "CA-QC".
	Jurisdiction string `yaml:"jurisdiction"`
	// Country is the ground it stands on, ISO 3166-1 alpha-2.
	Country string `yaml:"country"`
	City    string `yaml:"city"`
	// Provider runs the machines ("own", "aws"); Code is its own name of the
	// region ("ca-central-1").
	Provider string `yaml:"provider"`
	Code     string `yaml:"code"`
	// Countries are those whose tenants may be opened here, ISO 3166-1 alpha-2; a
	// tenant of another is refused. Empty: of every country that a profile sends here.
	Countries []string `yaml:"countries"`
	// Engine is "sqlite" or "postgres". Empty: that of the control database.
	Engine string `yaml:"engine"`
	// DSN of the region's PostgreSQL server. Empty: that of the control database.
	DSN Secret `yaml:"dsn"`
	// Dir is the folder of the region's databases. Empty: below Data.
	Dir string `yaml:"dir"`
	// KMS is the key service of the region's tenants, by name. It may be empty
	// when there is only one.
	KMS string `yaml:"kms"`
	// Metadata is where the place says where it is: a URL or a file.
	Metadata string `yaml:"metadata"`
}

// KMS is a key service. The block of its kind is filled in, the others are not.
type KMS struct {
	// Kind is "local", "transit" or "aws".
	Kind    string  `yaml:"kind"`
	Local   Local   `yaml:"local"`
	Transit Transit `yaml:"transit"`
	AWS     AWS     `yaml:"aws"`
}

// Local is a key file on this machine, sealed under a passphrase.
type Local struct {
	// File of the keys. Empty: below Data.
	File string `yaml:"file"`
	// Passphrase opens it; at least 12 bytes. passphrase_file names a file that
	// holds it, or a random key.
	Passphrase Secret `yaml:"passphrase"`
}

// Transit is the transit engine of an OpenBao or Vault server.
type Transit struct {
	Address   string `yaml:"address"` // https://host:port
	Namespace string `yaml:"namespace"`
	Mount     string `yaml:"mount"` // path of the engine
	Key       string `yaml:"key"`   // name of the key
	Token     Secret `yaml:"token"`
	// CA is a PEM file of the authority that signed the server's certificate.
	// Empty: the system's authorities.
	CA string `yaml:"ca"`
}

// AWS is a key of AWS KMS.
type AWS struct {
	Region   string `yaml:"region"`
	Key      string `yaml:"key"`      // ARN or alias
	Endpoint string `yaml:"endpoint"` // empty: that of the region
	// AccessKey and SecretKey are given together. Both empty: the credentials that
	// the machine was given.
	AccessKey    string `yaml:"access_key"`
	SecretKey    Secret `yaml:"secret_key"`
	SessionToken Secret `yaml:"session_token"`
}

// Keys says how opened keys behave.
type Keys struct {
	// OutageGrace is how long opened keys go on when their key service cannot
	// be reached.
	OutageGrace time.Duration `yaml:"outage_grace"`
	// Probe is how often the key service is asked whether it still allows us:
	// a tenant that locks its key is obeyed within this time.
	Probe time.Duration `yaml:"probe"`
}

// Limits bound what the program takes and holds.
type Limits struct {
	// Body is the size of a request where its route says nothing else.
	Body Size `yaml:"body"`
	// Rate is requests per second of one client address, on average; Burst how
	// many at once; Clients how many addresses are remembered.
	Rate    float64 `yaml:"rate"`
	Burst   int     `yaml:"burst"`
	Clients int     `yaml:"clients"`
	// Databases is how many databases may be open at a time.
	Databases int `yaml:"databases"`
	// Shutdown is how long running requests may take to end.
	Shutdown time.Duration `yaml:"shutdown"`
}

// Log is the program's own log, on standard error.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn or error
	Format string `yaml:"format"` // json or text
}

// Defaults returns the settings of whoever sets nothing. Regions and key
// services have no default: where data lie and who holds the keys is for the
// operator to say.
func Defaults() *Config {
	return &Config{
		Data:    "garant-data",
		Lang:    "en",
		Listen:  "127.0.0.1:8443",
		URL:     "https://localhost:8443",
		Engine:  "sqlite",
		Regions: map[string]Region{},
		KMS:     map[string]KMS{},
		Keys: Keys{
			OutageGrace: 15 * time.Minute,
			Probe:       time.Minute,
		},
		Limits: Limits{
			Body:      1 << 20, // a thousand records of 1 KB
			Rate:      500,     // per address; a whole office may share one
			Burst:     1000,
			Clients:   100_000, // about 200 bytes each
			Databases: 512,     // five files each on SQLite: well under a limit of 4096
			Shutdown:  30 * time.Second,
		},
		Log:     Log{Level: "info", Format: "json"},
		origins: map[string]string{},
	}
}

// defaultKMS is a key service of which nothing was said yet.
func defaultKMS() KMS { return KMS{Transit: Transit{Mount: "transit"}} }
