package config

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"garant.example/internal/errs"
)

func (c *Config) keyServices(m *mistakes) {
	if len(c.KMS) == 0 {
		c.add(m, "kms", "config.kms.none", nil)
	}
	for _, name := range slices.Sorted(maps.Keys(c.KMS)) {
		c.keyService(m, join("kms", name), c.KMS[name])
	}
}

func (c *Config) keyService(m *mistakes, path string, k KMS) {
	c.oneOf(m, path+".kind", k.Kind, "local", "transit", "aws")
	unset := defaultKMS()
	for kind, foreign := range map[string]bool{"local": k.Local != unset.Local, "transit": k.Transit != unset.Transit, "aws": k.AWS != unset.AWS} {
		if foreign && kind != k.Kind {
			c.add(m, join(path, kind), "config.no_effect", nil)
		}
	}
	switch k.Kind {
	case "local":
		if len(k.Local.Passphrase) < minSecret {
			c.add(m, path+".local.passphrase", "config.secret.short", errs.Params{"min": minSecret})
		}
	case "transit":
		c.needed(m, path+".transit", map[string]string{"mount": k.Transit.Mount, "key": k.Transit.Key, "token": string(k.Transit.Token)})
		c.endpoint(m, path+".transit.address", k.Transit.Address)
	case "aws":
		c.needed(m, path+".aws", map[string]string{"region": k.AWS.Region, "key": k.AWS.Key})
		if k.AWS.AccessKey != "" || k.AWS.SecretKey != "" { // else the machine's own credentials serve
			c.needed(m, path+".aws", map[string]string{"access_key": k.AWS.AccessKey, "secret_key": string(k.AWS.SecretKey)})
		}
		if k.AWS.Endpoint != "" {
			c.endpoint(m, path+".aws.endpoint", k.AWS.Endpoint)
		}
	}
}

func (c *Config) needed(m *mistakes, path string, values map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if values[name] == "" {
			c.add(m, join(path, name), "config.needed", nil)
		}
	}
}

// endpoint wants TLS, because keys travel there; plain only on this machine.
func (c *Config) endpoint(m *mistakes, path, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && !plainLoopback(u) {
		c.add(m, path, "config.endpoint", nil)
	}
}

func (c *Config) regions(m *mistakes) {
	if len(c.Regions) == 0 {
		c.add(m, "regions", "config.regions.none", nil)
	}
	served := map[string]string{} // country -> region
	for _, name := range slices.Sorted(maps.Keys(c.Regions)) {
		path, r := join("regions", name), c.Regions[name]
		c.region(m, path, r)
		for _, country := range r.Countries {
			if other, twice := served[country]; twice {
				c.add(m, path+".countries", "config.country.twice", errs.Params{"country": country, "other": other})
			}
			served[country] = name
		}
	}
}

func (c *Config) region(m *mistakes, path string, r Region) {
	c.needed(m, path, map[string]string{"jurisdiction": r.Jurisdiction, "title_en": r.TitleEN, "title_fr": r.TitleFR})
	for _, country := range append([]string{r.Country}, r.Countries...) {
		if len(country) != 2 || strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			c.add(m, path+".country", "config.country", errs.Params{"country": country})
		}
	}
	engine := c.RegionEngine(r)
	if r.Engine != "" {
		c.oneOf(m, path+".engine", engine, "sqlite", "postgres")
	}
	switch {
	case engine == "postgres" && r.DSN == "" && c.DSN == "":
		c.add(m, path+".dsn", "config.needed", nil)
	case engine == "sqlite" && r.DSN != "":
		c.add(m, path+".dsn", "config.no_effect", nil)
	case engine == "postgres" && r.Dir != "":
		c.add(m, path+".dir", "config.no_effect", nil)
	}
	if _, ok := c.KMS[r.KMS]; !ok && (r.KMS != "" || len(c.KMS) > 1) {
		c.add(m, path+".kms", "config.choice", errs.Params{"words": slices.Sorted(maps.Keys(c.KMS))})
	}
}

// RegionEngine is the engine of a region: its own, or that of the control
// database.
func (c *Config) RegionEngine(r Region) string {
	if r.Engine != "" {
		return r.Engine
	}
	return c.Engine
}

// RegionKMS is the name of the key service of a region: its own, or the only
// one.
func (c *Config) RegionKMS(r Region) string {
	if r.KMS == "" && len(c.KMS) == 1 {
		for name := range c.KMS {
			return name
		}
	}
	return r.KMS
}
