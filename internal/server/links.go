package server

import (
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
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), "80")
	}
	return assurance.Link{Name: "metadata " + string(region.Name), Address: address, Machine: true}, true
}
