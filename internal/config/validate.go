package config

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"garant.example/internal/errs"
	"garant.example/internal/i18n"
)

// Validate says everything that keeps the settings from being served, as one
// Config error with a field per setting. It looks at no file and no network.
func (c *Config) Validate() error {
	var m mistakes
	c.general(&m)
	c.doors(&m)
	c.limits(&m)
	c.keyServices(&m)
	c.regions(&m)
	return m.err()
}

func (c *Config) add(m *mistakes, path, key string, params errs.Params) {
	if params == nil {
		params = errs.Params{}
	}
	params["place"] = envName(path) // nobody set it: name where it can be
	if o, ok := c.origins[path]; ok {
		params["place"] = o
	}
	m.add(path, key, key+".fix", params)
}

// oneOf checks a word against a closed list.
func (c *Config) oneOf(m *mistakes, path, value string, words ...string) {
	if !slices.Contains(words, value) {
		c.add(m, path, "config.choice", errs.Params{"words": words})
	}
}

func (c *Config) general(m *mistakes) {
	if c.Data == "" {
		c.add(m, "data", "config.needed", nil)
	}
	if c.Witness != "" && within(c.Data, c.Witness) {
		c.add(m, "witness", "config.witness", nil)
	}
	c.oneOf(m, "lang", c.Lang, i18n.Languages()...)
	c.oneOf(m, "engine", c.Engine, "sqlite", "postgres")
	c.oneOf(m, "log.level", c.Log.Level, "debug", "info", "warn", "error")
	c.oneOf(m, "log.format", c.Log.Format, "json", "text")
	if c.Engine == "postgres" && c.DSN == "" {
		c.add(m, "dsn", "config.needed", nil)
	}
	if c.Engine == "sqlite" && c.DSN != "" {
		c.add(m, "dsn", "config.no_effect", nil)
	}
	if c.SetupSecret != "" && len(c.SetupSecret) < minSecret {
		c.add(m, "setup_secret", "config.secret.short", errs.Params{"min": minSecret})
	}
}

// minSecret is the shortest passphrase, in bytes; the same as package kms asks.
const minSecret = 12

func (c *Config) doors(m *mistakes) {
	if !isAddress(c.Listen) {
		c.add(m, "listen", "config.address", nil)
	}
	for path, addr := range map[string]string{"plain": c.Plain, "metrics": c.Metrics} {
		if addr == "" {
			continue
		}
		if !isAddress(addr) {
			c.add(m, path, "config.address", nil)
		} else if !isLoopback(addr) {
			c.add(m, path, "config.loopback", nil)
		}
	}
	if u, err := url.Parse(c.URL); err != nil || u.Scheme != "https" && !plainLoopback(u) || u.Host == "" ||
		u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		c.add(m, "url", "config.url", nil)
	}
	for _, h := range c.Hosts {
		if !isHost(h) {
			c.add(m, "hosts", "config.host", errs.Params{"host": h})
		}
	}
	if (c.Certificate == "") != (c.CertificateKey == "") {
		c.add(m, "certificate", "config.certificate", nil)
	}
	for _, p := range c.Proxies {
		if p.Bits() == 0 { // everybody's word would be believed
			c.add(m, "proxies", "config.proxies", nil)
		}
	}
}

func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = net.LookupPort("tcp", port)
	return err == nil
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// plainLoopback allows http://localhost:PORT, which browsers trust like TLS.
func plainLoopback(u *url.URL) bool {
	return u.Scheme == "http" && isLoopback(net.JoinHostPort(u.Hostname(), "1"))
}

// isHost is a DNS name or an address, without port.
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label ||
			strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

// bound is one number with its limits.
type bound struct {
	path             string
	value, low, high float64
	shown            [2]string // the limits as people write them
}

func (c *Config) limits(m *mistakes) {
	for _, b := range []bound{
		{"limits.body", float64(c.Limits.Body), 16 << 10, 1 << 30, [2]string{"16 KiB", "1 GiB"}},
		{"limits.rate", c.Limits.Rate, 0.1, 1e6, [2]string{"0.1", "1000000"}},
		{"limits.burst", float64(c.Limits.Burst), 1, 1e6, [2]string{"1", "1000000"}},
		{"limits.clients", float64(c.Limits.Clients), 100, 1e7, [2]string{"100", "10000000"}},
		{"limits.databases", float64(c.Limits.Databases), 8, 1e5, [2]string{"8", "100000"}},
		{"limits.shutdown", c.Limits.Shutdown.Seconds(), 1, 600, [2]string{"1s", "10m"}},
		{"keys.outage_grace", c.Keys.OutageGrace.Seconds(), 0, 24 * 3600, [2]string{"0s", "24h"}},
		{"keys.probe", c.Keys.Probe.Seconds(), 1, 3600, [2]string{"1s", "1h"}},
	} {
		if !(b.value >= b.low && b.value <= b.high) { // so written, it refuses NaN too
			c.add(m, b.path, "config.bounds", errs.Params{"low": b.shown[0], "high": b.shown[1]})
		}
	}
}

// within says whether a folder is another one or lies in it, by its name.
func within(outer, inner string) bool {
	a, err := filepath.Abs(outer)
	if err != nil {
		return false
	}
	b, err := filepath.Abs(inner)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(a, b)
	return err == nil && filepath.IsLocal(rel)
}
