package probe

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// ErrRemains is returned when a record that a probe made is still there after it
// was deleted.
var ErrRemains = errors.New("probe: a record remains")

// Marker is 128 random bits in hexadecimal.
func Marker() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Made is a record that a Maker made.
type Made struct {
	ID         id.Record
	Collection id.Name
	Subject    string
	State      id.Name
	ETag       string
	Marker     string
}

// Maker makes records of a canary through the API and takes them away again.
type Maker struct {
	House  *assurance.House
	Door   *Door
	Of     tenant.Tenant
	Schema *vault.Schema
	Bearer string
	// Tell hears of every record that Make made, those that others needed included;
	// may be nil.
	Tell func(sent time.Time, a Answer, m Made)

	made []Made
}

// NewMaker reads the tenant's collections afresh.
func NewMaker(ctx context.Context, h *assurance.House, d *Door, t tenant.Tenant, bearer string) (*Maker, error) {
	p, err := Permit(ctx, h, t, access.Ask{Action: access.Read, On: access.Collection})
	if err != nil {
		return nil, err
	}
	h.Vault.Forget(t.ID)
	schema, err := h.Vault.Schema(ctx, p)
	return &Maker{House: h, Door: d, Of: t, Schema: schema, Bearer: bearer}, err
}

// Records is the path of a collection's records.
func Records(t tenant.Tenant, collection id.Name) string {
	return "/v1/tenants/" + string(t.Slug) + "/collections/" + string(collection) + "/records"
}

// Path is the path of a record.
func (m Made) Path(t tenant.Tenant) string { return Records(t, m.Collection) + "/" + m.ID.String() }

// Make makes a record, and first the person it is about and what it refers to.
func (m *Maker) Make(ctx context.Context, collection id.Name) (Made, error) {
	body, marker, err := m.Body(ctx, collection, nil)
	if err != nil {
		return Made{}, err
	}
	sent := m.House.Clock.Now()
	a, err := m.Door.Must(ctx, Call{Method: "POST", Path: Records(m.Of, collection), Bearer: m.Bearer, Body: body})
	if err != nil {
		return Made{}, err
	}
	made, err := m.Keep(a, collection, marker)
	if err == nil && m.Tell != nil {
		m.Tell(sent, a, made)
	}
	return made, err
}

// Body is what is sent to make a record; extra holds further fields.
func (m *Maker) Body(ctx context.Context, collection id.Name, extra map[string]string) (body, marker string, err error) {
	c, err := m.Schema.Collection(collection)
	if err != nil {
		return "", "", err
	}
	marker = Marker()
	fields := map[string]any{}
	for i := range c.Fields {
		f := &c.Fields[i]
		if !f.Required {
			continue
		}
		if fields[string(f.Name)], err = m.value(ctx, f, marker); err != nil {
			return "", "", err
		}
	}
	for name, value := range extra {
		fields[name] = value
	}
	whole := map[string]any{"fields": fields}
	if c.About == vault.AboutSubject {
		person, err := m.Make(ctx, c.Of)
		if err != nil {
			return "", "", err
		}
		whole["subject"] = person.Subject
	}
	b, err := json.Marshal(whole, json.Deterministic(true))
	return string(b), marker, err
}

// value makes a value of a field out of a marker.
func (m *Maker) value(ctx context.Context, f *vault.Field, marker string) (any, error) {
	switch f.Kind {
	case vault.Ref:
		other, err := m.Make(ctx, f.Of)
		return other.ID.String(), err
	case vault.Enum, vault.Choices:
		if f.Kind == vault.Choices {
			return f.Options[:1], nil
		}
		return f.Options[0], nil
	case vault.Integer:
		if f.Min != nil {
			return *f.Min, nil
		}
		return 1, nil
	case vault.Decimal:
		return jsontext.Value("1.5"), nil
	case vault.Boolean:
		return true, nil
	}
	text, ok := text(f, marker, m.House.Clock.Now())
	if !ok {
		return nil, fmt.Errorf("probe: no value fits the field %s", f.Name)
	}
	return text, nil
}

// text tries a few plain shapes against the field.
func text(f *vault.Field, marker string, now time.Time) (string, bool) {
	for _, s := range []string{marker, marker + "@canary.example", "+1418" + digits(marker, 7), "https://canary.example/" + marker,
		now.UTC().Format(time.RFC3339), now.UTC().Format(time.DateOnly), "CA", "fr", digits(marker, 6), digits(marker, 10), "AB-" + digits(marker, 6)} {
		if f.MaxLength > 0 && len(s) > f.MaxLength {
			s = s[:f.MaxLength]
		}
		if fitsKind(f.Kind, s) && f.Fits(s) {
			return s, true
		}
	}
	return "", false
}

func fitsKind(k vault.Kind, s string) bool {
	switch k {
	case vault.Email:
		return strings.Contains(s, "@")
	case vault.Phone:
		return strings.HasPrefix(s, "+")
	case vault.URL:
		return strings.HasPrefix(s, "https:")
	case vault.Moment:
		return strings.Contains(s, "T")
	case vault.Date:
		return len(s) == len(time.DateOnly) && strings.Count(s, "-") == 2
	default:
		return true
	}
}

func digits(marker string, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = '0' + marker[i]%10
	}
	return string(out)
}

// Keep notes a record that an answer says was made, so that Clean takes it away.
func (m *Maker) Keep(a Answer, collection id.Name, marker string) (Made, error) {
	var in struct {
		ID      string         `json:"id"`
		Subject string         `json:"subject"`
		State   string         `json:"state"`
		Rest    jsontext.Value `json:",unknown"`
	}
	if err := json.Unmarshal(a.Body, &in); err != nil {
		return Made{}, err
	}
	rec, err := id.ParseRecord(in.ID)
	if err != nil {
		return Made{}, err
	}
	made := Made{ID: rec, Collection: collection, Subject: in.Subject, State: id.Name(in.State), ETag: a.ETag, Marker: marker}
	m.made = append(m.made, made)
	return made, nil
}

// Clean deletes what was made, the last first, and makes sure that it is gone.
func (m *Maker) Clean(ctx context.Context) error {
	ctx = platform(context.WithoutCancel(ctx))
	var all error
	for i := len(m.made) - 1; i >= 0; i-- {
		r := m.made[i]
		p, err := Permit(ctx, m.House, m.Of, access.Ask{Action: access.Delete, On: access.Record, Collection: r.Collection})
		if err == nil {
			err = m.House.Vault.Delete(ctx, p, r.ID, "*")
		}
		if err != nil && !errs.Is(err, errs.NotFound) {
			all = errors.Join(all, err)
			continue
		}
		if _, err := m.House.Vault.StateOf(ctx, m.Of.ID, r.Collection, r.ID); !errs.Is(err, errs.NotFound) {
			all = errors.Join(all, ErrRemains, err)
		}
	}
	m.made = nil
	return all
}
