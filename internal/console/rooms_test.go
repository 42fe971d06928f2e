package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"garant.example/internal/db"
	"garant.example/testkit/house"
)

// A person is invited, signs in, gets other roles, is disabled.
func TestPeopleComeAndGo(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	b := person(t, h, of, "administrator")
	if res, body := b.post("/people/new", "name", "", "sign_in", "", "lang", "fr"); res.StatusCode != http.StatusUnprocessableEntity ||
		!strings.Contains(body, `href="#f-name"`) || !strings.Contains(body, `href="#f-sign_in"`) {
		t.Errorf("every fault at once: %s %s", res.Status, main(body))
	}
	_, made := b.post("/people/new", "name", "Ondine Prévert", "sign_in", "ondine", "lang", "fr", "roles", "reader")
	initial := code(t, made)
	newcomer := newBrowser(t, h, of)
	newcomer.signIn("ondine", initial)
	newcomer.done("/password", "present", initial, "wanted", chosen)
	if home := newcomer.page("/"); !strings.Contains(home, `lang="fr"`) || strings.Contains(home, `href="/t/agora/people"`) {
		t.Error("the first room of a reader is not in French, or shows what a reader may not open")
	}
	account := regexp.MustCompile(`/people/(a_[a-z0-9]+)">Ondine`).FindStringSubmatch(b.page("/people"))[1]
	page := b.page("/people/" + account)
	b.done("/people/"+account+"/roles", "version", hidden(t, page, "version"), "roles", "administrator")
	if res, _ := newcomer.get("/"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the session outlived the change of roles: %s", res.Status)
	}
	if res, _ := b.post("/people/"+account+"/roles", "version", hidden(t, page, "version"), "roles", "reader"); res.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("a change of an old version: %s", res.Status)
	}
	newcomer.signIn("ondine", chosen)
	newcomer.page("/people")
	b.done("/people/"+account+"/state", "version", hidden(t, b.page("/people/"+account), "version"), "into", "disabled")
	if res, _ := newcomer.post("/sign-in", "name", "ondine", "password", chosen); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a disabled account signs in: %s", res.Status)
	}
	b.done("/people/"+account+"/state", "version", hidden(t, b.page("/people/"+account), "version"), "into", "active")
	_, reset := b.post("/people/" + account + "/reset")
	newcomer.signIn("ondine", code(t, reset))
	b.done("/people/" + account + "/sessions")
	b.done("/people/" + account + "/unlock")
}

// code is the first block of a page that is for a machine.
func code(t *testing.T, body string) string {
	t.Helper()
	m := regexp.MustCompile(`<code>([^<]+)</code>`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no code in: %s", main(body))
	}
	return strings.NewReplacer("&#39;", "'", "&amp;", "&", "&#34;", `"`).Replace(m[1])
}

// A token is shown once, works, and opens nothing once revoked.
func TestATokenIsShownOnce(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	b := person(t, h, of, "administrator")
	_, made := b.post("/tokens/new", "label", "importer", "roles", "integration", "scope", "participants", "days", "7")
	token := code(t, made)
	list := b.page("/tokens")
	if strings.Contains(list, token) || !strings.Contains(list, "importer") {
		t.Error("the list shows the token, or not its label")
	}
	const records = "/v1/tenants/agora/collections/participants/records"
	if res, body := h.Do(token, "GET", records, ""); res.StatusCode != http.StatusOK {
		t.Fatalf("the token does not open: %s %s", res.Status, body)
	}
	if res, _ := h.Do(token, "GET", "/v1/tenants/agora/collections/contributions/records", ""); res.StatusCode != http.StatusForbidden {
		t.Errorf("the token reaches beyond its scope: %s", res.Status)
	}
	id := regexp.MustCompile(`/tokens/(k_[a-z0-9]+)/revoke"`).FindStringSubmatch(list)
	if id == nil {
		t.Fatal("the token cannot be revoked from the list")
	}
	b.done("/tokens/" + id[1] + "/revoke")
	if res, _ := h.Do(token, "GET", records, ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("the revoked token opens: %s", res.Status)
	}
}

// A dry run changes nothing; a rotation makes a new version.
func TestKeysAreRotated(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	b := person(t, h, of, "administrator")
	version := func() int {
		s, err := h.House.Rings.Status(t.Context(), of.ID)
		if err != nil {
			t.Fatal(err)
		}
		return s.KEK
	}
	if _, plan := b.post("/keys/plan"); !strings.Contains(plan, "1 → 2") || version() != 1 {
		t.Fatalf("dry run: version %d, %s", version(), main(plan))
	}
	if at := b.done("/keys/rotate"); !strings.HasSuffix(at, "done=rotated") || version() != 2 {
		t.Errorf("rotation: version %d", version())
	}
	if log := person(t, h, of, "auditor").page("/log"); !strings.Contains(log, "rotated keys") {
		t.Error("the rotation is not in the log")
	}
}

// The keys of persons are rotated from the console: planned, begun, and shown in the
// schedule; the schedule says what is overdue.
func TestDataKeysAreRotated(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "digital-training", "AU", false)
	b := person(t, h, of, "administrator")
	store(t, h, of, "learners", `{"email":"ada@example.org","given_name":"Ada","family_name":"L","standing":"learner"}`)
	if _, plan := b.post("/keys/plan", "level", "subjects"); !strings.Contains(plan, "Records to seal anew") || !strings.Contains(plan, `name="level" value="subjects"`) {
		t.Fatalf("dry run: %s", main(plan))
	}
	if at := b.done("/keys/rotate", "level", "subjects"); !strings.HasSuffix(at, "done=rotating") {
		t.Errorf("rotation: %s", at)
	}
	s, err := h.House.Rings.Status(t.Context(), of.ID)
	if err != nil || len(s.Rotations) != 1 || s.Rotations[0].Running || s.Rotations[0].Destroyed != 1 {
		t.Errorf("%+v %v", s.Rotations, err)
	}
	if page := b.page("/keys"); !strings.Contains(page, "The key of each person") || strings.Contains(page, "overdue") {
		t.Errorf("in time: %s", main(page))
	}
	if res, _ := b.post("/keys/rotate", "level", "all"); res.StatusCode/100 != 4 {
		t.Errorf("a level that does not exist: %s", res.Status)
	}
	place, err := h.House.Tenants.KeyringPlace(of.ID)
	if err != nil {
		t.Fatal(err)
	}
	keyring, release, err := h.House.Pool.Acquire(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	err = keyring.Write(t.Context(), func(tx db.Tx) error {
		_, err := tx.Exec(`UPDATE keyring SET rotated_at = rotated_at - ?1`, (369 * 24 * time.Hour).Microseconds())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if page := person(t, h, of, "auditor").page("/keys"); !strings.Contains(page, "A rotation is overdue") {
		t.Errorf("a year later: %s", main(page))
	}
}

// Only the transitions that exist and that the role may make are offered.
func TestTransitionsAreOfferedOnlyWhenAllowed(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("abtest", "experimentation", "FR", false)
	k := store(t, h, of, "campaigns", `{"name":"Bannière d'accueil","format":"ab-test"}`)
	user, viewer := person(t, h, of, "user"), person(t, h, of, "viewer")
	page := user.page(k)
	into := regexp.MustCompile(`name="into" value="([a-z-]+)"`).FindAllStringSubmatch(page, -1)
	if len(into) == 0 || strings.Contains(viewer.page(k), `name="into"`) {
		t.Fatalf("offered to a user: %v; to a viewer: %v", into, strings.Contains(viewer.page(k), `name="into"`))
	}
	if res, _ := viewer.post(k+"/move", "version", hidden(t, page, "version"), "from", hidden(t, page, "from"), "into", into[0][1]); res.StatusCode != http.StatusForbidden {
		t.Errorf("a viewer moves a campaign: %s", res.Status)
	}
	if at := user.done(k+"/move", "version", hidden(t, page, "version"), "from", hidden(t, page, "from"), "into", into[0][1]); !strings.HasSuffix(at, "done=moved") {
		t.Errorf("a user moves a campaign: %s", at)
	}
	if res, _ := user.post(k+"/move", "version", hidden(t, page, "version"), "from", hidden(t, page, "from"), "into", into[0][1]); res.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("the same move again: %s", res.Status)
	}
}

// The operator opens a tenant from a profile, looks at its profile, ends it.
func TestTheOperatorOpensATenant(t *testing.T) {
	h := house.Open(t, house.Options{})
	b := admin(t, h)
	if res, body := b.post("/tenants/new", "profile", "insurance", "title", "Mutuelle", "slug", "Not A Slug", "country", "us", "lang", "fr",
		"name", "Odile Roy", "sign_in", "odile", "email", ""); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `href="#f-slug"`) {
		t.Errorf("a bad short name: %s %s", res.Status, main(body))
	}
	res, made := b.post("/tenants/new", "profile", "insurance", "title", "Mutuelle", "slug", "mutuelle", "country", "us", "lang", "fr",
		"name", "Odile Roy", "sign_in", "odile", "email", "")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("open: %s %s", res.Status, main(made))
	}
	of, err := h.House.Tenants.Named("mutuelle")
	if err != nil {
		t.Fatal(err)
	}
	first := newBrowser(t, h, of)
	initial := code(t, made)
	first.signIn("odile", initial)
	first.done("/password", "present", initial, "wanted", chosen)
	if home := first.page("/collections"); !strings.Contains(home, "Mutuelle") {
		t.Error("the new tenant's first person sees no collections")
	}
	if page := b.page("/tenants/mutuelle/profile"); !strings.Contains(page, "In force as declared") {
		t.Errorf("profile: %s", main(page))
	}
	if res, _ := b.post("/tenants/mutuelle/end", "slug", "other"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the wrong short name ends a contract: %s", res.Status)
	}
	b.done("/tenants/mutuelle/end", "slug", "mutuelle")
	if res, _ := first.get("/collections"); res.StatusCode == http.StatusOK {
		t.Error("people of an ended contract still see their rooms")
	}
}

// An export names its purpose, is in the log, and leaves restricted people out.
func TestExportAndRestriction(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	record := store(t, h, of, "participants", `{"email":"zm@example.org","display_name":"`+marker+`","standing":"registered"}`)
	b := person(t, h, of, "administrator")
	const path = "/collections/participants/export"
	if res, _ := b.post(path, "format", "csv"); res.StatusCode != http.StatusPreconditionRequired {
		t.Errorf("export without a purpose: %s", res.Status)
	}
	for format, kind := range map[string]string{"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"} {
		res, body := b.post(path, "format", format, "purpose", "reporting")
		if res.Header.Get("Content-Type") != kind || !strings.Contains(body, marker) || !strings.Contains(res.Header.Get("Content-Disposition"), "agora-participants."+format) {
			t.Errorf("%s: %s %v", format, res.Status, res.Header)
		}
	}
	page := b.page(record)
	b.done(record+"/restrict", "version", hidden(t, page, "version"), "on", "true")
	if _, body := b.post(path, "format", "csv", "purpose", "reporting"); strings.Contains(body, marker) {
		t.Error("a restricted person leaves in an export")
	}
	if res, body := b.post(record+"/reveal", "purpose", "participation"); res.StatusCode != http.StatusLocked || strings.Contains(body, marker) {
		t.Errorf("a restricted person is shown: %s", res.Status)
	}
	b.done(record+"/restrict", "version", hidden(t, b.page(record), "version"), "on", "false")
	b.done(record+"/delete", "version", hidden(t, b.page(record+"/delete"), "version"))
	if res, _ := b.get(record); res.StatusCode != http.StatusNotFound {
		t.Errorf("a deleted record: %s", res.Status)
	}
}

// TestWhoWorksInAFewCollectionsFindsThem: a role that may list records but not the
// collections themselves is led to each collection that is open to it, and to no
// other.
func TestWhoWorksInAFewCollectionsFindsThem(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	moderator := person(t, h, of, "moderator")
	page := moderator.page("/")
	for _, open := range []string{"participants", "consultations", "contributions"} {
		if !strings.Contains(page, `href="/t/agora/collections/`+open+`"`) {
			t.Errorf("nothing leads to %s", open)
		}
	}
	for _, closed := range []string{`/t/agora/collections"`, "/collections/respondents", "/collections/help-requests"} {
		if strings.Contains(page, closed) {
			t.Errorf("the page leads to %s, which is closed", closed)
		}
	}
}

// TestTheOperatorSeesALineForEachProfile: the first room stays short whatever the
// number of promises, and says of each profile what demands attention.
func TestTheOperatorSeesALineForEachProfile(t *testing.T) {
	h := house.Open(t, house.Options{})
	page := admin(t, h).page("/")
	rows := strings.Count(page, `class="g-ledger__row"`)
	if want := 5; rows != want && rows != 0 {
		t.Errorf("%d lines for %d profiles", rows, want)
	}
	if strings.Contains(page, `class="g-map__areas"`) {
		t.Error("the first room of the operator shows whole maps")
	}
}
