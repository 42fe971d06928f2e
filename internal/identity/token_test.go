package identity_test

import (
	"context"
	"encoding/base32"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
)

func (w *world) token(roles ...id.Name) (string, identity.Token) {
	w.tb.Helper()
	text, made, err := w.svc.CreateToken(w.platform(), w.tokens(), identity.NewToken{Label: "Site", Roles: roles, Scope: []id.Name{"events"}})
	check(w.tb, err)
	return text, made
}

func TestTokenLife(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		text, made := w.token("collector")
		if made.Expires.Sub(made.Created) != 30*24*time.Hour || len(text) != 90 {
			t.Errorf("made %+v, %d characters", made, len(text))
		}
		e := w.last(1)[0]
		if e.Operation != audit.TokenCreate || e.Object != made.ID.Raw || e.Row == [32]byte{} || e.Detail["scope"] != "events" {
			t.Errorf("leaf %+v", e)
		}
		who, err := w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
		check(t, err)
		if who.Kind != actor.Service || who.Token != made.ID || who.Tenant != w.acme.ID || who.Address.String() != "192.0.2.4" ||
			!slices.Equal(who.Roles, []id.Name{"collector"}) || !slices.Equal(who.Scope, []id.Name{"events"}) {
			t.Errorf("actor %+v", who)
		}
		if e := w.last(1)[0]; e.Operation != audit.TokenUse || e.Actor.Ref != made.ID.String() {
			t.Errorf("leaf %+v", e)
		}
		size := w.size()
		for range 3 { // the same day, from memory and from the database
			w.clock.Advance(2 * time.Second)
			_, err = w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
			check(t, err)
		}
		if w.size() != size {
			t.Error("every use is written")
		}
		w.clock.Advance(24 * time.Hour)
		_, err = w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
		check(t, err)
		if w.size() != size+1 {
			t.Error("the next day was not written")
		}
		list, err := w.svc.Tokens(w.platform(), w.permit(w.acme, access.Token, access.List), id.Token{}, 10)
		check(t, err)
		if len(list) != 1 || list[0].Label != "Site" || list[0].By != "test" || list[0].Used.Format(time.DateOnly) != "2026-11-23" {
			t.Errorf("list %+v", list)
		}
		w.clock.Advance(30 * 24 * time.Hour)
		_, err = w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
		if e := errs.Of(err); e == nil || e.Code != errs.Unauthenticated || e.Key != "identity.token.expired" {
			t.Errorf("expired: %v", err)
		}
		w.wantRowsSound()
	})
}

// It expires to the microsecond also while it is in memory.
func TestTokenExpiresInMemory(t *testing.T) {
	w := newWorld(t, db.SQLite)
	text, _, err := w.svc.CreateToken(w.platform(), w.tokens(), identity.NewToken{Label: "x", Roles: []id.Name{"collector"}, Life: time.Minute})
	check(t, err)
	w.clock.Advance(time.Minute - 100*time.Millisecond)
	_, err = w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
	check(t, err)
	w.clock.Advance(100 * time.Millisecond)
	_, err = w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
	wantCode(t, err, errs.Unauthenticated)
}

func TestRevokedTokenIsRefused(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		text, made := w.token("collector")
		elsewhere := w.node()
		for _, s := range []*identity.Service{w.svc, elsewhere} {
			_, err := s.Authenticate(from("192.0.2.4"), w.acme.ID, text)
			check(t, err)
		}
		check(t, w.svc.RevokeToken(w.platform(), w.tokens(), made.ID))
		if e := w.last(1)[0]; e.Operation != audit.TokenRevoke || e.Object != made.ID.Raw || e.Row == [32]byte{} {
			t.Errorf("leaf %+v", e)
		}
		_, err := w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
		if e := errs.Of(err); e == nil || e.Key != "identity.token.revoked" {
			t.Errorf("here: %v", err)
		}
		if e := w.last(1)[0]; e.Operation != audit.SignInRefused || e.Reason != "revoked" || e.Object != made.ID.Raw {
			t.Errorf("leaf %+v", e)
		}
		w.clock.Advance(time.Second)
		_, err = elsewhere.Authenticate(from("192.0.2.4"), w.acme.ID, text)
		wantCode(t, err, errs.Unauthenticated)
		size := w.size()
		check(t, w.svc.RevokeToken(w.platform(), w.tokens(), made.ID))
		if w.size() != size {
			t.Error("revoking twice left an entry")
		}
		wantCode(t, w.svc.RevokeToken(w.platform(), w.tokens(), id.NewToken()), errs.NotFound)
		w.wantRowsSound()
	})
}

func TestWrongTokensAreRefused(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		text, made := w.token("collector")
		same, _ := identity.NewTokenText(made.ID) // the right id, another secret
		foreign, _ := identity.NewTokenText(id.NewToken())
		for range 2 { // before and after the right one is in memory
			for _, bearer := range []string{same, foreign} {
				size := w.size()
				_, err := w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, bearer)
				if e := errs.Of(err); e == nil || e.Code != errs.Unauthenticated || e.Key != "identity.token.refused" {
					t.Errorf("%v", err)
				}
				if w.size() != size+1 {
					t.Error("the refusal has no leaf")
				}
			}
			_, err := w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
			check(t, err)
		}
		_, err := w.svc.Authenticate(from("192.0.2.4"), w.operator.ID, text)
		wantCode(t, err, errs.Unauthenticated)
		_, err = w.svc.Authenticate(from("192.0.2.4"), id.NewTenant(), text)
		wantCode(t, err, errs.NotFound)
		size := w.size()
		flip := text[:40] + string(text[40]^1) + text[41:]
		for _, bearer := range []string{"", "grt_", text[:89], text + "0", strings.ToUpper(text), flip, "Bearer " + text} {
			_, err := w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, bearer)
			if e := errs.Of(err); e == nil || e.Key != "identity.token.malformed" {
				t.Errorf("%q: %v", bearer, err)
			}
		}
		if w.size() != size {
			t.Error("what is no token left entries")
		}
	})
}

func TestTokenFaults(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		bad := []identity.NewToken{
			{Label: "", Roles: []id.Name{"collector"}},
			{Label: "x"},
			{Label: "x", Roles: []id.Name{"admin"}},
			{Label: "x", Roles: []id.Name{"nothing"}},
			{Label: "x", Roles: []id.Name{"collector"}, Scope: []id.Name{"nowhere"}},
			{Label: "x", Roles: []id.Name{"collector"}, Life: 366 * 24 * time.Hour},
			{Label: "x", Roles: []id.Name{"collector"}, Life: -time.Hour},
			{Label: "x\x00", Roles: []id.Name{"collector"}},
		}
		size := w.size()
		for _, n := range bad {
			_, _, err := w.svc.CreateToken(w.platform(), w.tokens(), n)
			wantCode(t, err, errs.Invalid)
		}
		if w.size() != size {
			t.Error("a refused token left an entry")
		}
		var made []identity.Token
		for range 3 { // the cap of the role
			_, one := w.token("collector")
			made = append(made, one)
		}
		_, _, err := w.svc.CreateToken(w.platform(), w.tokens(), identity.NewToken{Label: "x", Roles: []id.Name{"collector"}})
		wantCode(t, err, errs.Conflict)
		check(t, w.svc.RevokeToken(w.platform(), w.tokens(), made[0].ID))
		w.token("collector")
	})
}

// A token revoked while others use it is refused to everybody after the
// revocation returned.
func TestRevocationRacesWithUse(t *testing.T) {
	w := newWorld(t, db.SQLite)
	text, made := w.token("collector")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					w.clock.Advance(50 * time.Millisecond)
					_, _ = w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
				}
			}
		})
	}
	check(t, w.svc.RevokeToken(w.platform(), w.tokens(), made.ID))
	for range 200 {
		_, err := w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
		wantCode(t, err, errs.Unauthenticated)
	}
	close(stop)
	wg.Wait()
}

func TestTokenCacheIsBounded(t *testing.T) {
	w := newWorld(t, db.SQLite)
	w.opt.Tokens = 2
	w.svc = w.node()
	for range 3 {
		text, made, err := w.svc.CreateToken(w.platform(), w.tokens(), identity.NewToken{Label: "x", Roles: []id.Name{"collector"}})
		check(t, err)
		_, err = w.svc.Authenticate(from("192.0.2.4"), w.acme.ID, text)
		check(t, err)
		if n := w.svc.CachedTokens(); n > 2 {
			t.Errorf("%d tokens in memory", n)
		}
		_ = made
	}
}

func TestBase32(t *testing.T) {
	other := base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)
	for n := range 40 {
		src := make([]byte, n)
		for i := range src {
			src[i] = byte(i*37 + n)
		}
		got := string(identity.AppendBase32(nil, src))
		if want := other.EncodeToString(src); got != want {
			t.Fatalf("%x: %s, want %s", src, got, want)
		}
		back := make([]byte, n)
		if !identity.ReadBase32(back, got) || !slices.Equal(back, src) {
			t.Fatalf("%s was read as %x", got, back)
		}
	}
	for _, bad := range []string{"0i", "0l", "0o", "0u", "0A", "01", "0!", "0\x80", "0{", "0`"} {
		if identity.ReadBase32(make([]byte, 1), bad) {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func FuzzToken(f *testing.F) {
	text, _ := identity.NewTokenText(id.NewToken())
	f.Add(text)
	f.Add("grt_")
	f.Add(strings.Repeat("0", 90))
	f.Fuzz(func(t *testing.T, s string) {
		token, _, err := identity.ParseToken(s)
		if (err == nil) != identity.LooksLikeToken(s) {
			t.Fatal("two opinions")
		}
		if err != nil {
			return
		}
		if s[4:30] != token.String()[2:] {
			t.Fatalf("%q was read as %s", s, token)
		}
		for i := range s { // one token has one text
			for _, other := range []string{s[:i] + strings.ToUpper(s[i:i+1]) + s[i+1:], s[:i] + "\n" + s[i:]} {
				if other != s && identity.LooksLikeToken(other) {
					t.Fatalf("%q and %q are one token", s, other)
				}
			}
		}
	})
}

func BenchmarkAuthenticate(b *testing.B) {
	w := newWorld(b, db.SQLite)
	text, _ := w.token("collector")
	ctx := from("192.0.2.4")
	b.Run("hit", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.svc.Authenticate(ctx, w.acme.ID, text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hit-parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := w.svc.Authenticate(ctx, w.acme.ID, text); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("miss", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w.clock.Advance(time.Second)
			if _, err := w.svc.Authenticate(ctx, w.acme.ID, text); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkHash(b *testing.B) {
	h, err := identity.NewHasher(identity.DefaultCost(), 2, 0)
	check(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Hash(context.Background(), goodPassword); err != nil {
			b.Fatal(err)
		}
	}
}
