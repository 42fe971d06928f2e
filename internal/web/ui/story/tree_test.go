package story_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"garant.example/internal/web/ui"
	"garant.example/internal/web/ui/story"
)

// node is an element of a rendered page, with the text directly inside it.
type node struct {
	name     string
	attrs    map[string]string
	text     string
	parent   *node
	children []*node
}

// void elements have no end tag.
const void = " area base br col embed hr img input link meta source track wbr "

// parse reads a page strictly: every element is closed, in order, and no
// attribute is given twice. Browsers would guess; a test must not.
func parse(t *testing.T, page []byte) *node {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Strict = false // attributes without a value
	d.Entity = xml.HTMLEntity
	root := &node{name: "#document"}
	at := root
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well formed at byte %d: %v", d.InputOffset(), err)
		}
		switch tok := token.(type) {
		case xml.StartElement:
			child := open(t, at, tok)
			at.children = append(at.children, child)
			if !strings.Contains(void, " "+child.name+" ") {
				at = child
			}
		case xml.EndElement:
			if strings.Contains(void, " "+tok.Name.Local+" ") {
				continue // the decoder closes what is written <br/>
			}
			if tok.Name.Local != at.name {
				t.Fatalf("</%s> closes <%s %v> at byte %d", tok.Name.Local, at.name, at.attrs, d.InputOffset())
			}
			at = at.parent
		case xml.CharData:
			at.text += string(tok)
		}
	}
	if at != root {
		t.Fatalf("<%s> is never closed", at.name)
	}
	return root
}

func open(t *testing.T, parent *node, tok xml.StartElement) *node {
	t.Helper()
	n := &node{name: tok.Name.Local, attrs: map[string]string{}, parent: parent}
	for _, a := range tok.Attr {
		key := a.Name.Local
		if a.Name.Space != "" {
			key = a.Name.Space + ":" + key
		}
		if _, twice := n.attrs[key]; twice {
			t.Errorf("<%s> has %s twice", n.name, key)
		}
		n.attrs[key] = a.Value
	}
	return n
}

// each calls do for every element below n.
func (n *node) each(do func(*node)) {
	for _, c := range n.children {
		do(c)
		c.each(do)
	}
}

func (n *node) all(name string) []*node {
	var out []*node
	n.each(func(c *node) {
		if c.name == name {
			out = append(out, c)
		}
	})
	return out
}

// words is the text of an element and of all below it that is not hidden from
// assistive technology.
func (n *node) words() string {
	if n.attrs["aria-hidden"] == "true" {
		return ""
	}
	s := n.text
	for _, c := range n.children {
		s += " " + c.words()
	}
	return strings.Join(strings.Fields(s), " ")
}

func (n *node) hasClass(class string) bool {
	return strings.Contains(" "+n.attrs["class"]+" ", " "+class+" ")
}

// eachPage renders every story in both languages and every theme.
func eachPage(t *testing.T, do func(t *testing.T, l ui.Lang, page *node)) {
	t.Helper()
	seen := 0
	for _, l := range []ui.Lang{ui.French, ui.English} {
		for _, theme := range []ui.Theme{ui.ThemeSystem, ui.ThemeDark} {
			for _, s := range story.All(l, theme) {
				t.Run(l.Tag()+"/"+s.Slug+"/"+string(theme), func(t *testing.T) {
					var buf bytes.Buffer
					if err := s.Page.Render(context.Background(), &buf); err != nil {
						t.Fatal(err)
					}
					do(t, l, parse(t, buf.Bytes()))
				})
				seen++
			}
		}
	}
	const stories = 40 // 10 pages, 2 languages, 2 themes
	if seen < stories {
		t.Errorf("looked at %d pages, want at least %d", seen, stories)
	}
}
