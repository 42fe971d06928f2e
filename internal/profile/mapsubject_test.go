package profile

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

const answersMap = `map: answers
collection: answers
header_rows: 1
others: ignore
key: number
subject: {heading: [Mail], field: email}
columns:
  - {heading: [No], field: number}
  - {heading: [Answer], field: text}
`

// answers is a collection whose records belong to the persons of another.
func answers() (c, of *vault.Collection) {
	field := func(n id.Name, unique bool) vault.Field {
		return vault.Field{Name: n, Title: tenant.Text{EN: "A", FR: "A"}, Kind: vault.Text, Findable: &vault.Findable{Normalise: "text", Unique: unique}}
	}
	text := field("text", false)
	text.Findable = nil
	return &vault.Collection{Name: "answers", About: vault.AboutSubject, Of: "people", Fields: []vault.Field{field("number", true), text}},
		&vault.Collection{Name: "people", About: vault.AboutSelf, Fields: []vault.Field{field("email", true), text}}
}

// TestRowsFindTheirPersons: each row goes to the one person whom its cell names; a row
// that names nobody, nobody known or several is refused by its line, and none of its
// words are repeated; everybody is asked for once.
func TestRowsFindTheirPersons(t *testing.T) {
	m, err := ParseMap("answers.yaml", []byte(answersMap))
	if err != nil {
		t.Fatal(err)
	}
	c, of := answers()
	if err := m.Check(c, of); err != nil {
		t.Fatal(err)
	}
	ada, ole := id.Subject{Raw: id.NewRecord().Raw}, id.Subject{Raw: id.NewRecord().Raw}
	asked := map[string]int{}
	find := func(field id.Name, value string) ([]id.Subject, error) {
		if asked[value]++; field != "email" {
			t.Errorf("looked in %s", field)
		}
		switch value {
		case "ada":
			return []id.Subject{ada}, nil
		case "ole":
			return []id.Subject{ole}, nil
		case "twins":
			return []id.Subject{ada, ole}, nil
		case "no value":
			return nil, errs.New(errs.Invalid, "vault.find.value")
		}
		return nil, nil
	}
	table := "No,Mail,Answer\n1,ada,a\n2,ole,b\n3,ada,c\n4,,d\n5,stranger,e\n6,twins,f\n7,no value,g\n8,ada,h\n"
	var out strings.Builder
	var sent []int
	refused := map[int]string{}
	err = m.NDJSON(c, strings.NewReader(table), &out, find, func(line int) error { sent = append(sent, line); return nil },
		func(r Row) error {
			if e := errs.Of(r.Err); e != nil && len(e.Fields) == 1 {
				refused[r.Line] = e.Fields[0].Pointer + " " + e.Fields[0].Key
			}
			if strings.Contains(r.Err.Error(), "stranger") {
				t.Errorf("a refusal repeats the cell: %v", r.Err)
			}
			return nil
		})
	if err != nil || !slices.Equal(sent, []int{2, 3, 4, 9}) {
		t.Fatalf("sent %v, %v", sent, err)
	}
	for i, who := range []id.Subject{ada, ole, ada, ada} {
		if line := strings.Split(out.String(), "\n")[i]; !strings.HasPrefix(line, `{"subject":"`+who.String()+`","fields":{"number":`) {
			t.Errorf("line %d: %s", i, line)
		}
	}
	for line, key := range map[int]string{5: "empty", 6: "unknown", 7: "several", 8: "unknown"} {
		if refused[line] != "/subject profile.table.subject."+key {
			t.Errorf("line %s: %q", strconv.Itoa(line), refused[line])
		}
	}
	if asked["ada"] != 1 {
		t.Errorf("ada was looked up %d times", asked["ada"])
	}
	down := errors.New("down")
	err = m.NDJSON(c, strings.NewReader(table), &out, func(id.Name, string) ([]id.Subject, error) { return nil, down },
		func(int) error { return nil }, func(Row) error { return nil })
	if !errors.Is(err, down) {
		t.Errorf("a failure of the look-up: %v", err)
	}
}

func TestMapOfPersonsMustFit(t *testing.T) {
	c, of := answers()
	nobody := *c
	nobody.About = vault.AboutNobody
	for name, try := range map[string]struct {
		text  string
		c, of *vault.Collection
		want  string
	}{
		"no column":      {strings.Replace(answersMap, "subject: {heading: [Mail], field: email}\n", "", 1), c, of, "profile.map.subject.missing"},
		"a column more":  {answersMap, &nobody, nil, "profile.map.subject.unwanted"},
		"not findable":   {strings.Replace(answersMap, "field: email", "field: text", 1), c, of, "profile.map.subject.field"},
		"no such field":  {strings.Replace(answersMap, "field: email", "field: none", 1), c, of, "profile.map.subject.field"},
		"no one to find": {answersMap, c, nil, "profile.map.subject.field"},
	} {
		m, err := ParseMap("m.yaml", []byte(try.text))
		if err != nil {
			t.Fatal(err)
		}
		e := errs.Of(m.Check(try.c, try.of))
		if e == nil || !slices.ContainsFunc(e.Fields, func(f errs.Field) bool { return f.Key == try.want }) {
			t.Errorf("%s: %v", name, e)
		}
	}
	if _, err := ParseMap("m.yaml", []byte(strings.Replace(answersMap, "[Mail]", "[Mail, Mail]", 1))); err == nil {
		t.Error("two header rows of one were taken")
	}
}
