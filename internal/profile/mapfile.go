package profile

import (
	"fmt"
	"maps"
	"slices"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/vault"
)

// Map says how a table (CSV) becomes records of a collection. Build one with
// ParseMap; testdata/survey/map.yaml shows the format with an example.
type Map struct {
	Name       id.Name  `yaml:"map"`
	Collection id.Name  `yaml:"collection"`
	Encoding   Encoding `yaml:"encoding"`
	Separator  string   `yaml:"separator"`   // one character, or "tab"; a comma unless said
	HeaderRows int      `yaml:"header_rows"` // 1 to 5
	// Merged names the header rows (from 1) in which an empty cell repeats the one
	// to its left, as a merged cell does once it is written as CSV.
	Merged []int `yaml:"merged"`
	// KeepSpaces leaves the white space around values; it is dropped unless said.
	KeepSpaces bool `yaml:"keep_spaces"`
	// Others says what to do with columns that the map does not name: refuse the
	// table, or ignore them.
	Others Others `yaml:"others"`
	// Key is the field that tells rows apart: a second run leaves alone what is
	// there. It must be findable and unique.
	Key     id.Name           `yaml:"key"`
	Subject *SubjectColumn    `yaml:"subject"` // whom a row is about, where that is a person of another collection
	Tables  map[id.Name]Value `yaml:"tables"`  // cell to value, by name
	Columns []Column          `yaml:"columns"`
}

// Encoding is how the bytes of a table are read.
type Encoding string

// The encodings.
const (
	Auto        Encoding = "auto" // UTF-8 where a cell is valid UTF-8, Latin-1 elsewhere
	UTF8        Encoding = "utf-8"
	Latin1      Encoding = "latin-1"
	Windows1252 Encoding = "windows-1252"
)

// Others says what to do with columns that a map does not name.
type Others string

// The closed list.
const (
	RefuseOthers Others = "refuse"
	IgnoreOthers Others = "ignore"
)

// Column is one column of the table and the field it fills.
type Column struct {
	// Heading is the text of the column in each header row, from the top. Case and
	// white space do not matter; a text that ends in … matches what begins so; an
	// empty text matches an empty cell.
	Heading []string `yaml:"heading"`
	Field   id.Name  `yaml:"field"`
	// Choose adds this option to a field of kind choices when the cell has a value.
	Choose string `yaml:"choose"`
	// Split cuts the cell into the options of a field of kind choices.
	Split string `yaml:"split"`
	// Values turns cells into values: the name of a table. A cell that is not in it
	// is refused.
	Values id.Name `yaml:"values"`
	// Empty is the value of an empty cell; without it the field stays empty.
	Empty string `yaml:"empty"`
	// Ignore leaves the column out, on purpose.
	Ignore bool `yaml:"ignore"`
}

const (
	maxHeaderRows = 5
	maxColumns    = 500
)

// ParseMap reads a map file. Its error tells every fault at once.
func ParseMap(file string, data []byte) (*Map, error) {
	m := &Map{}
	if err := readStrict(file, data, m); err != nil {
		return nil, err
	}
	m.defaults()
	e := errs.New(errs.Config, "profile.map.invalid").With("File", file).Do("profile.map.invalid.fix")
	m.validate(e)
	if len(e.Fields) > 0 {
		return nil, e
	}
	return m, nil
}

func (m *Map) defaults() {
	if m.Encoding == "" {
		m.Encoding = Auto
	}
	if m.Separator == "" {
		m.Separator = ","
	}
	if m.HeaderRows == 0 {
		m.HeaderRows = 1
	}
	if m.Others == "" {
		m.Others = RefuseOthers
	}
}

func (m *Map) validate(e *errs.Error) {
	for _, n := range []struct {
		at   string
		name id.Name
	}{{"/map", m.Name}, {"/collection", m.Collection}, {"/key", m.Key}} {
		if _, err := id.ParseName(string(n.name)); err != nil {
			e.At(n.at, "profile.name.malformed", nil)
		}
	}
	oneOf(e, "/encoding", m.Encoding, []Encoding{Auto, UTF8, Latin1, Windows1252})
	oneOf(e, "/others", m.Others, []Others{RefuseOthers, IgnoreOthers})
	if _, ok := m.comma(); !ok {
		e.At("/separator", "profile.map.separator", nil)
	}
	if m.HeaderRows < 1 || m.HeaderRows > maxHeaderRows {
		e.At("/header_rows", "profile.map.header_rows", errs.Params{"Max": maxHeaderRows})
	}
	for i, row := range m.Merged {
		if row < 1 || row > m.HeaderRows {
			e.At(fmt.Sprintf("/merged/%d", i), "profile.map.header_rows", errs.Params{"Max": m.HeaderRows})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Tables)) {
		if !wordsByName(m.Tables[name]) {
			e.At("/tables/"+string(name), "profile.map.table", nil)
		}
	}
	if len(m.Columns) == 0 || len(m.Columns) > maxColumns {
		e.At("/columns", "profile.map.columns", errs.Params{"Max": maxColumns})
	}
	m.validateColumns(e)
}

func (m *Map) validateColumns(e *errs.Error) {
	if m.Subject != nil && len(m.Subject.Heading) != m.HeaderRows {
		e.At("/subject/heading", "profile.map.heading", errs.Params{"Rows": m.HeaderRows})
	}
	filled := map[id.Name]bool{}
	for i, c := range m.Columns {
		at := fmt.Sprintf("/columns/%d", i)
		if len(c.Heading) != m.HeaderRows {
			e.At(at+"/heading", "profile.map.heading", errs.Params{"Rows": m.HeaderRows})
		}
		if c.Ignore != (c.Field == "") {
			e.At(at+"/field", "profile.map.field", nil)
		}
		if _, ok := m.Tables[c.Values]; c.Values != "" && !ok {
			e.At(at+"/values", "profile.map.table.unknown", errs.Params{"Name": string(c.Values)})
		}
		if c.Choose != "" && (c.Split != "" || c.Values != "" || c.Empty != "") {
			e.At(at+"/choose", "profile.map.choose", nil)
		}
		if c.Field != "" && filled[c.Field] && c.Choose == "" {
			e.At(at+"/field", "profile.twice", errs.Params{"Value": string(c.Field)})
		}
		filled[c.Field] = true
	}
	if m.Key != "" && !filled[m.Key] {
		e.At("/key", "profile.map.key.column", nil)
	}
}

// Check holds the map against the collection it fills, and against the one that its
// persons are in (nil where there is none), and tells every fault.
func (m *Map) Check(c, persons *vault.Collection) error {
	e := errs.New(errs.Config, "profile.map.unfit").With("Collection", string(c.Name)).Do("profile.map.invalid.fix")
	if m.Collection != c.Name {
		e.At("/collection", "profile.map.collection", errs.Params{"Value": string(m.Collection)})
	}
	m.checkSubject(c, persons, e)
	filled := map[id.Name]bool{}
	for i := range m.Columns {
		m.checkColumn(fmt.Sprintf("/columns/%d", i), c, &m.Columns[i], e)
		filled[m.Columns[i].Field] = true
	}
	for _, f := range c.Fields {
		if f.Required && !filled[f.Name] {
			e.At("/columns", "profile.map.required", errs.Params{"Name": string(f.Name)})
		}
		if f.Name == m.Key && (f.Findable == nil || !f.Findable.Unique) {
			e.At("/key", "profile.map.key.unique", nil)
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

func (m *Map) checkColumn(at string, c *vault.Collection, col *Column, e *errs.Error) {
	if col.Ignore {
		return
	}
	f, ok := fieldOf(c, col.Field)
	if !ok {
		e.At(at+"/field", "profile.map.field.unknown", errs.Params{"Name": string(col.Field)})
		return
	}
	if (col.Choose != "" || col.Split != "") && f.Kind != vault.Choices {
		e.At(at+"/field", "profile.map.choices", nil)
	}
	if col.Choose != "" && !slices.Contains(f.Options, col.Choose) {
		e.At(at+"/choose", "profile.map.option", errs.Params{"Value": col.Choose})
	}
	if f.Kind != vault.Enum && f.Kind != vault.Choices {
		return
	}
	table := m.Tables[col.Values]
	for _, name := range table.Names() {
		if value, _ := table.Get(name).Text(); !slices.Contains(f.Options, value) {
			e.At("/tables/"+string(col.Values), "profile.map.option", errs.Params{"Value": value})
		}
	}
}

func fieldOf(c *vault.Collection, name id.Name) (*vault.Field, bool) {
	i := slices.IndexFunc(c.Fields, func(f vault.Field) bool { return f.Name == name })
	if i < 0 {
		return nil, false
	}
	return &c.Fields[i], true
}

func wordsByName(v Value) bool {
	if !v.IsMap() || len(v.Names()) == 0 {
		return false
	}
	return !slices.ContainsFunc(v.Names(), func(n string) bool { _, ok := v.Get(n).Text(); return !ok })
}

// comma is the separator as one character.
func (m *Map) comma() (rune, bool) {
	if m.Separator == "tab" {
		return '\t', true
	}
	runes := []rune(m.Separator)
	if len(runes) != 1 || slices.Contains([]rune{'"', '\r', '\n', '\uFFFD'}, runes[0]) {
		return 0, false
	}
	return runes[0], true
}
