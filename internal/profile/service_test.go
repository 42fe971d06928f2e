package profile

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

func TestAdopt(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		ctx := platform()
		declared, _ := w.set.Profile("back-office")
		a, ok, err := w.svc.Current(ctx, w.permit(access.Read))
		check(t, err)
		digest, err := declared.Digest()
		check(t, err)
		if !ok || a.Number != 1 || a.Digest != digest || a.Profile != "back-office" || a.By != "test" || a.ByKind != "system" || !a.At.Equal(w.clock.Now()) {
			t.Errorf("applied %+v", a)
		}
		plan, err := w.svc.Plan(ctx, w.permit(access.Read), declared)
		check(t, err)
		if !plan.IsEmpty() {
			t.Errorf("the profile just adopted would change %v", plan.Changes)
		}
		drift, err := w.svc.Drift(ctx, w.permit(access.Read))
		check(t, err)
		if !drift.IsNone() {
			t.Errorf("drift after adopting: %+v", drift)
		}
		if list := w.entries(); len(list) != 1 || list[0].Detail["digest"] != digest || list[0].Detail["profile"] != "back-office" {
			t.Errorf("entries %v", list)
		}
		if err := w.svc.Adopt(ctx, w.acme); !errs.Is(err, errs.Conflict) {
			t.Errorf("an open tenant was adopted again: %v", err)
		}
	})
}

func TestApply(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		ctx := platform()
		w.clock.Advance(time.Hour)
		wanted := edited(t, w.set, "back-office", func(p *Profile) {
			p.Version = 2
			p.Settings["session_idle"] = Setting{Value: Word("10min")}
			p.Collection[0].Fields = append(p.Collection[0].Fields, Field{Name: "nickname", Title: tenant.Text{EN: "Nickname", FR: "Surnom"}, Kind: "text", Personal: true})
		})
		plan, err := w.svc.Apply(ctx, w.permit(access.Manage), wanted, "")
		check(t, err)
		if plan.Harm() != Harmless || len(plan.Changes) != 2 {
			t.Errorf("plan %+v", plan)
		}
		a, _, err := w.svc.Current(ctx, w.permit(access.Read))
		check(t, err)
		if a.Number != 2 || a.Version != 2 || a.Digest != plan.To {
			t.Errorf("applied %+v", a)
		}
		schema, err := w.vault.Schema(ctx, w.permit(access.Read))
		check(t, err)
		c, err := schema.Collection("clients")
		check(t, err)
		if c.Fields[len(c.Fields)-1].Name != "nickname" {
			t.Error("the vault does not have the new field")
		}
		rules, err := w.svc.opt.Identity.Settings(ctx, w.acme)
		check(t, err)
		if rules.Session.Idle != 10*time.Minute {
			t.Errorf("idle %v", rules.Session.Idle)
		}
		before := len(w.entries())
		again, err := w.svc.Apply(ctx, w.permit(access.Manage), wanted, "")
		check(t, err)
		if !again.IsEmpty() || len(w.entries()) != before {
			t.Error("applying the same again did something")
		}
		drift, err := w.svc.Drift(ctx, w.permit(access.Read))
		check(t, err)
		if drift.Declared.IsEmpty() || len(drift.InForce) != 0 {
			t.Errorf("the program carries another version than the tenant: %+v", drift)
		}
	})
}

func TestApplyAsksForConfirmation(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		ctx := platform()
		wanted := edited(t, w.set, "back-office", func(p *Profile) {
			p.Collection[0].Fields = slices.DeleteFunc(p.Collection[0].Fields, func(f Field) bool { return f.Name == "notes" })
		})
		plan, err := w.svc.Plan(ctx, w.permit(access.Read), wanted)
		check(t, err)
		if plan.Harm() != Destroys {
			t.Fatalf("plan %+v", plan)
		}
		for _, wrong := range []string{"", "yes", plan.From} {
			if _, err := w.svc.Apply(ctx, w.permit(access.Manage), wanted, wrong); !errs.Is(err, errs.Precondition) {
				t.Fatalf("confirmed by %q: %v", wrong, err)
			}
		}
		if a, _, _ := w.svc.Current(ctx, w.permit(access.Read)); a.Number != 1 || len(w.entries()) != 1 {
			t.Error("a refused application left something")
		}
		_, err = w.svc.Apply(ctx, w.permit(access.Manage), wanted, plan.To)
		check(t, err)
		if list := w.entries(); len(list) != 2 || list[1].Detail["harm"] != "destroys" || list[1].Count != 1 {
			t.Errorf("entries %v", list)
		}
	})
}

func TestApplyRefuses(t *testing.T) {
	w := newWorld(t, db.SQLite)
	ctx := platform()
	for name, change := range map[string]func(*Profile){
		"another kind":           func(p *Profile) { p.Collection[0].Fields[0].Kind = "text" },
		"about somebody else":    func(p *Profile) { p.Collection[1].About, p.Collection[1].Of = "self", "" },
		"a placement of its own": func(p *Profile) { p.Placements = []Placement{{Name: "staff", Classes: []id.Name{"employment"}}} },
	} {
		wanted := edited(t, w.set, "back-office", change)
		plan, err := w.svc.Plan(ctx, w.permit(access.Read), wanted)
		check(t, err)
		if _, err := w.svc.Apply(ctx, w.permit(access.Manage), wanted, plan.To); !errs.Is(err, errs.Conflict) || len(errs.Of(err).Fields) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	other, _ := w.set.Profile("insurance")
	if _, err := w.svc.Apply(ctx, w.permit(access.Manage), other, ""); !errs.Is(err, errs.Conflict) {
		t.Errorf("another profile: %v", err)
	}
	same, _ := w.set.Profile("back-office")
	if _, err := w.svc.Apply(ctx, w.permit(access.Read), same, ""); !errs.Is(err, errs.Internal) {
		t.Errorf("a permit to read: %v", err)
	}
	if _, _, err := w.svc.Places("nothing"); !errs.Is(err, errs.NotFound) {
		t.Errorf("an unknown profile: %v", err)
	}
	if a, _, _ := w.svc.Current(ctx, w.permit(access.Read)); a.Number != 1 {
		t.Error("a refused application left something")
	}
}

// No role of a customer may change its profile, and those who may read it are
// declared.
func TestNobodyOfTheTenantAppliesProfiles(t *testing.T) {
	w := newWorld(t, db.SQLite)
	m := w.permit(access.Read).Matrix()
	for _, r := range m.Roles() {
		kind := actor.Member
		if r.Holders == access.Services {
			kind = actor.Service
		}
		who := actor.Actor{Kind: kind, Tenant: w.acme.ID, Roles: []id.Name{r.Name}}
		if m.Decide(&who, access.Ask{Action: access.Manage, On: access.Profile, Tenant: w.acme.ID}).Allowed {
			t.Errorf("%s may apply profiles", r.Name)
		}
	}
}

func TestDriftSeesWhatWasChangedBehindTheProfile(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		ctx := platform()
		declared, _ := w.set.Profile("back-office")
		c := Compile(declared)
		c.Policy.Roles[0].Cap = 7
		log, release, err := w.tenants.Log(ctx, w.acme, tenant.Main)
		check(t, err)
		defer release()
		check(t, log.Write(ctx, func(tx *audit.Tx) error {
			tx.Record(audit.Entry{Actor: audit.ActorOf(actor.Platform("test")), Operation: audit.ConfigChange, Outcome: audit.Done})
			if err := w.gate.Define(ctx, tx, w.acme, c.Policy); err != nil {
				return err
			}
			return w.vault.Define(ctx, tx, w.acme, c.Collections[:1])
		}))
		drift, err := w.svc.Drift(ctx, w.permit(access.Read))
		check(t, err)
		if !slices.Equal(drift.InForce, []string{"roles", "collections"}) || !drift.Declared.IsEmpty() {
			t.Errorf("drift %+v", drift)
		}
	})
}

// What was applied stands sealed, bound to its place, and a row that was changed
// or exchanged is noticed.
func TestAppliedIsSealed(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		ctx := platform()
		log, release, err := w.tenants.Log(ctx, w.acme, tenant.Main)
		check(t, err)
		defer release()
		var body []byte
		check(t, log.Read(ctx, func(tx db.Tx) error {
			return tx.Row(`SELECT body FROM profile_applied WHERE number = 1`).Scan(&body)
		}))
		if strings.Contains(string(body), "back-office") {
			t.Error("the row is readable")
		}
		check(t, log.Write(ctx, func(tx *audit.Tx) error {
			tx.Record(audit.Entry{Actor: audit.ActorOf(actor.Platform("test")), Operation: audit.SabotageBreak, Outcome: audit.Done})
			_, err := tx.Exec(`INSERT INTO profile_applied (number, applied, body) VALUES (2, 1, ?1)`, body)
			return err
		}))
		if _, _, err := w.svc.Current(ctx, w.permit(access.Read)); err == nil {
			t.Error("a row in another's place was taken for its own")
		}
	})
}

func TestPlanIsJSON(t *testing.T) {
	s := load(t)
	a, _ := s.Profile("back-office")
	b := edited(t, s, "back-office", func(p *Profile) { p.Roles = p.Roles[1:] })
	plan, err := Compare(a, b)
	check(t, err)
	text, err := json.Marshal(plan)
	check(t, err)
	if !strings.Contains(string(text), `"act":"removed","area":"role","name":"administrator"`) || !strings.Contains(string(text), `"harm":"cuts"`) {
		t.Errorf("%s", text)
	}
}

func TestCancelledApplyLeavesNothing(t *testing.T) {
	w := newWorld(t, db.SQLite)
	ctx, cancel := context.WithCancel(platform())
	permit := w.permit(access.Manage)
	cancel()
	wanted := edited(t, w.set, "back-office", func(p *Profile) { p.Version = 9; p.Settings["session_idle"] = Setting{Value: Word("5min")} })
	if _, err := w.svc.Apply(ctx, permit, wanted, ""); err == nil {
		t.Error("applied although it was cancelled")
	}
	if len(w.entries()) != 1 {
		t.Error("a cancelled application left an entry")
	}
}
