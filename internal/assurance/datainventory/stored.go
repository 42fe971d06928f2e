package datainventory

import (
	"context"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// stored walks over every row of a tenant.
func (i *inventory) stored(ctx context.Context, t tenant.Tenant, schema *vault.Schema) error {
	var ring *keys.Ring
	if t.ID == i.control.Canary.ID {
		var err error
		if ring, err = i.house.Rings.Open(ctx, t.ID); err != nil {
			return err
		}
	}
	for _, place := range t.Placements {
		for row, err := range i.house.Vault.Stored(ctx, t, place.Name) {
			if err != nil {
				return err
			}
			i.f.Saw()
			i.rows++
			i.row(row, place.Name, schema, ring)
		}
	}
	return nil
}

// row looks at what one row says of itself; with a ring it is the canary's, and the
// names of its sealed fields are read as well.
func (i *inventory) row(row vault.Stored, place id.Name, schema *vault.Schema, ring *keys.Ring) {
	c, err := schema.Collection(row.Collection)
	switch {
	case err != nil:
		i.f.Fail("data_inventory.reason.undeclared", row.ID.String())
		return
	case c.Placement != place:
		i.f.Fail("data_inventory.reason.elsewhere", row.ID.String())
	}
	fields := map[string]*vault.Field{}
	for n := range c.Fields {
		fields[string(c.Fields[n].Name)] = &c.Fields[n]
	}
	open, err := names(row.Open)
	if err != nil {
		i.f.Miss("data_inventory.reason.unread", err)
		return
	}
	for _, name := range open {
		if f := fields[name]; f == nil || !f.Open {
			i.f.Fail("data_inventory.reason.extra", row.ID.String())
		}
	}
	if ring == nil {
		return
	}
	plain, err := ring.Open(nil, row.Body, row.AD)
	if errs.Is(err, errs.Erased) {
		return // nobody can read it any more
	}
	sealed, broken := names(plain)
	if err != nil || broken != nil {
		i.f.Miss("data_inventory.reason.unread", err)
		return
	}
	i.opened++
	for _, name := range sealed {
		if fields[name] == nil {
			i.f.Fail("data_inventory.reason.extra", row.ID.String())
		}
	}
}

// names are the keys of a JSON object.
func names(object []byte) ([]string, error) {
	if len(object) == 0 {
		return nil, nil
	}
	var m map[string]jsontext.Value
	if err := json.Unmarshal(object, &m); err != nil {
		return nil, err
	}
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	return list, nil
}
