package profile

import (
	"crypto/tls"
	"slices"

	"garant.example/internal/errs"
)

// Runtime is what the platform does whatever a profile says: what its doors and
// its keys were made with. A profile that asks for more is refused, because a
// setting that is accepted is in force (law 10).
type Runtime struct {
	TLSMinimum uint16 // the oldest version that the doors accept: tls.VersionTLS12 or newer
	Algorithm  string // what new data is sealed with: "AES-256-GCM"
	KeyBits    int    // the length of every key that seals or wraps
}

// tlsVersions are the words of tls_min.
func tlsVersions() map[string]uint16 {
	return map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}
}

// TLSMinimum returns the oldest version of TLS that doors may accept. ok is false
// when the profile leaves it out or only plans it.
func (s Settings) TLSMinimum() (version uint16, ok bool) {
	word, ok := s.Word("tls_min")
	version, known := tlsVersions()[word]
	return version, ok && known
}

// TLSMinimum returns the strictest minimum of all profiles, never below TLS 1.2:
// the tenants of all profiles come through the same doors.
func (s *Set) TLSMinimum() uint16 {
	strictest := uint16(tls.VersionTLS12)
	for _, p := range s.profiles {
		if version, ok := p.Settings.TLSMinimum(); ok {
			strictest = max(strictest, version)
		}
	}
	return strictest
}

// unmet adds every setting to e that asks for more than what runs gives.
func (r Runtime) unmet(s Settings, at string, e *errs.Error) {
	if version, ok := s.TLSMinimum(); ok && version > r.TLSMinimum {
		word, _ := s.Word("tls_min")
		e.At(at+"/tls_min", "profile.unmet.tls", errs.Params{"Value": word, "Held": tlsWord(r.TLSMinimum)})
	}
	if algorithms, ok := s.Set("at_rest_algorithms"); ok && !slices.Contains(algorithms, r.Algorithm) {
		e.At(at+"/at_rest_algorithms", "profile.unmet.algorithm", errs.Params{"Held": r.Algorithm})
	}
	if bits, ok := s.Count("key_length"); ok && bits > int64(r.KeyBits) {
		e.At(at+"/key_length", "profile.unmet.bits", errs.Params{"Value": bits, "Held": r.KeyBits})
	}
}

func tlsWord(version uint16) string {
	for word, v := range tlsVersions() {
		if v == version {
			return word
		}
	}
	return "0"
}

// Check compares every profile with what runs, for the start of the platform. It
// returns errs.Config with every setting that cannot be in force.
func (s *Service) Check() error {
	e := unmetError()
	for _, p := range s.opt.Set.profiles {
		s.opt.Runs.unmet(p.Settings, "/"+string(p.Name)+".yaml/settings", e)
	}
	return fieldsOrNil(e)
}

func unmetError() *errs.Error { return errs.New(errs.Config, "profile.unmet").Do("profile.unmet.fix") }

func fieldsOrNil(e *errs.Error) error {
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

// ownRetention refuses periods that differ from those of the platform's profile of
// the same name where it says that tenants have none of their own. What the wanted
// profile itself says of retention_by_tenant does not count: it would free itself.
func (s *Service) ownRetention(wanted *Profile) error {
	declared, ok := s.opt.Set.Profile(wanted.Name)
	if !ok {
		return nil // refused elsewhere: the tenant stands under a known profile
	}
	if free, ok := declared.Settings.Flag("retention_by_tenant"); !ok || free {
		return nil
	}
	e := errs.New(errs.Conflict, "profile.apply.retention").Do("profile.apply.retention.fix")
	for _, c := range wanted.Collection {
		if d, ok := declared.Declared(c.Name); ok && d.Retention.Keep != c.Retention.Keep {
			e.At("/collection/"+string(c.Name)+"/retention", "profile.apply.retention.field",
				errs.Params{"Value": c.Retention.Keep, "Held": d.Retention.Keep})
		}
	}
	return fieldsOrNil(e)
}

// demand refuses a profile that could not be in force as it is written.
func (s *Service) demand(wanted *Profile) error {
	e := unmetError()
	s.opt.Runs.unmet(wanted.Settings, "/settings", e)
	if err := fieldsOrNil(e); err != nil {
		return err
	}
	return s.ownRetention(wanted)
}
