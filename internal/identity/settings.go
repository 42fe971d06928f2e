package identity

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity/strength"
	"garant.example/internal/tenant"
)

// Settings are the rules of one tenant, from its profile.
type Settings struct {
	Password PasswordRules `json:"password"`
	Lockout  Lockout       `json:"lockout"`
	Session  SessionLimits `json:"session"`
	Token    TokenLimits   `json:"token"`
}

// PasswordRules say which passwords are accepted. Counts are of characters.
type PasswordRules struct {
	Length         int  `json:"length"`           // at least
	Upper          int  `json:"upper"`            // at least so many upper-case letters
	Lower          int  `json:"lower"`            // lower-case letters
	Digit          int  `json:"digit"`            // digits
	Special        int  `json:"special"`          // neither letters nor digits
	DigitOrSpecial int  `json:"digit_or_special"` // digits and specials together
	Score          int  `json:"score"`            // strength from 0 (not asked for) to 4
	Breached       bool `json:"breached"`         // refuse what stands in the breached list
	ChangeFirst    bool `json:"change_first"`     // a password that somebody else chose must be changed first
	// Initial is how long a password that somebody else chose opens anything.
	Initial time.Duration `json:"initial"`
}

// Lockout says when guessing is stopped. A window begins with the first failure.
type Lockout struct {
	Failures int           `json:"failures"` // of one name within the window
	Address  int           `json:"address"`  // from one address within the window, whatever the names
	Window   time.Duration `json:"window"`   // in which failures are counted
	Duration time.Duration `json:"duration"`
}

// SessionLimits say how long a session lives.
type SessionLimits struct {
	Idle time.Duration `json:"idle"` // without a use
	Life time.Duration `json:"life"` // whatever its use
}

// TokenLimits say how long tokens live.
type TokenLimits struct {
	Life time.Duration `json:"life"` // when nobody says otherwise
	Most time.Duration `json:"most"` // at most
}

// DefaultSettings hold for a tenant whose profile said nothing yet.
func DefaultSettings() Settings {
	return Settings{
		Password: PasswordRules{Length: 12, Breached: true, ChangeFirst: true, Initial: 72 * time.Hour},
		Lockout:  Lockout{Failures: 10, Address: 50, Window: 15 * time.Minute, Duration: 15 * time.Minute},
		Session:  SessionLimits{Idle: 30 * time.Minute, Life: 12 * time.Hour},
		Token:    TokenLimits{Life: 30 * 24 * time.Hour, Most: 365 * 24 * time.Hour},
	}
}

// Floors and ceilings that no profile passes.
const (
	minLength   = 8
	maxLength   = 128
	maxClass    = 16
	maxScore    = strength.Best
	maxFailures = 1000
	maxWindow   = 24 * time.Hour
	minIdle     = time.Minute
	maxLife     = 30 * 24 * time.Hour
	maxToken    = 5 * 366 * 24 * time.Hour
	maxInitial  = 30 * 24 * time.Hour
)

// Validate tells every setting that is out of its bounds. The pointers are those
// of the JSON form.
func (s Settings) Validate() error {
	e := errs.New(errs.Invalid, "identity.settings.invalid").Do("identity.settings.invalid.fix")
	check := func(ok bool, pointer string) {
		if !ok {
			e.At(pointer, "identity.settings.bounds", nil)
		}
	}
	p := s.Password
	check(p.Length >= minLength && p.Length <= maxLength, "/password/length")
	for _, c := range []struct {
		n    int
		name string
	}{{p.Upper, "upper"}, {p.Lower, "lower"}, {p.Digit, "digit"}, {p.Special, "special"}, {p.DigitOrSpecial, "digit_or_special"}} {
		check(c.n >= 0 && c.n <= maxClass, "/password/"+c.name)
	}
	check(p.Score >= 0 && p.Score <= maxScore, "/password/score")
	check(p.Initial >= time.Minute && p.Initial <= maxInitial, "/password/initial")
	check(s.Lockout.Failures >= 1 && s.Lockout.Failures <= maxFailures, "/lockout/failures")
	check(s.Lockout.Address >= s.Lockout.Failures && s.Lockout.Address <= maxFailures, "/lockout/address")
	check(s.Lockout.Window >= time.Minute && s.Lockout.Window <= maxWindow, "/lockout/window")
	check(s.Lockout.Duration >= time.Minute && s.Lockout.Duration <= maxWindow, "/lockout/duration")
	check(s.Session.Idle >= minIdle && s.Session.Idle <= s.Session.Life, "/session/idle")
	check(s.Session.Life <= maxLife, "/session/life")
	check(s.Token.Life >= time.Minute && s.Token.Life <= s.Token.Most, "/token/life")
	check(s.Token.Most <= maxToken, "/token/most")
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// Define replaces the tenant's settings within a transaction of its main log. The
// caller records the leaf. They act within a second. It returns errs.Invalid
// with every fault.
func (s *Service) Define(ctx context.Context, tx db.Tx, t tenant.Tenant, set Settings) error {
	if err := set.Validate(); err != nil {
		return err
	}
	sealer, err := s.sealer(ctx, t.ID)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(set, json.Deterministic(true), jsonv1.FormatDurationAsNano(true))
	if err != nil {
		return err
	}
	sealed, err := sealer.Seal(nil, plain, bind(settingsAD, t.ID.Raw))
	if err != nil {
		return err
	}
	return storeSettings(tx, sealed)
}

// Forget drops what is remembered of a tenant's settings; whoever called Define
// calls it once the transaction is durable.
func (s *Service) Forget(t id.Tenant) { s.settings.Forget(t) }

// Settings returns the rules in force for a tenant.
func (s *Service) Settings(ctx context.Context, t tenant.Tenant) (Settings, error) {
	return s.settings.Get(t.ID, s.now(), func() (Settings, error) { return s.readSettings(ctx, t) })
}

func (s *Service) readSettings(ctx context.Context, t tenant.Tenant) (Settings, error) {
	log, release, err := s.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return Settings{}, err
	}
	defer release()
	var sealed []byte
	err = log.Read(ctx, func(tx db.Tx) error { sealed, err = readSettings(tx); return err })
	switch {
	case errors.Is(err, db.ErrNoRows):
		return DefaultSettings(), nil
	case err != nil:
		return Settings{}, err
	}
	return s.openSettings(ctx, t.ID, sealed)
}

func (s *Service) openSettings(ctx context.Context, t id.Tenant, sealed []byte) (Settings, error) {
	sealer, err := s.sealer(ctx, t)
	if err != nil {
		return Settings{}, err
	}
	plain, err := sealer.Open(nil, sealed, bind(settingsAD, t.Raw))
	if err != nil {
		return Settings{}, err
	}
	var set Settings
	return set, json.Unmarshal(plain, &set, jsonv1.FormatDurationAsNano(true))
}
