package vault

import (
	"context"
	"encoding/csv"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Format is how an export is written.
type Format string

// The formats.
const (
	CSV    Format = "csv"
	NDJSON Format = "ndjson"
)

// Export writes the records of a collection for a purpose, page by page; the leaf
// of each page is durable before its first byte leaves. Restricted records stay.
// In CSV a cell that a spreadsheet would take for a formula is neutralised by an
// apostrophe, which an import takes away again.
func (s *Service) Export(ctx context.Context, p *access.Permit, purpose id.Name, format Format, dst io.Writer) (int64, error) {
	if err := allow(p, access.Export); err != nil {
		return 0, err
	}
	d, err := s.open(ctx, p)
	if err != nil {
		return 0, err
	}
	defer d.release()
	declared, err := d.purpose(purpose)
	if err != nil {
		return 0, err
	}
	w, err := d.writer(format, dst)
	if err != nil {
		return 0, err
	}
	total, opt := int64(0), ListOptions{Limit: MaxPage, Purpose: purpose}
	for {
		rows, next, err := d.page(ctx, opt)
		if err != nil {
			return total, err
		}
		found, err := d.openAll(rows)
		if err != nil {
			return total, err
		}
		records, err := d.hand(ctx, found, audit.RecordExport, declared, purpose, nil)
		if err != nil {
			return total, err
		}
		if err := w.write(records); err != nil {
			return total, err
		}
		total += int64(len(records))
		if opt.After = next; next == 0 {
			return total, nil
		}
	}
}

// table writes one page of an export.
type table interface{ write([]Record) error }

func (d *desk) writer(format Format, dst io.Writer) (table, error) {
	switch format {
	case NDJSON:
		return &ndjson{dst: dst}, nil
	case CSV:
		w := &csvTable{desk: d, csv: csv.NewWriter(dst)}
		return w, w.header()
	default:
		return nil, errs.New(errs.Invalid, "vault.format.unknown").At("query/format", "vault.format.unknown", nil)
	}
}

type ndjson struct {
	dst io.Writer
	buf []byte
}

func (n *ndjson) write(records []Record) error {
	n.buf = n.buf[:0]
	for _, r := range records {
		n.buf = AppendJSON(n.buf, r)
		n.buf = append(n.buf, '\n')
	}
	_, err := n.dst.Write(n.buf)
	return err
}

// AppendJSON writes a record as the API shows it.
func AppendJSON(dst []byte, r Record) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, r.ID.String()...)
	dst = append(dst, `","collection":"`...)
	dst = append(dst, r.Collection...)
	if !r.Subject.IsZero() {
		dst = append(dst, `","subject":"`...)
		dst = append(dst, r.Subject.String()...)
	}
	if r.State != "" {
		dst = append(dst, `","state":"`...)
		dst = append(dst, r.State...)
	}
	dst = append(dst, `","version":`...)
	dst = append(dst, version(r.Version)...)
	dst = append(dst, `,"created_at":"`...)
	dst = r.Created.AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","updated_at":"`...)
	dst = r.Updated.AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, '"')
	if r.Restricted {
		dst = append(dst, `,"restricted":true`...)
	}
	dst = append(dst, `,"fields":`...)
	dst = append(dst, r.Fields...)
	if len(r.Masked) > 0 {
		dst = append(dst, `,"masked":[`...)
		for i, name := range r.Masked {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, '"')
			dst = append(dst, name...)
			dst = append(dst, '"')
		}
		dst = append(dst, ']')
	}
	dst = append(dst, `,"leaf":`...)
	dst = append(dst, version(int64(r.Leaf))...)
	return append(dst, '}')
}

type csvTable struct {
	desk *desk
	csv  *csv.Writer
}

// columns are the fields that the permit lets be seen.
func (t *csvTable) columns() []int {
	var list []int
	for i := range t.desk.collection.Fields {
		if t.desk.permit.Sees(t.desk.collection.Fields[i].Class) {
			list = append(list, i)
		}
	}
	return list
}

func (t *csvTable) header() error {
	cells := []string{"id", "state", "created_at", "updated_at"}
	for _, i := range t.columns() {
		cells = append(cells, string(t.desk.collection.Fields[i].Name))
	}
	if err := t.csv.Write(cells); err != nil {
		return err
	}
	t.csv.Flush()
	return t.csv.Error()
}

func (t *csvTable) write(records []Record) error {
	c := t.desk.collection
	for _, r := range records {
		values, err := c.parse(r.Fields)
		if err != nil {
			return err
		}
		cells := []string{r.ID.String(), string(r.State), r.Created.Format(time.RFC3339Nano), r.Updated.Format(time.RFC3339Nano)}
		for _, i := range t.columns() {
			text, err := cell(values[i])
			if err != nil {
				return err
			}
			cells = append(cells, text)
		}
		if err := t.csv.Write(cells); err != nil {
			return err
		}
	}
	t.csv.Flush()
	return t.csv.Error()
}

// cell is a value as a spreadsheet holds it.
func cell(v jsontext.Value) (string, error) {
	if v == nil {
		return "", nil
	}
	text, err := plainText(v)
	if err != nil {
		return "", err
	}
	if v.Kind() == '0' {
		return text, nil // a negative number is no formula
	}
	return Neutralise(text), nil
}

// formulaStarts are the characters by which a spreadsheet takes a cell for a
// formula (OWASP, CSV injection).
const formulaStarts = "=+-@\t\r"

// Neutralise puts an apostrophe before a cell that a spreadsheet would take for a
// formula, and before one that begins with such an apostrophe, so that Restore
// gives back exactly what was there.
func Neutralise(s string) string {
	if bare := strings.TrimLeft(s, "'"); bare != "" && strings.ContainsRune(formulaStarts, rune(bare[0])) {
		return "'" + s
	}
	return s
}

// Restore takes away what Neutralise put.
func Restore(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok {
		if bare := strings.TrimLeft(rest, "'"); bare != "" && strings.ContainsRune(formulaStarts, rune(bare[0])) {
			return rest
		}
	}
	return s
}
