package profile

import (
	"crypto/tls"
	"slices"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/errs"
	"garant.example/internal/identity"
)

// ours is a runtime that the declared profiles fit.
func ours() Runtime {
	return Runtime{TLSMinimum: tls.VersionTLS12, Algorithm: "AES-256-GCM", KeyBits: 256}
}

func TestStrictestTLSMinimum(t *testing.T) {
	s := load(t)
	if got := s.TLSMinimum(); got != tls.VersionTLS12 {
		t.Errorf("declared: %x", got)
	}
	s.profiles = slices.Clone(s.profiles)
	s.profiles[2] = edited(t, s, s.profiles[2].Name, func(p *Profile) { p.Settings["tls_min"] = Setting{Value: Word("1.3")} })
	if got := s.TLSMinimum(); got != tls.VersionTLS13 {
		t.Errorf("one asks for 1.3: %x", got)
	}
	s.profiles[2].Settings["tls_min"] = Setting{Value: Word("1.3"), Planned: true}
	if got := s.TLSMinimum(); got != tls.VersionTLS12 {
		t.Errorf("one plans 1.3: %x", got)
	}
}

// A setting beyond what runs is refused, whichever it is; one within is not.
func TestUnmet(t *testing.T) {
	for _, c := range []struct {
		name  SettingName
		value Value
		fault string
	}{
		{"tls_min", Word("1.2"), ""},
		{"tls_min", Word("1.3"), "profile.unmet.tls"},
		{"key_length", Word("128bit"), ""},
		{"key_length", Word("256bit"), ""},
		{"key_length", Word("512bit"), "profile.unmet.bits"},
		{"at_rest_algorithms", WordList("AES-256-GCM"), ""},
		{"at_rest_algorithms", WordList(), "profile.unmet.algorithm"},
	} {
		for _, planned := range []bool{false, true} {
			e := unmetError()
			ours().unmet(Settings{c.name: {Value: c.value, Planned: planned}}, "/settings", e)
			switch {
			case c.fault == "" || planned:
				if len(e.Fields) > 0 {
					t.Errorf("%s %v, planned %v: %v", c.name, c.value, planned, e.Fields)
				}
			case len(e.Fields) != 1 || e.Fields[0].Key != c.fault || e.Fields[0].Pointer != "/settings/"+string(c.name):
				t.Errorf("%s %v: %v, want %s", c.name, c.value, e.Fields, c.fault)
			}
		}
	}
	other := ours()
	other.Algorithm = "ChaCha20-Poly1305"
	e := unmetError()
	other.unmet(Settings{"at_rest_algorithms": {Value: WordList("AES-256-GCM")}}, "/settings", e)
	if len(e.Fields) != 1 {
		t.Errorf("a platform that seals otherwise meets the profile: %v", e.Fields)
	}
	if err := New(Options{Set: load(t)}).Check(); !errs.Is(err, errs.Config) || len(errs.Of(err).Fields) == 0 {
		t.Errorf("a platform that gives nothing started: %v", err)
	}
	if err := New(Options{Set: load(t), Runs: ours()}).Check(); err != nil {
		t.Errorf("the declared profiles: %v", err)
	}
}

func TestApplyRefusesWhatCannotBeInForce(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		ctx := platform()
		wanted := edited(t, w.set, "back-office", func(p *Profile) { p.Settings["key_length"] = Setting{Value: Word("512bit")} })
		for name, try := range map[string]func() error{
			"plan":  func() error { _, err := w.svc.Plan(ctx, w.permit(access.Read), wanted); return err },
			"apply": func() error { _, err := w.svc.Apply(ctx, w.permit(access.Manage), wanted, ""); return err },
		} {
			if err := try(); !errs.Is(err, errs.Config) || errs.Of(err).Fields[0].Key != "profile.unmet.bits" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if a, _, _ := w.svc.Current(ctx, w.permit(access.Read)); a.Number != 1 || len(w.entries()) != 1 {
			t.Error("what was refused left something")
		}
	})
}

// retention_by_tenant false: no customer has a period of its own, whatever the
// profile that is brought says of itself.
func TestRetentionByTenant(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		ctx := platform()
		longer := func(p *Profile) { p.Collection[0].Retention.Keep = "96mo" }
		wanted := edited(t, w.set, "back-office", longer)
		plan, err := w.svc.Plan(ctx, w.permit(access.Read), wanted)
		check(t, err)
		if plan.Harm() != Weakens {
			t.Errorf("without the setting: %+v", plan)
		}
		fixed := edited(t, w.set, "back-office", func(p *Profile) { p.Settings["retention_by_tenant"] = Setting{Value: Word("false")} })
		i := slices.IndexFunc(w.set.profiles, func(p *Profile) bool { return p.Name == "back-office" })
		w.set.profiles[i] = fixed
		freed := edited(t, w.set, "back-office", func(p *Profile) {
			longer(p)
			p.Settings["retention_by_tenant"] = Setting{Value: Word("true")}
		})
		for name, p := range map[string]*Profile{"same words": wanted, "frees itself": freed} {
			plan, err := w.svc.Apply(ctx, w.permit(access.Manage), p, "")
			if !errs.Is(err, errs.Conflict) || errs.Of(err).Fields[0].Pointer != "/collection/clients/retention" {
				t.Errorf("%s: %v %v", name, plan, err)
			}
		}
		_, err = w.svc.Plan(ctx, w.permit(access.Read), fixed)
		check(t, err)
	})
}

// Each setting about signing in that a profile may hold reaches the rules: a value
// that changes nothing would be a setting that does nothing.
func TestEverySignInSettingActs(t *testing.T) {
	for name, v := range signInValues() {
		rules, err := Settings{name: {Value: v}}.SignIn()
		check(t, err)
		if rules == identity.DefaultSettings() {
			t.Errorf("%s: %v changes no rule", name, v)
		}
		planned, err := Settings{name: {Value: v, Planned: true}}.SignIn()
		check(t, err)
		if planned != identity.DefaultSettings() {
			t.Errorf("%s: planned, and in force", name)
		}
	}
}

// signInValues holds a value of each setting that SignIn reads, other than the
// default.
func signInValues() map[SettingName]Value {
	return map[SettingName]Value{
		"password_length": Word("17 characters"), "password_classes": WordList("upper"), "password_lists": WordList(),
		"password_change_at_first_login": Word("false"), "password_score": Word("2 points"),
		"lockout_failures": Word("3 failures"), "lockout_time": Word("17min"),
		"session_idle": Word("11min"), "session_life": Word("5h"), "token_life": Word("3d"),
	}
}
