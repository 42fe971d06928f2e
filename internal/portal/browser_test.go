package portal_test

import (
	"net/http/httptest"
	"os"
	"testing"

	"garant.example/internal/assurance"
	"garant.example/testkit/browser"
)

// TestBrowserPages looks at every page of the portal in a real browser. Pictures go
// to the folder that GARANT_SHOTS names, if it names one.
func TestBrowserPages(t *testing.T) {
	s := newStand(t)
	fresh := httptest.NewServer(s.handler)
	defer fresh.Close()
	browser.Check(t, []browser.Page{{Name: "nothing-measured", URL: fresh.URL + "/en/trust/" + town}},
		browser.Options{Widths: []int{360, 1440}, Shots: os.Getenv("GARANT_SHOTS")})
	s.storyOfTrouble()
	pages := []browser.Page{
		{Name: "front-en", URL: fresh.URL + "/en/"},
		{Name: "front-fr", URL: fresh.URL + "/fr/"},
		{Name: "trust-fr", URL: fresh.URL + "/fr/trust/" + town},
		{Name: "trust-en", URL: fresh.URL + "/en/trust/" + town},
		{Name: "failing-fr", URL: fresh.URL + "/fr/trust/" + town + "/" + string(s.built[0])},
		{Name: "kept-en", URL: fresh.URL + "/en/trust/" + town + "/" + string(s.built[3])},
		{Name: "planned-fr", URL: fresh.URL + "/fr/trust/" + town + "/ehq-trust-headings"},
		{Name: "missing-en", URL: fresh.URL + "/en/nothing", Status: 404},
	}
	browser.Check(t, pages, browser.Options{Shots: os.Getenv("GARANT_SHOTS")})
}

// storyOfTrouble makes a past: mostly kept, one promise failing now and once before,
// one that could not be seen, one whose result is too old.
func (s *stand) storyOfTrouble() {
	s.tb.Helper()
	for range 20 {
		s.run()
	}
	fail := func(f *assurance.Finding) { f.Fail("portal.reason.failing", "r_0"); f.Fail("", "r_1") }
	s.script.set(s.built[0], fail)
	s.script.set(s.built[1], func(f *assurance.Finding) { f.Miss("assurance.reason.canary", nil) })
	s.run()
	s.script.set(s.built[0], nil)
	s.run()
	s.run()
	s.script.set(s.built[0], fail)
	s.run()
}
