package profile

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/encoding/charmap"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/vault"
)

// Row is one row of a table as a record.
type Row struct {
	Line   int            // of the file, from 1, where the row begins
	Fields jsontext.Value // an object of fields, as vault.Import takes it; nil when Err is set
	Person string         // what names the person whom it is about; empty where the map names no such column
	Err    error          // errs.Invalid with the columns at fault; nothing of the row may be used
}

// maxRow is the most bytes one row may take: one record of the vault, with room
// for quotes.
const maxRow = 2 * vault.MaxBody

// errRow is returned by the reader of a table when a row is over its bound.
var errRow = errors.New("profile: row too large")

// Rows reads a table by the map, as records of a collection that Check accepted.
// A row that does not fit is told with its faults and the next one follows; a
// table that cannot be read on, or whose headings are not those of the map, ends
// with an error. Rows without any value are left out. No fault repeats what stands
// in a cell.
func (m *Map) Rows(c *vault.Collection, src io.Reader) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		t, err := m.open(c, src)
		if err != nil {
			yield(Row{}, err)
			return
		}
		for {
			cells, line, err := t.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Row{}, err)
				return
			}
			if blank(cells) {
				continue
			}
			row := Row{Line: line}
			row.Fields, row.Err = t.record(cells)
			row.Person = t.person(cells)
			if !yield(row, nil) {
				return
			}
		}
	}
}

// NDJSON writes the sound rows of a table as lines that vault.Import reads, and
// tells the others: written gets the line of the file behind each line that is
// about to be written, so that a result of the import finds back to its row. find
// looks up the person of a row; it is not called where the map names none.
func (m *Map) NDJSON(c *vault.Collection, src io.Reader, dst io.Writer, find Finder, written func(line int) error, refused func(Row) error) error {
	persons := m.persons(find)
	for row, err := range m.Rows(c, src) {
		var subject id.Subject
		if err == nil && row.Err == nil && persons != nil {
			if subject, row.Err = persons.of(row.Person); row.Err != nil && !errors.Is(row.Err, errNoPerson) {
				return row.Err
			}
		}
		switch {
		case err != nil:
			return err
		case row.Err != nil:
			if err := refused(row); err != nil {
				return err
			}
			continue
		}
		if err := written(row.Line); err != nil {
			return err
		}
		line := []byte{'{'}
		if persons != nil {
			line = append(append(append(line, `"subject":`...), quote(subject.String())...), ',')
		}
		line = append(append(line, `"fields":`...), row.Fields...)
		if _, err := dst.Write(append(line, '}', '\n')); err != nil {
			return err
		}
	}
	return nil
}

// table is a table being read.
type table struct {
	m       *Map
	c       *vault.Collection
	csv     *csv.Reader
	bound   *bounder
	columns []*Column // by place in the table; nil where a column is left out
	subject int       // place of the column that names the person; -1 without one
}

func (m *Map) open(c *vault.Collection, src io.Reader) (*table, error) {
	b := &bounder{src: skipBOM(src)}
	t := &table{m: m, c: c, bound: b, csv: csv.NewReader(b)}
	t.csv.Comma, _ = m.comma()
	t.csv.FieldsPerRecord = -1
	header := make([][]string, m.HeaderRows)
	for i := range header {
		cells, _, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil, errs.New(errs.Invalid, "profile.table.short").With("Rows", m.HeaderRows).Do("profile.table.fix")
		}
		if err != nil {
			return nil, err
		}
		if slices.Contains(m.Merged, i+1) {
			repeat(cells)
		}
		header[i] = cells
	}
	return t, t.bind(header)
}

// next reads one row and decodes its cells.
func (t *table) next() ([]string, int, error) {
	t.bound.left = maxRow
	cells, err := t.csv.Read()
	if err != nil {
		return nil, 0, t.broken(err)
	}
	line, _ := t.csv.FieldPos(0)
	for i, cell := range cells {
		text, ok := t.m.decode(cell)
		if !ok {
			return nil, 0, errs.New(errs.Invalid, "profile.table.encoding").With("Line", line).Do("profile.table.fix")
		}
		if !t.m.KeepSpaces {
			text = strings.TrimSpace(text)
		}
		cells[i] = vault.Restore(text)
	}
	return cells, line, nil
}

func (t *table) broken(err error) error {
	if errors.Is(err, io.EOF) {
		return err
	}
	var bad *csv.ParseError
	line := 0
	if errors.As(err, &bad) {
		line = bad.StartLine
	}
	if errors.Is(err, errRow) {
		return errs.New(errs.TooLarge, "profile.table.row").With("Line", line).With("Max", maxRow).Do("profile.table.fix")
	}
	return errs.New(errs.Invalid, "profile.table.broken").With("Line", line).Do("profile.table.fix").Cause(err)
}

// bind finds the column of the table for each column of the map.
func (t *table) bind(header [][]string) error {
	width := 0
	for _, row := range header {
		width = max(width, len(row))
	}
	t.columns = make([]*Column, width)
	named := make([]bool, width)
	t.subject = -1
	e := errs.New(errs.Invalid, "profile.table.headings").Do("profile.table.headings.fix")
	for i := range t.m.Columns {
		col := &t.m.Columns[i]
		found := 0
		for x := range width {
			if !col.heads(header, x) {
				continue
			}
			found++
			if named[x] {
				e.At(fmt.Sprintf("/columns/%d/heading", i), "profile.table.heading.shared", errs.Params{"Column": x + 1})
			}
			named[x] = true
			if !col.Ignore {
				t.columns[x] = col
			}
		}
		if found != 1 {
			e.At(fmt.Sprintf("/columns/%d/heading", i), "profile.table.heading.found", errs.Params{"Count": found})
		}
	}
	t.bindSubject(header, named, e)
	for x, ok := range named {
		if !ok && t.m.Others == RefuseOthers {
			e.At(fmt.Sprintf("/table/columns/%d", x), "profile.table.heading.other", errs.Params{"Column": x + 1})
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// bindSubject finds the column that names the person.
func (t *table) bindSubject(header [][]string, named []bool, e *errs.Error) {
	if t.m.Subject == nil {
		return
	}
	found := 0
	for x := range named {
		if !(&Column{Heading: t.m.Subject.Heading}).heads(header, x) {
			continue
		}
		found++
		if named[x] {
			e.At("/subject/heading", "profile.table.heading.shared", errs.Params{"Column": x + 1})
		}
		named[x], t.subject = true, x
	}
	if found != 1 {
		e.At("/subject/heading", "profile.table.heading.found", errs.Params{"Count": found})
	}
}

// person is the cell that names whom a row is about.
func (t *table) person(cells []string) string {
	if t.subject < 0 || t.subject >= len(cells) {
		return ""
	}
	return cells[t.subject]
}

// heads says whether the column of the map is the one at place x of the table.
func (c *Column) heads(header [][]string, x int) bool {
	for i, want := range c.Heading {
		has := ""
		if x < len(header[i]) {
			has = header[i][x]
		}
		prefix, open := strings.CutSuffix(want, "…")
		has, prefix = plain(has), plain(prefix)
		if has != prefix && !(open && strings.HasPrefix(has, prefix)) {
			return false
		}
	}
	return true
}

// plain is a heading without what does not matter: case and white space.
func plain(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// repeat fills empty cells with what stands to their left.
func repeat(cells []string) {
	for i := 1; i < len(cells); i++ {
		if cells[i] == "" {
			cells[i] = cells[i-1]
		}
	}
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// decode turns the bytes of a cell into text.
func (m *Map) decode(cell string) (string, bool) {
	switch {
	case m.Encoding == UTF8, m.Encoding == Auto && utf8.ValidString(cell):
		return cell, utf8.ValidString(cell)
	case m.Encoding == Windows1252:
		s, err := charmap.Windows1252.NewDecoder().String(cell)
		return s, err == nil
	default:
		s, err := charmap.ISO8859_1.NewDecoder().String(cell)
		return s, err == nil
	}
}

// bounder ends a row that grows without end: a quote that is never closed would
// otherwise swallow the file.
type bounder struct {
	src  io.Reader
	left int
}

// Read implements io.Reader.
func (b *bounder) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRow
	}
	n, err := b.src.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// skipBOM leaves out the mark that some programs put before UTF-8.
func skipBOM(src io.Reader) io.Reader {
	var head [3]byte
	n, err := io.ReadFull(src, head[:])
	if n == 3 && string(head[:]) == "\uFEFF" {
		n = 0
	}
	start := strings.NewReader(string(head[:n]))
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return io.MultiReader(start, failing{err})
	}
	return io.MultiReader(start, src)
}

// failing is a reader whose source failed before it began.
type failing struct{ err error }

// Read implements io.Reader.
func (f failing) Read([]byte) (int, error) { return 0, f.err }
