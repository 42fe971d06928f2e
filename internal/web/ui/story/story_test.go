package story_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"garant.example/internal/web/ui"
)

func TestPagesHaveOneHeadingAndALanguage(t *testing.T) {
	eachPage(t, func(t *testing.T, l ui.Lang, page *node) {
		if n := len(page.all("h1")); n != 1 {
			t.Errorf("%d h1 elements, want 1", n)
		}
		if got := page.all("html")[0].attrs["lang"]; got != l.Tag() {
			t.Errorf("lang = %q, want %q", got, l.Tag())
		}
		if page.all("title")[0].words() == "" {
			t.Error("the page has no title")
		}
		level := 0
		page.each(func(n *node) {
			if len(n.name) != 2 || n.name[0] != 'h' || n.name[1] < '1' || n.name[1] > '6' {
				return
			}
			now := int(n.name[1] - '0')
			if level > 0 && now > level+1 {
				t.Errorf("heading %q jumps from level %d to %d", n.words(), level, now)
			}
			level = now
		})
	})
}

func TestPagesKeepTheContentSecurityPolicy(t *testing.T) {
	eachPage(t, func(t *testing.T, _ ui.Lang, page *node) {
		page.each(func(n *node) {
			if n.name == "script" || n.name == "style" || n.name == "iframe" || n.name == "object" || n.name == "embed" {
				t.Errorf("<%s> in a page", n.name)
			}
			for key, value := range n.attrs {
				if key == "style" || strings.HasPrefix(key, "on") {
					t.Errorf("<%s> has the attribute %s", n.name, key)
				}
				loads := key == "src" || key == "srcset" || key == "action" || key == "formaction" || (n.name == "link" && key == "href")
				if loads && (strings.Contains(value, "//") || strings.Contains(value, "javascript:")) {
					t.Errorf("<%s %s=%q> leaves this server", n.name, key, value)
				}
			}
		})
	})
}

func TestReferencesLeadSomewhere(t *testing.T) {
	eachPage(t, func(t *testing.T, _ ui.Lang, page *node) {
		ids := map[string]bool{}
		page.each(func(n *node) {
			id, ok := n.attrs["id"]
			if ok && (id == "" || ids[id]) {
				t.Errorf("<%s> has the id %q, empty or used before", n.name, id)
			}
			ids[id] = true
		})
		page.each(func(n *node) {
			for _, key := range []string{"for", "aria-labelledby", "aria-describedby", "form"} {
				for _, id := range strings.Fields(n.attrs[key]) {
					if !ids[id] {
						t.Errorf("<%s %s=%q> leads nowhere", n.name, key, id)
					}
				}
			}
			if target, ok := strings.CutPrefix(n.attrs["href"], "#"); ok && !ids[target] {
				t.Errorf("the link %q leads to #%s, which is not on the page", n.words(), target)
			}
		})
	})
}

func TestEveryControlHasALabel(t *testing.T) {
	controls := 0
	eachPage(t, func(t *testing.T, _ ui.Lang, page *node) {
		labelled := map[string]string{}
		for _, n := range page.all("label") {
			labelled[n.attrs["for"]] = n.words()
		}
		page.each(func(n *node) {
			switch n.name {
			case "input", "select", "textarea":
				if n.attrs["type"] == "hidden" {
					return
				}
				controls++
				if labelled[n.attrs["id"]] == "" {
					t.Errorf("<%s name=%q> has no label", n.name, n.attrs["name"])
				}
			case "button", "a", "summary":
				if n.words() == "" && n.attrs["aria-label"] == "" {
					t.Errorf("<%s %v> has no name", n.name, n.attrs)
				}
			case "fieldset":
				if len(n.all("legend")) != 1 {
					t.Error("a fieldset has no legend")
				}
			}
		})
	})
	if controls == 0 {
		t.Error("no control was looked at")
	}
}

func TestEveryPictureIsNamedOrHidden(t *testing.T) {
	eachPage(t, func(t *testing.T, _ ui.Lang, page *node) {
		for _, n := range append(page.all("svg"), page.all("img")...) {
			if n.attrs["aria-hidden"] == "true" {
				continue
			}
			named := n.attrs["role"] == "img" && len(n.all("title")) == 1 && n.all("title")[0].words() != "" && n.attrs["aria-labelledby"] != ""
			if n.name == "img" {
				named = n.attrs["alt"] != ""
			}
			if !named {
				t.Errorf("<%s %v> has no name and is not hidden", n.name, n.attrs)
			}
		}
		for _, n := range page.all("svg") {
			if n.hasClass("g-icon") && len(n.children) == 0 {
				t.Errorf("the icon %q draws nothing", n.attrs["class"])
			}
		}
	})
}

func TestStatusesAreToldInWords(t *testing.T) {
	seen := map[ui.Status]int{}
	eachPage(t, func(t *testing.T, l ui.Lang, page *node) {
		page.each(func(n *node) {
			for _, s := range ui.Statuses() {
				if n.hasClass("g-status--" + s.Name()) {
					seen[s]++
					if !strings.Contains(n.words(), s.Word(l)) || len(n.all("svg")) != 1 {
						t.Errorf("the badge %q does not say %q with a picture", n.words(), s.Word(l))
					}
				}
				if n.name == "a" && n.hasClass("g-cell--"+s.Name()) {
					if !strings.Contains(n.attrs["aria-label"], s.Word(l)) || n.words() != s.Letter(l) {
						t.Errorf("the cell %q does not say %q and %q", n.attrs["aria-label"], s.Word(l), s.Letter(l))
					}
				}
			}
		})
	})
	for _, s := range ui.Statuses() {
		if seen[s] == 0 {
			t.Errorf("no story shows a badge for %s", s.Name())
		}
	}
}

func TestTableRowsFitTheirHeads(t *testing.T) {
	eachPage(t, func(t *testing.T, _ ui.Lang, page *node) {
		for _, table := range page.all("table") {
			if len(table.all("caption")) != 1 {
				t.Error("a table has no caption")
			}
			columns := -1
			for _, row := range table.all("tr") {
				if columns < 0 {
					columns = len(row.children)
				}
				if len(row.children) != columns {
					t.Errorf("a row of %q has %d cells, its head %d", table.all("caption")[0].words(), len(row.children), columns)
				}
			}
		}
	})
}

// TestEveryComponentHasAStory keeps the storybook complete.
func TestEveryComponentHasAStory(t *testing.T) {
	told := ""
	for _, name := range glob(t, "*.go", "*.templ") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		told += string(b)
	}
	// Parts of the shells and of other components.
	inside := map[string]bool{"Picture": true, "Wordmark": true, "Footer": true, "TextLink": true, "Time": true}
	found := 0
	for _, name := range glob(t, "../*_templ.go") {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() || inside[fn.Name.Name] {
				continue
			}
			found++
			if !strings.Contains(told, "ui."+fn.Name.Name+"(") {
				t.Errorf("no story shows %s", fn.Name.Name)
			}
		}
	}
	if found < 30 {
		t.Errorf("found %d components, want at least 30", found)
	}
}

func glob(t *testing.T, patterns ...string) []string {
	t.Helper()
	var out []string
	for _, p := range patterns {
		names, err := filepath.Glob(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			if !strings.HasSuffix(n, "_test.go") {
				out = append(out, n)
			}
		}
	}
	return out
}
