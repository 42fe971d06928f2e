package profile

import (
	"slices"
	"time"

	"garant.example/internal/errs"
	"garant.example/internal/identity"
)

// SignIn turns the settings in force into the rules of signing in. What a profile
// leaves out stays as identity has it.
func (s Settings) SignIn() (identity.Settings, error) {
	out := identity.DefaultSettings()
	if n, ok := s.Count("password_length"); ok {
		out.Password.Length = int(n)
	}
	if lists, ok := s.Set("password_lists"); ok {
		out.Password.Breached = slices.Contains(lists, "breached")
	}
	if n, ok := s.Count("password_score"); ok {
		out.Password.Score = int(n)
	}
	if classes, ok := s.Set("password_classes"); ok {
		one := func(class string) int {
			if slices.Contains(classes, class) {
				return 1
			}
			return 0
		}
		p := &out.Password
		p.Upper, p.Lower, p.Digit, p.Special, p.DigitOrSpecial = one("upper"), one("lower"), one("digit"), one("special"), one("digit-or-special")
	}
	if yes, ok := s.Flag("password_change_at_first_login"); ok {
		out.Password.ChangeFirst = yes
	}
	if n, ok := s.Count("lockout_failures"); ok {
		out.Lockout.Failures = int(n)
		out.Lockout.Address = max(out.Lockout.Address, int(n))
	}
	for _, d := range []struct {
		name SettingName
		to   *time.Duration
	}{{"lockout_time", &out.Lockout.Duration}, {"session_idle", &out.Session.Idle}, {"session_life", &out.Session.Life}, {"token_life", &out.Token.Most}} {
		span, ok := s.Span(d.name)
		if !ok {
			continue
		}
		if span.Months > 0 {
			return out, errs.New(errs.Config, "profile.setting.elapsed").With("Name", string(d.name))
		}
		*d.to = span.Elapsed
	}
	out.Token.Life = min(out.Token.Life, out.Token.Most)
	return out, out.Validate()
}
