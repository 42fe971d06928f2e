package profile

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/vault"
)

// record turns the cells of a row into an object of fields. It tells every cell
// that does not fit, by its column, and never what stands in it.
func (t *table) record(cells []string) (jsontext.Value, error) {
	e := errs.New(errs.Invalid, "profile.table.row.refused").Do("profile.table.row.refused.fix")
	if len(cells) > len(t.columns) {
		e.At(fmt.Sprintf("/table/columns/%d", len(t.columns)), "profile.table.row.wide", errs.Params{"Count": len(cells)})
	}
	values := map[id.Name]jsontext.Value{}
	chosen := map[id.Name][]string{}
	for x, col := range t.columns {
		if col == nil {
			continue
		}
		cell := ""
		if x < len(cells) {
			cell = cells[x]
		}
		if key := t.fill(col, cell, values, chosen); key != "" {
			e.At("/fields/"+string(col.Field), key, errs.Params{"Column": x + 1})
		}
	}
	for name, options := range chosen {
		values[name] = list(options)
	}
	if _, ok := values[t.m.Key]; !ok && len(e.Fields) == 0 {
		e.At("/fields/"+string(t.m.Key), "profile.table.key", nil)
	}
	if len(e.Fields) > 0 {
		return nil, e
	}
	return t.object(values), nil
}

// fill puts one cell where it belongs, or says what is wrong with it.
func (t *table) fill(col *Column, cell string, values map[id.Name]jsontext.Value, chosen map[id.Name][]string) (fault string) {
	f, ok := fieldOf(t.c, col.Field)
	if !ok {
		return "profile.map.field.unknown"
	}
	if cell == "" {
		cell = col.Empty
	} else if col.Choose != "" {
		chosen[col.Field] = append(chosen[col.Field], col.Choose)
		return ""
	}
	if cell == "" {
		return ""
	}
	pieces := []string{cell}
	if col.Split != "" {
		pieces = strings.Split(cell, col.Split)
	}
	for i, piece := range pieces {
		piece, ok = t.m.value(col, strings.TrimSpace(piece))
		if !ok {
			return "profile.table.cell.value"
		}
		pieces[i] = piece
	}
	if f.Kind == vault.Choices {
		chosen[col.Field] = append(chosen[col.Field], pieces...)
		return ""
	}
	values[col.Field], ok = literal(f.Kind, pieces[0])
	if !ok {
		return "profile.table.cell." + string(f.Kind)
	}
	return ""
}

// value looks a cell up in the column's table; without one the cell is the value.
func (m *Map) value(col *Column, cell string) (string, bool) {
	if col.Values == "" || cell == col.Empty {
		return cell, true
	}
	return m.Tables[col.Values].Get(cell).Text()
}

// literal writes a text as JSON of the kind. What the kind admits beyond that is
// for the vault to say.
func literal(kind vault.Kind, s string) (jsontext.Value, bool) {
	switch kind {
	case vault.Integer, vault.Decimal:
		v := jsontext.Value(s)
		return v, v.IsValid() && v.Kind() == '0' && strings.TrimSpace(s) == s
	case vault.Boolean:
		return jsontext.Value(s), s == "true" || s == "false"
	default:
		return quote(s), true
	}
}

func quote(s string) jsontext.Value {
	q, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(s, "\uFFFD"))
	if err != nil {
		return jsontext.Value(`""`) // only for invalid UTF-8, which cannot be here
	}
	return q
}

func list(options []string) jsontext.Value {
	out := jsontext.Value{'['}
	for i, o := range options {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, quote(o)...)
	}
	return append(out, ']')
}

// object writes the fields in the order of the collection, as the vault reads
// them fastest.
func (t *table) object(values map[id.Name]jsontext.Value) jsontext.Value {
	out := jsontext.Value{'{'}
	for _, f := range t.c.Fields {
		v, ok := values[f.Name]
		if !ok {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, quote(string(f.Name))...)
		out = append(out, ':')
		out = append(out, v...)
	}
	return append(out, '}')
}
