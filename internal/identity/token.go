package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"garant.example/internal/actor"
	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Token is a program's key, as it may be shown again: without its secret.
type Token struct {
	ID      id.Token
	Label   string
	Roles   []id.Name
	Scope   []id.Name // collections; empty means all that the roles reach
	By      string    // reference of who made it
	Created time.Time
	Expires time.Time
	Revoked time.Time // zero while it is not
	Used    time.Time // the day of the last use; zero for never
}

// NewToken is what is said to make a token.
type NewToken struct {
	Label string
	Roles []id.Name
	Scope []id.Name
	Life  time.Duration // the profile's usual life when zero
	Over  bool          // its life ends as it begins: a check sees it refused
}

// tokenBody is what is sealed of a token.
type tokenBody struct {
	Label string `json:"label"`
	By    string `json:"by"`
}

const maxLabel = 200 // bytes

// validate tells everything that is wrong at once; what the matrix says of roles
// and scope comes later.
func (n NewToken) validate(limits TokenLimits) error {
	e := errs.New(errs.Invalid, "identity.token.invalid").Do("identity.token.invalid.fix")
	if strings.TrimSpace(n.Label) == "" || len(n.Label) > maxLabel || !printable(n.Label) {
		e.At("/label", "identity.token.label", errs.Params{"max": maxLabel})
	}
	if len(n.Roles) == 0 {
		e.At("/roles", "identity.token.no_role", nil)
	}
	if n.Life < 0 || n.Life > limits.Most || n.Life > 0 && n.Life < time.Minute {
		e.At("/life", "identity.token.life", errs.Params{"max": limits.Most})
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// The text of a token: "grt_", its id, "_", 256 random bits, then the CRC-32 of
// all before; id, secret and sum in base 32. The sum tells a mistyped token from
// a refused one without a look at the database, and lets scanners of leaked
// secrets know what they found.
const (
	tokenPrefix = "grt_"
	secretSize  = 32
	rawChars    = 26 // 16 bytes
	secretChars = 52 // 32 bytes
	sumChars    = 7  // 4 bytes
	tokenSep    = len(tokenPrefix) + rawChars
	tokenSum    = tokenSep + 1 + secretChars
	tokenSize   = tokenSum + sumChars
)

// newTokenText makes the text of a token and the hash that is stored.
func newTokenText(token id.Token) (text string, hash [32]byte) {
	var secret [secretSize]byte
	rand.Read(secret[:]) // never fails; the program ends without randomness
	b := make([]byte, 0, tokenSize)
	b = append(b, tokenPrefix...)
	b = appendBase32(b, token.Raw[:])
	b = append(b, '_')
	b = appendBase32(b, secret[:])
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE(b))
	return string(appendBase32(b, sum[:])), sha256.Sum256(secret[:])
}

// parseToken reads what newTokenText wrote, or returns ErrToken. It allocates
// nothing.
func parseToken(s string) (token id.Token, hash [32]byte, err error) {
	if len(s) != tokenSize || s[:len(tokenPrefix)] != tokenPrefix || s[tokenSep] != '_' {
		return id.Token{}, hash, ErrToken
	}
	var buf [tokenSum]byte
	copy(buf[:], s)
	var sum [4]byte
	if !readBase32(sum[:], s[tokenSum:]) || binary.BigEndian.Uint32(sum[:]) != crc32.ChecksumIEEE(buf[:]) {
		return id.Token{}, hash, ErrToken
	}
	var secret [secretSize]byte
	if !readBase32(token.Raw[:], s[len(tokenPrefix):tokenSep]) || !readBase32(secret[:], s[tokenSep+1:tokenSum]) {
		return id.Token{}, hash, ErrToken
	}
	return token, sha256.Sum256(secret[:]), nil
}

// LooksLikeToken says whether a text has the form and the sum of a token: for
// edges and scanners that keep secrets out of logs.
func LooksLikeToken(s string) bool { _, _, err := parseToken(s); return err == nil }

// tokenRow is a token as its database keeps it.
type tokenRow struct {
	id      id.Token
	hash    [32]byte
	roles   []id.Name
	scope   []id.Name
	created int64
	expires int64
	revoked int64
	used    int64
	body    []byte
}

// rowHash is what the leaf of a change holds of the row as it then stands. The day
// of the last use is no part of it: a use changes nothing that anybody relies on.
func (r *tokenRow) rowHash() [32]byte {
	b := make([]byte, 0, 512)
	b = append(b, "garant identity token 1\x00"...)
	b = appendPart(b, r.id.Bytes())
	b = appendPart(b, r.hash[:])
	b = appendPart(b, []byte(joinNames(r.roles)))
	b = appendPart(b, []byte(joinNames(r.scope)))
	for _, n := range []int64{r.created, r.expires, r.revoked} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return sha256.Sum256(appendPart(b, r.body))
}

// over says why the token serves no more; "" while it does. One that was made by a
// clock further ahead than its whole life must not live until that clock is right.
func (r *tokenRow) over(nowMicros int64) (reason, key string) {
	switch {
	case r.revoked != 0:
		return "revoked", "identity.token.revoked"
	case nowMicros >= r.expires, r.created-nowMicros >= r.expires-r.created:
		return "expired", "identity.token.expired"
	}
	return "", ""
}

// actor makes the actor of the token; the request's own parts come later.
func (r *tokenRow) actor(t id.Tenant) actor.Actor {
	return actor.Actor{Kind: actor.Service, Tenant: t, Token: r.id, Roles: slices.Clip(r.roles),
		Scope: slices.Clip(r.scope), Assurance: actor.OneFactor}
}

func (r *tokenRow) token(b tokenBody) Token {
	return Token{ID: r.id, Label: b.Label, Roles: r.roles, Scope: r.scope, By: b.By, Created: clock.FromMicros(r.created),
		Expires: clock.FromMicros(r.expires), Revoked: clock.FromMicros(r.revoked), Used: clock.FromMicros(r.used)}
}

// dayMicros is the length of the steps in which uses are noted.
const dayMicros = int64(24 * time.Hour / time.Microsecond)

// dayOf is midnight (UTC) of a moment.
func dayOf(micros int64) int64 { return micros - micros%dayMicros }
