package server_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"garant.example/internal/audit"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// problem is what of a refusal these tests look at.
type problem struct {
	Key    string `json:"key"`
	Detail string `json:"detail"`
	Fix    string `json:"fix"`
	Errors []struct {
		Pointer string `json:"pointer"`
	} `json:"errors"`
}

// open asks the API for a tenant and returns the status with what was answered.
func open(t *testing.T, h *house.House, body string, answer any) int {
	t.Helper()
	operator, err := h.House.Tenants.Get(h.House.Tenants.Operator())
	if err != nil {
		t.Fatal(err)
	}
	secret := h.Token(operator, "operations")
	res, raw := h.Do(secret, http.MethodPost, "/v1/platform/tenants", body)
	if err := json.Unmarshal([]byte(raw), answer); err != nil {
		t.Fatalf("%s %s: %v", res.Status, raw, err)
	}
	return res.StatusCode
}

// leavesOf counts the entries of the control log that tell of a tenant.
func leavesOf(t *testing.T, h *house.House, of id.Raw) (n int) {
	t.Helper()
	log, release, err := h.House.Tenants.ControlLog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	page, err := log.Entries(t.Context(), audit.Query{Limit: 100, NewestFirst: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		if e.Entry.Object == of {
			n++
		}
	}
	return n
}

const ana = `"admin":{"name":"Ana Roy","sign_in":"ana","lang":"en"}`

// Beside the first tenant of a profile its canary opens, with its leaf; beside the
// second none does.
func TestTheFirstTenantBringsItsCanary(t *testing.T) {
	house.Engines(t, func(t *testing.T, h *house.House) {
		var made struct {
			Canary string `json:"canary"`
			Admin  struct {
				Password string `json:"password"`
			} `json:"admin"`
		}
		if status := open(t, h, `{"slug":"first","title":"First","country":"CA","lang":"fr","profile":"civic-engagement",`+ana+`}`, &made); status != http.StatusCreated {
			t.Fatal(status)
		}
		if made.Canary != "canary-civic-engagement" || made.Admin.Password == "" {
			t.Errorf("%+v", made)
		}
		canary, err := h.House.Tenants.Named(made.Canary)
		if err != nil || !canary.Canary || canary.Country != "CA" || !strings.HasPrefix(canary.Title, "Témoin") {
			t.Fatalf("%+v, %v", canary, err)
		}
		if n := leavesOf(t, h, canary.ID.Raw); n != 2 { // made, and opened
			t.Errorf("%d leaves tell of the canary", n)
		}
		made.Canary = ""
		if status := open(t, h, `{"slug":"second","title":"Second","country":"AU","lang":"en","profile":"civic-engagement",`+ana+`}`, &made); status != http.StatusCreated || made.Canary != "" {
			t.Errorf("%d %+v", status, made)
		}
		// One that is asked for needs nobody, and is told apart.
		made.Admin.Password = ""
		if status := open(t, h, `{"slug":"mine","title":"Mine","country":"CA","lang":"en","profile":"back-office","canary":true,"admin":{"name":"","sign_in":"","lang":""}}`, &made); status != http.StatusCreated || made.Canary != "" || made.Admin.Password != "" {
			t.Errorf("%d %+v", status, made)
		}
		if status := open(t, h, `{"slug":"office","title":"Office","country":"CA","lang":"en","profile":"back-office",`+ana+`}`, &made); status != http.StatusCreated || made.Canary != "" {
			t.Errorf("%d %+v", status, made)
		}
	})
}

// A refused opening makes nothing, neither the tenant nor a canary, and says what
// would be needed.
func TestARefusedOpeningMakesNothing(t *testing.T) {
	regions := slices.DeleteFunc(house.Regions(t.TempDir()), func(r tenant.Region) bool { return r.Name == "quebec" || r.Name == "london" })
	h := house.Open(t, house.Options{Regions: regions})
	h.House.Opt.Countries = map[id.Name][]string{"sydney": {"AU"}}
	before := len(h.House.Tenants.All())
	for _, c := range []struct{ profile, country, admin, key, pointer string }{
		{"back-office", "CA", ana, "server.region.lacking", "/regions/quebec"},
		{"civic-engagement", "GB", ana, "server.region.lacking", "/regions/london"},
		{"civic-engagement", "FR", ana, "server.country.unserved", "/country"},
		{"civic-engagement", "NZ", ana, "server.region.closed", "/country"},
		{"civic-engagement", "AU", `"admin":{"name":" ","sign_in":"ana","lang":"en"}`, "identity.account.invalid", "/admin/name"},
		{"civic-engagement", "Au", ana, "tenant.invalid", "/country"},
		{"nothing", "AU", ana, "profile.unknown", "/profile"},
	} {
		var p problem
		status := open(t, h, `{"slug":"hall","title":"Hall","country":"`+c.country+`","lang":"en","profile":"`+c.profile+`",`+c.admin+`}`, &p)
		if status < 400 || p.Key != c.key || len(p.Errors) != 1 || p.Errors[0].Pointer != c.pointer || p.Fix == "" || strings.ContainsAny(p.Detail+p.Fix, "{}⟦") {
			t.Errorf("%s in %s: %d %+v", c.profile, c.country, status, p)
		}
	}
	if after := len(h.House.Tenants.All()); after != before {
		t.Errorf("%d tenants, %d before", after, before)
	}
}

// A host name that a tenant cannot have refuses its opening, in both languages by
// the number of the name, and one that differs by a space or a capital is no other.
func TestAnOpeningTakesNoHostOfAnother(t *testing.T) {
	h := house.Open(t, house.Options{})
	var made struct{}
	body := func(slug, host string) string {
		return `{"slug":"` + slug + `","title":"Hall","country":"AU","lang":"en","profile":"civic-engagement","hosts":["talk.` + slug + `.example","` + host + `"],` + ana + `}`
	}
	if status := open(t, h, body("first", "Our.Example"), &made); status != http.StatusCreated {
		t.Fatal(status)
	}
	before := len(h.House.Tenants.All())
	for host, key := range map[string]string{
		"our.example": "tenant.host.taken", " OUR.Example ": "tenant.host.taken", "localhost": "tenant.host.own", "Garant.Example": "tenant.host.own",
		"our.example.": "tenant.invalid", "https://other.example": "tenant.invalid", "other.example:8443": "tenant.invalid", "::1": "tenant.invalid",
		"": "tenant.invalid", "TALK.second.example": "tenant.invalid", "été.example": "tenant.invalid",
	} {
		var p problem
		status := open(t, h, body("second", host), &p)
		want := http.StatusUnprocessableEntity
		if key != "tenant.invalid" {
			want = http.StatusConflict
		}
		if status != want || p.Key != key || len(p.Errors) != 1 || p.Errors[0].Pointer != "/hosts/1" || p.Fix == "" || strings.ContainsAny(p.Detail+p.Fix, "{}⟦") {
			t.Errorf("%q: %d %+v", host, status, p)
		}
	}
	if found, ok := h.House.Tenants.Hosted("our.example"); !ok || found.Slug != "first" {
		t.Errorf("the host leads to %q", found.Slug)
	}
	if after := len(h.House.Tenants.All()); after != before {
		t.Errorf("%d tenants, %d before", after, before)
	}
}
