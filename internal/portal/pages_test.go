package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// plainOf is what the text of a page looks like in its source.
func plainOf(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;").Replace(s)
}

func TestEveryPromiseStandsOnThePage(t *testing.T) {
	s := newStand(t)
	s.storyOfTrouble()
	for _, lang := range i18n.Languages() {
		for _, of := range []struct{ slug, profile id.Name }{{town, "civic-engagement"}, {other, "experimentation"}} {
			page, _ := s.page("/" + lang + "/trust/" + string(of.slug))
			declared, _ := s.portal.Profiles.Profile(of.profile)
			if len(declared.Promises) < 30 {
				t.Fatalf("%s has %d promises", of.profile, len(declared.Promises))
			}
			for _, p := range declared.Promises {
				for _, want := range []string{`id="p-` + string(p.ID) + `"`, "/" + lang + "/trust/" + string(of.slug) + "/" + string(p.ID) + `"`,
					plainOf(p.Title.In(lang)), plainOf(p.Text.In(lang))} {
					if !strings.Contains(page, want) {
						t.Errorf("%s, %s: %s is not on the page: %s", lang, of.slug, p.ID, want)
					}
				}
			}
			if strings.Contains(page, "⟦") {
				t.Errorf("%s, %s: a sentence is missing", lang, of.slug)
			}
		}
	}
}

func TestFailingComesFirstAndIsNeverHidden(t *testing.T) {
	s := newStand(t)
	s.run()
	good, _ := s.page("/en/trust/" + town)
	if !strings.Contains(good, " promises that are measured are kept.") || strings.Contains(good, `id="now"`) {
		t.Error("a page on which all is kept does not say so")
	}
	culprit := id.NewRecord().String()
	for _, broken := range s.built {
		s.script.set(broken, func(f *assurance.Finding) {
			f.Detail = "/secret/path"
			f.Fail("no.such.words", culprit)
		})
		s.run()
		for lang, want := range map[string]string{"en": "One promise is not kept right now.", "fr": "Une promesse n’est pas tenue en ce moment."} {
			page, _ := s.page("/" + lang + "/trust/" + town)
			now := strings.Index(page, `<section class="g-section" aria-labelledby="now-title"`)
			card := strings.Index(page, `class="g-promise g-promise--failing" id="p-`+string(broken)+`"`)
			first := strings.Index(page, `class="g-promise g-promise--`)
			if !strings.Contains(page, want) || now < 0 || card < now || card > first+len(`class="g-promise g-promise--`) {
				t.Errorf("%s: %s is broken: section at %d, its card at %d, the first card at %d", lang, broken, now, card, first)
			}
			single, _ := s.page("/" + lang + "/trust/" + town + "/" + string(broken))
			for _, text := range []string{page, single} {
				if strings.Contains(text, culprit) || strings.Contains(text, "/secret/path") || strings.Contains(text, "no.such.words") {
					t.Errorf("%s: %s: a culprit, a detail or a raw key is on the page", lang, broken)
				}
			}
			if !strings.Contains(single, "g-status--failing") {
				t.Errorf("%s: the page of %s does not show that it is failing", lang, broken)
			}
		}
		s.script.set(broken, nil)
		s.run()
	}
}

func TestWhatIsTooOldIsStale(t *testing.T) {
	s := newStand(t)
	s.run()
	s.clock.Advance(400 * 24 * time.Hour)
	page, _ := s.page("/en/trust/" + town)
	if strings.Contains(page, "g-promise--kept") || strings.Contains(page, "g-cell--kept") {
		t.Error("a result of last year is shown as kept")
	}
	if n := strings.Count(page, "g-promise--stale"); n != len(s.built) {
		t.Errorf("%d stale cards, %d promises were measured", n, len(s.built))
	}
	if !strings.Contains(page, "No promise is known to be broken; 1") {
		t.Error("the verdict does not say that nothing can be confirmed")
	}
}

func TestWhatNobodyMeasuresIsNotKept(t *testing.T) {
	s := newStand(t)
	page, _ := s.page("/en/trust/" + other)
	if !strings.Contains(page, "Nothing has been measured yet.") || strings.Contains(page, "g-status--kept") || strings.Contains(page, "g-cell--kept") {
		t.Error("a page of planned promises looks kept")
	}
	page, _ = s.page("/en/trust/" + town)
	if strings.Contains(page, "g-status--kept") || !strings.Contains(page, "Not checked yet") {
		t.Error("promises that never ran look kept")
	}
}

// every page of the portal, in both languages.
func everyPage(s *stand) []string {
	var list []string
	for _, lang := range i18n.Languages() {
		list = append(list, "/"+lang+"/", "/"+lang+"/trust/"+town, "/"+lang+"/trust/"+other)
		for _, p := range []id.Name{s.built[0], s.built[1], s.built[2], "ehq-trust-headings"} {
			list = append(list, "/"+lang+"/trust/"+town+"/"+string(p))
		}
	}
	return list
}

func TestPagesAreWellBuilt(t *testing.T) {
	s := newStand(t)
	s.storyOfTrouble()
	for _, path := range everyPage(s) {
		w := s.get(path)
		_, root := s.page(path)
		ids, counts, hreflang := map[string]bool{}, map[string]int{}, map[string]bool{}
		root.each(func(n *node) {
			counts[n.name]++
			if name := n.attrs["id"]; name != "" {
				if ids[name] {
					t.Errorf("%s: id %q twice", path, name)
				}
				ids[name] = true
			}
			if n.name == "html" && n.attrs["lang"] != path[1:3] {
				t.Errorf("%s: lang is %q", path, n.attrs["lang"])
			}
			if n.name == "link" && n.attrs["rel"] == "alternate" && n.attrs["hreflang"] != "" {
				hreflang[n.attrs["hreflang"]] = true
			}
			inspect(t, path, n)
		})
		if counts["h1"] != 1 || counts["main"] != 1 || counts["script"]+counts["style"]+counts["iframe"] != 0 || len(hreflang) != 2 {
			t.Errorf("%s: h1 %d, main %d, script %d, languages %v", path, counts["h1"], counts["main"], counts["script"], hreflang)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") || !strings.HasPrefix(policy, "default-src 'none'") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if len(w.Result().Cookies()) != 0 {
			t.Errorf("%s sets a cookie", path)
		}
		if lang := w.Header().Get("Content-Language"); lang != path[1:3] {
			t.Errorf("%s: Content-Language %q", path, lang)
		}
	}
}

// inspect refuses what a strict policy would block and what would leave the server.
func inspect(t *testing.T, path string, n *node) {
	t.Helper()
	for name, value := range n.attrs {
		if name == "style" || strings.HasPrefix(name, "on") {
			t.Errorf("%s: <%s %s=%q>", path, n.name, name, value)
		}
		if name != "href" && name != "src" && name != "action" {
			continue
		}
		u, err := url.Parse(value)
		if n.attrs["rel"] == "canonical" { // nobody fetches it
			if err != nil || u.Scheme != "https" || u.Path != path {
				t.Errorf("%s: the page says that its address is %q", path, value)
			}
			continue
		}
		if err != nil || u.Host != "" || u.Scheme != "" {
			t.Errorf("%s: <%s %s=%q> leads elsewhere", path, n.name, name, value)
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	s := newStand(t)
	s.storyOfTrouble()
	seen, queue := map[string]bool{"/": true}, []string{"/", "/fr/"}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		w := s.get(path)
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d", path, w.Code)
			continue
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue
		}
		ids, anchors := map[string]bool{}, []string{}
		parse(t, path, w.Body.String()).each(func(n *node) {
			ids[n.attrs["id"]] = true
			target, anchor, _ := strings.Cut(n.attrs["href"], "#")
			if anchor != "" && (target == "" || target == path) {
				anchors = append(anchors, anchor)
			}
			if strings.HasPrefix(target, "/") && !seen[target] {
				seen[target] = true
				queue = append(queue, target)
			}
		})
		for _, a := range anchors {
			if !ids[a] {
				t.Errorf("%s: #%s leads nowhere", path, a)
			}
		}
	}
	if len(seen) < 500 { // two tenants in two languages
		t.Errorf("only %d addresses were found", len(seen))
	}
}

func TestNotFound(t *testing.T) {
	s := newStand(t)
	s.run()
	named, err := s.house.House.Tenants.Named(town)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/nothing/", "/nothing/here", "/de/", "/de/trust/" + town, "/en/trust/nobody", "/en/trust/operator", "/en/trust/" + named.ID.String(),
		"/en/trust/Montfleur", "/en/trust/" + town + "/no-such-promise", "/en/trust/" + other + "/" + string(s.built[0]),
		"/en/trust/" + other + "/evidence/" + string(s.built[0]) + ".json", "/en/trust/" + town + "/evidence/" + string(s.built[0]),
		"/en/trust/" + town + "/evidence/ehq-trust-headings.json", "/en/trust/nobody/promises.json", "/en/trust/nobody/checkpoint"} {
		w := s.get(path)
		if w.Code != http.StatusNotFound || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			t.Errorf("%s: status %d, %s", path, w.Code, w.Header().Get("Content-Type"))
			continue
		}
		parse(t, path, w.Body.String())
		if strings.Contains(w.Body.String(), "⟦") {
			t.Errorf("%s: a sentence is missing", path)
		}
		if w := s.get(path, "Accept", "application/json"); w.Code != http.StatusNotFound || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s for a program: status %d, %s", path, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestATenantThatIsNotOpenHasNoPage(t *testing.T) {
	s := newStand(t)
	s.portal.Tenants = states{s.portal.Tenants, tenant.Ended}
	if w := s.get("/en/trust/" + town); w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
	if page, _ := s.page("/en/"); strings.Contains(page, "/trust/"+town) {
		t.Error("the front page leads to it")
	}
}

func TestAHostShowsItsOwnTenantAlone(t *testing.T) {
	s := newStand(t)
	s.run()
	host := town + ".localhost"
	for _, named := range []string{host, strings.ToUpper(host), host + ":8443"} {
		page, _ := s.page("/", "Host", named, "Accept-Language", "fr")
		if !strings.Contains(page, `id="p-`+string(s.built[0])+`"`) || !strings.Contains(page, `lang="fr"`) {
			t.Errorf("%s does not show the tenant's page", named)
		}
	}
	if w := s.get("/en/trust/"+town, "Host", host); w.Code != http.StatusOK {
		t.Errorf("its own page: status %d", w.Code)
	}
	for _, below := range []string{"", "/promises.json", "/changes.atom", "/checkpoint", "/key", "/abt-log-all", "/evidence/abt-log-all.json"} {
		if w := s.get("/en/trust/"+other+below, "Host", host); w.Code != http.StatusNotFound {
			t.Errorf("another tenant's %q on this host: status %d", below, w.Code)
		}
	}
	if page, _ := s.page("/en/", "Host", host); strings.Contains(page, "/trust/"+other) {
		t.Error("the host of a tenant leads to another")
	}
}

func TestFrontPageListsTenantsOnlyWhenTold(t *testing.T) {
	s := newStand(t)
	page, _ := s.page("/", "Accept-Language", "fr-CA")
	if !strings.Contains(page, "/fr/trust/"+town+`"`) || strings.Contains(page, "canary") || strings.Contains(page, "/trust/operator") {
		t.Error("the front page leads to the wrong tenants")
	}
	s.portal.Listed = false
	if page, _ := s.page("/"); strings.Contains(page, "/trust/") {
		t.Error("the front page names tenants all the same")
	}
}

func TestRelaxedRulesAreShown(t *testing.T) {
	s := newStand(t)
	page, _ := s.page("/fr/trust/" + town)
	if !strings.Contains(page, `id="relaxed"`) || !strings.Contains(page, "http://localhost:1") {
		t.Error("what is relaxed is not on the page")
	}
	s.portal.Relaxed = nil
	if page, _ = s.page("/fr/trust/" + town); strings.Contains(page, `id="relaxed"`) {
		t.Error("nothing is relaxed, and the page says so anyway")
	}
}
