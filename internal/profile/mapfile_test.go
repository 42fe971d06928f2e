package profile

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/vault"
)

var surveyDir = filepath.Join("..", "..", "testdata", "survey")

func survey(t testing.TB) (*Map, *vault.Collection) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(surveyDir, "map.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseMap("map.yaml", data)
	if err != nil {
		t.Fatalf("%v %v", err, errs.Of(err).Params)
	}
	return m, collectionOf(t, "civic-engagement", m.Collection)
}

func collectionOf(t testing.TB, profile, name id.Name) *vault.Collection {
	t.Helper()
	p, ok := load(t).Profile(profile)
	if !ok {
		t.Fatalf("no profile %s", profile)
	}
	for _, c := range Compile(p).Collections {
		if c.Name == name {
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			return &c
		}
	}
	t.Fatalf("no collection %s", name)
	return nil
}

// The real file goes through the map and every record is one the vault takes.
func TestSurvey(t *testing.T) {
	m, c := survey(t)
	if err := m.Check(c, nil); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(filepath.Join(surveyDir, "survey-respondents.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, filled := 0, map[string]int{}
	first := ""
	for row, err := range m.Rows(c, file) {
		if err != nil {
			t.Fatalf("%v %v", err, errs.Of(err).Params)
		}
		if row.Err != nil {
			t.Fatalf("line %d: %v", row.Line, row.Err)
		}
		values, err := c.Decode(row.Fields, false)
		if err != nil {
			t.Fatalf("line %d: %v", row.Line, err)
		}
		for i, v := range values {
			if v != nil {
				filled[string(c.Fields[i].Name)]++
			}
		}
		if rows == 0 {
			first = string(row.Fields)
			if row.Line != 3 {
				t.Errorf("first row on line %d, want 3", row.Line)
			}
		}
		rows++
	}
	if rows != 1186 {
		t.Errorf("%d rows, want 1186", rows)
	}
	// Counted independently of this program.
	for field, want := range map[string]int{"respondent": 1186, "seen_any": 1186, "fan": 836, "rank_episode_1": 835, "seen_films": 835,
		"gender": 1046, "fan_expanded_universe": 213, "household_income": 858, "region": 1043, "view_yoda": 826} {
		if filled[field] != want {
			t.Errorf("%s: %d values, want %d", field, filled[field], want)
		}
	}
	for _, want := range []string{`"respondent":"3292879998"`, `"seen_films":["episode-1",`, `"rank_episode_4":4`, `"fan":true`, `"age_band":"18-29"`} {
		if !strings.Contains(first, want) {
			t.Errorf("first row %s lacks %s", first, want)
		}
	}
}

func TestNDJSON(t *testing.T) {
	m, c := survey(t)
	table := surveyTable(t, "7000000001,Yes", "7000000002,perhaps", "7000000003,No")
	var out bytes.Buffer
	var lines []int
	var refused []Row
	err := m.NDJSON(c, strings.NewReader(table), &out, nil,
		func(line int) error { lines = append(lines, line); return nil },
		func(r Row) error { refused = append(refused, r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if want := "{\"fields\":{\"respondent\":\"7000000001\",\"seen_any\":true}}\n{\"fields\":{\"respondent\":\"7000000003\",\"seen_any\":false}}\n"; out.String() != want {
		t.Errorf("got %s", out.String())
	}
	if len(lines) != 2 || lines[0] != 3 || lines[1] != 5 {
		t.Errorf("lines %v, want 3 and 5", lines)
	}
	if len(refused) != 1 || refused[0].Line != 4 || !errs.Is(refused[0].Err, errs.Invalid) {
		t.Fatalf("refused %v", refused)
	}
	if strings.Contains(refused[0].Err.Error(), "perhaps") {
		t.Error("a fault repeats what stood in the cell")
	}
}

// surveyTable gives the two header rows of the survey and rows of its first columns.
func surveyTable(t testing.TB, rows ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(surveyDir, "survey-respondents.csv"))
	if err != nil {
		t.Fatal(err)
	}
	header := strings.SplitAfterN(string(data), "\n", 3)
	return header[0] + header[1] + strings.Join(rows, "\n") + "\n"
}

const smallMap = `map: small
collection: people
encoding: %ENC
key: code
columns:
  - {heading: [Code], field: code}
  - {heading: [Name], field: name}
  - {heading: [Tags], field: tags, split: ";"}
  - {heading: [Age], field: age, empty: "0"}
`

func people() *vault.Collection {
	text := func(n id.Name) vault.Field { return vault.Field{Name: n, Kind: vault.Text} }
	code := text("code")
	code.Findable = &vault.Findable{Normalise: "exact", Unique: true}
	return &vault.Collection{Name: "people", Fields: []vault.Field{code, text("name"),
		{Name: "tags", Kind: vault.Choices, Options: []string{"a", "b", "c"}}, {Name: "age", Kind: vault.Integer}}}
}

func smallRows(t *testing.T, encoding, table string) (rows []Row, err error) {
	t.Helper()
	m, err := ParseMap("small.yaml", []byte(strings.Replace(smallMap, "%ENC", encoding, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Check(people(), nil); err != nil {
		t.Fatal(err)
	}
	for row, err := range m.Rows(people(), strings.NewReader(table)) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func TestMapRows(t *testing.T) {
	const head = "Code,Name,Tags,Age\n"
	for _, c := range []struct{ name, encoding, table, want string }{
		{"plain", "auto", head + "1,Ann,a;b,7\n", `{"code":"1","name":"Ann","tags":["a","b"],"age":7}`},
		{"byte order mark", "auto", "\uFEFF" + head + "1,,,\n", `{"code":"1","age":0}`},
		{"headings in another order, case and spacing", "auto", " age ,NAME,code,Tags\n7,Ann,1,c\n", `{"code":"1","name":"Ann","tags":["c"],"age":7}`},
		{"latin-1", "auto", head + "1,Zo\xeb,,1\n", `{"code":"1","name":"Zoë","age":1}`},
		{"windows-1252", "windows-1252", head + "1,\x8cuvre,,1\n", `{"code":"1","name":"Œuvre","age":1}`},
		{"neutralised formula", "auto", head + "1,'=1+1,,1\n", `{"code":"1","name":"=1+1","age":1}`},
		{"spaces", "auto", head + "1,  Ann , a ; c ,1\n", `{"code":"1","name":"Ann","tags":["a","c"],"age":1}`},
		{"short row", "auto", head + "1\n", `{"code":"1","age":0}`},
		{"blank rows", "auto", head + ",,,\n\n1,,,\n , ,,\n", `{"code":"1","age":0}`},
		{"quotes and line ends", "auto", head + "1,\"a \"\"b\"\"\nc\",,1\n", `{"code":"1","name":"a \"b\"\nc","age":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := smallRows(t, c.encoding, c.table)
			if err != nil || len(rows) != 1 || rows[0].Err != nil {
				t.Fatalf("rows %v, error %v", rows, err)
			}
			if got := string(rows[0].Fields); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestMapRowsRefuses(t *testing.T) {
	const head = "Code,Name,Tags,Age\n"
	for _, c := range []struct {
		name, encoding, table, key string
		whole                      bool // the table, not a row
	}{
		{"no heading", "auto", "", "profile.table.short", true},
		{"missing column", "auto", "Code,Name,Tags\n", "profile.table.heading.found", true},
		{"twice the same column", "auto", "Code,Name,Tags,Age,Age\n", "profile.table.heading.found", true},
		{"column of nobody", "auto", "Code,Name,Tags,Age,Shoe\n", "profile.table.heading.other", true},
		{"not UTF-8", "utf-8", head + "1,Zo\xeb,,\n", "profile.table.encoding", true},
		{"quote without end", "auto", head + "1,\"Ann,,\n", "profile.table.broken", true},
		{"row without end", "auto", head + "1,\"" + strings.Repeat("x\n", maxRow), "profile.table.row", true},
		{"number", "auto", head + "1,Ann,,old\n", "profile.table.cell.integer", false},
		{"two faults in one cell are one", "auto", head + "1,Ann,,1 2\n", "profile.table.cell.integer", false},
		{"no key", "auto", head + ",Ann,,1\n", "profile.table.key", false},
		{"wider than its headings", "auto", head + "1,Ann,,1,2\n", "profile.table.row.wide", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := smallRows(t, c.encoding, c.table)
			if !c.whole {
				if err != nil || len(rows) != 1 {
					t.Fatalf("rows %v, error %v", rows, err)
				}
				err = rows[0].Err
			}
			e := errs.Of(err)
			if e == nil {
				t.Fatal("accepted")
			}
			found := e.Key == c.key
			for _, f := range e.Fields {
				found = found || f.Key == c.key
			}
			if !found {
				t.Errorf("got %v, want %s", err, c.key)
			}
		})
	}
}

func TestParseMapTellsAllFaults(t *testing.T) {
	_, err := ParseMap("m.yaml", []byte(`map: Bad Name
collection: people
encoding: ebcdic
separator: "||"
header_rows: 2
merged: [3]
others: maybe
key: code
tables: {t: {a: [1]}}
columns:
  - {heading: [A], field: x, values: none}
  - {heading: [A, B]}
  - {heading: [A, C], field: x}
  - {heading: [A, D], field: y, choose: o, split: ","}
`))
	var got []string
	for _, f := range errs.Of(err).Fields {
		got = append(got, f.Pointer)
	}
	want := "/map /encoding /others /separator /merged/0 /tables/t /columns/0/heading /columns/0/values /columns/1/field /columns/2/field /columns/3/choose /key"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}

func TestMapCheckTellsAllFaults(t *testing.T) {
	m, err := ParseMap("m.yaml", []byte(`map: m
collection: others
key: name
tables: {t: {x: z}}
columns:
  - {heading: [A], field: name}
  - {heading: [B], field: nothing}
  - {heading: [C], field: tags, choose: z}
  - {heading: [D], field: age, split: ";"}
`))
	if err != nil {
		t.Fatal(err)
	}
	c := people()
	c.Fields[0].Required = true
	var got []string
	for _, f := range errs.Of(m.Check(c, nil)).Fields {
		got = append(got, f.Pointer+" "+f.Key)
	}
	want := []string{"/collection profile.map.collection", "/columns/1/field profile.map.field.unknown", "/columns/2/choose profile.map.option",
		"/columns/3/field profile.map.choices", "/columns profile.map.required", "/key profile.map.key.unique"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func FuzzParseMap(f *testing.F) {
	data, err := os.ReadFile(filepath.Join(surveyDir, "map.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(smallMap))
	f.Add([]byte("map: &a x\ncollection: *a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ParseMap("fuzz.yaml", data)
		if (m == nil) == (err == nil) {
			t.Fatalf("map %v and error %v", m, err)
		}
		if err == nil && (len(m.Columns) == 0 || m.HeaderRows < 1) {
			t.Error("accepted a map that maps nothing")
		}
	})
}

// Whatever the bytes of a table are, each row is told, or a sound JSON object that
// names declared fields only.
func FuzzMapRows(f *testing.F) {
	f.Add([]byte("Code,Name,Tags,Age\n1,Ann,a;b,7\n"))
	f.Add([]byte("\xef\xbb\xbfCode,Name,Tags,Age\n1,\"A\xeb\",a,\n,,,\n"))
	m, err := ParseMap("small.yaml", []byte(strings.Replace(smallMap, "%ENC", "auto", 1)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for row, err := range m.Rows(people(), bytes.NewReader(data)) {
			if err != nil {
				return
			}
			if (row.Err == nil) != (row.Fields != nil) || row.Line < 2 {
				t.Fatalf("row %+v", row)
			}
			if row.Err == nil && (!jsontext.Value(row.Fields).IsValid() || row.Fields.Kind() != '{') {
				t.Fatalf("not an object: %q", row.Fields)
			}
		}
	})
}
