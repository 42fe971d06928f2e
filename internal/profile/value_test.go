package profile

import (
	"errors"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"garant.example/internal/id"
	"garant.example/internal/identity"
)

func TestParseSpan(t *testing.T) {
	for text, want := range map[string]Span{"300ms": {Elapsed: 300 * time.Millisecond}, "5s": {Elapsed: 5 * time.Second}, "30min": {Elapsed: 30 * time.Minute},
		"1h": {Elapsed: time.Hour}, "31d": {Elapsed: 31 * day}, "25mo": {Months: 25}, "0d": {}, "36500d": {Elapsed: 36500 * day}} {
		got, err := ParseSpan(text)
		if err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
		if again, err := ParseSpan(got.String()); err != nil || again != got {
			t.Errorf("%s is written %s", text, got)
		}
	}
	for _, bad := range []string{"", "5", "s", "-5s", "5 s", "1.5h", "5m", "5y", "99999999999s", "1201mo", "40000d", "5S", "1h30min"} {
		if s, err := ParseSpan(bad); !errors.Is(err, ErrSpan) {
			t.Errorf("%q was read as %v", bad, s)
		}
	}
}

func TestSpanAfter(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.DateOnly, s)
		check(t, err)
		return v
	}
	for _, c := range []struct{ from, span, to string }{
		{"2026-01-31", "1mo", "2026-02-28"}, {"2028-01-31", "1mo", "2028-02-29"}, {"2026-11-22", "25mo", "2028-12-22"},
		{"2026-12-31", "2mo", "2027-02-28"}, {"2026-11-22", "31d", "2026-12-23"}, {"2026-10-31", "1mo", "2026-11-30"},
	} {
		span, err := ParseSpan(c.span)
		check(t, err)
		if got := span.After(at(c.from)); !got.Equal(at(c.to)) {
			t.Errorf("%s + %s = %s, want %s", c.from, c.span, got, c.to)
		}
	}
	if got := (Span{Months: 1}).Before(at("2026-03-31")); !got.Equal(at("2026-02-28")) {
		t.Errorf("31 March - 1mo = %s", got)
	}
}

func TestControlAge(t *testing.T) {
	if got := (Control{Every: "6h"}).Age(); got != (Span{Elapsed: 12 * time.Hour}) {
		t.Errorf("age %v", got)
	}
	if got := (Control{Every: "1mo", MaxAge: "35d"}).Age(); got != (Span{Elapsed: 35 * day}) {
		t.Errorf("age %v", got)
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"16B": 16, "300kB": 300_000, "10MB": 10_000_000, "2GB": 2_000_000_000, "64MiB": 64 << 20, "19MiB": 19 << 20} {
		if got, ok := parseBytes(text); !ok || got != want {
			t.Errorf("%s: %d %v", text, got, ok)
		}
	}
	for _, bad := range []string{"", "5", "B", "-5B", "5TB", "1.5MB", "9999999999999999999GB", "9223372036854775807GB"} {
		if got, ok := parseBytes(bad); ok {
			t.Errorf("%q was read as %d", bad, got)
		}
	}
	if f, ok := parsePercent("99.75%"); !ok || f != 99.75 {
		t.Errorf("99.75%%: %v %v", f, ok)
	}
	for _, bad := range []string{"", "%", "99.75", "101%", "-1%", "1e1%", "Inf%"} {
		if f, ok := parsePercent(bad); ok {
			t.Errorf("%q was read as %v", bad, f)
		}
	}
}

func TestValueJSON(t *testing.T) {
	v := Value{form: mapping, name: []string{"b", "a"}, list: []Value{WordList("x", "0600"), {form: mapping, name: []string{"n"}, list: []Value{Word("7")}}}}
	text, err := json.Marshal(v)
	check(t, err)
	if string(text) != `{"b":["x","0600"],"a":{"n":"7"}}` {
		t.Errorf("%s", text)
	}
	var again Value
	check(t, json.Unmarshal(text, &again))
	if !again.Equal(v) || again.String() != "{b: [x, 0600], a: {n: 7}}" {
		t.Errorf("%s", again)
	}
	if v.Equal(Word("x")) || v.Equal(Value{}) || !(Value{}).Equal(Value{}) {
		t.Error("values of other forms are equal")
	}
	if err := json.Unmarshal([]byte(`{"a":1}`), &again); err == nil {
		t.Error("a number was read, although none is ever written")
	}
}

func TestSettingsInForce(t *testing.T) {
	s := Settings{
		"password_length":                {Value: Word("12 characters")},
		"password_classes":               {Value: WordList("upper", "digit-or-special")},
		"password_lists":                 {Value: WordList("breached")},
		"password_change_at_first_login": {Value: Word("false")},
		"session_idle":                   {Value: Word("10min")},
		"token_life":                     {Value: Word("7d")},
		"lockout_failures":               {Value: Word("60 failures")},
		"mfa_members":                    {Value: Word("required"), Planned: true},
		"tls_min":                        {Value: Word("1.3")},
		"key_length":                     {Value: Word("256bit")},
	}
	if n, ok := s.Count("password_length"); !ok || n != 12 {
		t.Errorf("length %d %v", n, ok)
	}
	if n, ok := s.Count("key_length"); !ok || n != 256 {
		t.Errorf("key length %d %v", n, ok)
	}
	if w, ok := s.Word("tls_min"); !ok || w != "1.3" {
		t.Errorf("TLS %s %v", w, ok)
	}
	if w, ok := s.Word("mfa_members"); ok {
		t.Errorf("a planned setting is in force: %s", w)
	}
	for _, name := range []id.Name{"session_life", "password_length", "nothing"} {
		if span, ok := s.Span(name); ok {
			t.Errorf("%s: %v", name, span)
		}
	}
	rules, err := s.SignIn()
	check(t, err)
	want := identity.DefaultSettings()
	want.Password.Length, want.Password.Upper, want.Password.DigitOrSpecial, want.Password.ChangeFirst = 12, 1, 1, false
	want.Session.Idle, want.Token.Most, want.Token.Life = 10*time.Minute, 7*day, 7*day
	want.Lockout.Failures, want.Lockout.Address = 60, 60
	if rules != want {
		t.Errorf("got  %+v\nwant %+v", rules, want)
	}
	s["session_idle"] = Setting{Value: Word("1mo")}
	if _, err := s.SignIn(); err == nil {
		t.Error("a session that idles for a month was accepted")
	}
}

func TestWeaker(t *testing.T) {
	for _, c := range []struct {
		name         SettingName
		strict, weak Value
	}{
		{"password_length", Word("12 characters"), Word("8 characters")},
		{"password_classes", WordList("upper", "digit"), WordList("upper")},
		{"mfa_staff", Word("required"), Word("recommended")},
		{"mfa_methods", WordList("passkey"), WordList("passkey", "sms")},
		{"session_idle", Word("15min"), Word("1h")},
		{"key_rotation", Word("30d"), Word("2mo")},
		{"tls_min", Word("1.3"), Word("1.2")},
		{"ip_allow_list", Word("true"), Word("false")},
		{"retention_by_tenant", Word("false"), Word("true")},
		{"lockout_time", Word("30min"), Word("15min")},
		{"key_length", Word("256bit"), Word("128bit")},
	} {
		d, ok := Define(c.name)
		if !ok || !d.valid(c.strict) || !d.valid(c.weak) {
			t.Errorf("%s: %v or %v is no value of it", c.name, c.strict, c.weak)
		}
		if !d.weaker(c.strict, c.weak) || d.weaker(c.weak, c.strict) || d.weaker(c.weak, c.weak) {
			t.Errorf("%s: %v is not told to be weaker than %v", c.name, c.weak, c.strict)
		}
	}
	if d, _ := Define("log_retention"); d.weaker(Word("36mo"), Word("12mo")) || d.weaker(Word("12mo"), Word("36mo")) {
		t.Error("the retention of logs has an order")
	}
}
