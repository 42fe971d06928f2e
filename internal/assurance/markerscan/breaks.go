package markerscan

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"garant.example/internal/assurance"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// breaks are the sabotages. Each lets bodies that programs or people of the canary
// send in reach a disk past the sealing, as a careless change of the program would:
// what leaks is what the next run plants.
func breaks() map[id.Name]assurance.Break {
	recordings := about("/collections/recordings/")
	return map[id.Name]assurance.Break{
		"ehq-aes-gcm":       intoTable(tenant.Main, about("/")),
		"wywm-rest-db":      intoTable(tenant.Main, about("/collections/")),
		"abt-aes256":        intoQueue("collection-queue-000001.seg", about("/collections/")),
		"abt-dedicated-db":  intoNeighbour(about("/collections/")),
		"weg-conf-rest":     intoTable("accounts", about("/collections/")),
		"weg-class-systems": intoTable("preferences", recordings),
		"weg-account-crypt": intoTable(tenant.Main, about("/accounts/")),
		"weg-class-rec":     intoTable("contacts", recordings),
		"weg-rec-crypt":     intoTable("recordings", recordings),
		"weg-event-no-rec":  intoTable("events", recordings),
	}
}

// about picks requests by their path.
func about(part string) func(route string) bool {
	return func(route string) bool { return strings.Contains(route, part) }
}

// intoTable copies the canary's bodies, as they come, into a table of one of its
// own placements.
func intoTable(placement id.Name, picks func(string) bool) assurance.Break {
	return func(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
		return clearTable(ctx, s, c.Canary, c.Canary, placement, picks)
	}
}

// intoNeighbour copies them into another tenant's main database.
func intoNeighbour(picks func(string) bool) assurance.Break {
	return func(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
		next, err := s.House.Tenants.Get(other(c.Tenants, c.Canary.ID, s.House.Tenants.Operator()))
		if err != nil {
			return err
		}
		return clearTable(ctx, s, c.Canary, next, tenant.Main, picks)
	}
}

// clearTable makes a table that nothing seals, and a hole through which bodies fall
// into it.
func clearTable(ctx context.Context, s *assurance.Stage, from, into tenant.Tenant, placement id.Name, picks func(string) bool) error {
	at := assurance.At{Tenant: into.ID, Placement: placement}
	err := s.SQL(ctx, at, []assurance.Sentence{{SQL: `CREATE TABLE IF NOT EXISTS received (body TEXT NOT NULL)`}},
		[]assurance.Sentence{{SQL: `DROP TABLE IF EXISTS received`}})
	if err != nil {
		return err
	}
	place, err := s.House.Tenants.PlacementPlace(into, placement)
	if err != nil {
		return err
	}
	return s.Fault("bodies", func(name string) error {
		s.Faults.Tap(name, func(t id.Tenant, route string, body []byte) {
			if t != from.ID || !picks(route) {
				return
			}
			opened, release, err := s.House.Open(context.WithoutCancel(ctx), place)
			if err != nil {
				return // a leak that fails leaks nothing
			}
			defer release()
			_ = opened.Write(context.WithoutCancel(ctx), func(tx db.Tx) error {
				_, err := tx.Exec(`INSERT INTO received (body) VALUES (?1)`, string(body))
				return err
			})
		})
		return nil
	})
}

// intoQueue appends the canary's bodies to a file of the data folder.
func intoQueue(file string, picks func(string) bool) assurance.Break {
	return func(_ context.Context, c assurance.Control, s *assurance.Stage) error {
		path := filepath.Join(s.House.Dir, file)
		if err := s.File(path, nil); err != nil {
			return err
		}
		return s.Fault("bodies", func(name string) error {
			s.Faults.Tap(name, func(t id.Tenant, route string, body []byte) {
				if t == c.Canary.ID && picks(route) {
					spill(path, body)
				}
			})
			return nil
		})
	}
}

// spill appends to a file that is there; a leak that fails leaks nothing.
func spill(path string, body []byte) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.Write(append(body, '\n'))
}
