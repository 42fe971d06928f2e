package console_test

import (
	"net/http"
	"strings"
	"testing"

	"garant.example/testkit/house"
)

// The shortest whole story: sign in, store, find, reveal, change, and see each act
// in the log with its proof.
func TestFromSignInToProof(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	b := person(t, h, of, "administrator")
	const list = "/collections/participants"
	form := b.page(list + "/new")
	at := b.done(list+"/new", "once", hidden(t, form, "once"), "v.display_name", "Amélie Fontanel", "v.email", "amelie@example.org",
		"v.standing", "registered", "v.birth_year", "1984")
	if !strings.Contains(at, "/records/r_") {
		t.Fatalf("created: %s", at)
	}
	record := strings.TrimPrefix(strings.Split(at, "?")[0], b.base)
	masked := b.page(record)
	if strings.Contains(masked, "Fontanel") || strings.Contains(b.page(list), "Fontanel") {
		t.Fatal("a personal value stands on a masked page")
	}
	res, found := b.post(list+"/find", "field", "email", "value", "amelie@example.org", "purpose", "participation")
	if res.StatusCode != http.StatusOK || !strings.Contains(found, "Fontanel") {
		t.Fatalf("find: %s\n%s", res.Status, main(found))
	}
	if res, body := b.post(record+"/reveal", "purpose", ""); res.StatusCode != http.StatusPreconditionRequired || strings.Contains(body, "Fontanel") {
		t.Fatalf("reveal without a purpose: %s", res.Status)
	}
	_, shown := b.post(record+"/reveal", "purpose", "participation")
	if !strings.Contains(shown, "Amélie Fontanel") || !strings.Contains(shown, "is entry") {
		t.Fatalf("reveal:\n%s", main(shown))
	}
	_, edit := b.post(record+"/reveal", "purpose", "participation", "then", "edit")
	version := hidden(t, edit, "version")
	change := []string{"version", version, "v.display_name", "Amélie Fontanel-Roy", "v.email", "amelie@example.org", "v.standing", "registered", "v.birth_year", "1984"}
	for _, name := range []string{"display_name", "email", "standing", "birth_year"} {
		change = append(change, "was."+name, hidden(t, edit, "was."+name))
	}
	at = b.done(record+"/update", change...)
	if !strings.HasSuffix(at, "done=updated") {
		t.Fatalf("update: %s", at)
	}
	if res, _ := b.post(record+"/update", "version", version, "v.display_name", "late"); res.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("a change of an old version: %s", res.Status)
	}
	auditor := person(t, h, of, "auditor")
	log := auditor.page("/log")
	for _, words := range []string{"created a record", "searched records", "read a record", "changed a record"} {
		if !strings.Contains(log, words) {
			t.Errorf("the log does not say %q", words)
		}
	}
	if strings.Contains(log, "Fontanel") {
		t.Error("a personal value stands in the log")
	}
	entry := auditor.page("/log/12")
	if !strings.Contains(entry, "garant-verify") {
		t.Error("the entry's page has no command")
	}
	if res, proof := auditor.get("/log/12/proof"); res.StatusCode != http.StatusOK || !strings.Contains(proof, "garant.") {
		t.Errorf("proof: %s %s", res.Status, proof)
	}
	if _, report := auditor.post("/log/verify"); !strings.Contains(report, "The log is whole") {
		t.Errorf("verify:\n%s", main(report))
	}
}
