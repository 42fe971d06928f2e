package vault

import (
	"context"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// maxFound bounds the answers to one search; a value that more rows share is none
// to search by.
const maxFound = 100

// MaxPage bounds one page of a list.
const MaxPage = 200

// Find returns the records of which a findable field equals a value. Only
// equality can be asked. Restricted records are left out, and counted as such in
// the log.
func (s *Service) Find(ctx context.Context, p *access.Permit, field id.Name, value string, purpose id.Name) ([]Record, error) {
	if err := allow(p, access.Find); err != nil {
		return nil, err
	}
	d, err := s.open(ctx, p)
	if err != nil {
		return nil, err
	}
	defer d.release()
	declared, err := d.purpose(purpose)
	if err != nil {
		return nil, err
	}
	i := d.collection.field(string(field))
	if i < 0 || d.collection.Fields[i].Findable == nil {
		return nil, errs.New(errs.Invalid, "vault.field.not_findable").With("Field", string(field)).
			Do("vault.field.not_findable.fix").At("/field", "vault.field.not_findable", errs.Params{"Field": string(field)})
	}
	if !p.Sees(d.collection.Fields[i].Class) {
		return nil, errs.New(errs.Forbidden, "vault.field.forbidden").With("Reason", "field_class").Do("access.refused.fix").
			At("/field", "vault.field.forbidden", nil)
	}
	found, err := d.search(ctx, i, value)
	if err != nil {
		return nil, err
	}
	return d.hand(ctx, found, audit.RecordFind, declared, purpose, []id.Name{field})
}

// search reads the rows whose tag matches and whose value does.
func (d *desk) search(ctx context.Context, field int, value string) ([]opened, error) {
	f := &d.collection.Fields[field]
	want, err := f.query(value)
	if err != nil {
		return nil, err
	}
	tag, err := d.tagOf(ctx, f, want)
	if err != nil {
		return nil, err
	}
	var rows []*row
	err = d.log.ReadOne(ctx, func(tx db.Tx) error {
		for r, err := range findRows(tx, d.collection, tag, maxFound) {
			if err != nil {
				return err
			}
			rows = append(rows, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var found []opened
	for _, r := range rows {
		values, err := d.unseal(r)
		if errs.Is(err, errs.Erased) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if f.same(values[field], quote(want)) {
			found = append(found, opened{r, values})
		}
	}
	return found, nil
}

// opened is a row with its fields.
type opened struct {
	row    *row
	values Values
}

// hand lets opened rows out: restricted ones stay, the rest leave once the leaf of
// the reading is durable.
func (d *desk) hand(ctx context.Context, rows []opened, op audit.Operation, p Purpose, purpose id.Name, fields []id.Name) ([]Record, error) {
	out := make([]Record, 0, len(rows))
	withheld := 0
	for _, o := range rows {
		err := d.unrestricted(ctx, o.row, p)
		if errs.Is(err, errs.Restricted) {
			withheld++
			continue
		}
		if err != nil {
			return nil, err
		}
		r, err := d.show(o.row, o.values)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	e := d.permit.Entry(op)
	e.Purpose, e.Fields, e.Count = string(purpose), fields, int64(len(out))
	if len(out) == 1 {
		e.Object = out[0].ID.Raw
	}
	if withheld > 0 {
		e.Detail = map[string]string{"withheld": "restricted"}
	}
	if _, err := d.log.Append(ctx, e); err != nil {
		return nil, err // not even to a caller that forgets to look
	}
	return out, nil
}

// query brings what was asked for into the form values are kept in.
func (f *Field) query(value string) (string, error) {
	text, key, params := f.checkText(value)
	if f.Kind == Integer || f.Kind == Decimal {
		text, key = strings.TrimSpace(value), ""
	}
	if key != "" {
		return "", errs.New(errs.Invalid, "vault.query.invalid").Do("vault.record.invalid.fix").At("/value", key, params)
	}
	return text, nil
}

// tagOf computes the blind index of a value.
func (d *desk) tagOf(ctx context.Context, f *Field, text string) ([]byte, error) {
	index, err := d.ring.Index(ctx)
	if err != nil {
		return nil, err
	}
	normal, err := f.normaliser.Normalise(text)
	if err != nil {
		return nil, errs.New(errs.Invalid, "vault.query.invalid").Do("vault.record.invalid.fix").
			At(pointer("", string(f.Name)), "vault.normalise.refused", nil)
	}
	t := index.Tag(string(d.collection.Name), string(f.Name), normal)
	return t[:], nil
}

// same compares two values in the form they are indexed in.
func (f *Field) same(a, b jsontext.Value) bool {
	x, errX := plainText(a)
	y, errY := plainText(b)
	if a == nil || b == nil || errX != nil || errY != nil {
		return false
	}
	nx, errX := f.normaliser.Normalise(x)
	ny, errY := f.normaliser.Normalise(y)
	return errX == nil && errY == nil && nx == ny
}

// Page is one page of a list.
type Page struct {
	Records []Record
	Next    int64 // pass as After for the next page; 0 at the end
}

// ListOptions narrow a list.
type ListOptions struct {
	After   int64              // where the page before ended
	Limit   int                // 1 to MaxPage
	State   id.Name            // only records in this state
	Open    map[id.Name]string // only records whose open fields equal these
	Purpose id.Name            // empty: fields stay masked, but for the open ones
}

// List pages through a collection in the order of creation. Without a purpose it
// opens nothing: it shows the open fields, and masks the rest.
func (s *Service) List(ctx context.Context, p *access.Permit, opt ListOptions) (Page, error) {
	if err := allow(p, access.List, access.Export); err != nil {
		return Page{}, err
	}
	if opt.Limit < 1 || opt.Limit > MaxPage {
		return Page{}, errs.New(errs.Invalid, "vault.limit.range").With("Max", MaxPage).At("query/limit", "vault.limit.range", errs.Params{"Max": MaxPage})
	}
	d, err := s.open(ctx, p)
	if err != nil {
		return Page{}, err
	}
	defer d.release()
	if opt.Purpose != "" {
		if _, err := d.purpose(opt.Purpose); err != nil {
			return Page{}, err
		}
	}
	rows, next, err := d.page(ctx, opt)
	if err != nil {
		return Page{}, err
	}
	if opt.Purpose == "" {
		return d.masked(ctx, rows, next)
	}
	found, err := d.openAll(rows)
	if err != nil {
		return Page{}, err
	}
	declared, _ := d.collection.purpose(opt.Purpose)
	records, err := d.hand(ctx, found, audit.RecordList, declared, opt.Purpose, nil)
	return Page{Records: records, Next: next}, err
}

func (d *desk) openAll(rows []*row) ([]opened, error) {
	found := make([]opened, 0, len(rows))
	for _, r := range rows {
		values, err := d.unseal(r)
		if errs.Is(err, errs.Erased) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, opened{r, values})
	}
	return found, nil
}

// masked shows rows without opening them.
func (d *desk) masked(ctx context.Context, rows []*row, next int64) (Page, error) {
	page := Page{Next: next}
	for _, r := range rows {
		rec, err := d.mask(r)
		if err != nil {
			return Page{}, err
		}
		page.Records = append(page.Records, rec)
	}
	e := d.permit.Entry(audit.RecordList)
	e.Count, e.Detail = int64(len(page.Records)), map[string]string{"fields": "masked"}
	if _, err := d.log.Append(ctx, e); err != nil {
		return Page{}, err
	}
	return page, nil
}

// scanBound is how many rows one page may look at to fill itself; a filter that
// matches little gives short pages rather than long waits.
const scanBound = 5000

// page reads the rows of a page and where the next one begins.
func (d *desk) page(ctx context.Context, opt ListOptions) (rows []*row, next int64, err error) {
	filters, err := d.filters(opt)
	if err != nil {
		return nil, 0, err
	}
	bound := scanBound
	if len(filters) == 0 && opt.State == "" {
		bound = opt.Limit + 1
	}
	err = d.log.Read(ctx, func(tx db.Tx) error {
		seen, last := 0, int64(0)
		for r, err := range listRows(tx, d.collection, opt.After, bound) {
			if err != nil {
				return err
			}
			if len(rows) == opt.Limit {
				next = last
				return nil
			}
			seen, last = seen+1, r.n
			keep, err := d.keeps(r, opt.State, filters)
			if err != nil {
				return err
			}
			if keep {
				rows = append(rows, r)
			}
		}
		if seen == bound {
			next = last
		}
		return nil
	})
	return rows, next, err
}

// filters checks what a list is narrowed by: open fields only.
func (d *desk) filters(opt ListOptions) (map[int]string, error) {
	filters := map[int]string{}
	for name, value := range opt.Open {
		i := d.collection.field(string(name))
		if i < 0 || !d.collection.Fields[i].Open {
			return nil, errs.New(errs.Invalid, "vault.field.not_open").With("Field", string(name)).
				At("query/"+string(name), "vault.field.not_open", errs.Params{"Field": string(name)})
		}
		filters[i] = value
	}
	return filters, nil
}

func (d *desk) keeps(r *row, state id.Name, filters map[int]string) (bool, error) {
	if state != "" && r.state != string(state) {
		return false, nil
	}
	if len(filters) == 0 {
		return true, nil
	}
	values, err := d.collection.parse(r.open)
	if err != nil {
		return false, errs.New(errs.Corrupt, "vault.record.corrupt").Cause(err)
	}
	for i, want := range filters {
		if got, err := plainText(values[i]); err != nil || values[i] == nil || got != want {
			return false, nil
		}
	}
	return true, nil
}
