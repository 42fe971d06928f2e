package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"garant.example/internal/errs"
	"garant.example/internal/i18n"
)

// catalog is loaded once: every test explains errors with it.
var catalog = i18n.Must()

func full(t *testing.T) *Config {
	t.Helper()
	c, err := Load(Source{File: filepath.Join("testdata", "full.yaml")})
	if err != nil {
		t.Fatal(explain(err))
	}
	return c
}

// explain is an error as a person reads it, in both languages, with its fields.
func explain(err error) string {
	var b strings.Builder
	for _, lang := range i18n.Languages() {
		shown := catalog.Printer(lang).Error(err)
		fmt.Fprintf(&b, "%s | %s", shown.Detail, shown.Fix)
		for _, f := range shown.Fields {
			fmt.Fprintf(&b, " | %s: %s", f.Pointer, f.Detail)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func write1(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "garant.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestFileSetsEverySetting(t *testing.T) {
	c := full(t)
	if err := c.Validate(); err != nil {
		t.Fatal(explain(err))
	}
	// Every leaf that a single entry can hold is set by the file, and differs
	// from its default: so no name of the type is mistyped and none is ignored.
	seen := map[string]bool{}
	for _, s := range c.Settings() {
		parts := strings.Split(s.Path, ".")
		if len(parts) > 2 && (parts[0] == "regions" || parts[0] == "kms") {
			parts[1] = "*"
		}
		path := strings.Join(parts, ".")
		seen[path] = seen[path] || strings.HasPrefix(s.Origin, filepath.Join("testdata", "full.yaml")+":")
	}
	for path, set := range seen {
		if !set {
			t.Errorf("%s is set nowhere in the file", path)
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d settings", len(seen))
	}
	if c.Limits.Body != 2<<20 || c.Keys.OutageGrace != 30*time.Minute || c.Limits.Rate != 12.5 ||
		c.Proxies[1].String() != "fd00::/8" || c.Regions["eu"].Countries[1] != "BE" || !c.OldBrowsers {
		t.Errorf("%+v", c)
	}
	if c.RegionEngine(c.Regions["eu"]) != "postgres" || c.RegionEngine(c.Regions["ca-east"]) != "sqlite" {
		t.Error("engines of the regions")
	}
	if got := c.origin("limits.body"); !strings.HasSuffix(got, "full.yaml:68") {
		t.Errorf("origin of limits.body: %s", got)
	}
}

func TestSecretsNeverPrint(t *testing.T) {
	c := full(t)
	printed := fmt.Sprintf("%v %+v %#v", c, c.KMS, c.DSN)
	for _, s := range c.Settings() {
		printed += fmt.Sprintf("%+v", s)
	}
	if strings.Contains(printed, "hidden-") {
		t.Errorf("a secret is printed: %s", printed)
	}
	for _, s := range c.Settings() {
		if s.Path == "setup_secret" && (!s.Secret || s.Value == "not set") {
			t.Errorf("%+v", s)
		}
	}
	for _, s := range Defaults().Settings() {
		if s.Path == "dsn" && s.Value != "not set" {
			t.Errorf("%+v", s)
		}
	}
}

func TestPrecedence(t *testing.T) {
	file := write1(t, "data: from-file\nlang: fr\nlimits: {burst: 5}\nkms: {my-key: {kind: local, local: {passphrase: from-file-it-is}}}\n")
	c, err := Load(Source{File: file,
		Env: []string{"GARANT_DATA=from-env", "GARANT_LANG=en", "HOME=/root", "GARANT_LIMITS_BURST=7", "GARANT_PROXIES=10.0.0.0/8, 192.0.2.0/24",
			"GARANT_HOSTS=", "GARANT_KMS_MY_KEY_LOCAL_PASSPHRASE=from-env-it-is", "GARANT_PORT_443_TCP=tcp://10.0.0.1:443", "GARANT_SERVICE_HOST=10.0.0.1"},
		Flags: map[string]string{"data": "from-flag"}})
	if err != nil {
		t.Fatal(explain(err))
	}
	if c.Data != "from-flag" || c.Lang != "en" || c.Limits.Burst != 7 || len(c.Proxies) != 2 || len(c.Hosts) != 0 ||
		c.KMS["my-key"].Local.Passphrase.Reveal() != "from-env-it-is" || c.Limits.Databases != Defaults().Limits.Databases {
		t.Errorf("%+v", c)
	}
	for path, want := range map[string]string{"data": "--data", "lang": "GARANT_LANG", "limits.body": "default"} {
		if got := c.origin(path); got != want {
			t.Errorf("origin of %s: %q", path, got)
		}
	}
}

func TestSecretsFromFiles(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(secret, []byte("from the file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(Source{File: write1(t, "kms: {a: {kind: local, local: {passphrase_file: "+secret+"}}}\n"),
		Env: []string{"GARANT_DSN_FILE=" + secret}})
	if err != nil {
		t.Fatal(explain(err))
	}
	if c.KMS["a"].Local.Passphrase.Reveal() != "from the file" || c.DSN.Reveal() != "from the file" {
		t.Errorf("%q %q", c.KMS["a"].Local.Passphrase.Reveal(), c.DSN.Reveal())
	}
	open := secret + "-open"
	if err := errors.Join(os.WriteFile(open, []byte("for everybody"), 0o600), os.Chmod(open, 0o644)); err != nil {
		t.Fatal(err)
	}
	_, err = Load(Source{Env: []string{"GARANT_DSN_FILE=" + open}})
	if said := explain(err); !strings.Contains(said, "every user of this machine may read the file "+open) || !strings.Contains(said, "GARANT_DSN_FILE") {
		t.Errorf("a file that everybody may read: %s", said)
	}
	if err := os.Chmod(open, 0o640); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(Source{Env: []string{"GARANT_DSN_FILE=" + open}}); err != nil || c.DSN.Reveal() != "for everybody" {
		t.Errorf("a file for a group: %v", err)
	}
	for name, s := range map[string]Source{
		"both in the environment": {Env: []string{"GARANT_DSN=x", "GARANT_DSN_FILE=" + secret}},
		"both in the file":        {File: write1(t, "dsn: x\ndsn_file: "+secret+"\n")},
		"no such file":            {Env: []string{"GARANT_DSN_FILE=" + secret + "x"}},
		"a folder":                {Env: []string{"GARANT_DSN_FILE=" + filepath.Dir(secret)}},
		"a device":                {Env: []string{"GARANT_DSN_FILE=/dev/zero"}},
		"not a secret":            {Env: []string{"GARANT_DATA_FILE=" + secret}},
	} {
		if _, err := Load(s); !errs.Is(err, errs.Config) || strings.Contains(explain(err), "⟦") {
			t.Errorf("%s: %v %s", name, err, explain(err))
		}
	}
}

// A secret in the configuration file itself is told when everybody may read it.
func TestExposedSecrets(t *testing.T) {
	file := write1(t, "dsn: in-the-file\nsetup_secret: a long enough secret\n")
	for mode, want := range map[os.FileMode]int{0o644: 2, 0o640: 0, 0o600: 0} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		c, err := Load(Source{File: file})
		if err != nil {
			t.Fatal(explain(err))
		}
		if len(c.Exposed()) != want {
			t.Errorf("%o: %v", mode, c.Exposed())
		}
	}
	secret := filepath.Join(t.TempDir(), "s")
	elsewhere := write1(t, "dsn_file: "+secret+"\n")
	if err := errors.Join(os.WriteFile(secret, []byte("from a file of its own"), 0o600), os.Chmod(elsewhere, 0o644)); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(Source{File: elsewhere, Env: []string{"GARANT_SETUP_SECRET=from-the-environment"}}); err != nil || len(c.Exposed()) != 0 {
		t.Errorf("%v, %v", c.Exposed(), err)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"unknown", "data: x\nlimit:\n  body: 1\n", "The setting limit does not exist; limits does (FILE:2)"},
		{"unknown deep", "limits:\n  bodies: 1 MB\n", "limits.bodies does not exist; body does (FILE:2)"},
		{"unknown far", "zzzzzzzz: 1\n", "The setting zzzzzzzz does not exist (FILE:1)"},
		{"encryption that would be ignored", "kms:\n  a:\n    kind: local\n    age: {recipients: [x]}\n", "kms.a.age does not exist"},
		{"other case", "Data: x\n", "Data does not exist; data does (FILE:1)"},
		{"twice", "data: x\ndata: y\n", "not valid YAML, or a name stands twice (FILE:2)"},
		{"syntax", "data: [x\n", "not valid YAML"},
		{"tabs", "limits:\n\tbody: 1\n", "not valid YAML"},
		{"no value", "data:\n", "data has no value (FILE:1)"},
		{"wrong number", "limits:\n  burst: many\n", "limits.burst must be a number (FILE:2)"},
		{"wrong duration", "keys:\n  probe: 5\n", "keys.probe must be a length of time"},
		{"wrong bool", "old_browsers: yes\n", "old_browsers must be true or false"},
		{"wrong size", "limits: {body: -1}\n", "limits.body must be a size"},
		{"wrong network", "proxies: [10.0.0.1]\n", "proxies must be a list"},
		{"list for a value", "data: [a]\n", "data must be a single value"},
		{"value for a block", "limits: 5\n", "limits must hold settings"},
		{"mapping for a value", "data: {a: b}\n", "data must be a single value"},
		{"bad name", "regions: {Ça: {city: x}}\n", "a name is lower-case letters"},
		{"alias", "a: &x 1\ndata: *x\n", "are not read (FILE:2)"},
		{"anchor", "data: &x y\n", "are not read (FILE:1)"},
		{"tag", "data: !!binary aGk=\n", "are not read (FILE:1)"},
		{"merge", "limits:\n  <<: {burst: 1}\n", "are not read"},
		{"two documents", "data: x\n---\ndata: y\n", "more than one YAML document"},
		{"deep", strings.Repeat("[", 5000), "are not read (FILE:1)"},
		{"deep blocks", strings.Repeat("- ", 5000), "are not read (FILE:1)"},
		{"large", "# " + strings.Repeat("x", maxFile), "larger than 256 KB"},
		{"top is a list", "- a\n", "must hold settings"},
	}
	for _, c := range cases {
		file := write1(t, c.text)
		_, err := Load(Source{File: file})
		if !errs.Is(err, errs.Config) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got, want := explain(err), strings.ReplaceAll(c.want, "FILE", file); !strings.Contains(got, want) || strings.Contains(got, "⟦") {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, want)
		}
	}
	for _, s := range []Source{
		{File: "/nonexistent.yaml"}, {File: t.TempDir()},
		{Env: []string{"GARANT_DATAA=x"}}, {Env: []string{"GARANT_KMS_X_LOCAL_PASSPHRASE=x"}}, {Env: []string{"GARANT_LIMITS_BURST=x"}},
		{Flags: map[string]string{"dta": "x"}}, {Flags: map[string]string{"limits.burst": "x"}},
	} {
		if _, err := Load(s); !errs.Is(err, errs.Config) || strings.Contains(explain(err), "⟦") {
			t.Errorf("%+v: %v %s", s, err, explain(err))
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	_, err := Load(Source{File: write1(t, "dta: x\nlimits: {burst: x, clients: y}\n"), Env: []string{"GARANT_LANGUE=fr"}})
	e := errs.Of(err)
	if e == nil || len(e.Fields) != 4 || e.Key != "config.invalid" {
		t.Fatalf("%v", explain(err))
	}
	if got := explain(err); strings.Contains(got, "⟦") || !strings.Contains(got, "GARANT_LANG does") {
		t.Error(got)
	}
	many := strings.Builder{}
	for i := range 500 {
		fmt.Fprintf(&many, "unknown%d: x\n", i)
	}
	if _, err := Load(Source{File: write1(t, many.String())}); len(errs.Of(err).Fields) != maxMistakes {
		t.Errorf("%d mistakes are told", len(errs.Of(err).Fields))
	}
}

func TestDefaultsNeedOnlyPlacesAndKeys(t *testing.T) {
	e := errs.Of(Defaults().Validate())
	if e == nil || len(e.Fields) != 2 || e.Fields[0].Key != "config.kms.none" || e.Fields[1].Key != "config.regions.none" {
		t.Errorf("%v", explain(e))
	}
}

func TestValidate(t *testing.T) {
	region := func(c *Config, change func(*Region)) {
		r := c.Regions["eu"]
		change(&r)
		c.Regions["eu"] = r
	}
	kms := func(c *Config, name string, change func(*KMS)) {
		k := c.KMS[name]
		change(&k)
		c.KMS[name] = k
	}
	cases := map[string]func(*Config){
		"data":                      func(c *Config) { c.Data = "" },
		"witness":                   func(c *Config) { c.Witness = filepath.Join(c.Data, "elsewhere", "..", "witness") },
		"lang":                      func(c *Config) { c.Lang = "de" },
		"engine":                    func(c *Config) { c.Engine = "mysql" },
		"dsn":                       func(c *Config) { c.DSN = "" },
		"log.level":                 func(c *Config) { c.Log.Level = "loud" },
		"log.format":                func(c *Config) { c.Log.Format = "xml" },
		"setup_secret":              func(c *Config) { c.SetupSecret = "short" },
		"listen":                    func(c *Config) { c.Listen = "443" },
		"plain":                     func(c *Config) { c.Plain = "0.0.0.0:80" },
		"metrics":                   func(c *Config) { c.Metrics = ":9100" },
		"url":                       func(c *Config) { c.URL = "http://garant.example.org" },
		"url ":                      func(c *Config) { c.URL = "https://garant.example.org/path" },
		"url  ":                     func(c *Config) { c.URL = "https://me:pw@garant.example.org" },
		"hosts":                     func(c *Config) { c.Hosts = []string{"https://x"} },
		"certificate":               func(c *Config) { c.CertificateKey = "" },
		"proxies":                   func(c *Config) { c.Proxies[0] = c.Proxies[0].Masked(); c.Proxies[0], _ = c.Proxies[0].Addr().Prefix(0) },
		"limits.body":               func(c *Config) { c.Limits.Body = 1 },
		"limits.rate":               func(c *Config) { c.Limits.Rate = 0 },
		"limits.burst":              func(c *Config) { c.Limits.Burst = 0 },
		"limits.clients":            func(c *Config) { c.Limits.Clients = 1 },
		"limits.databases":          func(c *Config) { c.Limits.Databases = 1 },
		"limits.shutdown":           func(c *Config) { c.Limits.Shutdown = 0 },
		"keys.outage_grace":         func(c *Config) { c.Keys.OutageGrace = 48 * time.Hour },
		"keys.probe":                func(c *Config) { c.Keys.Probe = 0 },
		"kms.main.kind":             func(c *Config) { kms(c, "main", func(k *KMS) { k.Kind = ""; k.Local = Local{} }) },
		"kms.main.aws":              func(c *Config) { kms(c, "main", func(k *KMS) { k.AWS.Region = "x" }) },
		"kms.main.local.passphrase": func(c *Config) { kms(c, "main", func(k *KMS) { k.Local.Passphrase = "short" }) },
		"kms.vault.transit.token":   func(c *Config) { kms(c, "vault", func(k *KMS) { k.Transit.Token = "" }) },
		"kms.vault.transit.address": func(c *Config) { kms(c, "vault", func(k *KMS) { k.Transit.Address = "http://vault:8200" }) },
		"kms.cloud.aws.key":         func(c *Config) { kms(c, "cloud", func(k *KMS) { k.AWS.Key = "" }) },
		"kms.cloud.aws.secret_key":  func(c *Config) { kms(c, "cloud", func(k *KMS) { k.AWS.SecretKey = "" }) },
		"kms.cloud.aws.access_key":  func(c *Config) { kms(c, "cloud", func(k *KMS) { k.AWS.AccessKey = "" }) },
		"kms.cloud.aws.endpoint":    func(c *Config) { kms(c, "cloud", func(k *KMS) { k.AWS.Endpoint = "http://kms" }) },
		"regions.eu.jurisdiction":   func(c *Config) { region(c, func(r *Region) { r.Jurisdiction = "" }) },
		"regions.eu.country":        func(c *Config) { region(c, func(r *Region) { r.Country = "France" }) },
		"regions.eu.countries":      func(c *Config) { region(c, func(r *Region) { r.Countries = []string{"CA"} }) },
		"regions.eu.engine":         func(c *Config) { region(c, func(r *Region) { r.Engine = "mysql" }) },
		"regions.eu.dsn":            func(c *Config) { region(c, func(r *Region) { r.Engine = "sqlite" }) },
		"regions.eu.dir":            func(c *Config) { region(c, func(r *Region) { r.Dir = "/x" }) },
		"regions.eu.kms":            func(c *Config) { region(c, func(r *Region) { r.KMS = "nobody" }) },
		"regions":                   func(c *Config) { c.Regions = nil },
	}
	for path, change := range cases {
		c := full(t)
		change(c)
		e := errs.Of(c.Validate())
		if e == nil || len(e.Fields) != 1 || e.Fields[0].Pointer != strings.TrimSpace(path) {
			t.Errorf("%q: %s", path, explain(e))
			continue
		}
		if got := explain(e); strings.Contains(got, "⟦") || strings.Contains(got, "hidden-") {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "512": 512, "1 KB": 1000, "1KiB": 1024, "1.5 MB": 1_500_000, "2gib": 2 << 30, "7 B": 7} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%q: %d %v", text, s, err)
		}
		var again Size
		if err := again.UnmarshalText([]byte(s.String())); err != nil || again != s {
			t.Errorf("%q -> %q -> %d", text, s.String(), again)
		}
	}
	for _, bad := range []string{"", "KB", "-1", "1 TB", "1e30", "NaN", "ten"} {
		var s Size
		if err := s.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q: %d", bad, s)
		}
	}
}

func FuzzYAML(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("testdata", "full.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("a: &x [*x, *x]\n<<: *x\n"))
	f.Add([]byte("limits: {body: 1 MB}\n---\n- x"))
	f.Add([]byte("? [a]\n: |\n  b\n"))
	printer := i18n.Must().Printer(i18n.English)
	f.Fuzz(func(t *testing.T, data []byte) {
		c := Defaults()
		m := c.readYAML("f.yaml", data)
		if err := m.err(); err != nil {
			if strings.Contains(printer.Error(err).Detail, "⟦") {
				t.Fatalf("a hole: %s", printer.Error(err).Detail)
			}
			return
		}
		again := Defaults()
		if m := again.readYAML("f.yaml", data); len(m) > 0 || !reflect.DeepEqual(c, again) {
			t.Fatal("the same text, read twice, differs")
		}
		_ = c.Validate() // whatever it says, it must not fall over
		c.Settings()
	})
}
