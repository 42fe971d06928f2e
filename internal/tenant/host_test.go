package tenant

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

func TestHostNames(t *testing.T) {
	label := strings.Repeat("a", maxLabel)
	long := strings.Repeat(label+".", 3) // 192 bytes
	for name, want := range map[string]bool{
		"talk.example.org": true, "a": true, "intranet": true, "3com.example": true, "a-b.example": true, "xn--t-6fa.example": true,
		label + ".example": true, long + strings.Repeat("a", maxHost-len(long)): true,
		"": false, ".": false, "a..b": false, ".a": false, "a.": false, "-a.example": false, "a-.example": false, "a_b.example": false,
		"A.example": false, "a b": false, "a.example:443": false, "a.example/b": false, "*.example": false, "é.example": false,
		"192.0.2.7": false, "7": false, "::1": false, "[::1]": false,
		label + "a.example": false, long + strings.Repeat("a", maxHost-len(long)+1): false,
	} {
		if got := isHost(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}

// FuzzIsHost: what passes needs no quoting in a header, an address or a page, and is
// written in one way only.
func FuzzIsHost(f *testing.F) {
	for _, s := range []string{"talk.example.org", "a:1", "192.0.2.7", "A.b", "a..b", "-", "x-.y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !isHost(s) {
			return
		}
		if s == "" || len(s) > maxHost || strings.ContainsAny(s, ":/ \t\r\n%@[]\"'<>&") || strings.ToLower(s) != s || strings.HasSuffix(s, ".") || lower([]string{s})[0] != s {
			t.Errorf("%q passed", s)
		}
	})
}

func opening() Opening {
	return Opening{Slug: "north", Title: "North", Country: "CA", Lang: "en", Residency: map[string]id.Name{"*": "here"}}
}

// Every fault is told at once, where the API has the field.
func TestAnOpeningTellsEveryFault(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	if err := opening().Validate(); err != nil {
		t.Fatal(err)
	}
	n := Opening{Slug: "No_rth", Title: " ", Country: "ca", Lang: "de", Hosts: []string{"ok.example", "a:1", "OK.example"},
		Contract: Contract{Start: now, End: now}}
	want := []string{"/slug", "/title", "/country", "/lang", "/hosts/1", "/hosts/2", "/ends_at"}
	fields := errs.Of(n.Validate()).Fields
	if len(fields) != len(want) {
		t.Fatalf("%+v", fields)
	}
	for i, f := range fields {
		if f.Pointer != want[i] {
			t.Errorf("%s, want %s", f.Pointer, want[i])
		}
	}
}

// Of many that ask for one name at once, one gets it.
func TestANameIsTakenOnce(t *testing.T) {
	for range 20 {
		s, err := New(Options{Regions: []Region{{Name: "here", Country: "CA", Jurisdiction: "CA-QC", Engine: db.SQLite, Dir: t.TempDir()}},
			Home: "here", Clock: clock.System(), LogHost: "Garant.example/x"})
		if err != nil {
			t.Fatal(err)
		}
		var won atomic.Int32
		var all sync.WaitGroup
		begin := make(chan struct{})
		for i := range 16 {
			all.Go(func() {
				n := opening()
				n.Hosts = []string{"talk.example"}
				if i%2 == 0 {
					n.Slug = "south"
				}
				<-begin
				if _, err := s.claim(n); err == nil {
					won.Add(1)
				} else if !errs.Is(err, errs.Conflict) {
					t.Error(err)
				}
			})
		}
		close(begin)
		all.Wait()
		if won.Load() != 1 || len(s.All()) != 1 {
			t.Fatalf("%d got the name, %d tenants", won.Load(), len(s.All()))
		}
	}
}
