package server

import (
	"crypto/tls"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"garant.example/internal/assurance"
	"garant.example/internal/db"
	"garant.example/internal/tenant"
)

// databaseLink says how a region's databases are reached: in process, through a
// socket of this machine, or over TLS.
func databaseLink(region tenant.Region) assurance.Link {
	link := assurance.Link{Name: "database " + string(region.Name)}
	if region.Engine == db.SQLite {
		link.InHouse = true
		return link
	}
	c, err := pgconn.ParseConfig(region.DSN.Reveal())
	if err != nil {
		return link // neither in process nor TLS: a check will say so
	}
	link.Address = c.Host // the folder of a socket of this machine
	if !strings.HasPrefix(c.Host, "/") {
		link.Address = net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	}
	link.Config = c.TLSConfig
	link.TLS = c.TLSConfig != nil && len(c.Fallbacks) == 0
	return link
}

// metadataLink says how a region's own metadata service is reached; ok is false when
// it is a file, or there is none.
func metadataLink(region tenant.Region) (link assurance.Link, ok bool) {
	u, err := url.Parse(region.Metadata)
	if err != nil || u.Host == "" {
		return link, false
	}
	return assurance.Link{Name: "metadata " + string(region.Name), Address: hostPort(u), Machine: true}, true
}

// hostPort is where a URL leads to.
func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port == "" && u.Scheme == "http":
		port = "80"
	case port == "":
		port = "443"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// keyLink says how a key service is reached. Without TLS it is one of this machine:
// package kms refuses any other.
func keyLink(name, address string, trust *tls.Config) assurance.Link {
	link := assurance.Link{Name: "kms " + name}
	u, err := url.Parse(address)
	if err != nil {
		return link // the service itself was refused already
	}
	link.Address = hostPort(u)
	if link.Machine = u.Scheme == "http"; !link.Machine {
		link.TLS, link.Config = true, trust
	}
	return link
}

// credentialsLink is where the machine tells which credentials it was given.
func credentialsLink(name string) assurance.Link {
	return assurance.Link{Name: "credentials " + name, Address: "169.254.169.254:80", Machine: true}
}
