package jobs_test

import (
	"testing"
	"time"

	"garant.example/internal/jobs"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// TestCheckpointsOfQuietTenants: after the first turn only logs that somebody used
// are looked at, and whatever grew is signed, also by someone who held it open.
func TestCheckpointsOfQuietTenants(t *testing.T) {
	house.Engines(t, func(t *testing.T, h *house.House) {
		quiet, busy := h.Tenant("quiet", "back-office", "CA", false), h.Tenant("busy", "back-office", "CA", false)
		job := jobs.Checkpoints(h.House.Tenants, time.Hour)
		turn := func() {
			t.Helper()
			if err := job.Run(house.Platform()); err != nil {
				t.Fatal(err)
			}
		}
		turn()
		signed(t, h, quiet)
		signed(t, h, busy)
		turn() // both were opened to look at their checkpoints
		before := h.House.Tenants.Mark(quiet.ID)
		write(t, h, busy)
		turn()
		signed(t, h, busy)
		if h.House.Tenants.Mark(quiet.ID) != before {
			t.Error("a tenant that nobody used was opened")
		}
		_, release, err := h.House.Tenants.Log(t.Context(), busy, tenant.Main)
		if err != nil {
			t.Fatal(err)
		}
		turn()
		write(t, h, busy)
		release()
		turn()
		signed(t, h, busy)
		if h.House.Tenants.Mark(quiet.ID) != before {
			t.Error("a tenant that nobody used was opened")
		}
	})
}

func write(t *testing.T, h *house.House, of tenant.Tenant) {
	t.Helper()
	h.Token(of, "integration")
}

// signed says that the newest checkpoint is of the log as it stands.
func signed(t *testing.T, h *house.House, of tenant.Tenant) {
	t.Helper()
	log, release, err := h.House.Tenants.Log(t.Context(), of, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	head, err := log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list, err := log.Checkpoints(t.Context(), 0, 1)
	if err != nil || len(list) != 1 || list[0].Size != head.Size || list[0].Root != head.Root {
		t.Fatalf("the log has %d entries, its checkpoint is %+v, %v", head.Size, list, err)
	}
}
