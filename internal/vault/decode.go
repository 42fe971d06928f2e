package vault

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Values holds one canonical JSON value per field of a collection, in the order
// of its fields; nil where the record has none.
type Values []jsontext.Value

// MaxBody is the largest record accepted, in bytes of JSON.
const MaxBody = 256 << 10

// Decode reads a JSON object of fields against the collection and returns every
// fault at once. With partial set, absent fields are left alone (a change);
// otherwise required fields must be there. An explicit null clears a field.
// It refuses unknown fields, duplicate names, invalid UTF-8 and NUL.
func (c *Collection) Decode(body []byte, partial bool) (Values, error) {
	if len(body) > MaxBody {
		return nil, errs.New(errs.TooLarge, "vault.record.large").With("Max", MaxBody).Do("vault.record.large.fix")
	}
	e := errs.New(errs.Invalid, "vault.record.invalid").Do("vault.record.invalid.fix")
	values := make(Values, len(c.Fields))
	dec := jsontext.NewDecoder(bytes.NewBuffer(body))
	if err := c.readObject(dec, values, e); err != nil {
		return nil, malformed(err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, malformed(err)
	}
	if !partial {
		c.requireAll(values, e)
	}
	if len(e.Fields) > 0 {
		return nil, e
	}
	return values, nil
}

func malformed(err error) error {
	return errs.New(errs.Invalid, "vault.json.malformed").Do("vault.json.malformed.fix").Cause(err)
}

// readObject reads { "field": value, … }.
func (c *Collection) readObject(dec *jsontext.Decoder, values Values, e *errs.Error) error {
	open, err := dec.ReadToken()
	if err != nil {
		return err
	}
	if open.Kind() != '{' {
		return errors.New("vault: not an object")
	}
	next := 0 // fields mostly come in the declared order: look there first
	for dec.PeekKind() != '}' {
		i, name, err := c.readName(dec, next)
		if err != nil {
			return err
		}
		raw, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if i < 0 {
			e.At(pointer("", name), "vault.field.unknown", nil)
			continue
		}
		next = i + 1
		if raw.Kind() == 'n' {
			values[i] = jsontext.Value("null")
			continue
		}
		canonical, key, params := c.Fields[i].check(raw)
		if key != "" {
			e.At(pointer("", string(c.Fields[i].Name)), key, params)
			values[i] = jsontext.Value{} // told once: it is not missing too
			continue
		}
		values[i] = canonical
	}
	_, err = dec.ReadToken()
	return err
}

// readName reads a member's name and finds its field, or -1 with the name. The
// token lives only until the next read, and a known name needs no copy of it.
func (c *Collection) readName(dec *jsontext.Decoder, guess int) (i int, unknown string, err error) {
	raw, err := dec.ReadValue()
	if err != nil {
		return 0, "", err
	}
	if guess < len(c.Fields) && len(raw) == len(c.Fields[guess].Name)+2 && string(raw[1:len(raw)-1]) == string(c.Fields[guess].Name) {
		return guess, "", nil
	}
	if i := c.field(string(raw[1 : len(raw)-1])); i >= 0 {
		return i, "", nil
	}
	name, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return 0, "", err
	}
	return c.field(string(name)), string(name), nil
}

func (c *Collection) requireAll(values Values, e *errs.Error) {
	for i := range c.Fields {
		missing := values[i] == nil || values[i].Kind() == 'n'
		if missing {
			values[i] = nil
		}
		if missing && c.Fields[i].Required {
			e.At(pointer("", string(c.Fields[i].Name)), "vault.field.required", nil)
		}
	}
}

// pointer adds a name to a JSON pointer (RFC 6901). Names that people typed are
// cut: an error must not carry a page of somebody's words.
func pointer(base, name string) string {
	if len(name) > maxNameInPath {
		name = name[:maxNameInPath]
	}
	return base + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(strings.ToValidUTF8(name, "?"))
}

// merge lays changes over what stands. A null clears.
func (c *Collection) merge(old, changes Values, e *errs.Error) Values {
	merged := make(Values, len(c.Fields))
	for i := range c.Fields {
		switch {
		case changes[i] == nil:
			merged[i] = old[i]
		case changes[i].Kind() == 'n':
			if c.Fields[i].Required {
				e.At(pointer("", string(c.Fields[i].Name)), "vault.field.required", nil)
			}
		default:
			merged[i] = changes[i]
		}
	}
	return merged
}

// append writes the object of the fields that keep says yes to.
func (c *Collection) append(dst []byte, values Values, keep func(i int) bool) []byte {
	dst = append(dst, '{')
	first := true
	for i, v := range values {
		if v == nil || !keep(i) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, '"')
		dst = append(dst, c.Fields[i].Name...) // a name needs no escaping
		dst = append(dst, '"', ':')
		dst = append(dst, v...)
	}
	return append(dst, '}')
}

func all(int) bool { return true }

// parse reads what append wrote. Fields that the collection no longer has are
// dropped: they were declared once, and no one may see them now.
func (c *Collection) parse(plain []byte) (Values, error) {
	values := make(Values, len(c.Fields))
	dec := jsontext.NewDecoder(bytes.NewBuffer(plain))
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	next := 0
	for dec.PeekKind() != '}' {
		i, _, err := c.readName(dec, next)
		if err != nil {
			return nil, err
		}
		raw, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		if i >= 0 {
			values[i] = bytes.Clone(raw)
			next = i + 1
		}
	}
	return values, nil
}

// names lists the fields that have a value, for the log.
func (c *Collection) names(values Values) []id.Name {
	var list []id.Name
	for i, v := range values {
		if v != nil {
			list = append(list, c.Fields[i].Name)
		}
	}
	return list
}
