package rolematrix_test

import (
	"os"
	"testing"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

func TestBreaks(t *testing.T) { house.Engines(t, breaks) }

func breaks(t *testing.T, h *house.House) {
	h.Tenant("shop", "experimentation", "FR", true)
	h.Tenant("office", "back-office", "CA", true)
	h.Tenant("bureau", "back-office", "CA", false)
	for _, c := range []struct {
		promise id.Name
		reason  string
	}{
		{"abt-log-limited", "role_matrix.reason.let_in"},
		{"aso-client-platform", "role_matrix.reason.host"},
	} {
		scene, err := h.Saboteur.Play(t.Context(), c.promise)
		if err != nil || !scene.Turned() {
			t.Errorf("%s: %v\nbefore %s\nbroken %s\nhealed %s", c.promise, err, &scene.Before.Finding, &scene.Broken.Finding, &scene.Healed.Finding)
		}
		if got := scene.Broken.Finding.Reason; got != c.reason {
			t.Errorf("%s turned red for %s, not for %s", c.promise, got, c.reason)
		}
		t.Logf("%s took %s %+v", c.promise, scene.Before.Took, scene.Before.Finding.Figures)
	}
}

// A file that other accounts of the machine may read, and one auditor too many.
func TestLogsOutsideTheDoors(t *testing.T) {
	h := house.Open(t, house.Options{})
	shop := h.Tenant("shop", "experimentation", "FR", true)
	h.Tenant("town", "civic-engagement", "CA", true) // somebody else to ask as
	run := func(want assurance.Outcome, reason string) {
		t.Helper()
		r, err := h.Assurance.Run(t.Context(), "abt-log-limited")
		if err != nil || r.Finding.Outcome != want || r.Finding.Reason != reason {
			t.Errorf("%v %s", err, &r.Finding)
		}
	}
	place, err := h.House.Tenants.PlacementPlace(shop, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	run(assurance.OutcomeKept, "")
	if err := os.Chmod(place.Path, 0o644); err != nil {
		t.Fatal(err)
	}
	run(assurance.OutcomeFailing, "role_matrix.reason.mode")
	if err := os.Chmod(place.Path, 0o600); err != nil {
		t.Fatal(err)
	}
	run(assurance.OutcomeKept, "")
}
