package profile

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml/ast"

	"garant.example/internal/errs"
)

// Value is one value of a YAML file as it was written: a scalar, a list or a map.
// Units and types are told by who reads it. The zero Value is absent.
type Value struct {
	form form
	text string
	line int
	list []Value // of a list; of a map, in the order of names
	name []string
}

type form uint8

const (
	absent form = iota
	scalar
	sequence
	mapping
)

// Word returns a scalar value of a text, for programs that declare.
func Word(s string) Value { return Value{form: scalar, text: s} }

// WordList returns a list of scalars, for programs that declare.
func WordList(words ...string) Value {
	v := Value{form: sequence}
	for _, w := range words {
		v.list = append(v.list, Word(w))
	}
	return v
}

// UnmarshalYAML keeps the node. It fails only on what is not plain data.
func (v *Value) UnmarshalYAML(n ast.Node) error {
	*v = Value{line: lineOf(n)}
	switch n := n.(type) {
	case *ast.MappingNode:
		v.form = mapping
		for _, kv := range n.Values {
			if err := v.add(kv); err != nil {
				return err
			}
		}
	case *ast.MappingValueNode:
		v.form = mapping
		return v.add(n)
	case *ast.SequenceNode:
		v.form = sequence
		for _, item := range n.Values {
			var one Value
			if err := one.UnmarshalYAML(item); err != nil {
				return err
			}
			v.list = append(v.list, one)
		}
	case *ast.LiteralNode:
		v.form, v.text = scalar, n.Value.Value
	case *ast.StringNode:
		v.form, v.text = scalar, n.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		v.form, v.text = scalar, n.GetToken().Value
	case *ast.NullNode:
	default:
		return yamlFault("", lineOf(n), "profile.yaml.type", nil)
	}
	return nil
}

func (v *Value) add(kv *ast.MappingValueNode) error {
	name := kv.Key.GetToken().Value
	for _, seen := range v.name {
		if seen == name {
			return yamlFault("", lineOf(kv), "profile.yaml.repeated_key", errs.Params{"Word": name})
		}
	}
	var one Value
	if err := one.UnmarshalYAML(kv.Value); err != nil {
		return err
	}
	v.name, v.list = append(v.name, name), append(v.list, one)
	return nil
}

// IsAbsent says whether nothing was written.
func (v Value) IsAbsent() bool { return v.form == absent }

// Line is where the value stands in its file; 0 when it comes from elsewhere.
func (v Value) Line() int { return v.line }

// Text returns a scalar as it was written; ok is false for anything else.
func (v Value) Text() (s string, ok bool) { return v.text, v.form == scalar }

// Int returns a scalar that is a whole number.
func (v Value) Int() (n int64, ok bool) {
	if v.form != scalar {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	return n, err == nil
}

// Flag returns a scalar that is true or false.
func (v Value) Flag() (b, ok bool) {
	return v.text == "true", v.form == scalar && (v.text == "true" || v.text == "false")
}

// List returns the items of a list; ok is false for anything else.
func (v Value) List() (items []Value, ok bool) { return v.list, v.form == sequence }

// Words returns the items of a list of scalars.
func (v Value) Words() (words []string, ok bool) {
	if v.form != sequence {
		return nil, false
	}
	words = make([]string, 0, len(v.list))
	for _, item := range v.list {
		if item.form != scalar {
			return nil, false
		}
		words = append(words, item.text)
	}
	return words, true
}

// Names returns the keys of a map in the order of the file.
func (v Value) Names() []string { return v.name }

// IsMap says whether the value is a map.
func (v Value) IsMap() bool { return v.form == mapping }

// Get returns the value of a key of a map; the absent Value if there is none.
func (v Value) Get(name string) Value {
	for i, n := range v.name {
		if n == name {
			return v.list[i]
		}
	}
	return Value{}
}

// String writes the value on one line, as YAML would in flow style.
func (v Value) String() string {
	switch v.form {
	case scalar:
		return v.text
	case sequence, mapping:
		open, end, s := "[", "]", ""
		if v.form == mapping {
			open, end = "{", "}"
		}
		for i, item := range v.list {
			if i > 0 {
				s += ", "
			}
			if v.form == mapping {
				s += v.name[i] + ": "
			}
			s += item.String()
		}
		return open + s + end
	default:
		return ""
	}
}

// Equal says whether two values say the same; the lines do not matter.
func (v Value) Equal(w Value) bool {
	if v.form != w.form || v.text != w.text || len(v.list) != len(w.list) {
		return false
	}
	for i := range v.list {
		other := w.list[i]
		if v.form == mapping {
			other = w.Get(v.name[i])
		}
		if !v.list[i].Equal(other) {
			return false
		}
	}
	return true
}

// MarshalJSONTo writes scalars as strings, so that nothing is lost of how a
// figure was written.
func (v Value) MarshalJSONTo(enc *jsontext.Encoder) error {
	switch v.form {
	case scalar:
		return enc.WriteToken(jsontext.String(v.text))
	case sequence:
		return v.writeAll(enc, jsontext.BeginArray, jsontext.EndArray)
	case mapping:
		return v.writeAll(enc, jsontext.BeginObject, jsontext.EndObject)
	default:
		return enc.WriteToken(jsontext.Null)
	}
}

func (v Value) writeAll(enc *jsontext.Encoder, open, end jsontext.Token) error {
	if err := enc.WriteToken(open); err != nil {
		return err
	}
	for i, item := range v.list {
		if v.form == mapping {
			if err := enc.WriteToken(jsontext.String(v.name[i])); err != nil {
				return err
			}
		}
		if err := item.MarshalJSONTo(enc); err != nil {
			return err
		}
	}
	return enc.WriteToken(end)
}

// UnmarshalJSONFrom reads what MarshalJSONTo wrote.
func (v *Value) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	tok, err := dec.ReadToken()
	if err != nil {
		return err
	}
	switch tok.Kind() {
	case '"':
		*v = Word(tok.String())
	case 'n':
		*v = Value{}
	case '[', '{':
		*v = Value{form: sequence}
		if tok.Kind() == '{' {
			v.form = mapping
		}
		return v.readAll(dec)
	default:
		return fmt.Errorf("profile: %v is no value", tok.Kind())
	}
	return nil
}

func (v *Value) readAll(dec *jsontext.Decoder) error {
	for dec.PeekKind() != ']' && dec.PeekKind() != '}' {
		if v.form == mapping {
			name, err := dec.ReadToken()
			if err != nil {
				return err
			}
			v.name = append(v.name, name.String())
		}
		var item Value
		if err := item.UnmarshalJSONFrom(dec); err != nil {
			return err
		}
		v.list = append(v.list, item)
	}
	_, err := dec.ReadToken()
	return err
}
