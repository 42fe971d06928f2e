package auditprobe_test

import (
	"net/http"
	"slices"
	"testing"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/server"
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

// A room of the console that shows something without an entry, and one that opens to
// the operator's people.
func TestRoomsOfTheConsole(t *testing.T) {
	faults := server.NewFaults(nil)
	h := house.Open(t, house.Options{Faults: faults})
	h.Tenant("town", "civic-engagement", "CA", true)
	h.Tenant("shop", "experimentation", "FR", true)
	for _, c := range []struct {
		promise         id.Name
		path            string
		reason, culprit string
	}{
		{"ehq-access-log", "/t/town/people", "audit_probe.reason.untraced", "console account.list"},
		{"abt-staff-trace", "/t/shop/keys", "audit_probe.reason.let_in", "console key.show"},
	} {
		faults.Route("room", http.MethodGet, c.path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
		r, err := h.Assurance.Run(t.Context(), c.promise)
		if err != nil || r.Finding.Outcome != assurance.OutcomeFailing || r.Finding.Reason != c.reason || !slices.Contains(r.Finding.Culprits, c.culprit) {
			t.Errorf("%s: %v %s", c.promise, err, &r.Finding)
		}
		faults.Clear("room")
	}
}
