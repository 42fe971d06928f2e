package api_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"garant.example/client"
	"garant.example/internal/api"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/testkit/stage"
)

// dump is every row of every table of every database of the platform, but for the
// logs, which tell of refusals too, and the moment at which a session was last used.
func (r *ring) dump(t *testing.T) map[string]string {
	t.Helper()
	ctx, out := context.Background(), map[string]string{}
	read := func(name string, open func() (*audit.Log, func(), error)) {
		log, release, err := open()
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		err = log.Read(ctx, func(tx db.Tx) error {
			tables, err := tablesOf(tx)
			for _, table := range tables {
				if strings.HasPrefix(table, "audit_") || table == "identity_session" {
					continue
				}
				if out[name+"/"+table], err = rowsOf(tx, table); err != nil {
					return fmt.Errorf("%s: %w", table, err)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	read("control", func() (*audit.Log, func(), error) { return r.House.Tenants.ControlLog(ctx) })
	for _, tt := range r.House.Tenants.All() {
		for _, p := range tt.Placements {
			read(string(tt.Slug)+"/"+string(p.Name), func() (*audit.Log, func(), error) { return r.House.Tenants.Log(ctx, tt, p.Name) })
		}
	}
	if len(out) < 20 {
		t.Fatalf("the dump has %d tables", len(out))
	}
	return out
}

func tablesOf(tx db.Tx) ([]string, error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
	if tx.Engine() == db.Postgres {
		query = `SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`
	}
	return texts(tx, query)
}

func texts(tx db.Tx, query string, args ...any) (out []string, err error) {
	for row, err := range tx.Rows(query, args...) {
		if err != nil {
			return nil, err
		}
		var s string
		if err := row.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// rowsOf writes a whole table as text.
func rowsOf(tx db.Tx, table string) (string, error) {
	if tx.Engine() == db.Postgres {
		rows, err := texts(tx, `SELECT CAST(t AS text) FROM `+table+` t`)
		slices.Sort(rows)
		return strings.Join(rows, "\n"), err
	}
	columns, err := texts(tx, `SELECT name FROM pragma_table_info('`+table+`')`)
	if err != nil || len(columns) == 0 {
		return "", err
	}
	for i, c := range columns {
		columns[i] = `quote("` + c + `")`
	}
	rows, err := texts(tx, `SELECT `+strings.Join(columns, ` || ',' || `)+` FROM `+table)
	slices.Sort(rows)
	return strings.Join(rows, "\n"), err
}

// insider is somebody whom a route lets in, and what else it wants.
func (r *ring) insider(t *testing.T, route api.Route, auditor string) map[string]string {
	t.Helper()
	h := map[string]string{"Purpose": "support"}
	switch {
	case route.Name == "session.password":
		h["Authorization"] = "Bearer " + r.north.ManagerSecret
	case route.Scope == api.Anyone:
		h["Authorization"] = ""
	case route.Scope == api.Operator:
		h["Authorization"] = "Bearer " + r.Operator.Token()
	case strings.HasPrefix(route.Name, "log."):
		h["Authorization"] = "Bearer " + auditor
	default:
		h["Authorization"] = "Bearer " + r.north.ManagerSecret
	}
	if slices.Contains(route.Headers, "If-Match") {
		h["If-Match"] = r.record.ETag
		switch {
		case strings.HasPrefix(route.Name, "account."):
			h["If-Match"] = `"1"`
		case route.Name == "tenant.change":
			north, err := r.Operator.Platform().Tenant(context.Background(), "north")
			if err != nil {
				t.Fatal(err)
			}
			h["If-Match"] = north.ETag
		}
	}
	return h
}

// badBodyKinds are bodies that no route takes.
func badBodyKinds() map[string]string {
	return map[string]string{
		"nothing": " ", "not JSON": "fields", "cut off": `{"a":`, "two values": `{} {}`, "an array": `[]`, "a number": `7`,
		"10,000 arrays":  strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000),
		"10,000 objects": strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000),
		"invalid UTF-8":  "{\"a\":\"\xff\xfe\"}", "half a surrogate": `{"a":"\ud800"}`, "NUL": "{\"a\":\"\x00\"}",
		"an unknown name": `{"zz_nothing":1}`, "a name twice": `{"a":1,"a":1}`, "10 MB": `{"a":"` + strings.Repeat("x", 10<<20) + `"}`,
	}
}

// TestHostileInputToEveryRoute sends every fault to every route, as somebody whom the
// route lets in: each is answered by a problem document, and the databases hold the
// same rows as before.
func TestHostileInputToEveryRoute(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		r := newRing(t, s)
		auditor := r.north.Secret("ada", "auditor")
		cases := map[string][]hostile{}
		for _, route := range api.Routes() {
			if strings.HasPrefix(route.Name, "sabotage.") || strings.HasPrefix(route.Name, "promise.") && route.Method != http.MethodGet {
				continue // this platform runs no controls: those doors are closed, and TestPromises has them
			}
			header := r.insider(t, route, auditor)
			cases["bodies"] = append(cases["bodies"], r.bodyFaults(route, header)...)
			cases["addresses"] = append(cases["addresses"], r.pathFaults(route, header)...)
			cases["queries"] = append(cases["queries"], r.queryFaults(t, route, header)...)
			cases["headers"] = append(cases["headers"], r.headerFaults(route, header)...)
		}
		for _, kind := range slices.Sorted(maps.Keys(cases)) {
			before := r.dump(t)
			for _, h := range cases[kind] {
				r.check(t, h)
			}
			r.unchanged(t, before, cases[kind])
			t.Logf("%d hostile %s", len(cases[kind]), kind)
			if len(cases[kind]) < 20 {
				t.Errorf("only %d hostile %s", len(cases[kind]), kind)
			}
		}
	})
}

// unchanged names the tables that differ, and looks for the request that changed them.
func (r *ring) unchanged(t *testing.T, before map[string]string, cases []hostile) {
	t.Helper()
	after := r.dump(t)
	if maps.Equal(before, after) {
		return
	}
	for table := range after {
		if before[table] != after[table] {
			t.Errorf("%s is not what it was", table)
		}
	}
	for _, h := range cases {
		before := r.dump(t)
		r.check(t, h)
		if !maps.Equal(before, r.dump(t)) {
			t.Errorf("%s changed something", h.name)
		}
	}
}

func (r *ring) bodyFaults(route api.Route, header map[string]string) (out []hostile) {
	if route.In == nil || route.Body != "" {
		return nil
	}
	for name, text := range badBodyKinds() {
		h := hostile{name: route.Name + ": " + name, method: route.Method, path: fill(r, route.Path), header: header, body: text, status: 422, code: "invalid"}
		if name == "10 MB" {
			h.status, h.code = 413, "too_large"
		}
		out = append(out, h)
	}
	form := maps.Clone(header)
	form["Content-Type"] = "application/x-www-form-urlencoded"
	return append(out, hostile{name: route.Name + ": a form", method: route.Method, path: fill(r, route.Path), header: form, body: "a=1",
		status: 422, code: "invalid", pointer: "header/Content-Type"})
}

// pathFaults put another tenant's ids, ids of another kind, and what does not exist
// into each hole of an address.
func (r *ring) pathFaults(route api.Route, header map[string]string) (out []hostile) {
	theirs := map[string][]string{
		"{tenant}":     {"nowhere", "south", r.south.Tenant.ID, "%00", "..%2f..%2foperator"},
		"{of}":         {"nowhere", r.record.ID, "%00"},
		"{collection}": {"nothing", "%27%20OR%201=1--"},
		"{record}":     {r.theirs.ID, r.north.Tenant.ID, "r_nothing", "%00"},
		"{account}":    {r.south.Admin.Account.ID, r.record.ID, "nothing"},
		"{token}":      {r.south.Token.ID, r.record.ID, "nothing"},
		"{placement}":  {"nothing"},
		"{code}":       {"nothing"},
	}
	for hole, values := range theirs {
		if !strings.Contains(route.Path, hole) {
			continue
		}
		if route.Name == "session.open" || route.Name == "record.transition" && hole == "{record}" {
			continue // a name and a password are asked for anywhere; a collection without a life refuses first
		}
		for _, v := range values {
			h := hostile{name: route.Name + ": " + hole + " " + v, method: route.Method, header: header, body: sound(route),
				path: fill(r, strings.Replace(route.Path, hole, v, 1)), status: 404, code: "not_found"}
			out = append(out, h)
		}
	}
	return out
}

// sound is a body with which only the address is at fault.
func sound(route api.Route) string {
	switch route.Name {
	case "record.update":
		return `{"fields":{"display_name":"X"}}`
	case "account.change":
		return `{"name":"X","sign_in":"x@example.org","lang":"en"}`
	}
	return body(route)
}

// queryFaults give each parameter what it does not take, and a parameter that is none.
func (r *ring) queryFaults(t *testing.T, route api.Route, header map[string]string) (out []hostile) {
	t.Helper()
	add := func(name, value string) {
		out = append(out, hostile{name: route.Name + "?" + name + "=" + value, method: route.Method, header: header, body: body(route),
			path: fill(r, route.Path) + "?" + url.Values{name: {value}}.Encode(), status: 422, code: "invalid"})
	}
	if !slices.Contains(route.Query, "*") {
		add("zz_nothing", "1")
	}
	bad := map[string][]string{"limit": {"0", "-1", "many", "9999999999999999999"}, "cursor": {"AAAA", "\x00", "a\nb"},
		"since": {"yesterday"}, "until": {"2026-13-01T00:00:00Z"}, "from": {"-1", "x"}, "to": {"-1", "x"}, "order": {"sideways"},
		"outcome": {"perhaps"}, "format": {"xlsx"}, "sealed": {"perhaps"}, "operation": {"nothing.at_all"}, "object": {"nothing"}}
	for _, name := range route.Query {
		for _, value := range bad[name] {
			add(name, value)
		}
	}
	if slices.Contains(route.Query, "cursor") && route.Scope == api.Tenant && route.On.String() != "record" {
		add("cursor", r.foreignCursor(t))
	}
	return out
}

// foreignCursor is a cursor of another tenant's list.
func (r *ring) foreignCursor(t *testing.T) string {
	t.Helper()
	ctx := context.Background()
	people := r.south.Program.Collection("participants")
	page, err := people.List(ctx, client.ListOptions{Limit: 1})
	if err == nil && page.Next == "" {
		if _, err = people.Create(ctx, person("second@example.org")); err == nil {
			page, err = people.List(ctx, client.ListOptions{Limit: 1})
		}
	}
	if err != nil || page.Next == "" {
		t.Fatalf("%+v, %v", page, err)
	}
	return page.Next
}

// headerFaults leave If-Match out, name a version that was overtaken, and send an
// Idempotency-Key that is none.
func (r *ring) headerFaults(route api.Route, header map[string]string) (out []hostile) {
	with := func(name, header1, value string, status int, code string) {
		h := maps.Clone(header)
		h[header1] = value
		text := sound(route)
		if route.Name == "tenant.change" {
			text = `{"title":"Other"}`
		}
		out = append(out, hostile{name: route.Name + ": " + name, method: route.Method, path: fill(r, route.Path), header: h, body: text, status: status, code: code})
	}
	if slices.Contains(route.Headers, "If-Match") && route.Name != "record.transition" {
		with("no If-Match", "If-Match", "", 428, "precondition")
		stale := `"9-000000000000"`
		if strings.HasPrefix(route.Name, "account.") {
			stale = `"999"`
		}
		if route.Name != "account.change" && route.Name != "account.roles" { // their sound bodies are tried elsewhere
			with("a stale If-Match", "If-Match", stale, 412, "stale")
		}
	}
	if slices.Contains(route.Headers, "Idempotency-Key") && route.Name != "record.transition" {
		with("a key that is none", "Idempotency-Key", strings.Repeat("k", 129), 422, "invalid")
		with("a key with spaces", "Idempotency-Key", "a b", 422, "invalid")
	} else if route.Method != http.MethodGet && route.Name != "record.transition" {
		with("a key that would not act", "Idempotency-Key", "k", 422, "invalid")
	}
	if route.Scope != api.Anyone && route.Name != "record.transition" {
		with("an explanation that is neither", "Explain-Permission", "perhaps", 422, "invalid")
	}
	return out
}
