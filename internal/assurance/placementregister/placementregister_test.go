package placementregister_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/keys/kms"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/testkit/democloud"
	"garant.example/testkit/house"
)

// open makes a house in a cloud of its own.
func open(t *testing.T, clocks clock.Clock) (*house.House, *democloud.Cloud) {
	t.Helper()
	dir := t.TempDir()
	local, err := kms.CreateLocal(kms.LocalOptions{Path: filepath.Join(dir, "kms.json"), Secret: []byte("a passphrase for tests"), Clock: clocks,
		Cost: kms.Cost{Memory: 8 << 10, Passes: 1, Threads: 1}}, "tenants")
	if err != nil {
		t.Fatal(err)
	}
	cloud, err := democloud.Start(democloud.Options{Dir: dir, Clock: clocks, Local: server.KMS{Service: local, Key: "tenants"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	return house.Open(t, house.Options{Regions: cloud.Regions(), KMS: cloud.KMS(), Faults: server.NewFaults(cloud), Clock: clocks}), cloud
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
		if got := scene.Broken.Finding.Reason; got != "placement_register.reason."+reason {
			t.Errorf("%s failed for %q, want %q", promise, got, reason)
		}
		if len(scene.Broken.Finding.Culprits) == 0 {
			t.Errorf("%s names no culprit", promise)
		}
		t.Logf("%s: %v in %v; broken: %v", promise, scene.Before.Finding.Figures, scene.Before.Took, &scene.Broken.Finding)
	}
}

func TestCivicEngagement(t *testing.T) {
	h, _ := open(t, clock.System())
	for _, country := range []string{"CA", "AU", "GB", "NZ", "US"} {
		h.Tenant("canary-"+country2slug(country), "civic-engagement", country, true)
	}
	h.Tenant("town", "civic-engagement", "CA", false)
	play(t, h, map[id.Name]string{"ehq-relational": "undeclared", "ehq-region-rule": "elsewhere", "ehq-region-au": "contradicted",
		"ehq-region-nz": "undisclosed", "ehq-region-ca": "elsewhere", "ehq-region-uk": "elsewhere", "ehq-region-us": "contradicted"})
}

func country2slug(country string) string {
	return map[string]string{"CA": "ca", "AU": "au", "GB": "gb", "NZ": "nz", "US": "us"}[country]
}

func TestExperimentation(t *testing.T) {
	h, _ := open(t, clock.System())
	h.Tenant("canary", "experimentation", "FR", true)
	h.Tenant("shop", "experimentation", "DE", false)
	play(t, h, map[id.Name]string{"abt-eu-collect": "contradicted"})
}

func TestInsurance(t *testing.T) {
	h, _ := open(t, clock.System())
	h.Tenant("canary", "insurance", "US", true)
	h.Tenant("mutual", "insurance", "CA", false)
	play(t, h, map[id.Name]string{"weg-class-outside": "elsewhere"})
}

func TestBackOffice(t *testing.T) {
	h, _ := open(t, clock.System())
	h.Tenant("canary", "back-office", "CA", true)
	play(t, h, map[id.Name]string{"aso-primary-qc": "elsewhere"})
}

func found(t *testing.T, h *house.House, promise id.Name) assurance.Finding {
	t.Helper()
	result, err := h.Assurance.Run(house.Platform(), promise)
	if err != nil {
		t.Fatal(err)
	}
	return result.Finding
}

// A label alone proves nothing: without metadata nobody knows.
func TestLabelAlone(t *testing.T) {
	h := house.Open(t, house.Options{})
	h.Tenant("canary", "back-office", "CA", true)
	if f := found(t, h, "aso-primary-qc"); f.Outcome != assurance.OutcomeUnknown || f.Reason != "placement_register.reason.silent" {
		t.Error(&f)
	}
}

// A country in which no customer is leaves nothing to be looked at.
func TestNobodyThere(t *testing.T) {
	h, _ := open(t, clock.System())
	h.Tenant("canary", "civic-engagement", "CA", true)
	if f := found(t, h, "ehq-region-us"); f.Outcome != assurance.OutcomeUnknown || f.Reason != "assurance.reason.empty" {
		t.Error(&f)
	}
}

// What lies in a region and is in no directory is found; so is a database that is a
// link to elsewhere.
func TestTheOtherWayRound(t *testing.T) {
	h, _ := open(t, clock.System())
	canary := h.Tenant("canary", "back-office", "CA", true)
	region, _ := h.House.Tenants.Region("quebec")
	stranger := filepath.Join(region.Dir, "tenants", id.NewTenant().String())
	if err := os.MkdirAll(stranger, 0o700); err != nil {
		t.Fatal(err)
	}
	if f := found(t, h, "aso-primary-qc"); f.Outcome != assurance.OutcomeFailing || f.Reason != "placement_register.reason.stranger" {
		t.Error(&f)
	}
	if err := os.Remove(stranger); err != nil {
		t.Fatal(err)
	}
	if f := found(t, h, "aso-primary-qc"); f.Outcome != assurance.OutcomeKept {
		t.Error(&f)
	}
	place, err := h.House.Tenants.KeyringPlace(canary.ID)
	if err != nil || place.Engine != db.SQLite {
		t.Fatal(err)
	}
	away := filepath.Join(t.TempDir(), "away.db")
	if err := os.Rename(place.Path, away); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(away, place.Path); err != nil {
		t.Fatal(err)
	}
	if f := found(t, h, "aso-primary-qc"); f.Outcome == assurance.OutcomeKept {
		t.Error(&f)
	}
}

// Every place of the cloud says what it was declared to be, and speaks the
// truth again once the change is cleared.
func TestCloud(t *testing.T) {
	_, cloud := open(t, clock.System())
	for _, region := range cloud.Regions() {
		m, err := region.Survey(context.Background())
		if err != nil || m.Code != region.Code || m.Country != region.Country || m.City != region.City {
			t.Errorf("%s: %+v %v", region.Name, m, err)
		}
		cloud.Place("hole", region.Name, map[string]string{"region": "us-east-1", "provider": "aws"})
		if m, err = region.Survey(context.Background()); err != nil || m.Code != "us-east-1" {
			t.Errorf("%s: %+v %v", region.Name, m, err)
		}
		cloud.Clear("hole")
		if m, err = region.Survey(context.Background()); err != nil || m.Code != region.Code {
			t.Errorf("%s: %+v %v", region.Name, m, err)
		}
	}
}

// A primary may lie in the second centre while a failover is on record: an approval
// that was granted and has not ended.
func TestFailoverRecord(t *testing.T) {
	h, _ := open(t, clock.System())
	canary := h.Tenant("canary", "back-office", "CA", true)
	if f := found(t, h, "aso-primary-qc"); f.Outcome != assurance.OutcomeKept {
		t.Fatal(&f)
	}
	record := approval(t, h)
	quebec, alberta := regionOf(t, h, "quebec"), regionOf(t, h, "alberta")
	for _, folder := range []string{"tenants", "keyrings"} {
		from, to := filepath.Join(quebec.Dir, folder, canary.ID.String()), filepath.Join(alberta.Dir, folder, canary.ID.String())
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	promote := func(approval string) assurance.Finding {
		t.Helper()
		moved := canary
		moved.Placements = slices.Clone(canary.Placements)
		moved.Placements[0].Region, moved.Placements[0].Approval = "alberta", approval
		if err := moveTo(h, moved); err != nil {
			t.Fatal(err)
		}
		return found(t, h, "aso-primary-qc")
	}
	for _, c := range []struct {
		approval string
		edge     string // that the record crosses before
		want     bool   // somebody may see the primary there
	}{
		{"", "", false}, {"an e-mail of the director", "", false}, {id.NewRecord().String(), "", false}, {record.String(), "", false},
		{record.String(), "asked>granted", true}, {record.String(), "granted>ended", false},
	} {
		if c.edge != "" {
			cross(t, h, record, c.edge)
		}
		f := promote(c.approval)
		if elsewhere := f.Reason == "placement_register.reason.elsewhere"; elsewhere == c.want {
			t.Errorf("%q %s: %s", c.approval, c.edge, &f)
		}
		if outside := slices.ContainsFunc(f.Figures, func(g assurance.Figure) bool { return g.Name == "outside" && g.Value > 0 }); outside != c.want {
			t.Errorf("%q %s: %+v", c.approval, c.edge, f.Figures)
		}
	}
}

func regionOf(t *testing.T, h *house.House, name id.Name) tenant.Region {
	t.Helper()
	region, ok := h.House.Tenants.Region(name)
	if !ok {
		t.Fatal(name)
	}
	return region
}

// moveTo writes a tenant's row of the directory anew, past the service.
func moveTo(h *house.House, changed tenant.Tenant) error {
	ctx := house.Platform()
	_, next, err := h.House.Tenants.Row(ctx, changed)
	if err != nil {
		return err
	}
	database, release, err := h.House.Pool.Acquire(ctx, h.House.Opt.Control)
	if err != nil {
		return err
	}
	defer release()
	err = database.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(`UPDATE tenant SET body = ?2 WHERE id = ?1`, changed.ID.Bytes(), next)
		return err
	})
	if err != nil {
		return err
	}
	return h.House.Tenants.Reread(ctx, changed.ID)
}

// approval asks for an approval in the operator's register.
func approval(t *testing.T, h *house.House) id.Record {
	t.Helper()
	p := h.Permit(operatorOf(t, h), access.Ask{Action: access.Create, On: access.Record, Collection: "approvals"})
	rec, err := h.House.Vault.Create(house.Platform(), p, []byte(`{"subject":"Alberta takes over","kind":"change","reason":"The main centre is down."}`), vault.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return rec.ID
}

func operatorOf(t *testing.T, h *house.House) tenant.Tenant {
	t.Helper()
	op, err := h.House.Tenants.Get(h.House.Tenants.Operator())
	if err != nil {
		t.Fatal(err)
	}
	return op
}

// cross carries the approval over one edge of its life.
func cross(t *testing.T, h *house.House, rec id.Record, edge string) {
	t.Helper()
	from, to, _ := strings.Cut(edge, ">")
	e := access.Edge{From: id.Name(from), To: id.Name(to)}
	p := h.Permit(operatorOf(t, h), access.Ask{Action: access.Transition, On: access.Record, Collection: "approvals", Edge: e})
	if _, err := h.House.Vault.Move(house.Platform(), p, rec, "*"); err != nil {
		t.Fatal(err)
	}
}
