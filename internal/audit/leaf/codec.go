package leaf

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"
	"unicode/utf8"

	"garant.example/internal/actor"
	"garant.example/internal/id"
)

// The encoding of an entry, version 1, after SaltSize bytes of salt. Numbers are
// unsigned varints in their shortest form; a text is its length and its UTF-8
// bytes; an id is a byte 0, or a byte 1 and 16 bytes; an address is its length
// (0, 4 or 16) and its bytes.
//
//	version · operation · outcome
//	actor: kind · ref · tenant · address · agent · session · device
//	kind · collection · purpose · ticket · reason · request
//	prev · count · behind (µs)
//	fields: number, texts · detail: number, pairs sorted by key
//
// Time, object, row and class stand in the header and not here again.

// AppendDetails appends salt and encoding. keys is scratch for sorting and is
// returned for the next call. The entry must have passed Check; ErrTooLarge is
// returned when the whole is over its bound, ErrMalformed when a text is not
// UTF-8.
func AppendDetails(dst []byte, salt [SaltSize]byte, e *Entry, keys []string) ([]byte, []string, error) {
	op, ok := e.Operation.find()
	if !ok {
		return dst, keys, ErrIncomplete
	}
	start := len(dst)
	w := writer{b: append(dst, salt[:]...)}
	w.b = append(w.b, version)
	w.number(uint64(op.code))
	w.b = append(w.b, byte(e.Outcome))
	w.actor(&e.Actor)
	w.text(e.Kind)
	w.text(string(e.Collection))
	w.text(e.Purpose)
	w.text(e.Ticket)
	w.text(e.Reason)
	w.id(e.Request.Raw)
	w.number(e.Prev)
	w.number(uint64(e.Count))
	w.number(uint64(e.Behind.Microseconds()))
	w.number(uint64(len(e.Fields)))
	for _, f := range e.Fields {
		w.text(string(f))
	}
	keys = keys[:0]
	for k := range e.Detail {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	w.number(uint64(len(keys)))
	for _, k := range keys {
		w.text(k)
		w.text(e.Detail[k])
	}
	switch {
	case w.bad:
		return dst, keys, ErrMalformed
	case len(w.b)-start > maxSize:
		return dst, keys, ErrTooLarge
	}
	return w.b, keys, nil
}

type writer struct {
	b   []byte
	bad bool
}

func (w *writer) number(n uint64) { w.b = binary.AppendUvarint(w.b, n) }

func (w *writer) text(s string) {
	if !utf8.ValidString(s) {
		w.bad = true
	}
	w.number(uint64(len(s)))
	w.b = append(w.b, s...)
}

func (w *writer) id(r id.Raw) {
	if r.IsZero() {
		w.b = append(w.b, 0)
		return
	}
	w.b = append(append(w.b, 1), r[:]...)
}

func (w *writer) actor(a *Actor) {
	w.b = append(w.b, byte(a.Kind))
	w.text(a.Ref)
	w.id(a.Tenant.Raw)
	// Unmapped and without a zone, an address has exactly one encoding.
	switch address := a.Address.WithZone("").Unmap(); {
	case !address.IsValid():
		w.b = append(w.b, 0)
	case address.Is4():
		four := address.As4()
		w.b = append(append(w.b, 4), four[:]...)
	default:
		sixteen := address.As16()
		w.b = append(append(w.b, 16), sixteen[:]...)
	}
	w.text(a.Agent)
	w.id(a.Session.Raw)
	w.text(a.Device)
}

// Decode reads details and the header they belong to. It returns ErrMalformed for
// anything that AppendDetails would not have written.
func Decode(h Header, details []byte) (Entry, error) {
	if len(details) < SaltSize || len(details) > maxSize {
		return Entry{}, ErrMalformed
	}
	r := reader{b: details[SaltSize:]}
	e := Entry{At: h.At, Object: h.Object, Row: h.Row}
	if r.byte() != version {
		return Entry{}, ErrMalformed
	}
	op, known := operationOf(r.number())
	e.Operation, e.Outcome = op, Outcome(r.byte())
	r.actor(&e.Actor)
	e.Kind = r.text()
	e.Collection = id.Name(r.text())
	e.Purpose, e.Ticket, e.Reason = r.text(), r.text(), r.text()
	e.Request = id.Request{Raw: r.id()}
	e.Prev, e.Count = r.number(), int64(r.number())
	e.Behind = r.micros()
	r.fields(&e)
	r.detail(&e)
	if r.bad || len(r.b) != 0 || !known || op.Class() != h.Class {
		return Entry{}, ErrMalformed
	}
	if err := e.Check(); err != nil {
		return Entry{}, ErrMalformed
	}
	return e, nil
}

type reader struct {
	b   []byte
	bad bool
}

// take returns the next n bytes, or nil and remembers the failure.
func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	part := r.b[:n]
	r.b = r.b[n:]
	return part
}

func (r *reader) byte() byte {
	if part := r.take(1); part != nil {
		return part[0]
	}
	return 0
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || size > 1 && r.b[size-1] == 0 { // the last byte of a longer form than needed is zero
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) text() string {
	part := r.take(r.number())
	if !utf8.Valid(part) {
		r.bad = true
	}
	return string(part)
}

func (r *reader) id() id.Raw {
	switch r.byte() {
	case 0:
		return id.Raw{}
	case 1:
		if part := r.take(16); part != nil {
			if raw := id.Raw(part); !raw.IsZero() {
				return raw
			}
		}
	}
	r.bad = true
	return id.Raw{}
}

func (r *reader) micros() time.Duration {
	n := r.number()
	if n > uint64(1<<63-1)/1000 {
		r.bad = true
		return 0
	}
	return time.Duration(n) * time.Microsecond
}

func (r *reader) actor(a *Actor) {
	a.Kind = actor.Kind(r.byte())
	a.Ref = r.text()
	a.Tenant = id.Tenant{Raw: r.id()}
	switch n := r.byte(); n {
	case 0:
	case 4, 16:
		address, ok := netip.AddrFromSlice(r.take(uint64(n)))
		if !ok || address.Is4In6() {
			r.bad = true
		}
		a.Address = address
	default:
		r.bad = true
	}
	a.Agent = r.text()
	a.Session = id.Session{Raw: r.id()}
	a.Device = r.text()
}

func (r *reader) fields(e *Entry) {
	n := r.number()
	if n > maxFields {
		r.bad = true
		return
	}
	for range n {
		e.Fields = append(e.Fields, id.Name(r.text()))
	}
}

func (r *reader) detail(e *Entry) {
	n := r.number()
	if n > maxDetail {
		r.bad = true
		return
	}
	last := ""
	for i := range n {
		k, v := r.text(), r.text()
		if r.bad || i > 0 && k <= last {
			r.bad = true
			return
		}
		if e.Detail == nil {
			e.Detail = make(map[string]string, n)
		}
		e.Detail[k], last = v, k
	}
}

// Valid says whether Decode would accept the details.
func Valid(h Header, details []byte) error {
	_, err := Decode(h, details)
	return err
}
