package testdb

import (
	"testing"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
)

func TestEachRunsBothEnginesOnTheGivenClock(t *testing.T) {
	at := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	seen := map[db.Engine]bool{}
	for _, family := range []db.Family{db.Control, db.Placement, db.Keyring} {
		Each(t, family, clock.NewFake(at), func(t *testing.T, d db.DB) {
			seen[d.Engine()] = true
			err := d.Write(t.Context(), func(tx db.Tx) error {
				if !tx.Now().Equal(at) {
					t.Errorf("the time is %v", tx.Now())
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	if !seen[db.SQLite] || !seen[db.Postgres] {
		t.Errorf("ran on %v", seen)
	}
}
