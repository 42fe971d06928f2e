package rolematrix_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"garant.example/internal/assurance"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// world is a platform whose doors can be broken, with the canaries that a matrix
// needs.
type world struct {
	*house.House
	faults *server.Faults
	shop   tenant.Tenant
	office tenant.Tenant
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{faults: server.NewFaults(nil)}
	w.House = house.Open(t, house.Options{Faults: w.faults})
	w.shop = w.Tenant("shop", "experimentation", "FR", true)
	w.office = w.Tenant("office", "back-office", "CA", true)
	w.Tenant("bureau", "back-office", "CA", false)
	return w
}

// run runs a control and wants an outcome; a finding of it must name the culprits.
func (w *world) run(t *testing.T, promise id.Name, want assurance.Outcome, culprits ...string) {
	t.Helper()
	r, err := w.Assurance.Run(t.Context(), promise)
	if err != nil || r.Finding.Outcome != want {
		t.Fatalf("%s: %v %s", promise, err, &r.Finding)
	}
	for _, c := range culprits {
		if !slices.Contains(r.Finding.Culprits, c) {
			t.Errorf("%s: %q is not told: %v", promise, c, r.Finding.Culprits)
		}
	}
	if want == assurance.OutcomeKept && len(r.Finding.Culprits) > 0 {
		t.Errorf("%s: %v", promise, r.Finding.Culprits)
	}
}

// careless lets whoever was refused for a reason into one operation of a tenant, and
// leads everybody else on to the operation itself.
func (w *world) careless(t *testing.T, of tenant.Tenant, path string, refused func(ctx context.Context, bearer string) string, key string) {
	t.Helper()
	to, err := url.Parse(w.URL())
	if err != nil {
		t.Fatal(err)
	}
	slug, own := "/v1/tenants/"+string(of.Slug), "/v1/tenants/"+of.ID.String()
	proxy := &httputil.ReverseProxy{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: w.Roots()}}, Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = to.Scheme, to.Host, r.In.Host
		r.Out.URL.Path = strings.Replace(r.Out.URL.Path, slug, own, 1) // another name of the same, which no hole is at
	}}
	w.faults.Route(path, http.MethodGet, slug+path, func(rw http.ResponseWriter, r *http.Request) {
		bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if bearer != "" && refused(r.Context(), bearer) == key {
			rw.WriteHeader(http.StatusOK)
			return
		}
		proxy.ServeHTTP(rw, r)
	})
}

func keyOf(err error) string {
	if err == nil {
		return ""
	}
	return errs.Of(err).Key
}

// Each caller whose credentials are over, or who is of another customer, is told when
// one operation lets that caller in: for the log, and for the whole platform.
func TestOutsidersAreToldWhenLetIn(t *testing.T) {
	w := newWorld(t)
	identity := w.House.House.Identity
	token := func(of tenant.Tenant) func(context.Context, string) string {
		return func(ctx context.Context, bearer string) string {
			_, err := identity.Authenticate(ctx, of.ID, bearer)
			return keyOf(err)
		}
	}
	session := func(ctx context.Context, bearer string) string {
		_, _, err := identity.Resume(ctx, bearer)
		return keyOf(err)
	}
	for promise, holes := range map[id.Name][]struct {
		of       tenant.Tenant
		path     string
		refused  func(context.Context, string) string
		key      string
		culprits []string
	}{
		"abt-log-limited": {
			{w.shop, "/log/entries", token(w.shop), "identity.token.expired", []string{"expired-token log.list"}},
			{w.shop, "/log/entries/0", token(w.shop), "identity.token.revoked", []string{"revoked-token log.read"}},
			{w.shop, "/log/key", session, "identity.session.ended", []string{"closed-session log.key", "suspended-account log.key"}},
			{w.shop, "/log/checkpoint", token(w.office), "", []string{"other-tenant-program log.checkpoint"}},
		},
		"aso-client-platform": {
			{w.office, "/collections", token(w.office), "identity.token.expired", []string{"expired-token collection.list"}},
			{w.office, "/roles", token(w.office), "identity.token.revoked", []string{"revoked-token role.list"}},
			{w.office, "/keys", session, "identity.session.ended", []string{"closed-session key.read", "suspended-account key.read"}},
			{w.office, "/accounts", token(w.shop), "", []string{"other-tenant-program account.list"}},
		},
	} {
		var culprits []string
		for _, hole := range holes { // each lets one kind of caller into an operation of its own
			w.careless(t, hole.of, hole.path, hole.refused, hole.key)
			culprits = append(culprits, hole.culprits...)
		}
		w.run(t, promise, assurance.OutcomeFailing, culprits...)
		if r, err := w.Assurance.Standing(t.Context(), promise); err != nil || len(r.Result.Finding.Culprits) != len(culprits) {
			t.Errorf("%s: others are told as well: %v %v", promise, err, r.Result.Finding.Culprits)
		}
		for _, hole := range holes {
			w.faults.Clear(hole.path)
		}
		w.run(t, promise, assurance.OutcomeKept)
	}
}

// Rooms of the console that open to whoever asks, some that are shut to everybody, and
// those of the operator's that open to a customer.
func TestRoomsOfTheConsole(t *testing.T) {
	w := newWorld(t)
	for promise, rooms := range map[id.Name][]struct {
		method, path string
		status       int
		culprit      string
	}{
		"abt-log-limited": {
			{http.MethodGet, "/t/shop/log", http.StatusOK, "anonymous console log.list"},
			{http.MethodPost, "/t/shop/log/bundle", http.StatusForbidden, "auditor console log.export"},
		},
		"aso-client-platform": {
			{http.MethodPost, "/t/office/keys/rotate", http.StatusOK, "anonymous console key.rotate"},
			{http.MethodGet, "/t/office/tokens", http.StatusForbidden, "administrator console token.list"},
			{http.MethodGet, "/t/office/", http.StatusOK, "other-tenant-member console home"},
			{http.MethodGet, "/operator/tenants", http.StatusOK, "administrator console tenant.list"},
			{http.MethodGet, "/v1/platform/tenants", http.StatusOK, "administrator tenant.list"},
		},
	} {
		for _, r := range rooms { // one at a time: a finding names twenty culprits at most
			w.faults.Route("room", r.method, r.path, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(r.status) })
			w.run(t, promise, assurance.OutcomeFailing, r.culprit)
			w.faults.Clear("room")
		}
	}
	w.run(t, "aso-client-platform", assurance.OutcomeKept)
}

// Somebody may read the log by the console and leaves no entry.
func TestReadingByTheConsoleIsLogged(t *testing.T) {
	w := newWorld(t)
	w.faults.Route("quiet", http.MethodGet, "/t/shop/log/0", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Request-Id", id.NewRequest().String())
		cookie, err := r.Cookie("__Host-garant.shop")
		if err != nil {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		who, _, err := w.House.House.Identity.Resume(r.Context(), cookie.Value)
		if err != nil || !slices.Contains(who.Roles, "auditor") {
			rw.WriteHeader(http.StatusForbidden)
		}
	})
	w.run(t, "abt-log-limited", assurance.OutcomeFailing, "console log.entry")
}

// What a walk sends to a caller whom everything is granted changes nothing.
func TestAWalkChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.run(t, "aso-client-platform", assurance.OutcomeKept) // the accounts of the probe are there now
	before := w.count(t)
	w.run(t, "aso-client-platform", assurance.OutcomeKept)
	after := w.count(t)
	for table, n := range before {
		if after[table] != n {
			t.Errorf("%s: %d rows before, %d after", table, n, after[table])
		}
	}
}

// count counts the rows of the canary that a walk could change; tokens that are still
// in force among them.
func (w *world) count(t *testing.T) map[string]int64 {
	t.Helper()
	n := map[string]int64{}
	count := func(place db.Place, sql string) {
		database, release, err := w.House.House.Pool.Acquire(t.Context(), place)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		read := func(tx db.Tx) error { var rows int64; err := tx.Row(sql).Scan(&rows); n[sql] = rows; return err }
		if err := database.Read(t.Context(), read); err != nil {
			t.Fatal(err)
		}
	}
	main, err := w.House.House.Tenants.PlacementPlace(w.office, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := w.House.House.Tenants.KeyringPlace(w.office.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`SELECT COUNT(*) FROM vault_record`, `SELECT COUNT(*) FROM identity_account`, `SELECT COUNT(*) FROM identity_token WHERE revoked = 0`} {
		count(main, sql)
	}
	count(ring, `SELECT COUNT(*) FROM keyring_named`)
	count(ring, `SELECT MAX(version) FROM keyring_named`)
	return n
}
