package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// changes counts the leaves of changed tenants in the control log.
func changes(t *testing.T, h *house.House) int {
	t.Helper()
	log, release, err := h.House.Tenants.ControlLog(house.Platform())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	page, err := log.Entries(house.Platform(), audit.Query{Operations: []audit.Operation{audit.TenantChange}, NewestFirst: true, Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range page.Entries {
		if len(e.Entry.Fields) > 0 { // an opening has no fields
			n++
		}
	}
	return n
}

// The operator changes a tenant by a form: what was typed comes back with its faults,
// somebody else's change in between is shown and not lost, and each change is a leaf.
func TestTheOperatorChangesATenant(t *testing.T) {
	h := house.Open(t, house.Options{})
	h.Tenant("agora", "civic-engagement", "CA", false)
	h.Tenant("other", "civic-engagement", "CA", false)
	now := func() tenant.Tenant {
		of, err := h.House.Tenants.Named("agora")
		if err != nil {
			t.Fatal(err)
		}
		return of
	}
	b := admin(t, h)
	const at = "/tenants/agora/change"
	if !strings.Contains(b.page("/tenants/agora"), `href="/operator/tenants/agora/change"`) {
		t.Error("the tenant's room does not lead to the form")
	}
	version, start := hidden(t, b.page(at), "version"), "2026-01-31"
	form := func(version string, pairs ...string) []string {
		return append([]string{"version", version, "lang", "en"}, pairs...)
	}
	for name, pairs := range map[string][]string{"title": {"title", " ", "hosts", "agora.localhost", "start", start}, "ends_at": {"title", "Agora", "hosts", "agora.localhost", "start", start, "end", "soon"},
		"starts_at": {"title", "Agora", "hosts", "agora.localhost", "start", "soon"}, "hosts": {"title", "Agora", "hosts", "agora.localhost other.localhost", "start", start}} {
		res, body := b.post(at, form(version, pairs...)...)
		if res.StatusCode/100 != 4 || !strings.Contains(body, `href="#f-`+name+`"`) || hidden(t, body, "version") != version {
			t.Errorf("a bad %s: %s %s", name, res.Status, main(body))
		}
	}
	if changes(t, h) != 0 || now().Version() != version {
		t.Error("a refused form changed the tenant")
	}
	if to := b.done(at, form(version, "title", "Ville d’Agora", "hosts", "agora.localhost, www.agora.localhost", "start", start, "end", "2099-12-31")...); !strings.HasSuffix(to, "done=tenant") {
		t.Errorf("a change leads to %s", to)
	}
	of := now()
	if of.Title != "Ville d’Agora" || len(of.Hosts) != 2 || of.Contract.Start.Format("2006-01-02") != start || of.Contract.End.Format("2006-01-02") != "2099-12-31" || changes(t, h) != 1 {
		t.Errorf("changed to %+v, %d leaves", of, changes(t, h))
	}
	res, body := b.post(at, form(version, "title", "Mine", "hosts", "agora.localhost www.agora.localhost", "start", start, "end", "2099-12-31")...)
	if res.StatusCode != http.StatusPreconditionFailed || !strings.Contains(body, "Changed in the meantime") || !strings.Contains(body, "Ville d’Agora") || !strings.Contains(body, `value="Mine"`) {
		t.Errorf("an old version: %s %s", res.Status, main(body))
	}
	if now().Title != "Ville d’Agora" || changes(t, h) != 1 {
		t.Error("an old version overwrote the tenant")
	}
	b.done(at, form(hidden(t, body, "version"), "title", "Mine", "hosts", "agora.localhost www.agora.localhost", "start", start, "end", "")...)
	if of := now(); of.Title != "Mine" || !of.Contract.End.IsZero() || changes(t, h) != 2 {
		t.Errorf("looked at and saved over: %+v", of)
	}
	b.done(at, form(now().Version(), "title", "Mine", "hosts", "agora.localhost www.agora.localhost", "start", start, "end", "")...)
	if changes(t, h) != 2 {
		t.Error("a form that changes nothing is told as a change")
	}
}

// One person's key is rotated from the record, by those who may rotate keys.
func TestTheKeyOfOnePersonIsRotated(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	one := store(t, h, of, "participants", `{"email":"a@example.org","display_name":"A","standing":"registered"}`)
	store(t, h, of, "participants", `{"email":"b@example.org","display_name":"B","standing":"registered"}`)
	plain := store(t, h, of, "consultations", `{"title":"Place du Marché","format":"survey"}`)
	b := person(t, h, of, "administrator")
	asks := regexp.MustCompile(`name="subject" value="([^"]+)"`)
	subject := asks.FindStringSubmatch(b.page(one))
	if subject == nil || asks.MatchString(b.page(plain)) {
		t.Fatalf("asked for on a person's record: %v; on one about nobody: %v", subject, asks.MatchString(b.page(plain)))
	}
	_, plan := b.post("/keys/plan", "level", "subjects", "subject", subject[1])
	if !strings.Contains(plan, subject[1]) || !strings.Contains(plan, "The key of this person") {
		t.Fatalf("plan: %s", main(plan))
	}
	if at := b.done("/keys/rotate", "level", hidden(t, plan, "level"), "subject", subject[1]); !strings.HasSuffix(at, "done=rotating") {
		t.Errorf("rotation leads to %s", at)
	}
	s, err := h.House.Rings.Status(t.Context(), of.ID)
	if err != nil || len(s.Rotations) != 1 || s.Rotations[0].Total != 1 || s.Rotations[0].Destroyed != 1 {
		t.Errorf("%+v %v", s.Rotations, err)
	}
	for _, bad := range [][]string{{"level", "kek", "subject", subject[1]}, {"level", "subjects", "subject", "nobody"}, {"level", "subjects", "subject", id.NewRecord().String()}} {
		for _, path := range []string{"/keys/plan", "/keys/rotate"} {
			if res, _ := b.post(path, bad...); res.StatusCode/100 != 4 {
				t.Errorf("%s of %v: %s", path, bad, res.Status)
			}
		}
	}
	for _, r := range h.Permit(of, access.Ask{Action: access.List, On: access.Account}).Matrix().Roles() {
		v := b
		if !h.Permit(of, access.Ask{Action: access.List, On: access.Account}).Matrix().Holds(r.Name, actor.Member) {
			continue
		}
		if r.Name != "administrator" {
			v = person(t, h, of, r.Name)
		}
		res, page := v.get(one)
		allowed, _ := v.post("/keys/plan", "level", "subjects", "subject", subject[1])
		if res.StatusCode == http.StatusOK && asks.MatchString(page) != (allowed.StatusCode == http.StatusOK) {
			t.Errorf("%s is shown the button: %v; the plan: %s", r.Name, asks.MatchString(page), allowed.Status)
		}
	}
}
