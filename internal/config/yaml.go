package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// maxFile bounds the file in bytes; a thousand regions fit.
const maxFile = 256 << 10

// maxNesting bounds how deep a file may nest, before it is parsed: the parser
// recurses, the settings are four deep.
const maxNesting = 32

// reader puts a YAML document into a Config.
type reader struct {
	name     string // of the file, for people
	origins  map[string]string
	mistakes mistakes
}

// readYAML reads the text of a file over what c already holds. It is strict: see
// the package comment.
func (c *Config) readYAML(name string, data []byte) mistakes {
	r := &reader{name: name, origins: c.origins}
	if len(data) > maxFile {
		r.mistakes.add("", "config.file.too_large", "config.file.fix", errs.Params{"file": name, "limit": maxFile / 1024})
		return r.mistakes
	}
	if line := tooDeep(data); line > 0 {
		r.fail("", "config.yaml.refused", line, nil)
		return r.mistakes
	}
	file, err := parse(data)
	if err != nil {
		r.fail("", "config.yaml.syntax", lineOf(err), nil)
		return r.mistakes
	}
	if len(file.Docs) > 1 {
		r.fail("", "config.yaml.documents", 0, nil)
		return r.mistakes
	}
	if len(file.Docs) == 1 && file.Docs[0].Body != nil {
		r.node("", reflect.ValueOf(c).Elem(), file.Docs[0].Body)
	}
	return r.mistakes
}

// parse keeps a fault of the parser from stopping the program without a word.
func parse(data []byte) (file *ast.File, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("config: the YAML parser gave up: %T", v)
		}
	}()
	return parser.ParseBytes(data, 0)
}

// tooDeep looks at brackets and indentation before the parser does. It answers
// the line where they pass maxNesting, or 0.
func tooDeep(data []byte) int {
	for i, line := range strings.Split(string(data), "\n") {
		if strings.Count(line, "{")+strings.Count(line, "[") > maxNesting || strings.Count(line, "- ") > maxNesting ||
			len(line)-len(strings.TrimLeft(line, " \t")) > 4*maxNesting {
			return i + 1
		}
	}
	return 0
}

// lineOf finds the line in an error of the parser, which prints it as "[3:5] …".
func lineOf(err error) int {
	text := err.Error()
	if !strings.HasPrefix(text, "[") {
		return 0
	}
	number, _, _ := strings.Cut(text[1:], ":")
	line, convErr := strconv.Atoi(number)
	if convErr != nil {
		return 0
	}
	return line
}

func (r *reader) place(line int) string {
	if line <= 0 {
		return r.name
	}
	return r.name + ":" + strconv.Itoa(line)
}

func (r *reader) fail(path, key string, line int, params errs.Params) {
	if params == nil {
		params = errs.Params{}
	}
	params["place"] = r.place(line)
	r.mistakes.add(path, key, "config.file.fix", params)
}

func lineAt(n ast.Node) int {
	if n == nil {
		return 0
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// node reads a node into a struct, a map or a leaf.
func (r *reader) node(path string, v reflect.Value, n ast.Node) {
	switch n.(type) {
	case *ast.AliasNode, *ast.AnchorNode, *ast.TagNode, *ast.MergeKeyNode, *ast.MappingKeyNode, *ast.DirectiveNode:
		r.fail(path, "config.yaml.refused", lineAt(n), nil)
		return
	case *ast.NullNode:
		r.fail(path, "config.value.missing", lineAt(n), nil)
		return
	}
	if isLeaf(v.Type()) {
		r.leaf(path, v, n)
		return
	}
	values, ok := entries(n)
	if !ok {
		r.fail(path, "config.value.mapping", lineAt(n), nil)
		return
	}
	for _, e := range values {
		r.entry(path, v, e)
	}
}

// entries are those of a mapping; the parser has a type of its own for a
// mapping of one.
func entries(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func (r *reader) entry(path string, v reflect.Value, e *ast.MappingValueNode) {
	name, ok := keyName(e.Key)
	if !ok {
		r.fail(path, "config.yaml.refused", lineAt(e.Key), nil)
		return
	}
	if v.Kind() == reflect.Map {
		r.mapEntry(path, name, v, e)
		return
	}
	for _, f := range fields(v.Type()) {
		switch {
		case f.name == name:
			r.node(join(path, name), v.Field(f.index), e.Value)
			return
		case f.name+"_file" == name && isSecret(v.Field(f.index).Type()):
			r.secretFile(join(path, f.name), v.Field(f.index), e)
			return
		}
	}
	known := names(v.Type())
	params := errs.Params{"near": nearest(name, known)}
	key := "config.unknown"
	if params["near"] != "" {
		key = "config.unknown.near"
	}
	r.fail(join(path, name), key, lineAt(e.Key), params)
}

// keyName is the name of an entry; complex, merging and aliased keys have none.
func keyName(k ast.MapKeyNode) (string, bool) {
	switch k.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode:
		return k.GetToken().Value, true
	}
	return "", false
}

// names are all the entries that a struct takes.
func names(t reflect.Type) []string {
	var out []string
	for _, f := range fields(t) {
		out = append(out, f.name)
		if isSecret(t.Field(f.index).Type) {
			out = append(out, f.name+"_file")
		}
	}
	return out
}

func (r *reader) mapEntry(path, name string, v reflect.Value, e *ast.MappingValueNode) {
	if _, err := id.ParseName(name); err != nil {
		r.fail(join(path, name), "config.name", lineAt(e.Key), nil)
		return
	}
	item := reflect.New(v.Type().Elem()).Elem()
	if item.Type() == reflect.TypeFor[KMS]() {
		item.Set(reflect.ValueOf(defaultKMS()))
	}
	r.node(join(path, name), item, e.Value)
	v.SetMapIndex(reflect.ValueOf(name), item)
}

func (r *reader) leaf(path string, v reflect.Value, n ast.Node) {
	err := error(nil)
	if list, ok := n.(*ast.SequenceNode); ok && v.Kind() == reflect.Slice {
		parts := make([]string, 0, len(list.Values))
		for _, item := range list.Values {
			text, ok := scalar(item)
			if !ok {
				r.fail(path, "config.value.scalar", lineAt(item), nil)
				return
			}
			parts = append(parts, text)
		}
		err = setList(v, parts)
	} else {
		text, ok := scalar(n)
		if !ok {
			r.fail(path, "config.value.scalar", lineAt(n), nil)
			return
		}
		err = set(v, text)
	}
	if err != nil {
		r.fail(path, "config.value."+kindOf(v.Type()), lineAt(n), nil)
		return
	}
	r.origins[path] = r.place(lineAt(n))
}

// scalar is the text of a plain value.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}
