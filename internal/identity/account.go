package identity

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// State is whether an account may be used.
type State string

// The states. An account is never deleted here: who acted must stay known.
const (
	Active   State = "active"
	Disabled State = "disabled"
)

// Account is a person who may sign in.
type Account struct {
	ID      id.Account
	Kind    actor.Kind // Staff or Member
	Person  Person
	Roles   []id.Name // sorted
	State   State
	Version int64 // grows with every change; what If-Match compares
	Created time.Time
	Changed time.Time

	HasPassword bool
	MustChange  bool      // the password was chosen by somebody else
	PasswordAt  time.Time // when it was set
}

// Person is what an account knows of its person; it is kept sealed.
type Person struct {
	Name   string `json:"name"`    // as shown
	SignIn string `json:"sign_in"` // what the person types to sign in
	Email  string `json:"email"`   // where messages go; may be empty
	Lang   string `json:"lang"`    // "fr" or "en"
}

const (
	maxName   = 200 // bytes
	maxSignIn = 254 // bytes; the longest mail address
	minSignIn = 2
)

// Validate tells everything that is wrong at once.
func (p Person) Validate() error {
	e := errs.New(errs.Invalid, "identity.account.invalid").Do("identity.account.invalid.fix")
	if strings.TrimSpace(p.Name) == "" || len(p.Name) > maxName || !printable(p.Name) {
		e.At("/name", "identity.account.name", errs.Params{"max": maxName})
	}
	name, ok := normalise(p.SignIn)
	if !ok || utf8.RuneCountInString(name) < minSignIn {
		e.At("/sign_in", "identity.account.sign_in", errs.Params{"max": maxSignIn})
	}
	if p.Email != "" && !address(p.Email) {
		e.At("/email", "identity.account.email", nil)
	}
	if p.Lang != "fr" && p.Lang != "en" {
		e.At("/lang", "identity.account.lang", nil)
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// own is what a password of this person must not hold.
func (p Person) own() []string {
	local, _, _ := strings.Cut(p.Email, "@")
	sign, _, _ := strings.Cut(p.SignIn, "@")
	return []string{p.Name, sign, local}
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

func address(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= maxSignIn
}

// normalise brings a sign-in name into the form it is found by: compatibility
// characters unified, case folded, no spaces around. ok is false for what cannot
// be a sign-in name.
func normalise(name string) (string, bool) {
	if len(name) > maxSignIn || !utf8.ValidString(name) {
		return "", false
	}
	name = fold(strings.TrimSpace(name))
	return name, name != "" && !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
}

// fold makes texts equal that people take for equal.
func fold(s string) string { return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s))) }

// Associated data bind a sealed text to its place, so that two rows cannot be
// swapped, nor two columns of one.
const (
	accountAD  = "identity.account\x00"
	passwordAD = "identity.password\x00"
	tokenAD    = "identity.token\x00"
	settingsAD = "identity.settings\x00"
)

func bind(kind string, of id.Raw) []byte { return append([]byte(kind), of[:]...) }

// accountRow is an account as its database keeps it.
type accountRow struct {
	id          id.Account
	tag         []byte
	state       State
	roles       []id.Name
	version     int64
	created     int64
	changed     int64
	mustChange  bool
	secret      []byte
	secretAt    int64
	secretUntil int64
	body        []byte
}

// hash is what the leaf of a change holds of the row as it then stands.
func (r *accountRow) hash() [32]byte {
	b := make([]byte, 0, 512)
	b = append(b, "garant identity account 1\x00"...)
	b = appendPart(b, r.id.Bytes())
	b = appendPart(b, r.tag)
	b = appendPart(b, []byte(r.state))
	b = appendPart(b, []byte(joinNames(r.roles)))
	for _, n := range []int64{r.version, r.created, r.changed, flag(r.mustChange), r.secretAt, r.secretUntil} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	b = appendPart(b, r.secret)
	b = appendPart(b, r.body)
	return sha256.Sum256(b)
}

func appendPart(b, part []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
	return append(b, part...)
}

func flag(on bool) int64 {
	if on {
		return 1
	}
	return 0
}

func joinNames(names []id.Name) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(n))
	}
	return b.String()
}

func splitNames(s string) []id.Name {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ",")
	out := make([]id.Name, len(parts))
	for i, p := range parts {
		out[i] = id.Name(p)
	}
	return out
}

// sortedNames returns the names sorted, each once.
func sortedNames(names []id.Name) []id.Name {
	out := slices.Clone(names)
	slices.Sort(out)
	return slices.Compact(out)
}

// open makes the account of a row.
func (r *accountRow) open(kind actor.Kind, sealer audit.Sealer) (Account, error) {
	person, err := r.person(sealer)
	if err != nil {
		return Account{}, err
	}
	return Account{ID: r.id, Kind: kind, Person: person, Roles: r.roles, State: r.state, Version: r.version,
		Created: clock.FromMicros(r.created), Changed: clock.FromMicros(r.changed), HasPassword: len(r.secret) > 0,
		MustChange: r.mustChange, PasswordAt: clock.FromMicros(r.secretAt)}, nil
}

func (r *accountRow) person(sealer audit.Sealer) (Person, error) {
	plain, err := sealer.Open(nil, r.body, bind(accountAD, r.id.Raw))
	if err != nil {
		return Person{}, err
	}
	var p Person
	return p, json.Unmarshal(plain, &p)
}

// write seals the person into the row, and finds the row's tag anew.
func (s *Service) write(ctx context.Context, t id.Tenant, r *accountRow, p Person) error {
	name, _ := normalise(p.SignIn)
	tag, err := s.finder.Tag(ctx, t, fieldName, name)
	if err != nil {
		return err
	}
	sealer, err := s.sealer(ctx, t)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(p, json.Deterministic(true))
	if err != nil {
		return err
	}
	r.tag = tag
	r.body, err = sealer.Seal(nil, plain, bind(accountAD, r.id.Raw))
	return err
}

// setPassword puts a new verifier into the row. until is zero for a password of one's
// own.
func (r *accountRow) setPassword(sealer audit.Sealer, v Verifier, now time.Time, until time.Time, mustChange bool) error {
	sealed, err := sealer.Seal(nil, []byte(v.String()), bind(passwordAD, r.id.Raw))
	if err != nil {
		return err
	}
	r.secret, r.secretAt, r.secretUntil, r.mustChange = sealed, clock.Micros(now), 0, mustChange
	if !until.IsZero() {
		r.secretUntil = clock.Micros(until)
	}
	return nil
}

// verifier opens the row's password hash; nil when there is none.
func (r *accountRow) verifier(sealer audit.Sealer) (*Verifier, error) {
	if len(r.secret) == 0 {
		return nil, nil
	}
	plain, err := sealer.Open(nil, r.secret, bind(passwordAD, r.id.Raw))
	if err != nil {
		return nil, err
	}
	v, err := ParseVerifier(string(plain))
	if err != nil {
		return nil, errs.New(errs.Corrupt, "identity.account.corrupt").Cause(err)
	}
	return &v, nil
}

// Fields of the keyed hash.
const (
	fieldName    = "sign_in"
	fieldAddress = "address"
)
