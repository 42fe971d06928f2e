package markerscan_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/testkit/house"
)

// open makes a house whose temporary files lie apart from everybody else's.
func open(t *testing.T) *house.House {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	return house.Open(t, house.Options{})
}

// play runs the whole sabotage of each promise and looks whether the control turned.
func play(t *testing.T, h *house.House, reasons map[id.Name]string) {
	t.Helper()
	for promise, reason := range reasons {
		scene, err := h.Saboteur.Play(house.Platform(), promise)
		if err != nil {
			t.Fatalf("%s: %v", promise, err)
		}
		if !scene.Turned() {
			t.Errorf("%s did not turn:\nbefore %v\nbroken %v\nhealed %v", promise, &scene.Before.Finding, &scene.Broken.Finding, &scene.Healed.Finding)
		}
		if got := scene.Broken.Finding.Reason; got != reason {
			t.Errorf("%s failed for %q, want %q", promise, got, reason)
		}
		if len(scene.Broken.Finding.Culprits) == 0 {
			t.Errorf("%s names no culprit", promise)
		}
		t.Logf("%s: %v in %v; broken: %v", promise, scene.Before.Finding.Figures, scene.Before.Took, &scene.Broken.Finding)
	}
}

const clearReason = "marker_scan.reason.clear"

func TestCivicEngagement(t *testing.T) {
	h := open(t)
	h.Tenant("canary", "civic-engagement", "CA", true)
	h.Tenant("town", "civic-engagement", "CA", false)
	play(t, h, map[id.Name]string{"ehq-aes-gcm": clearReason})
}

func TestDigitalTraining(t *testing.T) {
	h := open(t)
	h.Tenant("canary", "digital-training", "AU", true)
	play(t, h, map[id.Name]string{"wywm-rest-db": clearReason})
}

func TestExperimentation(t *testing.T) {
	h := open(t)
	h.Tenant("canary", "experimentation", "FR", true)
	h.Tenant("shop", "experimentation", "FR", false)
	play(t, h, map[id.Name]string{"abt-aes256": clearReason, "abt-dedicated-db": clearReason})
}

func TestInsurance(t *testing.T) {
	h := open(t)
	h.Tenant("canary", "insurance", "US", true)
	h.Tenant("mutual", "insurance", "US", false)
	play(t, h, map[id.Name]string{"weg-conf-rest": clearReason, "weg-class-systems": clearReason, "weg-account-crypt": clearReason,
		"weg-class-rec": clearReason, "weg-rec-crypt": clearReason, "weg-event-no-rec": clearReason})
}

// What the mechanism planted is gone after a run: no record, no account that could
// be used, no token that opens.
func TestLeavesNothing(t *testing.T) {
	h := open(t)
	canary := h.Tenant("canary", "insurance", "US", true)
	result, err := h.Assurance.Run(house.Platform(), "weg-account-crypt")
	if err != nil || result.Finding.Outcome != assurance.OutcomeKept {
		t.Fatalf("%v %v", &result.Finding, err)
	}
	for _, p := range canary.Placements {
		for s, err := range h.House.Vault.Stored(house.Platform(), canary, p.Name) {
			t.Errorf("record %s is left in %s: %v", s.ID, p.Name, err)
		}
	}
	ctx := house.Platform()
	left, err := h.House.Identity.Accounts(ctx, h.Permit(canary, access.Ask{Action: access.List, On: access.Account}), id.Account{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 || !left[0].MustChange || left[0].Person.Name != "Canary" {
		t.Errorf("accounts left: %+v", left)
	}
	sessions, err := h.House.Identity.Sessions(ctx, h.Permit(canary, access.Ask{Action: access.Manage, On: access.Account}), left[0].ID)
	if err != nil || len(sessions) > 0 {
		t.Errorf("sessions left: %+v %v", sessions, err)
	}
	tokens, err := h.House.Identity.Tokens(ctx, h.Permit(canary, access.Ask{Action: access.List, On: access.Token}), id.Token{}, 10)
	if err != nil || len(tokens) == 0 {
		t.Fatal("no token was ever made", err)
	}
	for _, token := range tokens {
		if token.Revoked.IsZero() {
			t.Errorf("token %s is not revoked", token.ID)
		}
	}
}

// A file that cannot be read to its end leaves nobody knowing.
func TestUnreadable(t *testing.T) {
	h := open(t)
	h.Tenant("canary", "digital-training", "AU", true)
	if err := os.Symlink("nowhere", filepath.Join(h.Dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	result, err := h.Assurance.Run(house.Platform(), "wywm-rest-db")
	if err != nil || result.Finding.Outcome != assurance.OutcomeKept {
		t.Errorf("a link that leads nowhere holds no bytes: %v %v", &result.Finding, err)
	}
}

// Every reason and figure has its words in both languages.
func TestWords(t *testing.T) {
	c := i18n.Must()
	for _, key := range c.Keys(i18n.English) {
		if strings.HasPrefix(key, "marker_scan.") && !c.Has(key) {
			t.Errorf("%s is not in both languages", key)
		}
	}
	for _, key := range []string{clearReason, "marker_scan.figure.files", "marker_scan.figure.bytes"} {
		if !c.Has(key) {
			t.Errorf("%s has no words", key)
		}
	}
}
