package api

import (
	"cmp"
	"strings"

	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/vault"
)

// schema describes the fields of a collection as its records hold them. A field that
// may be given and not seen is writeOnly, one that may be seen and not given readOnly;
// one that may be neither is left out.
func (f fieldsOf) schema(p *i18n.Printer) *Schema {
	k := f.collection
	out := &Schema{Type: "object", Properties: map[string]*Schema{}, AdditionalProperties: &Extra{},
		Description: p.T("api.type.fields_of", errs.Params{"Collection": k.Title.In(p.Lang())})}
	for i := range k.Fields {
		field := &k.Fields[i]
		sees, gives := f.sees(field.Class), f.gives(field.Class)
		if !sees && !gives {
			continue
		}
		s := valueSchema(field)
		s.Description, s.ReadOnly, s.WriteOnly = field.Title.In(p.Lang()), !gives, !sees
		out.Properties[string(field.Name)] = s
	}
	return out
}

// valueSchema is the JSON of a field's kind. null, which clears a field, is for
// changes alone and not described here.
func valueSchema(f *vault.Field) *Schema {
	switch f.Kind {
	case vault.Integer:
		return &Schema{Type: "integer", Format: "int64", Minimum: f.Min, Maximum: f.Max}
	case vault.Decimal:
		return &Schema{Type: "number"}
	case vault.Boolean:
		return &Schema{Type: "boolean"}
	case vault.Choices:
		return &Schema{Type: "array", Unique: true, Items: &Schema{Type: "string", Enum: f.Options}}
	case vault.Enum:
		return &Schema{Type: "string", Enum: f.Options}
	}
	if f.Kind == vault.Text {
		// The vault counts bytes, of which no text has fewer than characters.
		return &Schema{Type: "string", MaxLength: cmp.Or(f.MaxLength, vault.DefaultMaxLength)}
	}
	formats := map[vault.Kind]string{vault.Email: "email", vault.URL: "uri", vault.Date: "date", vault.Moment: "date-time"}
	return &Schema{Type: "string", Format: formats[f.Kind]}
}

// refers is the name of the schema that a reference leads to; "" without one.
func (s *Schema) refers() string {
	name, _ := strings.CutPrefix(s.Ref, "#/components/schemas/")
	return name
}
