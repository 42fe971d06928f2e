package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"garant.example/client"
	"garant.example/internal/api"
	"garant.example/internal/db"
	"garant.example/internal/tenant"
	"garant.example/testkit/stage"
)

// keyed is one request per route that takes an Idempotency-Key.
type keyed struct {
	hostile
	other string // another body, or another address for a route without one
}

// onceRoutes gives each route its own thing to change.
func onceRoutes(t *testing.T, r *ring) map[string]keyed {
	t.Helper()
	ctx := context.Background()
	manager := map[string]string{"Authorization": "Bearer " + r.north.ManagerSecret}
	operator := map[string]string{"Authorization": "Bearer " + operatorSecret(t, r.Stage)}
	with := func(h map[string]string, tag string) map[string]string {
		out := maps.Clone(h)
		if out == nil {
			out = map[string]string{}
		}
		if tag != "" {
			out["If-Match"] = tag
		}
		return out
	}
	post := func(path, body string, status int, header map[string]string) hostile {
		return hostile{method: "POST", path: path, body: body, status: status, header: header}
	}
	account := func(name string) client.Account {
		made, err := r.north.Manager.Invite(ctx, client.Person{Name: name, SignIn: name, Lang: "en"}, "reader")
		if err != nil {
			t.Fatal(err)
		}
		a, err := r.north.Manager.Account(ctx, made.Account.ID)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	accounts := "/v1/tenants/north/accounts"
	off, on, lost, slow, here, idea := account("off"), account("on"), account("lost"), account("slow"), account("here"), consultation(t, r)
	on, err := r.north.Manager.Disable(ctx, on.ID, on.ETag)
	if err != nil {
		t.Fatal(err)
	}
	person := func(name string) string {
		return fmt.Sprintf(`{"person":{"name":%q,"sign_in":%q,"lang":"fr"},"roles":["reader"]}`, name, name)
	}
	return map[string]keyed{
		"record.create": {post(people, `{"fields":{"email":"k@example.org","display_name":"K","standing":"registered"}}`, 201, nil),
			`{"fields":{"email":"l@example.org","display_name":"K","standing":"registered"}}`},
		"record.transition": {post(idea.path+":transition", `{"from":"draft","to":"open"}`, 200, with(manager, idea.tag)), `{"from":"open","to":"closed"}`},
		"record.restrict":   {post(people+"/"+r.record.ID+":restrict", "", 200, with(manager, r.record.ETag)), ""},
		"account.invite":    {post(accounts, person("new"), 201, manager), person("newer")},
		"account.disable":   {post(accounts+"/"+off.ID+":disable", "", 200, with(manager, off.ETag)), ""},
		"account.enable":    {post(accounts+"/"+on.ID+":enable", "", 200, with(manager, on.ETag)), ""},
		"account.reset":     {post(accounts+"/"+lost.ID+":reset", "", 200, manager), ""},
		"account.unlock":    {post(accounts+"/"+slow.ID+":unlock", "", 204, manager), ""},
		"account.sign_out":  {post(accounts+"/"+here.ID+":sign_out", "", 204, manager), ""},
		"token.create": {post("/v1/tenants/north/tokens", `{"label":"a","roles":["integration"]}`, 201, manager),
			`{"label":"b","roles":["integration"]}`},
		"tenant.create": {post("/v1/platform/tenants", opening("third"), 201, operator), opening("fourth")},
		"tenant.end":    {post("/v1/platform/tenants/south:end", `{"at":"2199-01-01T00:00:00Z"}`, 200, operator), `{"at":"2199-01-02T00:00:00Z"}`},
	}
}

func opening(slug string) string {
	return fmt.Sprintf(`{"slug":%q,"title":"T","country":"CA","lang":"fr","profile":"civic-engagement","admin":{"name":"A","sign_in":"a@example.org","lang":"fr"}}`, slug)
}

// TestEveryChangeIsDoneOnce: a request under an Idempotency-Key is answered a second
// time byte for byte and changes nothing then; another request under the key is
// refused; another caller's key never meets it.
func TestEveryChangeIsDoneOnce(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		r := newRing(t, s)
		routes := onceRoutes(t, r)
		for _, route := range api.Routes() {
			takes := false
			for _, h := range route.Headers {
				takes = takes || h == "Idempotency-Key"
			}
			if _, tried := routes[route.Name]; takes && !tried && route.Name != "record.release" { // the other half of restrict
				t.Errorf("%s takes a key and is not tried", route.Name)
			}
		}
		for name, k := range routes {
			r.doneOnce(t, name, k)
		}
		t.Logf("%d routes", len(routes))
	})
}

func (r *ring) doneOnce(t *testing.T, name string, k keyed) {
	t.Helper()
	h := k.hostile
	h.name = name
	h.header = maps.Clone(h.header)
	if h.header == nil {
		h.header = map[string]string{}
	}
	h.header["Idempotency-Key"] = "attempt-1"
	first, body := r.send(t, h)
	if first.StatusCode != h.status {
		t.Errorf("%s: %s %s", name, first.Status, body)
		return
	}
	before := r.state(t)
	again, second := r.send(t, h)
	if again.StatusCode != h.status || !bytes.Equal(body, second) {
		t.Errorf("%s: again %s\n%s\n%s", name, again.Status, body, second)
	}
	for _, header := range []string{"Etag", "Location", "Content-Type"} {
		if first.Header.Get(header) != again.Header.Get(header) {
			t.Errorf("%s: %s was %q and is %q", name, header, first.Header.Get(header), again.Header.Get(header))
		}
	}
	if name == "token.create" && !bytes.Contains(second, []byte(`"secret":"grt_`)) {
		t.Errorf("the second answer has no secret: %s", second)
	}
	if !same(before, r.state(t)) {
		t.Errorf("%s: the second request changed something", name)
	}
	h.status, h.code, h.pointer = http.StatusConflict, "conflict", "header/Idempotency-Key"
	if h.body = k.other; h.body == "" {
		h.body = " "
	}
	r.check(t, h)
	if !same(before, r.state(t)) {
		t.Errorf("%s: another request under the key changed something", name)
	}
}

// operatorSecret is the operator's session, for requests that the client would not send.
func operatorSecret(t *testing.T, s *stage.Stage) string {
	t.Helper()
	session, err := s.Client("").Tenant("operator").SignIn(context.Background(), "olive", "Zwölf-Boxkämpfer-9182")
	if err != nil {
		t.Fatal(err)
	}
	return session.Secret
}

type draft struct{ path, tag string }

// consultation is a record with a life cycle.
func consultation(t *testing.T, r *ring) draft {
	t.Helper()
	made, err := r.north.Manager.Collection("consultations").Create(context.Background(),
		client.NewRecord{Fields: []byte(`{"title":"Parks","format":"survey"}`)})
	if err != nil {
		t.Fatal(err)
	}
	return draft{"/v1/tenants/north/collections/consultations/records/" + made.ID, made.ETag}
}

// TestTwoAtOnceAreOne: of many copies of a request that arrive together one acts; the
// others are given its answer, or are told that it is running.
func TestTwoAtOnceAreOne(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		r := newRing(t, s)
		manager := map[string]string{"Authorization": "Bearer " + r.north.ManagerSecret, "Idempotency-Key": "together"}
		for name, h := range map[string]hostile{
			"record": {method: "POST", path: people, body: `{"fields":{"email":"t@example.org","display_name":"T","standing":"registered"}}`,
				header: map[string]string{"Idempotency-Key": "together"}},
			"token": {method: "POST", path: "/v1/tenants/north/tokens", body: `{"label":"t","roles":["integration"]}`, header: manager},
		} {
			const copies = 8
			var wg sync.WaitGroup
			bodies, statuses := make([]string, copies), make([]int, copies)
			for i := range copies {
				wg.Go(func() {
					answer, body := r.send(t, h)
					statuses[i], bodies[i] = answer.StatusCode, string(body)
				})
			}
			wg.Wait()
			made := map[string]bool{}
			for i, status := range statuses {
				switch {
				case status == http.StatusCreated:
					made[bodies[i]] = true
				case status != http.StatusConflict || !strings.Contains(bodies[i], "tenant.once.running"):
					t.Errorf("%s: %d %s", name, status, bodies[i])
				}
			}
			if len(made) != 1 {
				t.Errorf("%s: %d different answers: %v", name, len(made), statuses)
			}
		}
		if list, err := r.north.Manager.Tokens(context.Background(), ""); err != nil || len(list.Tokens) != 2 {
			t.Errorf("%d tokens, %v", len(list.Tokens), err)
		}
	})
}

// TestKeysBelongToTheirCallers: the key of another caller is another key, and who may
// no longer make a change is not given its answer.
func TestKeysBelongToTheirCallers(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		r := newRing(t, s)
		h := hostile{method: "POST", path: "/v1/tenants/north/tokens", body: `{"label":"t","roles":["integration"]}`,
			header: map[string]string{"Authorization": "Bearer " + r.north.ManagerSecret, "Idempotency-Key": "k"}}
		_, first := r.send(t, h)
		h.header["Authorization"] = "Bearer " + r.south.ManagerSecret
		h.path = "/v1/tenants/south/tokens"
		if answer, other := r.send(t, h); answer.StatusCode != 201 || bytes.Equal(first, other) {
			t.Errorf("south: %s %s", answer.Status, other)
		}
		h.header["Authorization"], h.path = "Bearer "+r.north.Token.Secret, "/v1/tenants/north/tokens"
		if answer, body := r.send(t, h); answer.StatusCode != http.StatusForbidden {
			t.Errorf("a program was given a manager's answer: %s %s", answer.Status, body)
		}
	})
}

// TestKeyOnARouteThatDoesNotActOnItIsRefused: whoever believes to be safe and is not
// must learn it.
func TestKeyOnARouteThatDoesNotActOnItIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		r := newRing(t, s)
		r.check(t, hostile{name: "import", method: "POST", path: people + ":import", body: `{"fields":{}}`, status: 422, code: "invalid",
			header: map[string]string{"Idempotency-Key": "k", "Content-Type": "application/x-ndjson"}, pointer: "header/Idempotency-Key"})
	})
}

// TestWhatIsKeptOfAnAnswerTellsNothing: neither the key nor the secret that was
// answered stands in the database, and it is gone a day later.
func TestWhatIsKeptOfAnAnswerTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		r := newRing(t, s)
		h := hostile{method: "POST", path: "/v1/tenants/north/tokens", body: `{"label":"kept","roles":["integration"]}`,
			header: map[string]string{"Authorization": "Bearer " + r.north.ManagerSecret, "Idempotency-Key": "a-key-to-look-for"}}
		_, body := r.send(t, h)
		var made client.Token
		if err := json.Unmarshal(body, &made); err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		north, err := r.House.Tenants.Named("north")
		if err != nil {
			t.Fatal(err)
		}
		log, release, err := r.House.Tenants.Log(ctx, north, tenant.Main)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		var kept, tag []byte
		err = log.Read(ctx, func(tx db.Tx) error {
			return tx.Row(`SELECT tag, body FROM tenant_once`).Scan(&tag, &kept)
		})
		if err != nil || len(kept) == 0 {
			t.Fatalf("%d bytes, %v", len(kept), err)
		}
		for _, secret := range []string{made.Secret, "kept", "a-key-to-look-for", made.ID} {
			if bytes.Contains(kept, []byte(secret)) || bytes.Contains(tag, []byte(secret)) {
				t.Errorf("%s can be read", secret)
			}
		}
	})
}
