package api

import (
	"encoding"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/audit"
	"garant.example/internal/i18n"
)

// Schema is a JSON Schema of draft 2020-12, as far as we use it.
type Schema struct {
	Ref                  string             `json:"$ref,omitzero"`
	Type                 string             `json:"type,omitzero"`
	Format               string             `json:"format,omitzero"`
	ContentEncoding      string             `json:"contentEncoding,omitzero"`
	Description          string             `json:"description,omitzero"`
	Enum                 []string           `json:"enum,omitzero"`
	Minimum              *int64             `json:"minimum,omitzero"`
	Maximum              *int64             `json:"maximum,omitzero"`
	MaxLength            int                `json:"maxLength,omitzero"`
	Unique               bool               `json:"uniqueItems,omitzero"`
	ReadOnly             bool               `json:"readOnly,omitzero"`
	WriteOnly            bool               `json:"writeOnly,omitzero"`
	Items                *Schema            `json:"items,omitzero"`
	Properties           map[string]*Schema `json:"properties,omitzero"`
	Required             []string           `json:"required,omitzero"`
	AdditionalProperties *Extra             `json:"additionalProperties,omitzero"`
	AnyOf                []*Schema          `json:"anyOf,omitzero"`
}

// Extra says what may stand in an object besides its properties: values of a
// schema, or nothing at all.
type Extra struct{ Schema *Schema }

// MarshalJSONTo writes the schema, or false.
func (e *Extra) MarshalJSONTo(enc *jsontext.Encoder) error {
	if e.Schema == nil {
		return enc.WriteToken(jsontext.False)
	}
	return json.MarshalEncode(enc, e.Schema)
}

// schemas collects the schemas of named types. Types that only go in are closed,
// because we refuse unknown names; what comes out may gain some.
type schemas struct {
	p     *i18n.Printer
	named map[string]*Schema
}

func newSchemas(p *i18n.Printer) *schemas { return &schemas{p: p, named: map[string]*Schema{}} }

// of returns the schema of a type, by reference when the type has a name.
func (s *schemas) of(t reflect.Type, in bool) *Schema {
	if t == nil {
		return &Schema{Type: "object"}
	}
	if plain := known(t); plain != nil {
		return plain
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem(), in)
	case reflect.Slice, reflect.Array:
		return &Schema{Type: "array", Items: s.of(t.Elem(), in)}
	case reflect.Map:
		return &Schema{Type: "object", AdditionalProperties: &Extra{s.of(t.Elem(), in)}}
	case reflect.String:
		return &Schema{Type: "string"}
	case reflect.Bool:
		return &Schema{Type: "boolean"}
	case reflect.Int, reflect.Int64:
		return &Schema{Type: "integer", Format: "int64"}
	case reflect.Uint64:
		return &Schema{Type: "integer", Format: "int64", Minimum: new(int64)}
	case reflect.Interface: // a figure: a number or a text
		return &Schema{}
	case reflect.Struct:
		return s.object(t, in)
	}
	panic("api: no schema for " + t.String()) // a type of the table; the test of the document finds it
}

// known are the types that write themselves.
func known(t reflect.Type) *Schema {
	switch {
	case t == typeOf[time.Time]():
		return &Schema{Type: "string", Format: "date-time"}
	case t == typeOf[Moment]():
		return &Schema{AnyOf: []*Schema{{Type: "string", Format: "date-time"}, {Type: "null"}}}
	case t == typeOf[jsontext.Value]():
		return &Schema{Type: "object"}
	case t == typeOf[audit.Hash](), t == typeOf[[]byte]():
		return &Schema{Type: "string", ContentEncoding: "base64"}
	case t.Kind() != reflect.Pointer && t.Implements(typeOf[encoding.TextMarshaler]()):
		return &Schema{Type: "string"}
	}
	return nil
}

func (s *schemas) object(t reflect.Type, in bool) *Schema {
	ref := &Schema{Ref: "#/components/schemas/" + t.Name()}
	if s.named[t.Name()] != nil {
		return ref
	}
	out := &Schema{Type: "object", Properties: map[string]*Schema{}, Description: s.p.T("api.type." + snake(t.Name()))}
	if in {
		out.AdditionalProperties = &Extra{}
	}
	s.named[t.Name()] = out // before its fields: a type may hold itself
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "-" || name == "" {
			continue
		}
		out.Properties[name] = s.field(t, f, name, in)
		if !strings.Contains(options, "omitzero") && !strings.Contains(options, "omitempty") {
			out.Required = append(out.Required, name)
		}
	}
	slices.Sort(out.Required)
	return ref
}

func (s *schemas) field(t reflect.Type, f reflect.StructField, name string, in bool) *Schema {
	schema := s.of(f.Type, in)
	words := s.words(t, name)
	if schema.Ref != "" { // in 2020-12 a description may stand beside a reference
		return &Schema{Ref: schema.Ref, Description: words}
	}
	schema.Description = words
	if enum := f.Tag.Get("enum"); enum != "" {
		schema.Enum = strings.Split(enum, ",")
	}
	if format := f.Tag.Get("format"); format == "byte" {
		schema.ContentEncoding = "base64"
	}
	return schema
}

// words describes a field: in the words of its type, or in those that all fields
// of the name share.
func (s *schemas) words(t reflect.Type, name string) string {
	if key := "api.field." + snake(t.Name()) + "." + name; s.p.Has(key) {
		return s.p.T(key)
	}
	return s.p.T("api.field." + name)
}

// snake writes a type's name as part of a key.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
