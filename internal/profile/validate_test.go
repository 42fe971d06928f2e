package profile

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/profiles"
)

// source returns the text of a declared profile.
func source(tb testing.TB, name string) string {
	tb.Helper()
	data, err := fs.ReadFile(profiles.FS, name+".yaml")
	check(tb, err)
	return string(data)
}

// replaced is a text in which something stands that must be there once.
func replaced(tb testing.TB, s, old, now string) string {
	tb.Helper()
	if !strings.Contains(s, old) {
		tb.Fatalf("%q is not in the file", old)
	}
	return strings.Replace(s, old, now, 1)
}

func TestStrictYAML(t *testing.T) {
	good := source(t, "back-office")
	for _, c := range []struct{ name, old, now, key string }{
		{"unknown key", "version: 1\n", "version: 1\nowner: me\n", "profile.yaml.unknown_key"},
		{"unknown key within", "    cap: 3\n", "    cap: 3\n    max: 3\n", "profile.yaml.unknown_key"},
		{"repeated key", "version: 1\n", "version: 1\nversion: 2\n", "profile.yaml.repeated_key"},
		{"repeated key of a setting", "  tls_min: {value: \"1.2\"}\n", "  tls_min: {value: \"1.2\"}\n  tls_min: {value: \"1.3\"}\n", "profile.yaml.repeated_key"},
		{"anchor", "version: 1\n", "version: &v 1\n", "profile.yaml.indirect"},
		{"alias", "version: 1\n", "version: *v\n", "profile.yaml.indirect"},
		{"merge key", "  CA: quebec\n", "  <<: {CA: quebec}\n", "profile.yaml.indirect"},
		{"tag", "version: 1\n", "version: !!int 1\n", "profile.yaml.indirect"},
		{"two documents", "version: 1\n", "version: 1\n---\nversion: 2\n", "profile.yaml.documents"},
		{"a word for a number", "version: 1\n", "version: one\n", "profile.yaml.type"},
		{"a list for a map", "version: 1\n", "version: [1]\n", "profile.yaml.type"},
		{"not YAML", "version: 1\n", "version: [1\n", "profile.yaml.syntax"},
		{"tab", "version: 1\n", "version: 1\n\ttitle: x\n", "profile.yaml.shape"},
		{"long line", "version: 1\n", "version: 1 #" + strings.Repeat("x", maxLine) + "\n", "profile.yaml.shape"},
		{"deep", "version: 1\n", "version: " + strings.Repeat("[", 20) + "\n", "profile.yaml.shape"},
		{"NUL", "version: 1\n", "version: 1\x00\n", "profile.yaml.shape"},
		{"not UTF-8", "version: 1\n", "version: \xff\n", "profile.yaml.shape"},
		{"huge", "version: 1\n", "version: 1\n" + strings.Repeat("# x\n", maxSource/4), "profile.yaml.large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(replaced(t, good, c.old, c.now)))
			e := errs.Of(err)
			if e == nil || e.Key != c.key {
				t.Fatalf("got %v, want %s", err, c.key)
			}
			if e.Params["File"] != "f.yaml" {
				t.Errorf("the fault does not name the file: %v", e.Params)
			}
		})
	}
	_, err := Parse("f.yaml", []byte(replaced(t, good, "version: 1\n", "version: 1\nowner: me\n")))
	if e := errs.Of(err); e.Params["Line"] != 7 || e.Params["Word"] != "owner" {
		t.Errorf("the fault is placed at %v", e.Params)
	}
}

func TestEveryFaultIsTold(t *testing.T) {
	s := source(t, "back-office")
	for _, c := range [][2]string{
		{"profile: back-office", "profile: Back Office"},
		{"version: 1", "version: 0"},
		{"fr: Application de gestion", "fr: ''"},
		{"password_length: {value: 12 characters}", "password_length: {value: 12}"},
		{"session_idle: {value: 30min}", "session_idel: {value: 30min}"},
		{"  CA: quebec", "  CA: quebec\n  XX: quebec"},
		{"    level: internal", "    level: secret"},
		{"    cap: 3", "    cap: 0"},
		{"{on: role, allow: [read, list]}", "{on: log, allow: [read]}"},
		{"{on: token, allow: [list, manage]}", "{on: token, allow: [list, erase]}"},
		{"collections: [files], see: [administration, identity]", "collections: [folders], see: [administration, identities]"},
		{"allow: [create, read, list, find, update, transition], collections: [files]}", "allow: [transition], collections: [files], transitions: [closed > opened]}"},
		{"keep: 84mo", "keep: 84"},
		{"kind: phone, personal: true, findable: {normalise: phone}", "kind: phones, personal: true, findable: {normalise: rot13}"},
		{"class: file-content, personal: true, max_length: 8000", "class: nothing, personal: true, max_length: 8000"},
		{"    of: clients", "    of: customers"},
		{"{value: low, en: Low, fr: Faible}", "{value: high, en: Low, fr: ''}"},
		{"edges: [opened > in-hand,", "edges: [opened to in-hand,"},
		{"      every: 1h", "      every: often"},
		{"        review: 12mo", "        review: yearly"},
		{"      mechanism: role-matrix", "      mechanism: role-table"},
		{"        metadata_age: 60min", "        metadata_ages: 60min"},
	} {
		s = replaced(t, s, c[0], c[1])
	}
	_, err := Parse("f.yaml", []byte(s))
	var got []string
	for _, f := range errs.Of(err).Fields {
		got = append(got, f.Pointer+" "+f.Key)
	}
	for _, want := range []string{
		"/profile profile.name.malformed", "/version profile.missing", "/title profile.languages",
		"/settings/password_length/value profile.setting.value", "/settings/session_idel profile.setting.unknown",
		"/residency/XX profile.country.unknown", "/classes/0/level profile.choice", "/roles profile.role.auditor",
		"/roles/0/rules/3 profile.role.log", "/roles/0/rules/4/allow/1 profile.action.unknown",
		"/roles/2/rules/1/collections/0 profile.collection.unknown", "/roles/2/rules/1/see/1 profile.class.unknown",
		"/roles/1/rules/1/transitions/0 profile.edge.unknown", "/collections/0/retention/keep profile.span.malformed",
		"/collections/0/fields/2/kind vault.kind.unknown", "/collections/0/fields/2/findable/normalise vault.normalise.unknown",
		"/collections/0/fields/7/class profile.class.unknown", "/collections/1/of profile.collection.unknown",
		"/collections/1/fields/3/options/0 profile.languages", "/collections/1/fields/3/options/2/value profile.twice",
		"/collections/1/life/edges/0 profile.edge.malformed", "/promises/0/control/every profile.span.malformed",
		"/promises/0/control/parameters/review profile.parameter.shape", "/promises/1/control/mechanism profile.mechanism.unknown",
		"/promises/3/control/parameters/metadata_ages profile.parameter.unknown",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not told", want)
		}
	}
	if t.Failed() {
		t.Logf("told:\n%s", strings.Join(got, "\n"))
	}
	shown := i18n.Must().Printer(i18n.French).Error(err)
	for _, f := range shown.Fields {
		if strings.Contains(f.Detail, "⟦") {
			t.Errorf("%s has no words: %s", f.Pointer, f.Detail)
		}
	}
}

func TestLoadTellsFaultsOfAllFiles(t *testing.T) {
	folder := fstest.MapFS{
		"back-office.yaml": {Data: []byte(replaced(t, source(t, "back-office"), "version: 1", "version: 0"))},
		"wrong-name.yaml":  {Data: []byte(source(t, "digital-training"))},
		"operator.yaml":    {Data: []byte(replaced(t, source(t, "operator"), "    cap: 3", "    cap: 0"))},
	}
	_, err := Load(folder)
	var got []string
	for _, f := range errs.Of(err).Fields {
		got = append(got, f.Pointer+" "+f.Key)
	}
	want := []string{"/back-office.yaml/version profile.missing", "/operator.yaml/roles profile.role.auditor", "/wrong-name.yaml/profile profile.file.name"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	delete(folder, "wrong-name.yaml")
	folder["back-office.yaml"] = &fstest.MapFile{Data: []byte(source(t, "back-office") + strings.TrimPrefix(firstPromise(t), "promises:\n"))}
	if _, err := Load(folder); errs.Of(err).Fields == nil || errs.Of(err).Fields[len(errs.Of(err).Fields)-1].Key != "profile.twice" {
		t.Errorf("a promise given twice: %v", err)
	}
	if _, err := Load(fstest.MapFS{}); !errs.Is(err, errs.Config) {
		t.Errorf("an empty folder: %v", err)
	}
}

// firstPromise is the text of the first promise of back-office.
func firstPromise(t *testing.T) string {
	s := source(t, "back-office")
	s = s[strings.Index(s, "promises:\n"):]
	second := strings.Index(s[20:], "  - id: ")
	third := strings.Index(s[second+30:], "  - id: ")
	return s[:second+30+third]
}

// The four roles of experimentation, cell by cell.
func TestExperimentationRoles(t *testing.T) {
	p, _ := load(t).Profile("experimentation")
	c := Compile(p)
	m, err := access.Compile(c.Policy.Roles, c.Policy.Space)
	check(t, err)
	var members []string
	for _, r := range m.Roles() {
		if r.Holders == access.Members {
			members = append(members, string(r.Name))
		}
	}
	if !slices.Equal(members, []string{"admin", "user", "creator", "viewer"}) {
		t.Fatalf("members' roles are %v", members)
	}
	home := id.NewTenant()
	decide := func(role id.Name, a access.Action, on access.Resource, edge access.Edge) access.Decision {
		who := actor.Actor{Kind: actor.Member, Tenant: home, Roles: []id.Name{role}}
		return m.Decide(&who, access.Ask{Action: a, On: on, Tenant: home, Collection: "campaigns", Edge: edge})
	}
	play, pause := access.Edge{From: "qa", To: "live"}, access.Edge{From: "live", To: "paused"}
	for _, c := range []struct {
		action access.Action
		on     access.Resource
		edge   access.Edge
		want   string // the members' roles that may
	}{
		{access.List, access.Record, access.Edge{}, "admin user creator viewer"},
		{access.Read, access.Record, access.Edge{}, "admin user creator viewer"},
		{access.Update, access.Record, access.Edge{}, "admin user creator"},
		{access.Create, access.Record, access.Edge{}, "admin user creator"},
		{access.Transition, access.Record, play, "admin user"},
		{access.Transition, access.Record, pause, "admin user"},
		{access.Delete, access.Record, access.Edge{}, "admin user"},
		{access.Export, access.Record, access.Edge{}, "admin user"},
		{access.Import, access.Record, access.Edge{}, "admin"},
		{access.Restrict, access.Record, access.Edge{}, "admin"},
		{access.Manage, access.Account, access.Edge{}, "admin"},
		{access.Read, access.Account, access.Edge{}, "admin"},
		{access.Manage, access.Token, access.Edge{}, "admin"},
		{access.Manage, access.Tenant, access.Edge{}, "admin"},
		{access.Manage, access.Key, access.Edge{}, "admin"},
		{access.Manage, access.Profile, access.Edge{}, ""}, // retention cannot be changed inside the product
		{access.Read, access.Log, access.Edge{}, ""},
		{access.List, access.Log, access.Edge{}, ""},
		{access.Export, access.Log, access.Edge{}, ""},
	} {
		var may []string
		for _, role := range members {
			if decide(id.Name(role), c.action, c.on, c.edge).Allowed {
				may = append(may, role)
			}
		}
		if got := strings.Join(may, " "); got != c.want {
			t.Errorf("%s %s %v: %q may, want %q", c.action, c.on, c.edge, got, c.want)
		}
	}
	sensitive := id.Name("campaign-sensitive")
	for role, want := range map[id.Name]bool{"admin": true, "user": true, "creator": false, "viewer": false} {
		if d := decide(role, access.Update, access.Record, access.Edge{}); m.Changes(d, sensitive) != want {
			t.Errorf("%s changes what is sensitive: %v, want %v", role, !want, want)
		}
		if d := decide(role, access.Read, access.Record, access.Edge{}); !m.Sees(d, sensitive) {
			t.Errorf("%s does not see all of a campaign", role)
		}
	}
	creator := decide("creator", access.Create, access.Record, access.Edge{})
	campaigns, _ := p.Declared("campaigns")
	for _, f := range campaigns.Fields {
		if f.Required && !m.Changes(creator, campaigns.FieldClass(f)) {
			t.Errorf("a creator cannot fill the required field %s", f.Name)
		}
	}
	if d := decide("auditor", access.Read, access.Log, access.Edge{}); !d.Allowed {
		t.Error("the auditor does not read the log")
	}
}

// What every profile must have for the platform's own checks to work on it.
func TestEveryProfile(t *testing.T) {
	for _, p := range load(t).Profiles() {
		if !slices.ContainsFunc(p.Collection, fitForCanary) {
			t.Errorf("%s: no collection on which a canary can live", p.Name)
		}
		services := slices.ContainsFunc(p.Roles, func(r Role) bool { return r.Holders == string(access.Services) })
		if !services {
			t.Errorf("%s: no role for programs", p.Name)
		}
		manages := slices.ContainsFunc(p.Roles, func(r Role) bool {
			return slices.ContainsFunc(r.Rules, func(rule Rule) bool { return rule.On == "account" && slices.Contains(rule.Allow, "manage") })
		})
		if !manages {
			t.Errorf("%s: nobody manages accounts", p.Name)
		}
		if rules, err := p.Settings.SignIn(); err != nil {
			t.Errorf("%s: %v %v", p.Name, rules, err)
		}
		for _, c := range Compile(p).Collections {
			if err := c.Validate(); err != nil {
				t.Errorf("%s: %s: %v", p.Name, c.Name, err)
			}
		}
	}
}

func fitForCanary(c Collection) bool {
	has := func(fits func(Field) bool) bool { return slices.ContainsFunc(c.Fields, fits) }
	return c.About == string(vault.AboutSelf) &&
		has(func(f Field) bool { return f.Kind == "text" && f.Personal }) &&
		has(func(f Field) bool { return f.Kind == "email" && f.Findable != nil }) &&
		has(func(f Field) bool { return f.Kind == "enum" && f.Open })
}

// Each of the five classes of insurance has a placement of its own, and its
// collections lie there.
func TestInsurancePlacements(t *testing.T) {
	p, _ := load(t).Profile("insurance")
	c := Compile(p)
	if len(c.Placements) != 5 {
		t.Fatalf("%d placements, want 5", len(c.Placements))
	}
	for _, place := range c.Placements {
		if !slices.Equal(place.Classes, []id.Name{place.Name}) {
			t.Errorf("%s holds %v", place.Name, place.Classes)
		}
	}
	for _, col := range c.Collections {
		want := col.Class
		if col.About == vault.AboutNobody {
			want = tenant.Main
		}
		if col.Placement != want {
			t.Errorf("%s lies in %s, want %s", col.Name, col.Placement, want)
		}
	}
	events, _ := p.Declared("session-events")
	for _, f := range events.Fields {
		if f.Holds == "" {
			t.Errorf("%s does not say what it holds", f.Name)
		}
	}
}

func TestResidency(t *testing.T) {
	s := load(t)
	for name, want := range map[id.Name]int{"civic-engagement": 5, "experimentation": 27, "back-office": 1} {
		p, _ := s.Profile(name)
		if len(p.Residency) != want {
			t.Errorf("%s serves %d countries, want %d", name, len(p.Residency), want)
		}
		opening := Compile(p).Fill(tenant.Opening{Slug: "x"})
		if opening.Profile != name || len(opening.Residency) != want || opening.Slug != "x" {
			t.Errorf("%s opens with %+v", name, opening)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"operator", "back-office"} {
		f.Add([]byte(source(f, name)))
	}
	f.Add([]byte("profile: x\nsettings:\n  a: {value: [1, {b: c}]}\n"))
	f.Add([]byte("promises:\n- control: {parameters: {a: {b: [c, d]}}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("fuzz.yaml", data)
		if (p == nil) == (err == nil) {
			t.Fatalf("profile %v and error %v", p, err)
		}
		if err != nil {
			if errs.Of(err).Code == errs.Internal {
				t.Fatalf("an error without words: %v", err)
			}
			return
		}
		if plan, err := Compare(p, clone(t, p)); err != nil || !plan.IsEmpty() {
			t.Fatalf("what is kept is not what was read: %v %v", plan.Changes, err)
		}
		if _, err := access.Compile(Compile(p).Policy.Roles, Compile(p).Policy.Space); err != nil {
			t.Fatal(err)
		}
	})
}
