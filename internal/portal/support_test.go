package portal_test

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/clock"
	"garant.example/internal/id"
	"garant.example/internal/portal"
	"garant.example/internal/profile"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
	"garant.example/testkit/house"
)

// script decides what the next run of a promise finds. What it does not name is kept.
type script struct {
	mu   sync.Mutex
	says map[id.Name]func(*assurance.Finding)
}

func (s *script) set(promise id.Name, say func(*assurance.Finding)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.says[promise] = say
}

func (s *script) measure(_ context.Context, c assurance.Control, f *assurance.Finding) error {
	s.mu.Lock()
	say := s.says[c.Promise.ID]
	s.mu.Unlock()
	for range 24 {
		f.Saw()
	}
	f.Measure("files", 1212, "")
	f.Measure("bytes", 18_400_000_000, "B")
	f.Measure("longest", 41, "s")
	if say != nil {
		say(f)
	}
	return nil
}

// stand is a portal over a real house in which scripted checks of one slice run.
type stand struct {
	tb      testing.TB
	house   *house.House
	clock   *clock.Fake
	service *assurance.Service
	script  *script
	portal  *portal.Portal
	handler http.Handler
	built   []id.Name // of the profile civic-engagement
}

// The tenants of the stand. Both have host names of their own: <slug>.localhost.
const (
	town  = "montfleur" // civic-engagement
	other = "verdier"   // experimentation
)

var start = time.Date(2026, 11, 20, 6, 4, 0, 0, time.UTC)

func newStand(tb testing.TB) *stand {
	tb.Helper()
	s := &stand{tb: tb, clock: clock.NewFake(start), script: &script{says: map[id.Name]func(*assurance.Finding){}}}
	s.house = house.Open(tb, house.Options{Clock: s.clock})
	s.house.Tenant(town, "civic-engagement", "CA", false)
	s.house.Tenant("canary-civic", "civic-engagement", "CA", true)
	s.house.Tenant(other, "experimentation", "FR", false)
	inner := s.house.House
	byMechanism := map[profile.Mechanism]map[id.Name]assurance.Break{}
	for _, p := range inner.Profiles.Set().Promises() {
		if p.Slice != "kernel" || p.Profile != "civic-engagement" {
			continue
		}
		if byMechanism[p.Control.Mechanism] == nil {
			byMechanism[p.Control.Mechanism] = map[id.Name]assurance.Break{}
		}
		byMechanism[p.Control.Mechanism][p.ID] = func(context.Context, assurance.Control, *assurance.Stage) error { return nil }
		s.built = append(s.built, p.ID)
	}
	var mechanisms []assurance.Mechanism
	for name, breaks := range byMechanism {
		mechanisms = append(mechanisms, assurance.Mechanism{Name: name, Measure: s.script.measure, Breaks: breaks})
	}
	var err error
	s.service, err = assurance.New(assurance.Options{Set: inner.Profiles.Set(), Tenants: inner.Tenants, Mechanisms: mechanisms, Clock: s.clock})
	if err != nil {
		tb.Fatal(err)
	}
	s.portal = &portal.Portal{Catalog: inner.Catalog, Tenants: inner.Tenants, Profiles: inner.Profiles.Set(), Assurance: s.service, Clock: s.clock,
		URL: func() string { return "https://garant.example" }, Listed: true, Demo: true, Version: "garant test", Relaxed: func() []portal.Relaxation {
			return []portal.Relaxation{{Name: "window", Value: "http://localhost:1"}, {Name: "sabotage"}, {Name: "authority"}}
		}}
	mux := http.NewServeMux()
	mux.Handle("GET "+ui.AssetPrefix, ui.Assets())
	mux.Handle("/", s.portal.Handler())
	kit := &web.Kit{Catalog: inner.Catalog, Log: slog.New(slog.DiscardHandler), Clock: s.clock, Lang: "en"}
	s.handler = kit.Wrap(mux)
	return s
}

// run runs every scripted check once, an hour after the last time.
func (s *stand) run() {
	s.tb.Helper()
	s.clock.Advance(time.Hour)
	for _, p := range s.built {
		if _, err := s.service.Run(context.Background(), p); err != nil {
			s.tb.Fatal(err)
		}
	}
}

// get asks as a browser does. headers are pairs of name and value; Host is one.
func (s *stand) get(path string, headers ...string) *httptest.ResponseRecorder {
	return s.ask(http.MethodGet, path, "", headers...)
}

func (s *stand) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	s.tb.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "garant.example"
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*")
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// page asks for a page that must be there, and reads it strictly.
func (s *stand) page(path string, headers ...string) (string, *node) {
	s.tb.Helper()
	w := s.get(path, headers...)
	if w.Code != http.StatusOK {
		s.tb.Fatalf("%s: status %d: %s", path, w.Code, w.Body)
	}
	return w.Body.String(), parse(s.tb, path, w.Body.String())
}

// node is an element of a page.
type node struct {
	name     string
	attrs    map[string]string
	parent   *node
	children []*node
}

// void elements have no end tag.
const void = " area base br col embed hr img input link meta source track wbr "

// parse reads a page strictly: every element is closed, in order.
func parse(tb testing.TB, path, page string) *node {
	tb.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict = false // attributes without a value
	d.Entity = xml.HTMLEntity
	root := &node{name: "#document"}
	at := root
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			tb.Fatalf("%s: not well formed at byte %d: %v", path, d.InputOffset(), err)
		}
		switch tok := token.(type) {
		case xml.StartElement:
			child := &node{name: tok.Name.Local, attrs: map[string]string{}, parent: at}
			for _, a := range tok.Attr {
				child.attrs[a.Name.Local] = a.Value
			}
			at.children = append(at.children, child)
			if !strings.Contains(void, " "+child.name+" ") {
				at = child
			}
		case xml.EndElement:
			if strings.Contains(void, " "+tok.Name.Local+" ") {
				continue
			}
			if tok.Name.Local != at.name {
				tb.Fatalf("%s: </%s> closes <%s> at byte %d", path, tok.Name.Local, at.name, d.InputOffset())
			}
			at = at.parent
		}
	}
	if at != root {
		tb.Fatalf("%s: <%s> is never closed", path, at.name)
	}
	return root
}

// each visits every element below a node.
func (n *node) each(visit func(*node)) {
	for _, c := range n.children {
		visit(c)
		c.each(visit)
	}
}
