package api

import (
	"encoding/binary"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/access"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/vault"
	"garant.example/internal/web"
)

// Record is a record as the API shows it.
type Record struct {
	ID         string         `json:"id"`
	Collection string         `json:"collection"`
	Subject    string         `json:"subject,omitzero"`
	State      string         `json:"state,omitzero"`
	Version    int64          `json:"version"`
	CreatedAt  time.Time      `json:"created_at"`
	UpdatedAt  time.Time      `json:"updated_at"`
	Restricted bool           `json:"restricted,omitzero"`
	Fields     jsontext.Value `json:"fields"`
	Masked     []string       `json:"masked,omitzero"`
	Leaf       uint64         `json:"leaf"`
}

// NewRecord is a record to be stored.
type NewRecord struct {
	Subject string         `json:"subject,omitzero"`
	State   string         `json:"state,omitzero"`
	Fields  jsontext.Value `json:"fields"`
}

// Changes are fields to be changed; null clears one.
type Changes struct {
	Fields jsontext.Value `json:"fields"`
}

// Move names a transition of the life cycle.
type Move struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Search asks for records of which a findable field equals a value.
type Search struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

// RecordList is one page of records.
type RecordList struct {
	Records []Record `json:"records"`
	Next    string   `json:"next,omitzero"`
}

func createRecord(c *call) error {
	p, err := c.collection()
	if err != nil {
		return err
	}
	if err := web.SaysJSON(c.r); err != nil {
		return err
	}
	body, err := web.ReadBody(c.r)
	if err != nil {
		return err
	}
	in, err := readNewRecord(body)
	if err != nil {
		return err
	}
	opt := vault.CreateOptions{State: id.Name(in.State)}
	if opt.IdempotencyKey, err = web.IdempotencyKey(c.r); err != nil {
		return err
	}
	if in.Subject != "" {
		if opt.Subject, err = id.ParseSubject(in.Subject); err != nil {
			return errs.New(errs.Invalid, "vault.subject.unknown").At("/subject", "vault.subject.unknown", nil)
		}
	}
	rec, err := c.api.Vault.Create(c.r.Context(), p, in.Fields, opt)
	if err != nil {
		return inFields(err)
	}
	c.w.Header().Set("Location", c.r.URL.Path+"/"+rec.ID.String())
	return c.record1(rec, http.StatusCreated)
}

// readNewRecord reads the envelope; the vault reads the fields.
func readNewRecord(body []byte) (NewRecord, error) {
	var in NewRecord
	if err := web.Decode(body, &in); err != nil {
		return NewRecord{}, err
	}
	if in.Fields == nil {
		return NewRecord{}, errs.New(errs.Invalid, "vault.record.invalid").Do("vault.record.invalid.fix").
			At("/fields", "vault.field.required", nil)
	}
	return in, nil
}

// record1 answers one record with its entity tag.
func (c *call) record1(rec vault.Record, status int) error {
	h := c.w.Header()
	h.Set("ETag", rec.ETag())
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	c.w.WriteHeader(status)
	_, err := c.w.Write(vault.AppendJSON(make([]byte, 0, len(rec.Fields)+512), rec))
	return err
}

func readRecord(c *call) error {
	p, err := c.collection()
	if err != nil {
		return err
	}
	rec, err := c.record()
	if err != nil {
		return err
	}
	out, err := c.api.Vault.Get(c.r.Context(), p, rec, c.purpose())
	if err != nil {
		return err
	}
	return c.record1(out, http.StatusOK)
}

func updateRecord(c *call) error {
	p, err := c.collection()
	if err != nil {
		return err
	}
	rec, err := c.record()
	if err != nil {
		return err
	}
	var in Changes
	if err := web.ReadJSON(c.r, &in); err != nil {
		return err
	}
	out, err := c.api.Vault.Update(c.r.Context(), p, rec, c.r.Header.Get("If-Match"), in.Fields)
	if err != nil {
		return inFields(err)
	}
	return c.record1(out, http.StatusOK)
}

func deleteRecord(c *call) error {
	p, err := c.collection()
	if err != nil {
		return err
	}
	rec, err := c.record()
	if err != nil {
		return err
	}
	if err := c.api.Vault.Delete(c.r.Context(), p, rec, c.r.Header.Get("If-Match")); err != nil {
		return err
	}
	return c.done()
}

func moveRecord(c *call) error {
	rec, err := c.record()
	if err != nil {
		return err
	}
	var in Move
	if err := c.reread(&in); err != nil {
		return err
	}
	p, err := c.ask(access.Ask{Collection: id.Name(c.r.PathValue("collection")),
		Edge: access.Edge{From: id.Name(in.From), To: id.Name(in.To)}})
	if err != nil {
		return err
	}
	return c.once(p, func() error {
		out, err := c.api.Vault.Move(c.r.Context(), p, rec, c.r.Header.Get("If-Match"))
		if err != nil {
			return err
		}
		return c.give(out)
	})
}

func restrictRecord(on bool) func(*call) error {
	return func(c *call) error {
		p, err := c.collection()
		if err != nil {
			return err
		}
		rec, err := c.record()
		if err != nil {
			return err
		}
		return c.once(p, func() error {
			out, err := c.api.Vault.Restrict(c.r.Context(), p, rec, c.r.Header.Get("If-Match"), on)
			if err != nil {
				return err
			}
			return c.give(out)
		})
	}
}

func findRecords(c *call) error {
	p, err := c.collection()
	if err != nil {
		return err
	}
	var in Search
	if err := web.ReadJSON(c.r, &in); err != nil {
		return err
	}
	found, err := c.api.Vault.Find(c.r.Context(), p, id.Name(in.Field), in.Value, c.purpose())
	if err != nil {
		return err
	}
	return c.records(found, "")
}

// records answers several records.
func (c *call) records(list []vault.Record, next string) error {
	out := make([]byte, 0, 256+1024*len(list))
	out = append(out, `{"records":[`...)
	for i, r := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = vault.AppendJSON(out, r)
	}
	out = append(out, ']')
	if next != "" {
		out = append(out, `,"next":"`...)
		out = append(out, next...)
		out = append(out, '"')
	}
	out = append(out, '}')
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	c.w.WriteHeader(http.StatusOK)
	_, err := c.w.Write(out)
	return err
}

func listRecords(c *call) error {
	p, err := c.collection()
	if err != nil {
		return err
	}
	opt := vault.ListOptions{Limit: 50, Purpose: c.purpose(), Open: map[id.Name]string{}}
	list := web.ListOf{Tenant: c.tenant.ID.String(), Collection: c.r.PathValue("collection"), Filter: c.filter()}
	for name, values := range c.r.URL.Query() {
		switch name {
		case "limit":
			if opt.Limit, err = strconv.Atoi(values[0]); err != nil {
				opt.Limit = 0 // out of range, which the vault refuses
			}
		case "cursor":
			position, err := c.api.Cursors.Open(list, values[0])
			if err != nil {
				return err
			}
			opt.After = int64(binary.BigEndian.Uint64(position))
		case "state":
			opt.State = id.Name(values[0])
		default:
			opt.Open[id.Name(name)] = values[0]
		}
	}
	page, err := c.api.Vault.List(c.r.Context(), p, opt)
	if err != nil {
		return err
	}
	next := ""
	if page.Next != 0 {
		next, err = c.api.Cursors.Seal(list, binary.BigEndian.AppendUint64(nil, uint64(page.Next)))
	}
	if err != nil {
		return err
	}
	return c.records(page.Records, next)
}

// filter is what a cursor is bound to besides tenant and collection: everything in
// the query but the cursor and the size of the page.
func (c *call) filter() string {
	q := c.r.URL.Query()
	q.Del("cursor")
	q.Del("limit")
	return q.Encode()
}
