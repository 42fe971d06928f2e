package profile

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// tableRow is a promise as the table of all promises names it.
type tableRow struct{ id, profile, slice, kind, mechanism string }

// readTable reads a tab-separated table by the names of its columns.
func readTable(t *testing.T, path string) []tableRow {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	var names []string
	var rows []tableRow
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		if names == nil {
			names = cells
			continue
		}
		at := func(name string) string { return cells[slices.Index(names, name)] }
		rows = append(rows, tableRow{at("id"), at("profile"), at("slice"), at("kind"), at("mechanism")})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func compareTable(t *testing.T, rows []tableRow) {
	t.Helper()
	s := load(t)
	if len(rows) != 491 || len(s.Promises()) != 491 {
		t.Errorf("%d rows and %d promises, want 491 of each", len(rows), len(s.Promises()))
	}
	for _, r := range rows {
		p, ok := s.Promise(id.Name(r.id))
		if !ok {
			t.Errorf("%s is missing", r.id)
			continue
		}
		got := tableRow{string(p.ID), string(p.Profile), string(p.Slice), string(p.Kind), string(p.Control.Mechanism)}
		if got != r {
			t.Errorf("got %v, want %v", got, r)
		}
	}
}

func TestPromisesAreThoseOfTheTable(t *testing.T) {
	compareTable(t, readTable(t, filepath.Join("testdata", "promises.tsv")))
}

// Where the table that the profiles were written from lies beside the project, the
// committed extract must agree with it.
func TestPromisesAreThoseOfTheSource(t *testing.T) {
	source := filepath.Join("..", "..", "..", "shared", "promises.tsv")
	if _, err := os.Stat(source); err != nil {
		t.Log("no table beside the project: the committed extract alone was compared")
		return
	}
	compareTable(t, readTable(t, source))
}

// The counts by mechanism and profile, in the order CE DT EX IN BO.
func TestCounts(t *testing.T) {
	profiles := []id.Name{"civic-engagement", "digital-training", "experimentation", "insurance", "back-office"}
	want := map[Mechanism][5]int{
		"marker-scan": {2, 3, 4, 6, 0}, "seal-inspector": {0, 4, 0, 3, 0}, "credential-inspector": {0, 0, 2, 1, 1},
		"data-inventory": {1, 2, 0, 5, 0}, "placement-register": {7, 1, 2, 3, 5}, "listener-sweep": {5, 6, 6, 2, 1},
		"address-gate": {1, 0, 0, 0, 6}, "abuse-probe": {1, 0, 0, 2, 0}, "role-matrix": {1, 1, 13, 6, 1},
		"hostile-login": {1, 2, 9, 10, 2}, "account-census": {3, 2, 4, 9, 2}, "grant-join": {2, 0, 3, 4, 1},
		"audit-probe": {1, 1, 2, 1, 1}, "log-verifier": {0, 0, 3, 0, 0}, "log-reconciler": {0, 0, 1, 0, 3},
		"log-shipping": {0, 3, 0, 1, 0}, "alert-delivery": {0, 1, 1, 4, 0}, "notification-drill": {0, 0, 3, 1, 0},
		"intake-canary": {4, 0, 6, 2, 0}, "age-scanner": {0, 1, 2, 0, 0}, "contract-end-canary": {2, 0, 2, 0, 0},
		"rights-canary": {5, 1, 0, 1, 0}, "consent-gate": {2, 1, 6, 0, 0}, "journey-canary": {3, 0, 8, 5, 0},
		"artifact-compare": {0, 0, 6, 0, 0}, "script-analyser": {0, 0, 3, 0, 0}, "page-auditor": {7, 0, 0, 0, 0},
		"public-page-probe": {3, 0, 2, 1, 2}, "backup-inventory": {2, 0, 2, 0, 2}, "restore-compare": {1, 1, 2, 0, 0},
		"point-in-time": {0, 0, 0, 2, 0}, "failover-drill": {1, 0, 2, 1, 2}, "replica-lag": {1, 0, 0, 1, 0},
		"availability": {2, 0, 1, 1, 0}, "heartbeat": {1, 0, 1, 2, 0}, "capacity-forecast": {0, 0, 0, 1, 0},
		"config-drift": {2, 0, 3, 4, 0}, "provenance": {1, 0, 10, 7, 1}, "update-age": {1, 1, 1, 0, 1},
		"device-posture": {0, 0, 2, 9, 0}, "register-rule": {3, 2, 3, 8, 0}, "attestation": {19, 6, 53, 63, 2},
	}
	got := map[Mechanism][5]int{}
	for _, p := range load(t).Promises() {
		row := got[p.Control.Mechanism]
		row[slices.Index(profiles, p.Profile)]++
		got[p.Control.Mechanism] = row
	}
	if len(want) != 42 || len(Mechanisms()) != 42 {
		t.Errorf("%d counts and %d mechanisms, want 42 of each", len(want), len(Mechanisms()))
	}
	total := [5]int{}
	for _, m := range Mechanisms() {
		if got[m] != want[m] {
			t.Errorf("%s: %v, want %v", m, got[m], want[m])
		}
		for i, n := range got[m] {
			total[i] += n
		}
	}
	if total != [5]int{85, 39, 168, 166, 33} {
		t.Errorf("promises by profile: %v", total)
	}
}

func TestKernelPromises(t *testing.T) {
	built := []Mechanism{"marker-scan", "seal-inspector", "listener-sweep", "placement-register", "data-inventory", "audit-probe", "log-verifier", "role-matrix"}
	n := 0
	for _, p := range load(t).Promises() {
		if p.Slice != "kernel" {
			continue
		}
		n++
		if !slices.Contains(built, p.Control.Mechanism) {
			t.Errorf("%s: %s is not one of the kernel's mechanisms", p.ID, p.Control.Mechanism)
		}
		if p.Sabotage == (tenant.Text{}) {
			t.Errorf("%s has no sabotage", p.ID)
		}
	}
	if n != 50 {
		t.Errorf("%d kernel promises, want 50", n)
	}
}

// Both languages are equally complete, and written with the marks of their own.
func TestTextsAreComplete(t *testing.T) {
	check := func(what string, text tenant.Text) {
		if text == (tenant.Text{}) {
			return
		}
		en, fr := utf8.RuneCountInString(text.EN), utf8.RuneCountInString(text.FR)
		if en > 60 && (fr*10 < en*7 || fr > en*2) {
			t.Errorf("%s: %d characters in English, %d in French", what, en, fr)
		}
		if strings.ContainsAny(text.FR, "'\"") {
			t.Errorf("%s: a typewriter's quotation mark in %q", what, text.FR)
		}
		for _, mark := range []string{" ;", " :", " !", " ?", " %", "« ", " »"} {
			if strings.Contains(text.FR, mark) {
				t.Errorf("%s: a breakable space at %q in %q", what, mark, text.FR)
			}
		}
	}
	s := load(t)
	for _, p := range s.Promises() {
		check(string(p.ID)+" title", p.Title)
		check(string(p.ID)+" text", p.Text)
		check(string(p.ID)+" sabotage", p.Sabotage)
	}
	for _, p := range s.Profiles() {
		at := string(p.Name) + " "
		check(at+"summary", p.Summary)
		for _, c := range p.Classes {
			check(at+string(c.Name), c.Title)
			check(at+string(c.Name), c.Handling)
		}
		for _, c := range p.Collection {
			check(at+string(c.Name), c.Title)
			check(at+string(c.Name), c.Retention.Why)
			for _, f := range c.Fields {
				check(at+string(c.Name)+" "+string(f.Name), f.Title)
				for _, o := range f.Options {
					check(at+string(c.Name)+" "+string(f.Name)+" "+o.Value, o.Text())
				}
			}
		}
	}
}

func TestParametersAreTyped(t *testing.T) {
	s := load(t)
	get := func(name id.Name) Parameters {
		p, ok := s.Promise(name)
		if !ok {
			t.Fatalf("no promise %s", name)
		}
		return p.Control.Parameters
	}
	if d, err := get("abt-log-integrity").Duration("head_age"); err != nil || d.Minutes() != 60 {
		t.Errorf("head_age: %v %v", d, err)
	}
	if n, err := get("abt-log-limited").Count("cap"); err != nil || n != 3 {
		t.Errorf("cap: %v %v", n, err)
	}
	if modes, err := get("abt-log-limited").Words("file_modes"); err != nil || !slices.Equal(modes, []string{"0600", "0700"}) {
		t.Errorf("file_modes: %v %v", modes, err)
	}
	if n, err := get("wywm-aes256").Bits("key_bits"); err != nil || n != 256 {
		t.Errorf("key_bits: %v %v", n, err)
	}
	if span, err := get("abt-purge-25m").Span("at_most"); err != nil || span != (Span{Months: 25}) {
		t.Errorf("at_most: %v %v", span, err)
	}
	if _, err := get("abt-purge-25m").Duration("at_most"); err == nil {
		t.Error("months were taken for elapsed time")
	}
	rows, err := get("ehq-region-rule").Rows("allowed")
	if err != nil || len(rows) != 5 {
		t.Fatalf("allowed: %v %v", rows, err)
	}
	if country, err := rows[0].Text("country"); err != nil || country != "AU" {
		t.Errorf("country: %v %v", country, err)
	}
	if _, err := get("ehq-region-rule").Text("nothing"); err == nil {
		t.Error("an absent parameter was found")
	}
}

// The parameters of a promise name nothing that its profile does not have.
func TestParametersFitTheProfile(t *testing.T) {
	s := load(t)
	for _, promise := range s.Promises() {
		p, _ := s.Profile(promise.Profile)
		if rows, err := promise.Control.Parameters.Rows("allowed"); err == nil {
			for _, row := range rows {
				if country, err := row.Text("country"); err == nil && p.Residency[country] == "" {
					t.Errorf("%s: country %s has no region", promise.ID, country)
				}
				if class, err := row.Text("class"); err == nil {
					if _, ok := p.Class(id.Name(class)); !ok {
						t.Errorf("%s: class %s is not declared", promise.ID, class)
					}
				}
			}
		}
		if promise.Control.Mechanism == "data-inventory" && promise.Control.Parameters.Has("classes") {
			classes, _ := promise.Control.Parameters.Words("classes")
			for _, c := range classes {
				if _, ok := p.Class(id.Name(c)); !ok {
					t.Errorf("%s: class %s is not declared", promise.ID, c)
				}
			}
		}
	}
}
