package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"garant.example/client"
)

// measured answers a run of the controls with promises of these statuses, each named
// by its status and its place.
func measured(t *testing.T, statuses ...string) shell {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/v1/platform/promises:verify" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/x-ndjson")
		for i, s := range statuses {
			if err := json.NewEncoder(w).Encode(client.Standing{ID: s + "-" + string(rune('a'+i)), Status: s, Figures: map[string]any{}}); err != nil {
				t.Error(err)
			}
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	return shell{t, []string{"GARANT_LANG=en", "GARANT_SERVER=" + server.URL, "GARANT_TOKEN=" + "grt_x"}}
}

var promiseName = regexp.MustCompile(`\b[a-z]+-[a-i]\b`)

// TestVerifyShowsTheWorstFirst: what is failing stands above what is kept, and what
// is alike stays as it was measured; the planned are shown when asked for, and JSON
// has all of them as they were measured.
func TestVerifyShowsTheWorstFirst(t *testing.T) {
	sh := measured(t, "kept", "planned", "stale", "failing", "withdrawn", "exception", "unknown", "failing", "kept")
	worst := []string{"failing-d", "failing-h", "unknown-g", "stale-c", "exception-f", "kept-a", "kept-i", "withdrawn-e"}
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"people":  {[]string{"verify"}, worst},
		"planned": {[]string{"verify", "--planned"}, slices.Insert(slices.Clone(worst), 7, "planned-b")},
		"programs": {[]string{"verify", "--json"}, []string{"kept-a", "planned-b", "stale-c", "failing-d", "withdrawn-e", "exception-f",
			"unknown-g", "failing-h", "kept-i"}},
	} {
		status, out, text := sh.run("", c.args...)
		if got := promiseName.FindAllString(out, -1); status != exitFailed || !slices.Equal(got, c.want) {
			t.Errorf("%s: %d %v %s\n%s", name, status, got, text, out)
		}
	}
}

// TestVerifySaysWhetherAllIsWell: one that is failing, stale or unknown makes the
// status of the program; an exception that was granted and what is planned do not.
func TestVerifySaysWhetherAllIsWell(t *testing.T) {
	for _, c := range []struct {
		status string
		want   int
		sum    string
	}{
		{"kept", 0, "2 kept"}, {"planned", 0, "1 planned"}, {"withdrawn", 0, "1 kept"}, {"exception", 0, "1 kept"},
		{"failing", exitFailed, "1 failing"}, {"stale", exitFailed, "1 stale"}, {"unknown", exitFailed, "1 unknown"},
	} {
		sh := measured(t, "kept", c.status)
		if status, out, text := sh.run("", "verify"); status != c.want || !strings.Contains(out, c.sum) {
			t.Errorf("%s: %d %s\n%s", c.status, status, text, out)
		}
		if status, _, text := sh.run("", "verify", "--json"); status != c.want {
			t.Errorf("%s as JSON: %d %s", c.status, status, text)
		}
	}
}
