package server_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/server"
)

// A clock that is behind the log stops the start, with both times and what to do;
// accepted, it starts and the log tells.
func TestAClockThatWentBackStopsTheStart(t *testing.T) {
	s := site{Dir: t.TempDir()}
	if err := s.found(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := func(c clock.Clock, accept bool) (*server.House, error) {
		o, err := s.options(io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		o.Clock = c
		h, fresh, err := server.Open(t.Context(), o)
		if err != nil || fresh {
			t.Fatal(fresh, err)
		}
		t.Cleanup(func() { h.Close(context.Background()) })
		return h, h.CheckClock(t.Context(), accept)
	}
	h, err := at(clock.System(), false)
	if err != nil {
		t.Fatal(err)
	}
	h.Close(t.Context())
	h, err = at(clock.Offset(-time.Minute), false) // machines differ by so much
	if err != nil {
		t.Fatal(err)
	}
	h.Close(t.Context())
	h, err = at(clock.Offset(-time.Hour), false)
	if !errs.Is(err, errs.Config) {
		t.Fatalf("an hour back: %v", err)
	}
	for _, lang := range []string{i18n.English, i18n.French} {
		if said := i18n.Must().Printer(lang).Error(errs.Of(err)); strings.ContainsAny(said.Detail+said.Fix, "{}⟦") || !strings.Contains(said.Fix, "--accept-clock") {
			t.Errorf("%+v", said)
		}
	}
	h.Close(t.Context())
	if h, err = at(clock.Offset(-time.Hour), true); err != nil {
		t.Fatal(err)
	}
	log, release, err := h.Tenants.ControlLog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	page, err := log.Entries(t.Context(), audit.Query{Limit: 1, NewestFirst: true})
	if err != nil || len(page.Entries) != 1 || page.Entries[0].Entry.Operation != audit.ConfigChange || page.Entries[0].Entry.Kind != "clock" {
		t.Errorf("%+v, %v", page, err)
	}
}

// One data folder has one platform, wherever its databases lie, and is free again
// when that one ends or could not start.
func TestADataFolderHasOnePlatform(t *testing.T) {
	s := site{Dir: t.TempDir()}
	if err := s.found(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, _, err := s.open(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.open(t.Context(), io.Discard); !errors.Is(err, db.ErrInUse) {
		t.Errorf("a second platform: %v", err)
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	broken, err := s.options(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	broken.Home = "nowhere"
	if _, _, err := server.Open(t.Context(), broken); !errs.Is(err, errs.Config) {
		t.Errorf("a home that is no region: %v", err)
	}
	again, _, err := s.open(t.Context(), io.Discard)
	if err != nil {
		t.Fatalf("after the end: %v", err)
	}
	if err := again.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
