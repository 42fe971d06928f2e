package portal_test

import (
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"garant.example/internal/assurance"
	"garant.example/internal/audit/casefile"
	"garant.example/internal/portal"
	"garant.example/internal/tenant"
)

// states is a directory whose tenants stand elsewhere in their contract.
type states struct {
	portal.Tenants
	state tenant.State
}

func (d states) Named(name string) (tenant.Tenant, error) {
	t, err := d.Tenants.Named(name)
	t.State = d.state
	return t, err
}

func (d states) All() []tenant.Tenant {
	list := slices.Clone(d.Tenants.All())
	for i := range list {
		list[i].State = d.state
	}
	return list
}

// closed is an assurance whose log cannot be read.
type closed struct{ portal.Assurance }

var errClosed = errors.New("closed")

func (closed) Journal(context.Context) (assurance.Journal, error) {
	return assurance.Journal{}, errClosed
}
func (closed) LogHead(context.Context) (assurance.LogHead, error) {
	return assurance.LogHead{}, errClosed
}
func (closed) Evidence(context.Context, assurance.Result) (casefile.Evidence, error) {
	return casefile.Evidence{}, errClosed
}

func TestStatesAreShownWhenTheLogIsClosed(t *testing.T) {
	s := newStand(t)
	s.script.set(s.built[0], func(f *assurance.Finding) { f.Fail("", "") })
	s.run()
	s.portal.Assurance = closed{s.service}
	page, _ := s.page("/en/trust/" + town)
	if !strings.Contains(page, "One promise is not kept right now.") {
		t.Error("the states are gone with the log")
	}
	if page, _ = s.page("/en/trust/" + town + "/" + string(s.built[0])); !strings.Contains(page, "cannot be read now") {
		t.Error("the page does not say that the proof is missing")
	}
	if w := s.get("/en/trust/" + town + "/checkpoint"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("checkpoint: status %d", w.Code)
	}
	if w := s.get("/en/trust/" + town + "/evidence/" + string(s.built[0]) + ".json"); w.Code != http.StatusInternalServerError {
		t.Errorf("evidence: status %d", w.Code)
	}
}

// trust reads the public key that the portal publishes.
func (s *stand) trust() casefile.Trust {
	s.tb.Helper()
	parts := strings.SplitN(strings.TrimSpace(s.get("/en/trust/"+town+"/key").Body.String()), "+", 3)
	if len(parts) != 3 {
		s.tb.Fatal("no key is published")
	}
	b, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(b) != 1+ed25519.PublicKeySize {
		s.tb.Fatalf("the key is no verifier key: %v", err)
	}
	return casefile.Trust{Keys: []ed25519.PublicKey{b[1:]}, Origin: parts[0]}
}

func TestEvidenceHoldsWithoutTheServer(t *testing.T) {
	s := newStand(t)
	s.storyOfTrouble()
	trust := s.trust()
	for _, p := range s.built {
		w := s.get("/fr/trust/" + town + "/evidence/" + string(p) + ".json")
		if w.Code != http.StatusOK || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Fatalf("%s: status %d", p, w.Code)
		}
		result, err := casefile.Check(w.Body.Bytes(), trust)
		if err != nil || !result.OK() || result.Kind != "evidence" || result.Disclosed != 1 {
			t.Fatalf("%s does not hold: %v %+v", p, err, result)
		}
		var e casefile.Evidence
		var said assurance.Statement
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(e.Document, &said); err != nil || said.Promise != p || said.Format != assurance.FormatStatement {
			t.Fatalf("%s: the document is %s (%v)", p, e.Document, err)
		}
		if p == s.built[0] && (said.Outcome != assurance.OutcomeFailing || said.Culprits != 2) {
			t.Errorf("the document says %s with %d culprits", said.Outcome, said.Culprits)
		}
		e.Document = []byte(strings.Replace(string(e.Document), `"outcome": "`, `"outcome":"`, 1))
		if changed, err := casefile.Marshal(e); err != nil {
			t.Fatal(err)
		} else if result, err = casefile.Check(changed, trust); err != nil || result.OK() {
			t.Errorf("%s: a changed document holds (%v)", p, err)
		}
	}
	note := s.get("/en/trust/" + town + "/checkpoint").Body.Bytes()
	if result := casefile.CheckCheckpoint(note, trust); !result.OK() {
		t.Errorf("the checkpoint does not hold: %+v", result)
	}
}

func TestPromisesForPrograms(t *testing.T) {
	s := newStand(t)
	s.storyOfTrouble()
	w := s.get("/en/trust/"+town+"/promises.json", "Accept", "application/json")
	var list portal.PromiseList
	if err := json.Unmarshal(w.Body.Bytes(), &list, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	n := list.Summary
	if sum := n.Kept + n.Failing + n.Unknown + n.Stale + n.Exception + n.Planned + n.Withdrawn; sum != len(list.Promises) || n.Failing != 1 || n.Unknown != 1 || n.Kept != len(s.built)-2 {
		t.Errorf("%+v of %d promises", n, len(list.Promises))
	}
	if list.LastRun.IsZero() || list.MeasuredSince != start.Add(time.Hour) || list.Log == nil || len(list.Relaxed) != 3 {
		t.Errorf("last run %v, measured since %v, log %v", list.LastRun, list.MeasuredSince, list.Log)
	}
	for _, p := range list.Promises {
		if (p.Status == assurance.Planned) != (p.Leaf == nil) || (p.Leaf == nil) != (p.Evidence == "") {
			t.Errorf("%s is %s with leaf %v and evidence %q", p.ID, p.Status, p.Leaf, p.Evidence)
		}
	}
	golden(t, "promises.shape", shapeOf(t, w.Body.Bytes()))
	golden(t, "evidence.shape", shapeOf(t, s.get("/en/trust/"+town+"/evidence/"+string(s.built[0])+".json").Body.Bytes()))
}

// shapeOf lists the members of a document with the kinds of their values.
func shapeOf(t *testing.T, b []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{}
	describe("", v, lines)
	list := make([]string, 0, len(lines))
	for l := range lines {
		list = append(list, l)
	}
	slices.Sort(list)
	return strings.Join(list, "\n") + "\n"
}

func describe(at string, v any, out map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if at == "/promises/*/figures" {
				name = "*"
			}
			describe(at+"/"+name, inner, out)
		}
	case []any:
		for _, inner := range v {
			describe(at+"/*", inner, out)
		}
	default:
		out[fmt.Sprintf("%s %T", at, v)] = true
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n%s", name, got)
	}
}

func TestFeedOfChanges(t *testing.T) {
	s := newStand(t)
	s.storyOfTrouble()
	w := s.get("/fr/trust/" + town + "/changes.atom")
	var feed struct {
		Updated string `xml:"updated"`
		Entries []struct {
			ID    string `xml:"id"`
			Title string `xml:"title"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &feed); err != nil {
		t.Fatal(err)
	}
	if len(feed.Entries) != 4 || feed.Updated != "2026-11-21T06:04:00Z" || !strings.HasSuffix(feed.Entries[0].Title, "En défaut") {
		t.Errorf("%+v", feed)
	}
	seen := map[string]bool{}
	for _, e := range feed.Entries {
		if seen[e.ID] || !strings.HasPrefix(e.ID, "https://garant.example/fr/trust/") {
			t.Errorf("id %q", e.ID)
		}
		seen[e.ID] = true
	}
}

func TestCopiesAndCompression(t *testing.T) {
	s := newStand(t)
	s.run()
	path := "/en/trust/" + town
	w := s.get(path)
	tag := w.Header().Get("ETag")
	if tag == "" || w.Header().Get("Cache-Control") != "public, max-age=10" || !strings.Contains(strings.Join(w.Header().Values("Vary"), ","), "Cookie") {
		t.Errorf("headers: %v", w.Header())
	}
	if again := s.get(path, "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("again: status %d with %d bytes", again.Code, again.Body.Len())
	}
	packed := s.get(path, "Accept-Encoding", "gzip")
	zip, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(zip); err != nil || string(b) != w.Body.String() || packed.Header().Get("ETag") == tag {
		t.Errorf("the compressed page differs, or has the same tag (%v)", err)
	}
	s.script.set(s.built[0], func(f *assurance.Finding) { f.Fail("", "") })
	s.run()
	if now := s.get(path, "If-None-Match", tag); now.Code != http.StatusOK {
		t.Errorf("after a promise turned: status %d", now.Code)
	}
}

func TestAppearance(t *testing.T) {
	s := newStand(t)
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	w := s.ask(http.MethodPost, "/theme", "theme=dark&return=%2Ffr%2Ftrust%2Fmontfleur", form...)
	cookies := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/fr/trust/montfleur" || len(cookies) != 1 || cookies[0].Value != "dark" || !cookies[0].HttpOnly {
		t.Fatalf("status %d, to %q, %v", w.Code, w.Header().Get("Location"), cookies)
	}
	if page, _ := s.page("/fr/trust/"+town, "Cookie", "theme=dark"); !strings.Contains(page, `data-theme="dark"`) {
		t.Error("the page is not dark")
	}
	if page, _ := s.page("/fr/trust/"+town, "Cookie", "theme=%22%3Ex"); strings.Contains(page, "data-theme") {
		t.Error("an unknown appearance is taken")
	}
	w = s.ask(http.MethodPost, "/theme", "theme=&return=/", form...)
	if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("following the device keeps a cookie: %v", c)
	}
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example", "/%5Cevil.example", "javascript:alert(1)", "/a%0d%0aSet-Cookie:x", ""} {
		w = s.ask(http.MethodPost, "/theme", "theme=light&return="+elsewhere, form...)
		if to := w.Header().Get("Location"); to != "/" {
			t.Errorf("%q leads to %q", elsewhere, to)
		}
	}
}
