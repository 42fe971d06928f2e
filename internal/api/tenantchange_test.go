package api_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"garant.example/client"
	"garant.example/internal/audit"
	"garant.example/testkit/stage"
)

// TestTenantChanges: what the operator may change of a tenant is changed with one
// leaf, and in force at once; a version that was overtaken, a host name of another and
// a value that no opening would take are refused and change nothing.
func TestTenantChanges(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		ctx := context.Background()
		r := newRing(t, s)
		platform := s.Operator.Platform()
		before, err := platform.Tenant(ctx, "north")
		if err != nil || before.ETag == "" {
			t.Fatalf("%+v, %v", before, err)
		}
		title, lang, hosts, ends := "Northern city", "fr", []string{"Talk.North.Example"}, time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC)
		after, err := platform.Change(ctx, "north", before.ETag, client.TenantChanges{Title: &title, Lang: &lang, Hosts: &hosts, EndsAt: &ends})
		if err != nil || after.Title != title || after.Lang != lang || !after.EndsAt.Equal(ends) || after.ETag == before.ETag ||
			!slices.Equal(after.Hosts, []string{"talk.north.example"}) || after.Country != before.Country {
			t.Fatalf("%+v, %v", after, err)
		}
		if read, err := r.north.Manager.Info(ctx); err != nil || read.Title != title {
			t.Errorf("the tenant's own people read %+v, %v", read, err)
		}
		if found, ok := r.House.Tenants.Hosted("talk.north.example"); !ok || string(found.Slug) != "north" {
			t.Errorf("the host name leads to %v", found.Slug)
		}
		if found, ok := r.House.Tenants.Hosted("Talk.North.example."); !ok || string(found.Slug) != "north" {
			t.Errorf("the same host written otherwise: %v %v", found.Slug, ok)
		}
		if n := r.controlEntries(t, audit.TenantChange, r.north.Tenant.ID); n != 2 { // opened, changed
			t.Errorf("%d leaves", n)
		}
		// What lies in the database is what was answered.
		north, err := r.House.Tenants.Named("north")
		if err != nil {
			t.Fatal(err)
		}
		if err := r.House.Tenants.Reread(ctx, north.ID); err != nil {
			t.Fatal(err)
		}
		again, err := platform.Tenant(ctx, "north")
		if err != nil || again.ETag != after.ETag {
			t.Errorf("%s became %s, %v", after.ETag, again.ETag, err)
		}
		for name, h := range map[string]hostile{
			"stale":                 {body: `{"title":"X"}`, header: map[string]string{"If-Match": before.ETag}, status: 412, code: "stale"},
			"no version":            {body: `{"title":"X"}`, status: 428, code: "precondition"},
			"any version":           {body: `{"title":"X"}`, header: map[string]string{"If-Match": "*"}, status: 422, code: "invalid"},
			"no title":              {body: `{"title":" "}`, status: 422, code: "invalid", pointer: "/title"},
			"no such language":      {body: `{"lang":"de"}`, status: 422, code: "invalid", pointer: "/lang"},
			"the country":           {body: `{"country":"FR"}`, status: 422, code: "invalid", pointer: "/country"},
			"ends before begins":    {body: `{"starts_at":"2030-01-01T00:00:00Z","ends_at":"2029-01-01T00:00:00Z"}`, status: 422, code: "invalid", pointer: "/ends_at"},
			"a host with a port":    {body: `{"hosts":["north.example:443"]}`, status: 422, code: "invalid", pointer: "/hosts/0"},
			"an address as host":    {body: `{"hosts":["a.example","192.0.2.7"]}`, status: 422, code: "invalid", pointer: "/hosts/1"},
			"the same host twice":   {body: `{"hosts":["a.example","A.Example"]}`, status: 422, code: "invalid", pointer: "/hosts/1"},
			"the platform's host":   {body: `{"hosts":["Localhost"]}`, status: 409, code: "conflict", pointer: "/hosts/0"},
			"the platform's name":   {body: `{"hosts":["garant.example"]}`, status: 409, code: "conflict", pointer: "/hosts/0"},
			"a moment that is none": {body: `{"ends_at":"tomorrow"}`, status: 422, code: "invalid", pointer: "/ends_at"},
		} {
			h.name, h.method, h.path = name, "PATCH", "/v1/platform/tenants/north"
			if h.header == nil && h.status != 428 {
				h.header = map[string]string{"If-Match": after.ETag}
			}
			if h.header == nil {
				h.header = map[string]string{}
			}
			h.header["Authorization"] = "Bearer " + s.Operator.Token()
			r.check(t, h)
		}
		theirs, err := platform.Tenant(ctx, "south")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := platform.Change(ctx, "south", theirs.ETag, client.TenantChanges{Hosts: &hosts}); !refusedWith(err, client.Conflict) {
			t.Errorf("another's host name: %v", err)
		}
		if last, err := platform.Tenant(ctx, "north"); err != nil || last.ETag != after.ETag {
			t.Errorf("a refused change changed %+v, %v", last, err)
		}
		if cleared, err := platform.Change(ctx, "north", after.ETag, client.TenantChanges{EndsAt: new(time.Time)}); err != nil || !cleared.EndsAt.IsZero() {
			t.Errorf("the end was not taken back: %+v, %v", cleared, err)
		}
	})
}

// controlEntries counts what the control log tells of an object.
func (r *ring) controlEntries(t *testing.T, op audit.Operation, object string) (n int) {
	t.Helper()
	log, release, err := r.House.Tenants.ControlLog(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	page, err := log.Entries(context.Background(), audit.Query{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	found, err := r.House.Tenants.Named(object)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		if e.Entry.Operation == op && e.Entry.Object == found.ID.Raw {
			n++
		}
	}
	return n
}
