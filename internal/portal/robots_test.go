package portal_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestWhatSitesAreAskedForByName(t *testing.T) {
	s := newStand(t)
	if w := s.get("/favicon.ico"); w.Code != http.StatusSeeOther || !strings.HasSuffix(w.Header().Get("Location"), "/favicon.svg") {
		t.Errorf("icon: status %d to %q", w.Code, w.Header().Get("Location"))
	}
	s.portal.Demo = false
	open := s.get("/robots.txt").Body.String()
	for _, want := range []string{"Allow: /fr/\n", "Allow: /en/\n", "Allow: /assets/\n", "\nDisallow: /\n"} {
		if !strings.Contains(open, want) {
			t.Errorf("%q is missing in %q", want, open)
		}
	}
	s.portal.Demo = true
	if demo := s.get("/robots.txt").Body.String(); demo != "User-agent: *\nDisallow: /\n" {
		t.Errorf("a demonstration says %q", demo)
	}
}

func TestWhatIsNotThereIsSaidInTheLanguageOfTheAddress(t *testing.T) {
	s := newStand(t)
	for path, lang := range map[string]string{"/fr/nothing/here": "fr", "/fr/trust/nobody": "fr", "/en/nothing/here": "en", "/fr/nothing": "fr"} {
		w := s.get(path, "Accept-Language", "de", "Accept", "text/html")
		page := w.Body.String()
		if w.Code != http.StatusNotFound || w.Header().Get("Content-Language") != lang || !strings.Contains(page, `<html lang="`+lang+`"`) {
			t.Errorf("%s: status %d in %q", path, w.Code, w.Header().Get("Content-Language"))
		}
		if strings.Contains(page, "canonical") || !strings.Contains(page, "noindex") {
			t.Errorf("%s is offered to search engines", path)
		}
	}
}

func TestPreviewsOfLinks(t *testing.T) {
	s := newStand(t)
	page, _ := s.page("/fr/trust/" + town)
	for _, want := range []string{`<meta property="og:title" content="`, `<meta property="og:description" content="`, `<meta property="og:locale" content="fr_FR"`,
		`<meta property="og:site_name" content="`} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if hosted, _ := s.page("/", "Host", town+".localhost"); strings.Contains(hosted, "canonical") {
		t.Error("under a tenant's own name the page points elsewhere")
	}
}
