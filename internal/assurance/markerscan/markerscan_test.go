package markerscan_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/vault"
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

// A link that leads nowhere holds no bytes.
func TestDanglingLink(t *testing.T) {
	h := open(t)
	h.Tenant("canary", "digital-training", "AU", true)
	if err := os.Symlink("nowhere", filepath.Join(h.Dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	run(t, h, "wywm-rest-db", assurance.OutcomeKept, "", "")
}

// run runs one control and compares what it found.
func run(t *testing.T, h *house.House, promise id.Name, outcome assurance.Outcome, reason, culprit string) {
	t.Helper()
	result, err := h.Assurance.Run(house.Platform(), promise)
	if err != nil {
		t.Fatal(err)
	}
	f := result.Finding
	if f.Outcome != outcome || f.Reason != reason || culprit != "" && !slices.Contains(f.Culprits, culprit) {
		t.Errorf("%s: got %v, want %s %s %s", promise, &f, outcome, reason, culprit)
	}
}

// What other customers store is looked at by its ciphertext and its header: a copy
// outside its own database is found, and so are a row in another class's store and
// a row that nothing sealed.
func TestOthersByCiphertext(t *testing.T) {
	h := open(t)
	h.Tenant("canary", "insurance", "US", true)
	mutual := h.Tenant("mutual", "insurance", "US", false)
	res, text := h.Do(h.Token(mutual, "integration"), "POST", "/v1/tenants/mutual/collections/customers/records",
		`{"fields":{"email":"ines@example.org","given_name":"Inès","family_name":"Calvet","standing":"insured"}}`)
	if res.StatusCode != 201 {
		t.Fatal(res.Status, text)
	}
	ctx := house.Platform()
	var one vault.Stored
	for s, err := range h.House.Vault.Stored(ctx, mutual, "contacts") {
		if err != nil {
			t.Fatal(err)
		}
		one = s
	}
	copied := filepath.Join(h.Dir, "copy")
	if err := os.WriteFile(copied, one.Body, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, h, "weg-class-rec", assurance.OutcomeFailing, "marker_scan.reason.elsewhere", one.ID.String())
	if err := os.Remove(copied); err != nil {
		t.Fatal(err)
	}
	run(t, h, "weg-class-rec", assurance.OutcomeKept, "", "")

	insert := func(placement id.Name, body []byte) (rec id.Record) {
		rec = id.NewRecord()
		place, err := h.House.Tenants.PlacementPlace(mutual, placement)
		if err != nil {
			t.Fatal(err)
		}
		opened, release, err := h.House.Pool.Acquire(ctx, place)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		err = opened.Write(ctx, func(tx db.Tx) error {
			_, err := tx.Exec(`INSERT INTO vault_record (n, id, subject, created, updated, version, state, flags, open, leaf, body)
				VALUES ((SELECT coalesce(max(n), 0) + 1 FROM vault_record) + (1 << 40), ?1, NULL, 1, 1, 1, '', 0, ?2, 0, ?3)`, rec.Raw[:], []byte("{}"), body)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
	clearly := insert("contacts", []byte("Inès Calvet, 12 rue des Lilas, as she said on the telephone this morning"))
	run(t, h, "weg-conf-rest", assurance.OutcomeFailing, "marker_scan.reason.header", clearly.String())
	misplaced := insert("recordings", one.Body)
	run(t, h, "weg-class-systems", assurance.OutcomeFailing, "marker_scan.reason.header", misplaced.String())
}
