package sealinspector_test

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
	regions := house.Regions(t.TempDir())
	for i := range regions {
		regions[i].Engine, regions[i].Dir, regions[i].DSN = db.Postgres, "", server.DSN()
	}
	h := house.Open(t, house.Options{Regions: regions,
		Control: db.Place{Engine: db.Postgres, Family: db.Control, DSN: server.DSN(), Name: "garant_control"}})
	canary := h.Tenant("canary", "insurance", "US", true)
	store(t, h, canary, "customers", customer)
	play(t, h, map[id.Name]string{
		"weg-aes-sha": "seal_inspector.reason.algorithm",
		"weg-segment": "seal_inspector.reason.other_owner",
	})
}
