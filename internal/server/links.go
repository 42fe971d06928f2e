package server

import (
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
	link.Address = c.Host
	link.TLS = c.TLSConfig != nil && len(c.Fallbacks) == 0
	return link
}
