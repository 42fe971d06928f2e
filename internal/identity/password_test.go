package identity_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/identity"
)

func keysOf(err error) []string {
	var out []string
	if e := errs.Of(err); e != nil {
		for _, f := range e.Fields {
			out = append(out, strings.TrimPrefix(f.Key, "identity.password."))
		}
	}
	return out
}

// The same rules hold on every path by which a password is set.
func TestRulesHoldOnEveryPath(t *testing.T) {
	w := newWorld(t, db.SQLite)
	w.settings(func(s *identity.Settings) {
		s.Password = identity.PasswordRules{Length: 12, Upper: 1, Lower: 1, DigitOrSpecial: 1, Breached: true, ChangeFirst: true, Initial: time.Hour}
	})
	w.member("ada")
	in, err := w.signIn("ada")
	check(t, err)
	paths := map[string]func(password string) error{
		"create": func(password string) error {
			_, _, err := w.svc.CreateAccount(w.platform(), w.accounts(), identity.NewAccount{
				Person: identity.Person{Name: "Zoé Ada", SignIn: fmt.Sprint("n", w.size()), Lang: "fr"}, Password: password})
			return err
		},
		"change": func(password string) error {
			_, err := w.svc.ChangePassword(from("192.0.2.1"), in.Secret, goodPassword, password)
			return err
		},
	}
	cases := []struct {
		password string
		want     []string
	}{
		{"Abcdefghij1", []string{"length"}},
		{"abcdefghijk1", []string{"upper"}},
		{"ABCDEFGHIJK1", []string{"lower"}},
		{"Abcdefghijkl", []string{"digit_or_special"}},
		{"abc", []string{"length", "upper", "digit_or_special"}},
		{"Password1234", []string{"breached"}},
		{"Zoé-Acme-2026", nil},
		{"bell\a", []string{"unusable"}},
		{strings.Repeat("Aa1", 400), []string{"unusable"}},
	}
	for name, set := range paths {
		for _, c := range cases {
			if c.want == nil {
				continue
			}
			err := set(c.password)
			if got := keysOf(err); !errs.Is(err, errs.Invalid) || !slices.Equal(got, c.want) {
				t.Errorf("%s %q: %v, want %v", name, c.password, got, c.want)
			}
		}
	}
	for _, good := range []string{"Abcdefghijk1", "Été à Québec!", "Ünterwegs-zu-dir"} {
		check(t, paths["create"](good))
	}
	check(t, paths["change"]("Abcdefghijk1"))
}

func TestOwnNameIsNoPassword(t *testing.T) {
	w := newWorld(t, db.SQLite)
	p := identity.Person{Name: "Marguerite Dupont", SignIn: "mdupont4", Email: "chef.cuisine@acme.example", Lang: "fr"}
	for password, want := range map[string]bool{
		"Vive-marGUERITE-77": true, "xx-MDUPONT4-xxxx": true, "la-Cuisine-est-1": true, "Les-Quatre-7-Saisons": false,
	} {
		_, _, err := w.svc.CreateAccount(w.platform(), w.accounts(), identity.NewAccount{Person: p, Password: password})
		if got := slices.Contains(keysOf(err), "own"); got != want {
			t.Errorf("%q: own=%v (%v)", password, got, err)
		}
	}
}

// A score is asked of every password that is set, on every path, and the answer says
// why one is too easy.
func TestScore(t *testing.T) {
	w := newWorld(t, db.SQLite)
	set := identity.DefaultSettings()
	set.Password.Score, set.Password.Length, set.Password.Breached = 3, 8, false
	w.settings(func(s *identity.Settings) { *s = set })
	w.write(w.operator, func(tx *audit.Tx) error { return w.svc.Define(w.platform(), tx, w.operator, set) })
	w.svc.Forget(w.operator.ID)
	for name, try := range w.paths() {
		for password, want := range map[string]string{"Bonjour-Soleil": "weak.words", "azertyuiop-123456": "weak.pattern", "70935286": "weak.short"} {
			err := try(password)
			if got := keysOf(err); !errs.Is(err, errs.Invalid) || !slices.Equal(got, []string{want}) {
				t.Errorf("%s %q: %v, want %s (%v)", name, password, got, want, err)
			}
		}
		if err := try("Qwxz-Rtvb-5678"); err != nil {
			t.Errorf("%s: a good password: %v", name, err)
		}
	}
}

// paths are the ways by which a person's own choice becomes a password.
func (w *world) paths() map[string]func(password string) error {
	w.member("ada")
	in, err := w.signIn("ada")
	check(w.tb, err)
	secret, _, err := w.svc.OpenSetup(context.Background())
	check(w.tb, err)
	return map[string]func(string) error{
		"create": func(password string) error {
			_, _, err := w.svc.CreateAccount(w.platform(), w.accounts(), identity.NewAccount{Person: person("new"), Password: password})
			return err
		},
		"change": func(password string) error {
			_, err := w.svc.ChangePassword(from("192.0.2.1"), in.Secret, goodPassword, password)
			return err
		},
		"setup": func(password string) error {
			f := first()
			f.Password = password
			_, err := w.svc.FinishSetup(from("192.0.2.1"), secret, f)
			return err
		},
	}
}

// What the person and the tenant are called makes a password easy for them alone,
// and the tenant's own settings decide.
func TestScoreKnowsTheNames(t *testing.T) {
	w := newWorld(t, db.SQLite)
	w.settings(func(s *identity.Settings) { s.Password.Score = 3 })
	create := func(password string) error {
		_, _, err := w.svc.CreateAccount(w.platform(), w.accounts(), identity.NewAccount{Person: person("p" + fmt.Sprint(w.size())), Password: password})
		return err
	}
	title := strings.ReplaceAll(w.acme.Title, " ", "")
	if got := keysOf(create(title + "-" + string(w.acme.Slug) + "-2026")); !slices.Equal(got, []string{"weak.own"}) {
		t.Errorf("the tenant's names: %v", got)
	}
	check(t, create("Zrtwxk-49-bplq"))
}

// A password made here is strong enough for every profile.
func TestMadePasswordsAreStrong(t *testing.T) {
	w := newWorld(t, db.SQLite)
	w.settings(func(s *identity.Settings) { s.Password.Score = 4 })
	for i := range 20 {
		made, _, err := w.svc.CreateAccount(w.platform(), w.accounts(), identity.NewAccount{Person: person("made" + fmt.Sprint(i))})
		check(t, err)
		_, err = w.svc.ResetPassword(w.platform(), w.accounts(), made.ID)
		check(t, err)
	}
}

func TestBreached(t *testing.T) {
	if n := identity.BreachedEntries(); n < 50_000 {
		t.Fatalf("the list holds %d words", n)
	}
	for password, want := range map[string]bool{
		"password": true, "PassWord": true, "iloveyou": true, "motdepasse": true, "Password2026!": true, "!!Dragon!!": true, "!!!!Dragon!!!": false,
		"azertyuiop": true, "123456789": true, "bonjour1": true, goodPassword: false,
		"xkqvzwjp": false, "": false, "password-correct-horse-staple": false,
	} {
		if got := identity.Breached(password); got != want {
			t.Errorf("Breached(%q) = %v", password, got)
		}
	}
}

func TestInitialPasswordsKeepTheRules(t *testing.T) {
	rules := identity.PasswordRules{Length: 24, Upper: 3, Lower: 3, Digit: 3, Special: 3, DigitOrSpecial: 5}
	seen := map[string]bool{}
	for range 200 {
		p := identity.InitialPassword(rules)
		if seen[p] || len(p) != 24 {
			t.Fatalf("made %q", p)
		}
		seen[p] = true
		for _, chars := range []string{"ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789", "-+=#%*"} {
			n := 0
			for _, r := range p {
				if strings.ContainsRune(chars, r) {
					n++
				}
			}
			if n < 3 {
				t.Fatalf("%q has %d of %s", p, n, chars)
			}
		}
	}
}

func TestSettingsBounds(t *testing.T) {
	check(t, identity.DefaultSettings().Validate())
	bad := map[string]func(*identity.Settings){
		"/password/length":  func(s *identity.Settings) { s.Password.Length = 7 },
		"/password/score":   func(s *identity.Settings) { s.Password.Score = 5 },
		"/password/initial": func(s *identity.Settings) { s.Password.Initial = 0 },
		"/password/upper":   func(s *identity.Settings) { s.Password.Upper = -1 },
		"/lockout/failures": func(s *identity.Settings) { s.Lockout.Failures = 0 },
		"/lockout/address":  func(s *identity.Settings) { s.Lockout.Address = 1 },
		"/lockout/window":   func(s *identity.Settings) { s.Lockout.Window = 0 },
		"/lockout/duration": func(s *identity.Settings) { s.Lockout.Duration = 48 * time.Hour },
		"/session/idle":     func(s *identity.Settings) { s.Session.Idle = 13 * time.Hour },
		"/session/life":     func(s *identity.Settings) { s.Session.Life = 31 * 24 * time.Hour },
		"/token/life":       func(s *identity.Settings) { s.Token.Life = 0 },
		"/token/most":       func(s *identity.Settings) { s.Token.Most = 10 * 366 * 24 * time.Hour },
	}
	for pointer, spoil := range bad {
		s := identity.DefaultSettings()
		spoil(&s)
		e := errs.Of(s.Validate())
		if e == nil || len(e.Fields) == 0 || e.Fields[0].Pointer != pointer {
			t.Errorf("%s: %v", pointer, e)
		}
	}
}

func TestSettingsActAndAreSealed(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		want := identity.DefaultSettings()
		want.Session.Idle = 7 * time.Minute
		w.settings(func(s *identity.Settings) { s.Session.Idle = 7 * time.Minute })
		for _, s := range []*identity.Service{w.svc, w.node()} {
			got, err := s.Settings(context.Background(), w.acme)
			check(t, err)
			if got != want {
				t.Errorf("settings %+v", got)
			}
		}
	})
}

func TestVerifier(t *testing.T) {
	h, err := identity.NewHasher(identity.Cost{Memory: 256, Time: 2, Threads: 2}, 2, 4)
	check(t, err)
	ctx := context.Background()
	a, err := h.Hash(ctx, goodPassword)
	check(t, err)
	b, err := h.Hash(ctx, goodPassword)
	check(t, err)
	if a.Salt == b.Salt || a.Hash == b.Hash {
		t.Error("two hashes of one password are equal")
	}
	if want := argon2.IDKey([]byte(goodPassword), a.Salt[:], 2, 256, 2, 32); !slices.Equal(want, a.Hash[:]) {
		t.Error("this is not Argon2id")
	}
	back, err := identity.ParseVerifier(a.String())
	if err != nil || back != a || !strings.HasPrefix(a.String(), "$argon2id$v=19$m=256,t=2,p=2$") {
		t.Errorf("%s was read as %+v, %v", a, back, err)
	}
	for password, want := range map[string]bool{goodPassword: true, goodPassword + "x": false, "": false} {
		if got, err := h.Verify(ctx, &a, password); err != nil || got != want {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
	if got, err := h.Verify(ctx, nil, goodPassword); err != nil || got {
		t.Errorf("nobody's password: %v, %v", got, err)
	}
	if _, err := identity.NewHasher(identity.Cost{Memory: 1, Time: 1, Threads: 1}, 1, 1); !errs.Is(err, errs.Config) {
		t.Errorf("a cost out of bounds: %v", err)
	}
}

func TestPrepare(t *testing.T) {
	composed, _ := identity.Prepare("Été à Québec")
	decomposed, ok := identity.Prepare("E\u0301te\u0301 a\u0300 Que\u0301bec")
	if !ok || composed != decomposed {
		t.Errorf("%q and %q differ", composed, decomposed)
	}
	for _, bad := range []string{"", "a\x00b", "\xff", strings.Repeat("a", 1025)} {
		if _, ok := identity.Prepare(bad); ok {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func FuzzVerifier(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=99999999999,t=3,p=4$$")
	f.Add("$2a$10$")
	f.Add("$argon2id$v=19$m=065536,t=+3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAB$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := identity.ParseVerifier(s)
		if err == nil && v.String() != s {
			t.Fatalf("%q reads back as %q", s, v)
		}
		if err == nil && (v.Cost.Memory > 1<<20 || v.Cost.Time > 32 || v.Cost.Threads > 32) {
			t.Fatalf("%q is too dear", s)
		}
	})
}

func FuzzNames(f *testing.F) {
	f.Add("Ada@Acme.example")
	f.Add(" İstanbul ")
	f.Add("ﬁn\u0301")
	f.Fuzz(func(t *testing.T, s string) {
		once, ok := identity.Normalise(s)
		if !ok {
			return
		}
		if twice, ok := identity.Normalise(once); len(once) <= 254 && (!ok || twice != once) {
			t.Fatalf("%q gives %q, then %q", s, once, twice)
		}
		_, _ = identity.Prepare(s)
		_ = identity.Breached(s)
	})
}
