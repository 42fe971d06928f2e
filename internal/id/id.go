package id

import (
	"encoding/base32"
	"errors"
	"strings"

	"github.com/google/uuid"
)

// ErrMalformed is returned when a text is not an id of the kind asked for.
var ErrMalformed = errors.New("id: malformed")

// Raw is the 16 bytes behind an opaque id, as databases keep it.
type Raw [16]byte

// IsZero says whether the id was never set.
func (r Raw) IsZero() bool { return r == Raw{} }

// Bytes returns the 16 bytes for a database parameter.
func (r Raw) Bytes() []byte { return r[:] }

type (
	// Tenant names a customer of the operator.
	Tenant struct{ Raw }
	// Record names one record of a collection.
	Record struct{ Raw }
	// Subject names the natural person that data is about. A record that
	// *is* the person (a participant) shares its 16 bytes with its subject.
	Subject struct{ Raw }
	// Account names a person of staff or a member of a tenant.
	Account struct{ Raw }
	// Token names a service token.
	Token struct{ Raw }
	// Session names a signed-in session.
	Session struct{ Raw }
	// Request names one request; it is shown with errors and stands in the log.
	Request struct{ Raw }
	// Plan names long or destructive work, stored as repeatable steps.
	Plan struct{ Raw }
	// Run names one run of a control.
	Run struct{ Raw }
)

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

const encodedLen = 26 // 16 bytes in base 32 without padding

var crockford = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

func fresh() Raw {
	// NewV7 fails only when the system's source of randomness does; a program
	// without randomness must not go on handing out ids.
	return Raw(uuid.Must(uuid.NewV7()))
}

func format(prefix string, r Raw) string {
	buf := make([]byte, 0, len(prefix)+1+encodedLen)
	buf = append(buf, prefix...)
	buf = append(buf, '_')
	buf = crockford.AppendEncode(buf, r[:])
	return string(buf)
}

func parse(prefix, s string) (Raw, error) {
	rest, ok := strings.CutPrefix(s, prefix+"_")
	if !ok || len(rest) != encodedLen {
		return Raw{}, ErrMalformed
	}
	var r Raw
	n, err := crockford.Decode(r[:], []byte(rest))
	if err != nil || n != len(r) || format(prefix, r) != s {
		return Raw{}, ErrMalformed
	}
	return r, nil
}

// FromBytes reads an id back from a database column.
// It returns ErrMalformed when the length is not 16.
func FromBytes(b []byte) (Raw, error) {
	if len(b) != len(Raw{}) {
		return Raw{}, ErrMalformed
	}
	return Raw(b), nil
}

func text(prefix string, r Raw) string {
	if r.IsZero() {
		return ""
	}
	return format(prefix, r)
}

func (r *Raw) unmarshal(prefix string, b []byte) error {
	if len(b) == 0 {
		*r = Raw{}
		return nil
	}
	parsed, err := parse(prefix, string(b))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}

// Name is a word chosen in a profile: a collection, a role, a region, a
// placement, a field.
type Name string

const maxName = 63 // bytes; the longest label of a host name (RFC 1035)

// ParseName checks a name: lower-case letters, digits, hyphens and underscores,
// beginning with a letter, at most 63 bytes. It returns ErrMalformed.
func ParseName(s string) (Name, error) {
	if s == "" || len(s) > maxName || s[0] < 'a' || s[0] > 'z' {
		return "", ErrMalformed
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return "", ErrMalformed
		}
	}
	return Name(s), nil
}
