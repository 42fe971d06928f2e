package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
)

// Cursors makes and reads the opaque cursors of lists. A cursor is signed, ends
// by the clock, and opens only the list it was made for.
type Cursors struct {
	key   []byte
	clock clock.Clock
	life  time.Duration
}

// Sizes in bytes. Changing any of them makes the cursors in flight unreadable,
// which costs a client one list from the start.
const (
	cursorKey   = 32
	cursorMAC   = 16 // of HMAC-SHA-256; a cursor lives for hours
	cursorHead  = 1 + 8
	maxPosition = 512
	cursorV1    = 1
)

// CursorLife is how long a cursor holds when nothing else is said.
const CursorLife = 24 * time.Hour

// NewCursors returns cursors under a key of at least 32 random bytes.
func NewCursors(key []byte, c clock.Clock, life time.Duration) (*Cursors, error) {
	if len(key) < cursorKey || life <= 0 {
		return nil, errs.New(errs.Internal, "error.internal")
	}
	return &Cursors{key: append([]byte(nil), key...), clock: c, life: life}, nil
}

// ListOf names the list that a cursor belongs to.
type ListOf struct {
	Tenant     string // id of the tenant
	Collection string
	Filter     string // canonical form of filter and order; it is hashed, never stored
}

// Seal writes a position in a list as a cursor. The position is not encrypted:
// ids and times may stand in it, what a person typed may not.
func (c *Cursors) Seal(list ListOf, position []byte) (string, error) {
	if len(position) > maxPosition {
		return "", errs.New(errs.Internal, "error.internal")
	}
	buf := make([]byte, 0, cursorHead+len(position)+cursorMAC)
	buf = append(buf, cursorV1)
	buf = binary.BigEndian.AppendUint64(buf, uint64(c.clock.Now().Add(c.life).Unix()))
	buf = append(buf, position...)
	buf = append(buf, c.mac(list, buf)...)
	return base64.RawURLEncoding.EncodeToString(buf), nil
}

// Open reads the position back. It returns Invalid for a cursor that is
// malformed, altered, of another list or past its time.
func (c *Cursors) Open(list ListOf, cursor string) ([]byte, error) {
	invalid := errs.New(errs.Invalid, "web.cursor.invalid").
		At("query/cursor", "web.cursor.invalid", nil).Do("web.cursor.fix")
	if len(cursor) > base64.RawURLEncoding.EncodedLen(cursorHead+maxPosition+cursorMAC) {
		return nil, invalid
	}
	buf, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(buf) < cursorHead+cursorMAC || buf[0] != cursorV1 {
		return nil, invalid
	}
	if strings.ContainsAny(cursor, "\r\n") { // which the decoder passes over: one cursor has one text
		return nil, invalid
	}
	signed, mac := buf[:len(buf)-cursorMAC], buf[len(buf)-cursorMAC:]
	if !hmac.Equal(mac, c.mac(list, signed)) {
		return nil, invalid
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(signed[1:cursorHead])), 0)
	if !c.clock.Now().Before(until) {
		return nil, errs.New(errs.Invalid, "web.cursor.expired").
			At("query/cursor", "web.cursor.expired", nil).Do("web.cursor.fix")
	}
	return signed[cursorHead:], nil
}

// mac binds the bytes to the list. Lengths stand before the words, so that no
// two lists share a text.
func (c *Cursors) mac(list ListOf, signed []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	for _, s := range []string{"garant cursor", list.Tenant, list.Collection, list.Filter} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
		h.Write([]byte(s))
	}
	h.Write(signed)
	return h.Sum(nil)[:cursorMAC]
}
