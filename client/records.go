package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Record is a record, as the caller may see it.
type Record struct {
	ID         string          `json:"id"`
	Collection string          `json:"collection"`
	Subject    string          `json:"subject,omitzero"`
	State      string          `json:"state,omitzero"`
	Version    int64           `json:"version"`
	CreatedAt  time.Time       `json:"created_at"`
	UpdatedAt  time.Time       `json:"updated_at"`
	Restricted bool            `json:"restricted,omitzero"`
	Fields     json.RawMessage `json:"fields"`
	Masked     []string        `json:"masked,omitzero"` // fields whose value is not shown
	Leaf       uint64          `json:"leaf"`            // number of its last change in the log

	ETag string `json:"etag,omitzero"` // what a change names; only of a record that was answered alone
}

// Decode reads the fields into v.
func (r *Record) Decode(v any) error { return json.Unmarshal(r.Fields, v) }

// NewRecord is a record to be stored.
type NewRecord struct {
	Subject string          `json:"subject,omitzero"` // the person, for collections that belong to one
	State   string          `json:"state,omitzero"`
	Fields  json.RawMessage `json:"fields"`
}

// FieldsOf writes a value as the fields of a record.
func FieldsOf(v any) (json.RawMessage, error) { return json.Marshal(v) }

// RecordPage is one page of records.
type RecordPage struct {
	Records []Record `json:"records"`
	Next    string   `json:"next,omitzero"` // cursor of the next page; empty at the end
}

// ListOptions narrow a list.
type ListOptions struct {
	Purpose string            // without one only open fields are shown
	State   string            // only records in this state
	Open    map[string]string // only records whose open fields equal these
	Limit   int               // per page; the server's choice when zero
	Cursor  string
}

// Collection is one collection of a tenant.
type Collection struct {
	c    *Client
	path string
}

// Collection names a collection. It asks nothing.
func (t *Tenant) Collection(name string) *Collection {
	return &Collection{c: t.c, path: t.path + "/collections/" + segment(name) + "/records"}
}

// Create stores a record; it is durable with its entry in the log when Create
// returns.
func (k *Collection) Create(ctx context.Context, n NewRecord) (Record, error) {
	return k.record(ctx, request{method: http.MethodPost, path: k.path, in: n, once: true})
}

// record sends a request that is answered by one record.
func (k *Collection) record(ctx context.Context, r request) (Record, error) {
	var out Record
	header, err := k.c.send(ctx, r, &out)
	if err != nil {
		return Record{}, err
	}
	out.ETag = header.Get("ETag")
	return out, nil
}

// Get reads a record for a purpose.
func (k *Collection) Get(ctx context.Context, record, purpose string) (Record, error) {
	return k.record(ctx, request{method: http.MethodGet, path: k.path + "/" + segment(record), purpose: purpose})
}

// List reads one page.
func (k *Collection) List(ctx context.Context, o ListOptions) (RecordPage, error) {
	v := url.Values{}
	for name, value := range o.Open {
		v.Set(name, value)
	}
	if o.State != "" {
		v.Set("state", o.State)
	}
	if o.Limit > 0 {
		v.Set("limit", strconv.Itoa(o.Limit))
	}
	if o.Cursor != "" {
		v.Set("cursor", o.Cursor)
	}
	path := k.path
	if len(v) > 0 {
		path += "?" + v.Encode()
	}
	var out RecordPage
	_, err := k.c.send(ctx, request{method: http.MethodGet, path: path, purpose: o.Purpose}, &out)
	return out, err
}

// All reads every page, one after another. It ends after the first error.
func (k *Collection) All(ctx context.Context, o ListOptions) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for {
			page, err := k.List(ctx, o)
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, r := range page.Records {
				if !yield(r, nil) {
					return
				}
			}
			if o.Cursor = page.Next; o.Cursor == "" {
				return
			}
		}
	}
}

// Find reads the records of which a findable field equals a value.
func (k *Collection) Find(ctx context.Context, field, value, purpose string) ([]Record, error) {
	in := struct {
		Field string `json:"field"`
		Value string `json:"value"`
	}{field, value}
	var out RecordPage
	_, err := k.c.send(ctx, request{method: http.MethodPost, path: k.path + ":find", in: in, purpose: purpose}, &out)
	return out.Records, err
}

// Update changes the fields that changes names; null clears one. etag is the
// version that was seen; the problem Stale says that somebody was faster.
func (k *Collection) Update(ctx context.Context, record, etag string, changes json.RawMessage) (Record, error) {
	in := struct {
		Fields json.RawMessage `json:"fields"`
	}{changes}
	return k.record(ctx, request{method: http.MethodPatch, path: k.path + "/" + segment(record), in: in, ifMatch: etag})
}

// Delete removes a record.
func (k *Collection) Delete(ctx context.Context, record, etag string) error {
	_, err := k.c.send(ctx, request{method: http.MethodDelete, path: k.path + "/" + segment(record), ifMatch: etag}, nil)
	return err
}

// Move carries a record from a state to another.
func (k *Collection) Move(ctx context.Context, record, etag, from, to string) (Record, error) {
	return k.record(ctx, request{method: http.MethodPost, path: k.path + "/" + segment(record) + ":transition",
		in: Transition{from, to}, ifMatch: etag, once: true})
}

// Restrict restricts the processing of the person's data.
func (k *Collection) Restrict(ctx context.Context, record, etag string) (Record, error) {
	return k.record(ctx, request{method: http.MethodPost, path: k.path + "/" + segment(record) + ":restrict", ifMatch: etag, once: true})
}

// Release ends the restriction.
func (k *Collection) Release(ctx context.Context, record, etag string) (Record, error) {
	return k.record(ctx, request{method: http.MethodPost, path: k.path + "/" + segment(record) + ":release", ifMatch: etag, once: true})
}

// String is for messages: no field is in it.
func (r Record) String() string { return fmt.Sprintf("%s v%d", r.ID, r.Version) }
