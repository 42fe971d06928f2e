package markerscan_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/server"
	"garant.example/testkit/house"
)

// A service that writes down what it is asked for, or what somebody typed into a form
// of the console, is told, whatever it makes of the request.
func TestCarelessLines(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	faults := server.NewFaults(nil)
	h := house.Open(t, house.Options{Faults: faults})
	canary := h.Tenant("canary", "civic-engagement", "CA", true)
	run := func(what string, want assurance.Outcome, reason string) {
		t.Helper()
		r, err := h.Assurance.Run(house.Platform(), "ehq-aes-gcm")
		if err != nil || r.Finding.Outcome != want || r.Finding.Reason != reason {
			t.Errorf("%s: %v %s", what, err, &r.Finding)
		}
	}
	run("nothing", assurance.OutcomeKept, "")
	file := filepath.Join(h.Dir, "access.log")
	keep := func(line string) {
		f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		if _, err := f.WriteString(line + "\n"); err != nil {
			t.Error(err)
		}
	}
	records := "/v1/tenants/canary/collections/participants/records"
	for _, c := range []struct {
		method, path string
		line         func(*http.Request) string
	}{
		{http.MethodGet, records, func(r *http.Request) string { return r.URL.RawQuery }},
		{http.MethodPost, records + ":import", func(r *http.Request) string { return r.Header.Get("Content-Disposition") }},
		{http.MethodGet, "/t/canary/sign-in", func(r *http.Request) string { return r.URL.RequestURI() }},
		{http.MethodPost, "/console/theme", func(r *http.Request) string { return r.FormValue("return") }},
	} {
		faults.Route("careless", c.method, c.path, func(w http.ResponseWriter, r *http.Request) {
			keep(c.line(r))
			w.WriteHeader(http.StatusBadRequest)
		})
		run(c.method+" "+c.path, assurance.OutcomeFailing, clearReason)
		faults.Clear("careless")
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	for _, route := range []string{"/t/canary/collections/participants/find", "/t/canary/collections/participants/new"} {
		faults.Tap("careless", func(of id.Tenant, path string, body []byte) {
			if of == canary.ID && path == route {
				keep(string(body))
			}
		})
		run(route, assurance.OutcomeFailing, clearReason)
		faults.Clear("careless")
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	run("nothing any more", assurance.OutcomeKept, "")
}
