package ui

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

func TestWordsAreCompleteInBothLanguages(t *testing.T) {
	for _, l := range []Lang{French, English} {
		v := reflect.ValueOf(l.words())
		for i := range v.NumField() {
			if v.Field(i).String() == "" {
				t.Errorf("%s: %s is empty", l, v.Type().Field(i).Name)
			}
		}
	}
	if Lang("de").Tag() != "en" || Lang("de").words() != English.words() {
		t.Error("a language that is not known must read as English")
	}
}

func TestStatusesCannotBeMistaken(t *testing.T) {
	for _, l := range []Lang{French, English} {
		letters, names, icons := map[string]Status{}, map[string]Status{}, map[Icon]Status{}
		for _, s := range Statuses() {
			if other, taken := letters[s.Letter(l)]; taken {
				t.Errorf("%s: %s and %s share the letter %s", l, s.Name(), other.Name(), s.Letter(l))
			}
			if other, taken := names[s.Word(l)]; taken {
				t.Errorf("%s: %s and %s share a word", l, s.Name(), other.Name())
			}
			if other, taken := icons[s.Icon()]; taken {
				t.Errorf("%s and %s share a picture", s.Name(), other.Name())
			}
			letters[s.Letter(l)], names[s.Word(l)], icons[s.Icon()] = s, s, s
			if StatusOf(s.Name()) != s {
				t.Errorf("%s is not read back", s.Name())
			}
		}
	}
	var unset Status
	if unset != Unknown || StatusOf("perfect") != Unknown || Status(99).Name() != "unknown" {
		t.Error("what is not known must be Unknown")
	}
}

// TestIconsExist reads the names from the source, so that none is forgotten.
func TestIconsExist(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "icon.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		lit, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		name, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		count++
		if shapes := Icon(name).shapes(); !strings.Contains(shapes, "<") || strings.Contains(shapes, "<svg") {
			t.Errorf("the icon %s is %q", name, shapes)
		}
		return true
	})
	if count < 30 {
		t.Errorf("read %d icons", count)
	}
	if Icon("no-such-icon").shapes() != "" || Icon("").shapes() != "" {
		t.Error("an icon that does not exist must draw nothing")
	}
}

func TestUnsafeAddressesAndTextAreDisarmed(t *testing.T) {
	var buf bytes.Buffer
	cell := Cell{Text: "<b>Zoé</b>", Href: `"><script>`}
	table := TableData{Caption: "c", Columns: []Column{{Text: "a"}}, Rows: []Row{{Cells: []Cell{cell, Text(`"&<`)}}}}
	if err := Table(table).Render(context.Background(), &buf); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "<b>"} {
		if strings.Contains(buf.String(), bad) {
			t.Errorf("%q reached the page: %s", bad, buf.String())
		}
	}
}

func TestScriptAddressesAreDeadLinks(t *testing.T) {
	for _, bad := range []string{"javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x"} {
		var buf bytes.Buffer
		if err := TextLink(English, Link{Text: "x", Href: bad}).Render(context.Background(), &buf); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ToLower(buf.String()), strings.ToLower(bad)) {
			t.Errorf("%s reached the page: %s", bad, buf.String())
		}
	}
	for _, good := range []string{"/a?b=c", "#top", "?after=x", "https://example.org/", "mailto:a@example.org"} {
		if string(address(good)) != good {
			t.Errorf("%s became %s", good, address(good))
		}
	}
}

func TestPasswordsAreNotShownAgain(t *testing.T) {
	var buf bytes.Buffer
	f := Field{ID: "p", Name: "p", Label: "Password", Value: "correct horse", Type: "text"}
	if err := PasswordField(English, f).Render(context.Background(), &buf); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(buf.String(), "correct horse") || !strings.Contains(buf.String(), `type="password"`) {
		t.Error(buf.String())
	}
}

func TestGaugeStaysInItsBounds(t *testing.T) {
	for _, c := range []struct {
		value, most float64
		want        string
	}{{0, 10, "0"}, {5, 10, "500"}, {20, 10, "1000"}, {1, 100000, "8"}, {1, 0, "0"}, {-1, 10, "0"}} {
		if got := (Gauge{Value: c.value, Max: c.most}).filled(); got != c.want {
			t.Errorf("%v of %v fills %s, want %s", c.value, c.most, got, c.want)
		}
	}
}

func TestMonthIsCutIntoWeeks(t *testing.T) {
	m := Month{Blank: 6, Days: make([]CalendarDay, 30)}
	if rows := m.weeks(); len(rows) != 6 || len(rows[5]) != 7 {
		t.Errorf("%d weeks", len(rows))
	}
	if rows := (Month{}).weeks(); len(rows) != 0 {
		t.Errorf("an empty month has %d weeks", len(rows))
	}
}

func FuzzHash(f *testing.F) {
	f.Add("")
	f.Add("9f0c1a7be2448d3065c7f1e0")
	f.Add("short")
	f.Fuzz(func(t *testing.T, hash string) {
		if got := strings.Join(hashGroups(hash), ""); got != hash {
			t.Errorf("groups of %q read %q", hash, got)
		}
		short := shortHash(hash)
		if short != hash && (!strings.HasPrefix(hash, short[:8]) || !strings.HasSuffix(hash, short[len(short)-4:])) {
			t.Errorf("%q is shortened to %q", hash, short)
		}
	})
}
