package markerscan_test

import (
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/testkit/house"
	"garant.example/testkit/pgserver"
)

// The same over PostgreSQL.
func TestPostgres(t *testing.T) {
	server := pgserver.Own(t)
	t.Setenv("TMPDIR", t.TempDir())
	regions := house.Regions(t.TempDir())
	for i := range regions {
		regions[i].Engine, regions[i].Dir, regions[i].DSN = db.Postgres, "", server.DSN()
	}
	h := house.Open(t, house.Options{Regions: regions,
		Control: db.Place{Engine: db.Postgres, Family: db.Control, DSN: server.DSN(), Name: "garant_control"}})
	h.Tenant("canary", "insurance", "US", true)
	h.Tenant("mutual", "insurance", "US", false)
	play(t, h, map[id.Name]string{"weg-conf-rest": clearReason, "weg-class-systems": clearReason, "weg-account-crypt": clearReason})
}
