package profile

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"garant.example/internal/errs"
)

// Bounds of a YAML file. A profile is written by people: what is beyond them is
// a mistake or an attack on the parser.
const (
	maxSource = 1 << 20 // bytes
	maxLine   = 2000    // bytes; also bounds how deep one line can nest
	maxIndent = 64      // columns a line may be indented
	maxFlow   = 16      // nested [ and {
)

// readStrict decodes one YAML document into a struct. It refuses whatever could
// mean something else than it seems: unknown and repeated keys, several
// documents, anchors, aliases, merge keys, tags and directives.
func readStrict(file string, data []byte, into any) error {
	if len(data) > maxSource {
		return errs.New(errs.TooLarge, "profile.yaml.large").With("File", file).With("Max", maxSource).Do("profile.yaml.large.fix")
	}
	if line, ok := bounded(data); !ok {
		return yamlFault(file, line, "profile.yaml.shape", nil)
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return translate(file, err)
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return yamlFault(file, 1, "profile.yaml.documents", nil)
	}
	body := tree.Docs[0].Body
	check := &plainness{}
	ast.Walk(check, tree.Docs[0])
	if check.line > 0 {
		return yamlFault(file, check.line, "profile.yaml.indirect", nil)
	}
	if _, ok := body.(*ast.MappingNode); !ok {
		return yamlFault(file, 1, "profile.yaml.mapping", nil)
	}
	if err := yaml.NodeToValue(body, into, yaml.Strict()); err != nil {
		return translate(file, err)
	}
	return nil
}

// bounded looks at the bytes before the parser does, because a parser that
// recurses can be made to run out of stack by nesting alone.
func bounded(data []byte) (line int, ok bool) {
	if !utf8.Valid(data) || bytes.ContainsAny(data, "\x00\r") {
		return 1, false
	}
	depth := 0
	for i, text := range bytes.Split(data, []byte{'\n'}) {
		indent := len(text) - len(bytes.TrimLeft(text, " \t-?"))
		if len(text) > maxLine || indent > maxIndent || bytes.IndexByte(text[:indent], '\t') >= 0 {
			return i + 1, false
		}
		for _, c := range text {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
		}
		if depth > maxFlow {
			return i + 1, false
		}
	}
	return 0, true
}

// plainness remembers the first node that is not plain YAML.
type plainness struct{ line int }

// Visit implements ast.Visitor.
func (p *plainness) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode, *ast.DirectiveNode, *ast.MappingKeyNode:
		if p.line == 0 {
			p.line = lineOf(n)
		}
		return nil
	}
	return p
}

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}

// translate says in our words what the library says in its own.
func translate(file string, err error) error {
	var positioned yaml.Error
	if !errors.As(err, &positioned) {
		return yamlFault(file, 1, "profile.yaml.syntax", nil).Cause(err)
	}
	line, word := 1, ""
	if t := positioned.GetToken(); t != nil {
		word = t.Value
		if t.Position != nil {
			line = t.Position.Line
		}
	}
	key := "profile.yaml.syntax"
	var (
		unknown *yaml.UnknownFieldError
		twice   *yaml.DuplicateKeyError
	)
	switch {
	case errors.As(err, &unknown):
		key = "profile.yaml.unknown_key"
	// The parser has no error of its own for this, unlike the decoder.
	case errors.As(err, &twice), strings.Contains(positioned.GetMessage(), "already defined"):
		key = "profile.yaml.repeated_key"
	case isType(err):
		key = "profile.yaml.type"
	}
	if len(word) > maxShown {
		word = word[:maxShown]
	}
	return yamlFault(file, line, key, errs.Params{"Word": word}).Cause(err)
}

const maxShown = 60 // bytes of a word of the file that an error repeats

func isType(err error) bool {
	var (
		wrong      *yaml.TypeError
		overflow   *yaml.OverflowError
		unexpected *yaml.UnexpectedNodeTypeError
	)
	return errors.As(err, &wrong) || errors.As(err, &overflow) || errors.As(err, &unexpected)
}

func yamlFault(file string, line int, key string, params errs.Params) *errs.Error {
	all := errs.Params{"File": file, "Line": line}
	for k, v := range params {
		all[k] = v
	}
	e := errs.New(errs.Config, key).Do("profile.yaml.fix")
	e.Params = all
	return e
}
