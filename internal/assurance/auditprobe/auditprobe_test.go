package auditprobe_test

import (
	"testing"

	"garant.example/internal/id"
	"garant.example/testkit/house"
)

func TestBreaks(t *testing.T) { house.Engines(t, breaks) }

func breaks(t *testing.T, h *house.House) {
	h.Tenant("town", "civic-engagement", "CA", true)
	h.Tenant("shop", "experimentation", "FR", true)
	h.Tenant("insurer", "insurance", "CA", true)
	h.Tenant("office", "back-office", "CA", true)
	for _, c := range []struct {
		promise id.Name
		reason  string
	}{
		{"ehq-access-log", "audit_probe.reason.untraced"},
		{"abt-log-all", "audit_probe.reason.untraced"},
		{"abt-staff-trace", "audit_probe.reason.let_in"},
		{"weg-emp-audit", "audit_probe.reason.purpose"},
		{"aso-logbook", "audit_probe.reason.let_in"},
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
