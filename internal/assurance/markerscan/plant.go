package markerscan

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"

	"garant.example/internal/access"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/vault"
)

// mark is something planted whose bytes nobody meets by chance.
type mark struct {
	token   string
	windows [][]byte // pieces of a sealed body as stored; then own says where they may lie
	own     string   // key of the place that may hold the windows
	what    string   // for the operator: a collection, "account", "password", …
	culprit string   // opaque id
}

// planted is one record of the run.
type planted struct {
	collection *vault.Collection
	record     id.Record
	tokens     []string // those that found a place in it
	key        string   // in the idempotency key
	etag       string
	wanted     bool // the promise is about it; others are only there to be referred to
}

// garden is everything one run has planted.
type garden struct {
	door    *door
	records []planted
	known   map[id.Name]id.Record
	marks   []mark
	session string // of the canary's account; empty when none is planted in
}

// newRecord is the body of a creation.
type newRecord struct {
	Subject string         `json:"subject,omitzero"`
	Fields  map[string]any `json:"fields"`
}

type search struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

// plant makes a record in a collection, and before it those it needs. A record that
// is wanted gives its tokens to the search.
func (g *garden) plant(ctx context.Context, schema *vault.Schema, name id.Name, wanted bool) error {
	if i := slices.IndexFunc(g.records, func(p planted) bool { return p.collection.Name == name }); i >= 0 {
		if wanted && !g.records[i].wanted {
			g.records[i].wanted = true
			g.want(g.records[i])
		}
		return nil
	}
	c, err := schema.Collection(name)
	if err != nil {
		return err
	}
	for _, need := range needs(c) {
		if err := g.plant(ctx, schema, need, false); err != nil {
			return err
		}
	}
	p := planted{collection: c, tokens: []string{newToken(), newCode()}, wanted: wanted}
	if err := g.create(ctx, &p); err != nil {
		return fmt.Errorf("plant %s: %w", name, err)
	}
	g.known[name] = p.record
	g.records = append(g.records, p)
	if wanted {
		g.want(p)
	}
	return nil
}

func (g *garden) want(p planted) {
	for _, t := range append(p.tokens, p.key) {
		g.marks = append(g.marks, mark{token: t, what: string(p.collection.Name), culprit: p.record.String()})
	}
}

// needs are the collections whose records a record points to.
func needs(c *vault.Collection) []id.Name {
	var list []id.Name
	if c.About == vault.AboutSubject {
		list = append(list, c.Of)
	}
	for _, f := range c.Fields {
		if f.Kind == vault.Ref && f.Of != c.Name && !slices.Contains(list, f.Of) {
			list = append(list, f.Of)
		}
	}
	return list
}

// create stores the record through the API; what no program of the canary may
// create is stored by the platform itself.
func (g *garden) create(ctx context.Context, p *planted) error {
	d, c := g.door, p.collection
	in := newRecord{}
	in.Fields, p.tokens = values(c, p.tokens, g.known)
	p.key = newToken()
	subject := id.Subject{}
	if c.About == vault.AboutSubject {
		subject = id.Subject{Raw: g.known[c.Of].Raw}
		in.Subject = subject.String()
	}
	got, err := d.ask(ctx, d.secret, http.MethodPost, d.of("collections", string(c.Name), "records"), in, "Idempotency-Key", "marker-"+p.key)
	if err != nil {
		return err
	}
	if got.status == http.StatusCreated {
		var made struct{ ID string }
		if err := json.Unmarshal(got.body, &made, json.MatchCaseInsensitiveNames(true)); err != nil {
			return err
		}
		p.etag = got.etag
		p.record, err = id.ParseRecord(made.ID)
		return err
	}
	if got.status != http.StatusForbidden {
		return fmt.Errorf("the API answered %d to a sound record", got.status)
	}
	permit, err := d.enter(ctx, access.Create, access.Record, c.Name)
	if err != nil {
		return err
	}
	body, err := json.Marshal(in.Fields)
	if err != nil {
		return err
	}
	rec, err := d.house.Vault.Create(ctx, permit, body, vault.CreateOptions{Subject: subject, Canary: true, IdempotencyKey: "marker-" + p.key})
	p.record, p.etag = rec.ID, rec.ETag()
	return err
}

// readBack says whether the token comes back from where it was planted: by the API,
// or by the platform where no program of the canary may read.
func (g *garden) readBack(ctx context.Context, p *planted) (bool, error) {
	d, c := g.door, p.collection
	purpose := purposeOf(c)
	got, err := d.ask(ctx, d.secret, http.MethodGet, d.of("collections", string(c.Name), "records", p.record.String()), nil, "Purpose", string(purpose))
	if err != nil {
		return false, err
	}
	if got.status == http.StatusOK && holds(got.body, p.tokens) {
		return true, nil
	}
	if got.status != http.StatusForbidden && got.status != http.StatusOK {
		return false, fmt.Errorf("the API answered %d to the reading of %s", got.status, c.Name)
	}
	// Some fields may be masked for programs: the platform sees all of them.
	permit, err := d.enter(ctx, access.Read, access.Record, c.Name)
	if err != nil {
		return false, err
	}
	rec, err := d.house.Vault.Get(ctx, permit, p.record, purpose)
	return err == nil && holds(rec.Fields, p.tokens), err
}

// holds says whether a text holds every token; never when there are none.
func holds(text []byte, tokens []string) bool {
	for _, t := range tokens {
		if !bytes.Contains(text, []byte(t)) {
			return false
		}
	}
	return len(tokens) > 0
}

// purposeOf is the first purpose of a collection; none when it is about nobody.
func purposeOf(c *vault.Collection) id.Name {
	if len(c.Purposes) == 0 {
		return ""
	}
	return c.Purposes[0].Name
}

// disturb sends what leaves traces elsewhere: values that are searched for, and
// bodies that are refused.
func (g *garden) disturb(ctx context.Context) error {
	d := g.door
	for _, p := range g.records {
		if !p.wanted {
			continue
		}
		refused := newToken()
		path := d.of("collections", string(p.collection.Name), "records")
		got, err := d.ask(ctx, d.secret, http.MethodPost, path, newRecord{Fields: map[string]any{"no-such-field": refused}})
		if err != nil {
			return err
		}
		if got.status/100 != 4 {
			return fmt.Errorf("the API answered %d to an undeclared field", got.status)
		}
		g.marks = append(g.marks, mark{token: refused, what: string(p.collection.Name) + " (refused)", culprit: p.record.String()})
		if err := g.strew(ctx, &p); err != nil {
			return err
		}
		for _, f := range p.collection.Fields {
			value, _ := first(&f, p.tokens)
			if f.Findable == nil || value == "" {
				continue
			}
			if _, err := d.ask(ctx, d.secret, http.MethodPost, path+":find", search{string(f.Name), value},
				"Purpose", string(purposeOf(p.collection))); err != nil {
				return err
			}
		}
	}
	return nil
}

// clear takes everything away again, the last planted first, and looks whether it
// is gone.
func (g *garden) clear(ctx context.Context) error {
	for _, p := range slices.Backward(g.records) {
		if err := g.remove(ctx, &p); err != nil {
			return fmt.Errorf("remove %s: %w", p.collection.Name, err)
		}
	}
	g.records = nil
	return nil
}

func (g *garden) remove(ctx context.Context, p *planted) error {
	d, c := g.door, p.collection
	got, err := d.ask(ctx, d.secret, http.MethodDelete, d.of("collections", string(c.Name), "records", p.record.String()), nil, "If-Match", p.etag)
	if err != nil {
		return err
	}
	if got.status == http.StatusForbidden {
		permit, err := d.enter(ctx, access.Delete, access.Record, c.Name)
		if err != nil {
			return err
		}
		if err := d.house.Vault.Delete(ctx, permit, p.record, p.etag); err != nil {
			return err
		}
	} else if got.status != http.StatusNoContent {
		return fmt.Errorf("the API answered %d to the removal", got.status)
	}
	permit, err := d.enter(ctx, access.Read, access.Record, c.Name)
	if err != nil {
		return err
	}
	if _, err := d.house.Vault.Get(ctx, permit, p.record, purposeOf(c)); !errs.Is(err, errs.NotFound) {
		return cmp.Or(err, errors.New("still there after its removal"))
	}
	return nil
}
