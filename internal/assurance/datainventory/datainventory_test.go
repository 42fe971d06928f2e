package datainventory_test

import (
	"testing"

	"garant.example/internal/id"
	"garant.example/testkit/house"
)

func TestBreaks(t *testing.T) { house.Engines(t, breaks) }

func breaks(t *testing.T, h *house.House) {
	h.Tenant("school", "digital-training", "AU", true)
	h.Tenant("insurer", "insurance", "CA", true)
	h.Tenant("other", "insurance", "CA", false)
	for _, c := range []struct {
		promise id.Name
		reason  string
	}{
		{"wywm-minimise", "data_inventory.reason.accepted"},
		{"weg-top-sensitivity", "data_inventory.reason.level"},
		{"weg-classes", "data_inventory.reason.unclassed"},
		{"weg-class-contact", "data_inventory.reason.class"},
		{"weg-class-pref", "data_inventory.reason.class"},
		{"weg-class-event", "data_inventory.reason.undeclared"},
	} {
		scene, err := h.Saboteur.Play(t.Context(), c.promise)
		if err != nil || !scene.Turned() {
			t.Errorf("%s: %v\nbefore %s\nbroken %s\nhealed %s", c.promise, err, &scene.Before.Finding, &scene.Broken.Finding, &scene.Healed.Finding)
		}
		if got := scene.Broken.Finding.Reason; got != c.reason {
			t.Errorf("%s turned red for %s, not for %s", c.promise, got, c.reason)
		}
		if n := len(scene.Broken.Finding.Culprits); c.promise == "wywm-minimise" && n != 2 {
			t.Errorf("the accepted field and the stored one are two culprits, not %d: %v", n, scene.Broken.Finding.Culprits)
		}
		t.Logf("%s took %s %+v", c.promise, scene.Before.Took, scene.Before.Finding.Figures)
	}
}
