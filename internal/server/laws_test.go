package server_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/api"
	"garant.example/internal/audit"
	"garant.example/internal/config"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

const townRecords = "/v1/tenants/town/collections/participants/records"

// Law 2: nothing a person typed reaches a disk, a log or crash output unsealed. The
// markers stand where programs like to repeat them: in a body that is refused, in
// an address, in a header, and in a panic.
func TestLaw2NoPlaintext(t *testing.T) {
	house.Engines(t, func(t *testing.T, h *house.House) {
		marker := "zq" + strings.ToLower(rand.Text())
		token := h.Token(h.Tenant("town", "civic-engagement", "CA", false), "site", "integration")
		h.Mount("POST /v1/crash", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			var none map[string]string
			defer func() { none[string(body)] = "" }() // one panic within another
			panic(fmt.Sprintf("could not handle %s", body))
		}))
		good := fmt.Sprintf(`{"fields":{"email":"%s@example.org","display_name":%q,"notes":%q,"standing":"registered"}}`, marker, marker, marker)
		bad := fmt.Sprintf(`{"fields":{"email":"%s@","%s":1,"display_name":%q,"standing":"%s"}}`, marker, marker, marker, marker)
		for _, r := range []struct {
			method, path, body string
			want               int
			headers            []string
		}{
			{"POST", townRecords, good, 201, nil},
			{"POST", townRecords, good, 409, nil},
			{"POST", townRecords, bad, 422, nil},
			{"POST", townRecords, `{"` + marker, 422, nil},
			{"POST", townRecords + ":find", `{"field":"email","value":"` + marker + `@example.org"}`, 200, []string{"Purpose", "support"}},
			{"POST", townRecords + ":import", `{"email":"` + marker + `"}` + "\n" + marker, 200, []string{"Content-Type", "application/x-ndjson"}},
			{"POST", townRecords, good, 422, []string{"Idempotency-Key", strings.Repeat(marker, 20)}},
			{"GET", townRecords, "", 403, []string{"Purpose", marker}},
			{"GET", townRecords + "?notes=" + marker, "", 0, nil},
			{"GET", "/v1/" + marker, "", 404, nil},
			{"POST", "/v1/tenants/town/sessions", `{"name":"` + marker + `","password":"` + marker + `"}`, 0, nil},
			{"POST", "/v1/crash", marker, 500, nil},
		} {
			res, body := h.Do(token, r.method, r.path, r.body, r.headers...)
			if r.want != 0 && res.StatusCode != r.want {
				t.Errorf("%s %s: %s %s", r.method, r.path, res.Status, body)
			}
			if res.StatusCode >= 500 && strings.Contains(body, marker) {
				t.Errorf("the answer to a panic repeats the marker: %s", body)
			}
		}
		unmarked(t, h, marker)
	})
}

// unmarked scans the log, every file of the platform and what lies in temporary
// folders' files of databases for a marker in lower case, upper case or base64.
func unmarked(t *testing.T, h *house.House, marker string) {
	t.Helper()
	if log := strings.ToLower(h.Log()); strings.Contains(log, marker) {
		at := strings.Index(log, marker)
		t.Errorf("the log holds the marker: %s", log[max(0, at-300):at+40])
	}
	if !strings.Contains(h.Log(), "panic") {
		t.Error("the log says nothing of the panic")
	}
	files := 0
	err := filepath.WalkDir(h.Dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if err == nil && strings.Contains(strings.ToLower(string(b)), marker) {
			t.Errorf("%s holds the marker", path)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files: %v", files, err)
	}
}

// Law 3: one tenant, one database, one keyring, one log, and none by default.
func TestLaw3OneTenantOneDatabase(t *testing.T) {
	house.Engines(t, func(t *testing.T, h *house.House) {
		for _, slug := range []string{"one", "two"} {
			h.Tenant(slug, "insurance", "US", false)
			h.Tenant(slug+"-exp", "experimentation", "FR", false)
		}
		places, origins := map[db.Place]string{h.House.Opt.Control: "control"}, map[string]string{}
		claim := func(p db.Place, who string) {
			p.Family = h.House.Opt.Control.Family // a place is a file or a database, whatever it holds
			if other, ok := places[p]; ok {
				t.Errorf("%s lies where %s lies: %+v", who, other, p)
			}
			places[p] = who
		}
		for _, tn := range h.House.Tenants.All() {
			ring, err := h.House.Tenants.KeyringPlace(tn.ID)
			if err != nil {
				t.Fatal(err)
			}
			claim(ring, string(tn.Slug)+" keyring")
			for _, p := range tn.Placements {
				place, err := h.House.Tenants.PlacementPlace(tn, p.Name)
				if err != nil {
					t.Fatal(err)
				}
				claim(place, string(tn.Slug)+" "+string(p.Name))
				log, release, err := h.House.Tenants.Log(house.Platform(), tn, p.Name)
				if err != nil {
					t.Fatal(err)
				}
				if other, ok := origins[log.Origin()]; ok {
					t.Errorf("%s %s and %s have one log", tn.Slug, p.Name, other)
				}
				origins[log.Origin()] = string(tn.Slug) + " " + string(p.Name)
				release()
			}
		}
		if len(places) < 12 {
			t.Errorf("only %d places", len(places))
		}
		for _, a := range []access.Action{access.Read, access.Create} {
			_, err := h.House.Gate.Enter(house.Platform(), access.Ask{Action: a, On: access.Record, Collection: "participants"})
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("no tenant in the question: %v", err)
			}
		}
		for _, name := range []string{"", "nobody", "One", "t_00000000000000000000000000"} {
			if _, err := h.House.Tenants.Named(name); !errs.Is(err, errs.NotFound) {
				t.Errorf("%q is somebody: %v", name, err)
			}
		}
		if _, _, err := h.House.Tenants.Log(house.Platform(), tenant.Tenant{}, tenant.Main); err == nil {
			t.Error("the zero tenant has a log")
		}
	})
}

// Law 4: staff see nothing of a tenant without a grant, by any route, and the
// attempt stands in the tenant's own log.
func TestLaw4StaffWithoutGrant(t *testing.T) {
	h := house.Open(t, house.Options{})
	town := h.Tenant("town", "civic-engagement", "CA", false)
	operator, err := h.House.Tenants.Get(h.House.Tenants.Operator())
	if err != nil {
		t.Fatal(err)
	}
	staff := staffToken(t, h, operator)
	tried := 0
	for _, r := range api.Routes() {
		if r.Scope != api.Tenant {
			continue
		}
		tried++
		path := strings.NewReplacer("{tenant}", "town", "{collection}", "participants", "{record}", id.NewRecord().String(), "{seq}", "0",
			"{account}", id.NewAccount().String(), "{token}", id.NewToken().String(), "{placement}", "main", "{tile...}", "0/000").Replace(r.Path)
		res, body := h.Do(staff, r.Method, path, "{}", "Purpose", "support", "If-Match", "*")
		if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s as staff: %s %.200s", r.Name, res.Status, body)
		}
	}
	if n := refusals(t, h, town); tried < 30 || n < tried/2 {
		t.Errorf("%d routes were tried, and the tenant's log tells of %d refusals", tried, n)
	}
}

// refusals counts the refusals in the log of a tenant.
func refusals(t *testing.T, h *house.House, of tenant.Tenant) int {
	t.Helper()
	log, release, err := h.House.Tenants.Log(house.Platform(), of, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	page, err := log.Entries(house.Platform(), audit.Query{Operations: []audit.Operation{audit.AccessRefused}, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Entries)
}

// staffToken signs in as a person of the operator with every role of staff.
func staffToken(t *testing.T, h *house.House, operator tenant.Tenant) string {
	t.Helper()
	name, password := h.Account(operator, "support")
	return signIn(t, h, "operator", name, password)
}

// Law 10: an unknown setting stops the start, wherever it stands.
func TestLaw10UnknownSettingsStopTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "garant.yaml")
	for name, s := range map[string]struct {
		yaml string
		env  []string
		flag map[string]string
	}{
		"file":        {yaml: "data: /srv/garant\nsecure: true\n"},
		"deep":        {yaml: "data: /srv/garant\nlimits:\n  body: 1MB\n  bdoy: 1MB\n"},
		"environment": {env: []string{"GARANT_DATA=/srv/garant", "GARANT_SECURE=true"}},
		"flag":        {flag: map[string]string{"secure": "true"}},
		"twice":       {yaml: "data: /a\ndata: /b\n"},
	} {
		src := config.Source{Env: s.env, Flags: s.flag}
		if s.yaml != "" {
			if err := os.WriteFile(file, []byte(s.yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			src.File = file
		}
		if _, err := config.Load(src); !errs.Is(err, errs.Config) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o, err := site{Dir: t.TempDir()}.options(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	o.Regions[0].KMS = "nowhere"
	h, _, err := server.Open(context.Background(), o)
	if err == nil {
		_, err = h.Found(context.Background(), "Operator", "CA", "en")
		_ = h.Close(context.Background())
	}
	if !errs.Is(err, errs.Config) {
		t.Errorf("a region whose key service is not declared: %v", err)
	}
}
