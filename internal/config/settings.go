package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Setting is one value, for people to read.
type Setting struct {
	Path   string // "limits.body"
	Value  string // redacted when it is a secret
	Origin string // "default", "garant.yaml:12", "GARANT_LIMITS_BODY", "--data"; of a secret's file its name, too
	Secret bool
}

// notSet stands for a secret that is empty.
const notSet = "not set"

// Settings lists everything that is in force, in the order of the type, secrets
// redacted.
func (c *Config) Settings() []Setting {
	var out []Setting
	c.each(func(path string, v reflect.Value) {
		s := Setting{Path: path, Value: write(v), Origin: c.origin(path), Secret: isSecret(v.Type())}
		if s.Secret {
			s.Value = notSet
			if v.Len() > 0 {
				s.Value = fmt.Sprint(v.Interface())
			}
		}
		out = append(out, s)
	})
	return out
}

func (c *Config) origin(path string) string {
	if o, ok := c.origins[path]; ok {
		return o
	}
	return "default"
}

// each visits every scalar and list of scalars with its path.
func (c *Config) each(visit func(path string, v reflect.Value)) {
	walk("", reflect.ValueOf(c).Elem(), visit)
}

func walk(path string, v reflect.Value, visit func(string, reflect.Value)) {
	switch {
	case isLeaf(v.Type()):
		visit(path, v)
	case v.Kind() == reflect.Struct:
		for _, f := range fields(v.Type()) {
			walk(join(path, f.name), v.Field(f.index), visit)
		}
	case v.Kind() == reflect.Map:
		keys := v.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
		for _, k := range keys {
			walk(join(path, k.String()), v.MapIndex(k), visit)
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

type field struct {
	name  string
	index int
}

func fields(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" {
			out = append(out, field{name, i})
		}
	}
	return out
}

func isSecret(t reflect.Type) bool { return t == reflect.TypeFor[Secret]() }

// isLeaf is true for what one value sets: a scalar, or a list of scalars.
func isLeaf(t reflect.Type) bool {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return isText(t) || t.Kind() != reflect.Struct && t.Kind() != reflect.Map
}

func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// kindOf is the word for people: what a setting takes.
func kindOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t == reflect.TypeFor[Size]():
		return "size"
	case t.Kind() == reflect.Slice:
		return "list"
	case t.Kind() == reflect.Bool:
		return "bool"
	case t.Kind() == reflect.Int || t.Kind() == reflect.Float64:
		return "number"
	case isText(t):
		return "network"
	}
	return "text"
}

// set reads a text into a leaf. Lists are separated by commas, as in the
// environment and in flags.
func set(v reflect.Value, text string) error {
	if v.Kind() == reflect.Slice {
		var parts []string
		if strings.TrimSpace(text) != "" {
			parts = strings.Split(text, ",")
		}
		return setList(v, parts)
	}
	if isText(v.Type()) {
		return v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(strings.TrimSpace(text)))
	}
	switch v.Interface().(type) {
	case time.Duration:
		d, err := time.ParseDuration(text)
		v.SetInt(int64(d))
		return err
	}
	return setBasic(v, text)
}

func setBasic(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		return nil
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("config: %q is neither true nor false", text)
		}
		v.SetBool(text == "true")
		return nil
	case reflect.Int:
		n, err := strconv.ParseInt(text, 10, 32)
		v.SetInt(n)
		return err
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err == nil && (f != f || f > 1e12 || f < -1e12) {
			err = fmt.Errorf("config: %q is out of all bounds", text)
		}
		v.SetFloat(f)
		return err
	}
	return fmt.Errorf("config: a %s cannot be set", v.Type())
}

func setList(v reflect.Value, parts []string) error {
	list := reflect.MakeSlice(v.Type(), len(parts), len(parts))
	for i, part := range parts {
		if err := set(list.Index(i), strings.TrimSpace(part)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func write(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = fmt.Sprint(v.Index(i).Interface())
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v.Interface())
}

// nearest is the known name that a wrong one was probably meant to be, or "".
func nearest(wrong string, known []string) string {
	best, distance := "", len(wrong)/3+2 // further away it is no typing error
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := editDistance(strings.ToLower(wrong), k); d < distance {
			best, distance = k, d
		}
	}
	return best
}

const maxName = 64 // bytes of a name; longer ones are like nothing

// editDistance is Levenshtein's.
func editDistance(a, b string) int {
	if len(a) > maxName || len(b) > maxName {
		return maxName
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
